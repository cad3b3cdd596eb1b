/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/master.h"

#include "base/limits.h"
#include "daemon/channel.h"
#include "daemon/config.h"
#include "daemon/files.h"
#include "daemon/front.h"
#include "daemon/listen.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"
#include "daemon/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { WHY_MAX = CHANNEL_TEXT, PAUSE_S = 1, TAKEN_MS = 30000, AGAIN_MS = 5000, OTHER_FILES = 1024 };

_Static_assert((int)LIMIT_THREADS + 100 < (int)CHANNEL_FILES,
               "a packet has room for a socket of each thread, and for listeners");

/** The master. */
struct master {
    const struct master_call *call;
    struct config *config;
    struct listening listening;
    struct keyproc keys;
    pid_t front;
    int channel; /* to the front */
    int signals;
    bool ending;
    bool served;    /* a front has been ready once */
    bool asked;     /* the front wants a reload */
    bool keyless;   /* a keys process could not be started: it is tried again */
    int status;     /* what to exit with */
    time_t started; /* when children were last started anew */
    struct log *log;
};

/* ---- the configuration ---- */

/** Read it. \return ASSAY_DONE, or below zero with complaints in `why` */
static assay_status read_config(const struct master_call *call, struct config **ret,
                                struct buf *why)
{
    struct buf text = buf_new(LIMIT_CONF_TEXT);
    const char *wrong = files_read(call->path, &text);
    assay_status s = ASSAY_EINVAL;

    if (wrong) {
        buf_printf(why, "%s: %s\n", call->path, wrong);
    } else {
        buf_putc(&text, '\n');
        buf_put(&text, call->overrides);
        s = text.status == ASSAY_DONE
                ? config_read(buf_span(&text), span_of(call->path), files_open, NULL, ret, why)
                : text.status;
    }
    buf_done(&text);
    return s;
}

/** Words for the one who started us. */
static void complain(const struct buf *why)
{
    fprintf(stderr, "%.*s%s", SPAN_ARG(buf_span(why)),
            why->n && why->p[why->n - 1] == '\n' ? "" : "\n");
}

int master_check(const struct master_call *call)
{
    struct buf why = buf_new(WHY_MAX);
    struct config *config = NULL;
    struct keyproc keys;
    assay_status s = read_config(call, &config, &why);

    if (s == ASSAY_DONE && why.n) {
        complain(&why); /* warnings */
        buf_clear(&why);
    }
    if (s == ASSAY_DONE && (s = keyproc_start(&config->keys, 1, &keys, &why)) == ASSAY_DONE)
        keyproc_stop(&keys);
    if (why.n)
        complain(&why);
    if (s == ASSAY_DONE)
        printf("%s: good\n", call->path);
    buf_done(&why);
    config_free(config);
    return s == ASSAY_DONE ? 0 : EX_CONFIG;
}

/* ---- children ---- */

/** In the child: be the front. */
static void be_front(struct master *m, int channel)
{
    struct front_start start = {m->config, m->listening.fds, m->keys.sockets,
                                channel,   m->keys.pid,      m->served};
    sigset_t none;

    close(m->signals);
    close(m->channel);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!sandbox_become(m->config->uid, m->config->gid, m->config->groups, m->config->ngroups) ||
        !sandbox_hide()) {
        fprintf(stderr, "assayd: cannot become %s: %s\n",
                m->config->user ? m->config->user : "another user", strerror(errno));
        _exit(1);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* another user's process would have lost it */
    _exit(front_run(&start));
}

/** Start the front with the sockets of a keys process that was started for it. */
static bool start_front(struct master *m)
{
    int ends[2];

    if (!channel_open(ends))
        return false;
    m->channel = ends[0];
    if ((m->front = fork()) == 0)
        be_front(m, ends[1]);
    close(ends[1]);
    for (unsigned i = 0; i < m->keys.n; i++) { /* the front's now */
        close(m->keys.sockets[i]);
        m->keys.sockets[i] = -1;
    }
    return m->front > 0;
}

/** Start both, with the configuration as it is. */
static bool start_children(struct master *m, struct buf *why)
{
    m->started = time(NULL);
    if (keyproc_start(&m->config->keys, m->config->threads, &m->keys, why) != ASSAY_DONE)
        return false;
    if (start_front(m))
        return true;
    buf_printf(why, "the front process cannot be started: %s\n", strerror(errno));
    return false;
}

/** Say in a packet which process answers at its sockets. */
static void put_pid(struct channel_packet *p, pid_t pid)
{
    int n = snprintf(p->text, sizeof p->text, "%ld", (long)pid);

    p->n = n > 0 ? (size_t)n : 0;
}

/** Give the sockets of the present keys process to the front. */
static void send_keys(struct master *m)
{
    struct channel_packet *p = calloc(1, sizeof *p);

    if (!p)
        return;
    p->what = CHANNEL_KEYS;
    p->nfiles = m->keys.n;
    put_pid(p, m->keys.pid);
    memcpy(p->files, m->keys.sockets, m->keys.n * sizeof *p->files);
    (void)channel_send(m->channel, p);
    for (unsigned i = 0; i < m->keys.n; i++) {
        close(m->keys.sockets[i]);
        m->keys.sockets[i] = -1;
    }
    free(p);
}

/** Not more often than once a second, whatever keeps killing them. */
static void pause_a_little(const struct master *m)
{
    if (time(NULL) - m->started <= PAUSE_S)
        sleep(PAUSE_S);
}

/** There is no keys process: start another. */
static void restart_keys(struct master *m)
{
    struct buf why = buf_new(WHY_MAX);

    pause_a_little(m);
    m->started = time(NULL);
    m->keys.pid = 0;
    keyproc_stop(&m->keys);
    m->keyless = keyproc_start(&m->config->keys, m->config->threads, &m->keys, &why) != ASSAY_DONE;
    if (!m->keyless)
        send_keys(m);
    else
        log_words(m->log, LOG_IS_ERROR, "keys",
                  "the keys process cannot be started, it is tried again: %.*s",
                  SPAN_ARG(why.n ? buf_span(&why) : SPAN("out of memory")));
    buf_done(&why);
}

/** The front has ended: start both anew. */
static void restart_front(struct master *m)
{
    struct buf why = buf_new(WHY_MAX);

    log_words(m->log, LOG_IS_ERROR, "front", "the front process ended; another one is started");
    close(m->channel);
    m->channel = -1;
    keyproc_stop(&m->keys);
    pause_a_little(m);
    if (!start_children(m, &why)) {
        log_words(m->log, LOG_IS_ERROR, "front", "%.*s",
                  SPAN_ARG(why.n ? buf_span(&why) : SPAN("out of memory")));
        m->ending = true;
        m->status = EX_OSERR; /* a service manager tries again */
    }
    m->keyless = false;
    buf_done(&why);
}

/** Children have ended. */
static void reap(struct master *m)
{
    bool keys = false, front = false;
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        keys |= pid == m->keys.pid;
        front |= pid == m->front;
    }
    if (m->ending)
        return;
    if (front && !m->served) { /* it said why: nobody is helped by another try */
        m->front = 0;
        m->ending = true;
        m->status = EX_CONFIG;
    } else if (front)
        restart_front(m);
    else if (keys) {
        log_words(m->log, LOG_IS_WARNING, "keys", "the keys process ended; another one is started");
        restart_keys(m);
    }
}

/* ---- reload ---- */

/** The configuration as one text, in memory that can be passed on. \return -1: there is none */
static int text_of(const struct config *config)
{
    struct buf text = buf_new(LIMIT_CONF_TEXT);
    int fd = memfd_create("assayd.conf", MFD_CLOEXEC);

    conf_write(config->conf, &text);
    if (fd >= 0 && (text.status != ASSAY_DONE || write(fd, text.p, text.n) != (ssize_t)text.n)) {
        close(fd);
        fd = -1;
    }
    buf_done(&text);
    return fd;
}

/** Act on what the front says by itself. */
static void heed(struct master *m, const struct channel_packet *p)
{
    for (size_t i = 0; i < p->nfiles; i++) /* it has none to give */
        close(p->files[i]);
    if (p->what == CHANNEL_RELOAD)
        m->asked = true;
    if (p->what != CHANNEL_READY)
        return;
    m->served = true;
    service_notify("READY=1");
    log_words(m->log, LOG_IS_NOTICE, "start", "assayd %s serves", assay_version());
}

/** Wait for what became of a configuration; the front may be saying something else just now. */
static bool hear_taken(struct master *m, struct channel_packet *p)
{
    struct pollfd front = {.fd = m->channel, .events = POLLIN};

    while (poll(&front, 1, TAKEN_MS) > 0 && channel_receive(m->channel, p)) {
        if (p->what == CHANNEL_TAKEN)
            return true;
        heed(m, p);
    }
    return false;
}

/** Send the front a configuration with its sockets; it says whether it took it. */
static bool send_config(struct master *m, const struct config *config, const struct listening *l,
                        struct keyproc *keys, struct buf *why)
{
    struct channel_packet *p = calloc(1, sizeof *p);
    int text = text_of(config);
    bool fits = 1 + l->n + keys->n <= CHANNEL_FILES, fine = p && text >= 0 && fits;

    if (fine) {
        p->what = CHANNEL_CONFIG;
        p->nlisteners = (unsigned)l->n;
        put_pid(p, keys->pid);
        p->files[p->nfiles++] = text;
        for (size_t i = 0; i < l->n; i++)
            p->files[p->nfiles++] = l->fds[i];
        for (unsigned i = 0; i < keys->n; i++)
            p->files[p->nfiles++] = keys->sockets[i];
        fine = channel_send(m->channel, p) && hear_taken(m, p);
    }
    if (!fits)
        buf_printf(why, "listeners and threads together are more than %d\n", CHANNEL_FILES - 1);
    else if (!fine)
        buf_puts(why, "the front process does not answer\n");
    else if (p->n)
        buf_printf(why, "%.*s\n", (int)p->n, p->text);
    fine = fine && !p->n;
    if (text >= 0)
        close(text);
    free(p);
    return fine;
}

/** The front has gone over: so do we. */
static void adopt(struct master *m, struct config *config, struct listening *l,
                  struct keyproc *keys)
{
    keyproc_leave(&m->keys);
    listen_done(&m->listening);
    config_free(m->config);
    m->config = config;
    m->listening = *l;
    m->keys = *keys;
    m->keyless = false;
    for (unsigned i = 0; i < m->keys.n; i++) {
        close(m->keys.sockets[i]);
        m->keys.sockets[i] = -1;
    }
}

/** Give back what listen_all() took over. */
static void unlisten(struct master *m, struct listening *l)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < m->listening.n; k++)
            if (m->listening.fds[k] < 0 &&
                strcmp(l->addresses[i], m->listening.addresses[k]) == 0) {
                m->listening.fds[k] = l->fds[i];
                l->fds[i] = -1;
            }
    listen_done(l);
}

/** Both are the same text, or none. */
static bool same_text(const char *a, const char *b)
{
    return span_eq(span_of(a), span_of(b));
}

/** Say which of the options that changed are read when the program starts, and not before. */
static void tell_late(const struct master *m, const struct config *c)
{
    const struct config *o = m->config;
    const struct {
        const char *name;
        bool changed;
    } ALL[] = {
        {"user or group", o->uid != c->uid || o->gid != c->gid},
        {"sandbox", o->sandbox != c->sandbox},
        {"pid_file", !same_text(o->pid_file, c->pid_file)},
        {"store", !same_text(o->store, c->store)},
        {"store.retention", o->retention_days != c->retention_days},
        {"log", o->log_target != c->log_target},
        {"log.facility", o->log_facility != c->log_facility},
        {"log.format", o->log_format != c->log_format},
        {"log.level", o->log_level != c->log_level},
        {"resolver", !same_text(o->world.resolvers, c->world.resolvers)},
        {"resolver.trust_anchor", !same_text(o->world.trust_anchor, c->world.trust_anchor)},
        {"cache", o->world.cache_bytes != c->world.cache_bytes},
        {"cache.keys", o->engine_keys != c->engine_keys},
        {"defer.keep", o->recall_names != c->recall_names},
    };

    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
        if (ALL[i].changed)
            log_words(m->log, LOG_IS_WARNING, "reload", "%s changed: that needs a restart",
                      ALL[i].name);
}

/** Read all anew; what is wrong anywhere changes nothing. */
static bool reload(struct master *m, struct buf *why)
{
    struct config *config = NULL;
    struct keyproc keys = {0};
    struct listening l;

    if (read_config(m->call, &config, why) != ASSAY_DONE)
        return false;
    if (why->n)
        log_words(m->log, LOG_IS_WARNING, "reload", "%.*s", SPAN_ARG(buf_span(why)));
    buf_clear(why); /* what is wrong needs the room */
    if (keyproc_start(&config->keys, m->config->threads, &keys, why) != ASSAY_DONE) {
        config_free(config);
        return false;
    }
    if (listen_all(config, &m->listening, &l, why) == ASSAY_DONE) {
        if (send_config(m, config, &l, &keys, why)) {
            tell_late(m, config);
            adopt(m, config, &l, &keys);
            return true;
        }
        unlisten(m, &l);
    }
    keyproc_stop(&keys);
    config_free(config);
    return false;
}

/** Reload, and say what came of it. */
static void reload_and_tell(struct master *m)
{
    struct buf why = buf_new(WHY_MAX);
    bool fine;

    service_reloading();
    if (!(fine = reload(m, &why)))
        log_words(m->log, LOG_IS_ERROR, "reload", "nothing has changed: %.*s",
                  SPAN_ARG(why.n ? buf_span(&why) : SPAN("out of memory")));
    service_notify("READY=1");
    (void)channel_say(m->channel, CHANNEL_RESULT,
                      fine    ? SPAN_EMPTY
                      : why.n ? buf_span(&why)
                              : SPAN("out of memory"));
    buf_done(&why);
}

/* ---- the loop ---- */

/** There is something to be read. What was there a moment ago a reload may have taken. */
static bool speaks(int channel)
{
    struct pollfd one = {.fd = channel, .events = POLLIN};

    return channel >= 0 && poll(&one, 1, 0) > 0;
}

/** The front says something. */
static void hear_front(struct master *m)
{
    static struct channel_packet p;

    if (!channel_receive(m->channel, &p)) { /* it ends; SIGCHLD says the rest */
        close(m->channel);
        m->channel = -1;
    } else {
        heed(m, &p);
    }
}

/** A signal has come. */
static void take_signal(struct master *m)
{
    struct signalfd_siginfo info;

    if (read(m->signals, &info, sizeof info) != sizeof info)
        return;
    switch (info.ssi_signo) {
    case SIGCHLD: reap(m); break;
    case SIGHUP: reload_and_tell(m); break;
    default: m->ending = true;
    }
}

/** Until told to end. */
static void run_loop(struct master *m)
{
    while (!m->ending) {
        struct pollfd both[2] = {{.fd = m->signals, .events = POLLIN},
                                 {.fd = m->channel, .events = POLLIN}};

        int n = poll(both, 2, m->keyless ? AGAIN_MS : -1);

        if (n < 0 && errno != EINTR)
            return;
        if (n == 0 && m->keyless)
            restart_keys(m);
        if (n > 0 && both[0].revents)
            take_signal(m);
        if (n > 0 && both[1].revents && speaks(m->channel))
            hear_front(m);
        while (m->asked && !m->ending) { /* also one that was asked for during another */
            m->asked = false;
            reload_and_tell(m);
        }
    }
}

/** All ends: the front first, which may still have to sign. */
static void end(struct master *m)
{
    service_notify("STOPPING=1");
    if (m->channel >= 0)
        close(m->channel);
    if (m->front > 0)
        waitpid(m->front, NULL, 0);
    keyproc_stop(&m->keys);
    listen_done(&m->listening);
    if (m->config->pid_file)
        (void)unlink(m->config->pid_file);
}

/** Which signals are read as files. */
static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/**
 * Write our number where that is wanted.
 *
 * SECURITY: the folder may be that of the user whom the front runs as: no link is followed.
 */
static void write_pid(const struct master *m)
{
    const char *path = m->config->pid_file;
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644) : -1;

    if (path && (fd < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0))
        log_words(m->log, LOG_IS_WARNING, "pid_file", "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
}

/** Each connection is an open file. What the system does not allow, the log says when it is reached. */
static void raise_limit(const struct config *config)
{
    rlim_t wanted = 2 * (rlim_t)config->most_connections + OTHER_FILES;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/** Start everything. */
static bool start(struct master *m, struct buf *why)
{
    struct listening none = {0};

    if (read_config(m->call, &m->config, why) != ASSAY_DONE)
        return false;
    if (why->n)
        complain(why); /* warnings */
    buf_clear(why);
    m->log = log_new(m->config);
    if (!m->log || (m->signals = open_signals()) < 0)
        return false;
    if (keyproc_start(&m->config->keys, m->config->threads, &m->keys, why) != ASSAY_DONE)
        return false;
    if (listen_all(m->config, &none, &m->listening, why) != ASSAY_DONE)
        return false;
    write_pid(m);
    raise_limit(m->config);
    m->started = time(NULL);
    return start_front(m);
}

int master_run(const struct master_call *call)
{
    struct master m = {.call = call, .channel = -1, .signals = -1};
    struct buf why = buf_new(WHY_MAX);
    int status = EX_CONFIG;

    if (start(&m, &why)) {
        run_loop(&m);
        end(&m);
        status = m.status;
    } else {
        complain(&why);
        keyproc_stop(&m.keys);
        listen_done(&m.listening);
    }
    buf_done(&why);
    log_free(m.log);
    config_free(m.config);
    return status;
}

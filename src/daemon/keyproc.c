/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/keyproc.h"

#include "base/limits.h"
#include "base/number.h"
#include "daemon/keywire.h"
#include "daemon/sandbox.h"
#include "daemon/title.h"
#include "world/keyring.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_MAX = 65536, WHY_MAX = 16384, STACK = 256 * 1024, ARENAS = 8 };

/* ---- reading the files ---- */

/** What the child has while it starts. */
struct loading {
    assay_engine *engine;
    struct keyring *ring;
    struct buf why; /* complaints, a line each */
};

/** Complain about one item. */
static void complain(struct loading *l, const struct keyproc_item *item, const char *what)
{
    buf_printf(&l->why, "%s: %s: %s\n", item->where, item->path, what);
}

/** A file of secrets that others may read is a mistake worth a word (RFC 6376 3.3.3's private key). */
static const char *bad_mode(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "this is no file";
    return st.st_mode & S_IRWXO
               ? "everybody may read or change it, and whoever can sign as you; chmod 600 it"
               : NULL;
}

/** Read a whole file. \return NULL, or what is wrong */
static const char *read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    const char *wrong = fd < 0 ? strerror(errno) : bad_mode(fd);
    ssize_t got = 1;

    while (!wrong && got > 0) {
        char *room = buf_room(out, 4096);

        if (!room)
            wrong = "it is too long for a key";
        else if ((got = read(fd, room, 4096)) < 0)
            wrong = strerror(errno);
        else
            out->n += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    return wrong;
}

/** Add a key, which has to be of the kind that the configuration says. \return NULL, or what is wrong */
static const char *add_key(struct loading *l, const struct keyproc_item *item, assay_span pem)
{
    const char *why = "out of memory";
    struct keyring_public key;

    if (keyring_add_key(l->ring, span_of(item->name), pem, &why) != ASSAY_DONE)
        return why;
    if (!keyring_public(l->ring, span_of(item->name), &key))
        return "the key is lost";
    if ((key.type == KEY_ED25519) == item->ed25519)
        return NULL;
    return item->ed25519 ? "this is an RSA key; say algorithm = rsa"
                         : "this is an Ed25519 key; say algorithm = ed25519";
}

/** Add secrets. \return NULL, or what is wrong */
static const char *add_secret(struct loading *l, const struct keyproc_item *item, assay_span lines)
{
    const char *why = "out of memory";

    return keyring_add_secret(l->ring, span_of(item->name), lines, &why) == ASSAY_DONE ? NULL : why;
}

/** Read one item into the ring. */
static void load(struct loading *l, const struct keyproc_item *item)
{
    struct buf text = buf_new(FILE_MAX);
    const char *wrong = read_file(item->path, &text);

    if (!wrong)
        wrong = (item->secret ? add_secret : add_key)(l, item, buf_span(&text));
    if (wrong)
        complain(l, item, wrong);
    private_wipe(&text);
}

/* ---- answering ---- */

/** One thread with its socket. */
struct server {
    struct keyring *ring;
    int socket;
};

/** Write an answer. \return its octets */
static size_t write_answer(uint32_t id, enum assay_how how, assay_span text, char *out)
{
    struct keywire_answer back = {.id = id, .how = how};

    text = span_first(text, KEYWIRE_MAX - sizeof back);
    memcpy(out, &back, sizeof back);
    memcpy(out + sizeof back, text.p, text.n);
    return sizeof back + text.n;
}

/** Ask the ring, and write the answer. \return its octets, or 0: it is no question */
static size_t answer(struct keyring *ring, const char *in, size_t n, char *out)
{
    struct keywire_question head;
    struct assay_question q = {0};
    struct assay_answer a;
    assay_fact *fact;

    if (n < sizeof head)
        return 0;
    memcpy(&head, in, sizeof head);
    if (head.name_n > n - sizeof head)
        return 0;
    q.kind = (enum assay_kind)head.kind;
    q.name = (assay_span){in + sizeof head, head.name_n};
    q.data = (assay_span){in + sizeof head + head.name_n, n - sizeof head - head.name_n};
    if (keyring_answer(ring, &q, &fact) !=
        ASSAY_DONE) /* better than silence: it is not waited for */
        return write_answer(head.id, ASSAY_TIMEOUT, SPAN("the keys process has no memory"), out);
    assay_fact_read(fact, &a);
    n = write_answer(head.id, a.how, a.how == ASSAY_OK && a.n ? a.data[0] : a.reason, out);
    assay_fact_free(fact);
    return n;
}

/** Serve one socket until the front is gone. */
static void *serve(void *arg)
{
    struct server *s = arg;
    char in[KEYWIRE_MAX], out[KEYWIRE_MAX];
    ssize_t n;

    while ((n = recv(s->socket, in, sizeof in, 0)) > 0 || (n < 0 && errno == EINTR)) {
        size_t back = n > 0 ? answer(s->ring, in, (size_t)n, out) : 0;

        if (back && send(s->socket, out, back, MSG_NOSIGNAL) < 0 && errno != EINTR)
            break;
    }
    close(s->socket);
    return NULL;
}

/** Serve all sockets, one thread each; the first one here. */
static bool serve_all(struct keyring *ring, const int *sockets, unsigned n, bool sandbox)
{
    struct server *servers = calloc(n, sizeof *servers);
    pthread_t *threads = calloc(n, sizeof *threads);
    pthread_attr_t attr;

    if (!servers || !threads || pthread_attr_init(&attr) != 0 ||
        pthread_attr_setstacksize(&attr, STACK) != 0)
        return false;
    for (unsigned i = 0; i < n; i++) {
        servers[i] = (struct server){ring, sockets[i]};
        if (i > 0 && pthread_create(&threads[i], &attr, serve, &servers[i]) != 0)
            return false;
    }
    if (sandbox && !sandbox_filter(SANDBOX_KEYS))
        return false;
    serve(&servers[0]);
    for (unsigned i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
    return true;
}

/* ---- the process ---- */

/** The number is one of these. */
static bool is_among(int fd, const int *fds, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (fds[i] == fd)
            return true;
    return false;
}

/** Close all that the master has open and this process has no business with. */
static void close_others(const int *sockets, unsigned n, int pipe_end)
{
    DIR *open_files = opendir("/proc/self/fd");
    struct dirent *entry;

    while (open_files && (entry = readdir(open_files))) {
        uint64_t number;
        int fd = number_read(span_of(entry->d_name), INT_MAX, &number) ? (int)number : 0;

        if (fd > STDERR_FILENO && fd != pipe_end && fd != dirfd(open_files) &&
            !is_among(fd, sockets, n))
            close(fd);
    }
    if (open_files)
        closedir(open_files);
}

/** Read all files. \return what is wrong, a line each; empty: nothing */
static void load_all(struct loading *l, const struct keyproc_plan *plan)
{
    l->why = buf_new(WHY_MAX);
    if (assay_engine_new(0, &l->engine) != ASSAY_DONE ||
        keyring_new(l->engine, &l->ring) != ASSAY_DONE) {
        buf_puts(&l->why, "out of memory\n");
        return;
    }
    for (size_t i = 0; i < plan->n; i++)
        load(l, &plan->items[i]);
}

/** Tell the parent what is wrong; nothing told: all is well. */
static void tell(int pipe_end, const struct buf *why)
{
    if (why->n && write(pipe_end, why->p, why->n) < 0)
        _exit(1);
    close(pipe_end);
}

/**
 * With more threads than this, malloc() of glibc would ask the system how many processors there are,
 * which the filter of system calls does not allow.
 */
static void bound_arenas(void)
{
#ifdef M_ARENA_MAX
    (void)mallopt(M_ARENA_MAX, ARENAS);
#endif
}

/** The life of the child. */
static void child(const struct keyproc_plan *plan, const int *sockets, unsigned n, int pipe_end)
{
    struct loading l = {0};
    sigset_t none;

    close_others(sockets, n, pipe_end);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT,
           SIG_IGN); /* it is over when its last socket is closed: the front may have to sign */
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    title_set("assayd: keys");
    bound_arenas();
    load_all(&l, plan);
    if (!sandbox_become(plan->uid, plan->gid, NULL, 0) || !sandbox_hide())
        buf_printf(&l.why, "the keys process cannot give up its privileges: %s\n", strerror(errno));
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* another user's process would have lost it */
    /* What is touched stays out of swap; what RLIMIT_MEMLOCK does not allow stays unlocked. */
    (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
    tell(pipe_end, &l.why);
    if (l.why.n || !serve_all(l.ring, sockets, n, plan->sandbox))
        _exit(1);
    keyring_free(l.ring);
    assay_engine_free(l.engine);
    _exit(0);
}

/** Close what was opened of the first `n` sockets. */
static void close_all(const int *sockets, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (sockets[i] >= 0)
            close(sockets[i]);
}

/** Make the socket pairs: `ours` and `theirs`. */
static bool make_pairs(int *ours, int *theirs, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        int pair[2];

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
            close_all(ours, i);
            close_all(theirs, i);
            return false;
        }
        ours[i] = pair[0];
        theirs[i] = pair[1];
    }
    return true;
}

/** Hear what the child has to complain about, until it serves or ends. \return whether it complains */
static bool hear(int pipe_end, struct buf *why)
{
    char piece[1024];
    bool heard = false;
    ssize_t n;

    while ((n = read(pipe_end, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0) {
            buf_put(why, (assay_span){piece, (size_t)n}); /* which may have no room for it */
            heard = true;
        }
    close(pipe_end);
    return heard;
}

/** Fork the child; `ours` and `theirs` are open. */
static assay_status fork_child(const struct keyproc_plan *plan, unsigned n, int *ours, int *theirs,
                               pid_t *ret_pid, struct buf *ret_why)
{
    int pipe_ends[2];
    bool complains;
    pid_t pid;

    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return ASSAY_ENOMEM;
    if ((pid = fork()) == 0) {
        close_all(ours, n);
        close(pipe_ends[0]);
        child(plan, theirs, n, pipe_ends[1]);
    }
    close(pipe_ends[1]);
    if (pid < 0) {
        close(pipe_ends[0]);
        return ASSAY_ENOMEM;
    }
    complains = hear(pipe_ends[0], ret_why);
    if (complains)
        waitpid(pid, NULL, 0);
    *ret_pid = pid;
    return complains ? ASSAY_EINVAL : ASSAY_DONE;
}

assay_status keyproc_start(const struct keyproc_plan *plan, unsigned n, struct keyproc *ret,
                           struct buf *ret_why)
{
    int *ours = calloc(n, sizeof *ours), *theirs = calloc(n, sizeof *theirs);
    pid_t pid = 0;
    assay_status s = ours && theirs && make_pairs(ours, theirs, n) ? ASSAY_DONE : ASSAY_ENOMEM;

    if (s == ASSAY_DONE) {
        s = fork_child(plan, n, ours, theirs, &pid, ret_why);
        close_all(theirs, n);
        if (s != ASSAY_DONE)
            close_all(ours, n);
    }
    free(theirs);
    if (s != ASSAY_DONE) {
        free(ours);
        return s;
    }
    ret->pid = pid;
    ret->sockets = ours;
    ret->n = n;
    return ASSAY_DONE;
}

void keyproc_leave(struct keyproc *k)
{
    close_all(k->sockets, k->n);
    free(k->sockets);
    *k = (struct keyproc){0};
}

void keyproc_stop(struct keyproc *k)
{
    if (k->pid > 0)
        kill(k->pid, SIGKILL); /* it has nothing to save */
    keyproc_leave(k);
}

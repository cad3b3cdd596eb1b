/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/front_own.h"

#include "base/limits.h"
#include "base/number.h"
#include "daemon/log.h"
#include "world/pool.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/** What a reload came to, on its way to who asked for it. */
struct told {
    void (*done)(void *arg, assay_span why);
    void *arg;
    size_t n;
    char why[];
};

static void tell(void *arg)
{
    struct told *t = arg;

    t->done(t->arg, (assay_span){t->why, t->n});
    free(t);
}

/** Tell it on the loop of a worker, never inside the call that asks. */
static void tell_soon(struct worker *w, void (*done)(void *arg, assay_span why), void *arg,
                      assay_span why)
{
    struct told *t = malloc(sizeof *t + why.n + 1);

    if (!t)
        return;
    *t = (struct told){done, arg, why.n};
    memcpy(t->why, why.p, why.n);
    if (world_post(w->world, tell, t) != ASSAY_DONE)
        free(t);
}

const char *front_reload(struct front *f, struct worker *w, void (*done)(void *arg, assay_span why),
                         void *arg)
{
    bool busy;

    pthread_mutex_lock(&f->lock);
    busy = f->asked.worker != NULL;
    if (!busy) {
        f->asked.worker = w;
        f->asked.done = done;
        f->asked.arg = arg;
    }
    pthread_mutex_unlock(&f->lock);
    if (busy)
        return "a reload is under way already";
    return channel_say(f->master, CHANNEL_RELOAD, SPAN_EMPTY) ? NULL : "the master process is gone";
}

/** The master says what a reload came to. */
static void take_result(struct front *f, const struct channel_packet *p)
{
    struct worker *w;
    void (*done)(void *arg, assay_span why);
    void *arg;

    pthread_mutex_lock(&f->lock);
    f->facts.reloaded = time(NULL);
    snprintf(f->facts.complaints, sizeof f->facts.complaints, "%.*s", (int)p->n, p->text);
    w = f->asked.worker;
    done = f->asked.done;
    arg = f->asked.arg;
    f->asked.worker = NULL;
    pthread_mutex_unlock(&f->lock);
    if (w)
        tell_soon(w, done, arg, (assay_span){p->text, p->n});
}

/** All of an open file. */
static assay_span read_all(int fd, struct buf *out)
{
    ssize_t n = 1;

    while (n > 0) {
        char *room = buf_room(out, 65536);

        if (!room || (n = pread(fd, room, 65536, (off_t)out->n)) < 0)
            break;
        out->n += (size_t)n;
    }
    return buf_span(out);
}

/** Another keys process answers from now on: the text of the packet is its number. */
static void note_keys(struct front *f, const struct channel_packet *p)
{
    uint64_t pid = 0;

    (void)number_read((assay_span){p->text, p->n}, INT32_MAX, &pid);
    pthread_mutex_lock(&f->lock);
    f->facts.keys = (pid_t)pid;
    pthread_mutex_unlock(&f->lock);
}

/** Another configuration has come. \return NULL; or what is wrong with it */
static const char *take_config(struct front *f, const struct channel_packet *p)
{
    struct buf text = buf_new(LIMIT_CONF_TEXT), why = buf_new(CHANNEL_TEXT);
    struct config *config = NULL;
    const char *wrong = NULL;
    unsigned nkeys = (unsigned)p->nfiles - 1 - p->nlisteners;

    if (config_read(read_all(p->files[0], &text), SPAN("assayd.conf"), NULL, NULL, &config, &why) !=
        ASSAY_DONE)
        wrong = "the front process does not understand the master's configuration";
    else if (config->threads != f->nworkers)
        wrong = "the number of threads changed: that needs a restart";
    else if (config->nlisteners != p->nlisteners || nkeys != f->nworkers)
        wrong = "the master's sockets are not those of its configuration";
    close(p->files[0]);
    if (!wrong) {
        doors_open(f, config, p->files + 1, p->files + 1 + p->nlisteners);
        note_keys(f, p);
        metrics_add(f->metrics, METRIC_RELOADS, 1);
        log_words(f->log, LOG_IS_NOTICE, "reloaded", "the new configuration is in use");
        config_free(f->config);
        f->config = config;
    } else {
        config_free(config);
    }
    buf_done(&text);
    buf_done(&why);
    return wrong;
}

/** Close the files of a packet from the i-th on. */
static void close_files(const struct channel_packet *p, size_t i)
{
    for (; i < p->nfiles; i++)
        close(p->files[i]);
}

/** Act on a packet of the master. */
void front_obey(struct front *f, const struct channel_packet *p)
{
    const char *wrong;

    switch (p->what) {
    case CHANNEL_KEYS:
        if (p->nfiles == f->nworkers)
            doors_change(f, NULL, NULL, p->files);
        else
            close_files(p, 0);
        note_keys(f, p);
        break;
    case CHANNEL_CONFIG:
        if ((wrong = p->nfiles > p->nlisteners ? take_config(f, p) : "a packet without files"))
            close_files(p, 1);
        channel_say(f->master, CHANNEL_TAKEN, span_of(wrong));
        break;
    case CHANNEL_RESULT: take_result(f, p); break;
    case CHANNEL_READY:
    case CHANNEL_RELOAD:
    case CHANNEL_TAKEN: break;
    }
}

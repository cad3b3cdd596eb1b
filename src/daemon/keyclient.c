/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/keyclient.h"

#include "daemon/keywire.h"
#include "world/clock.h"
#include "world/failure.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

/** A line to one keys process; the one before it lives until its answers have come. */
struct line {
    struct keyclient *client;
    int socket;
    struct event readable, writable;
    TAILQ_HEAD(, key_waiter) waiting; /* sent, the oldest first */
    TAILQ_HEAD(, key_waiter) unsent;
    TAILQ_ENTRY(line) link;
};

struct key_waiter {
    TAILQ_ENTRY(key_waiter) link;
    struct line *line;
    struct event timer;
    world_answered *done;
    void *arg;
    enum assay_kind kind;
    uint32_t id;
    bool sent;
    size_t n;
    char packet[];
};

struct keyclient {
    struct event_base *loop;
    struct line *now; /* NULL: there is no keys process */
    atomic_bool up;   /* there is; for other threads */
    TAILQ_HEAD(, line) lines;
    uint32_t last_id;
};

/* ---- waiters ---- */

/** Take a waiter out of its line's lists. */
static void unlink_waiter(struct key_waiter *w)
{
    event_del(&w->timer);
    if (!w->line)
        return;
    if (w->sent)
        TAILQ_REMOVE(&w->line->waiting, w, link);
    else
        TAILQ_REMOVE(&w->line->unsent, w, link);
    w->line = NULL;
}

/** Answer a waiter; the fact may be NULL: memory was out. */
static void answer(struct key_waiter *w, assay_fact *fact)
{
    unlink_waiter(w);
    w->done(w->arg, fact);
    assay_fact_free(fact);
    free(w);
}

/** A waiter's time is up, or there was nobody to ask. */
static void silent(evutil_socket_t fd, short what, void *arg)
{
    struct key_waiter *w = arg;

    (void)fd;
    (void)what;
    answer(w,
           failure_new(w->kind, 0, ASSAY_TIMEOUT,
                       w->line ? "the keys process does not answer" : "there is no keys process"));
}

void keyclient_forget(struct key_waiter *w)
{
    unlink_waiter(w);
    free(w);
}

/* ---- lines ---- */

static void retire(struct line *l);

/** The waiter whose question has this number. */
static struct key_waiter *find(struct line *l, uint32_t id)
{
    struct key_waiter *w;

    TAILQ_FOREACH(w, &l->waiting, link)
    if (w->id == id)
        return w;
    return NULL;
}

/** A fact of what the keys process said. */
static assay_fact *fact_of(enum assay_kind kind, const struct keywire_answer *head, assay_span text)
{
    bool ok = head->how == ASSAY_OK;
    struct assay_answer a = {.size = sizeof a,
                             .how = (enum assay_how)head->how,
                             .secure = ASSAY_INSECURE,
                             .data = &text,
                             .n = ok,
                             .reason = ok ? (assay_span){"", 0} : text};
    assay_fact *fact;

    return assay_fact_new(kind, 0, &a, &fact) == ASSAY_DONE ? fact : NULL;
}

/** Take one answer. */
static void take(struct line *l, const char *packet, size_t n)
{
    struct keywire_answer head;
    struct key_waiter *w;

    if (n < sizeof head)
        return;
    memcpy(&head, packet, sizeof head);
    if (head.how < ASSAY_OK || head.how > ASSAY_REFUSED)
        return;
    if ((w = find(l, head.id)))
        answer(w, fact_of(w->kind, &head, (assay_span){packet + sizeof head, n - sizeof head}));
}

/** The keys process has answered, or ended. */
static void readable(evutil_socket_t fd, short what, void *arg)
{
    struct line *l = arg;
    char packet[KEYWIRE_MAX];
    ssize_t n;

    (void)what;
    while ((n = recv(fd, packet, sizeof packet, MSG_DONTWAIT)) > 0)
        take(l, packet, (size_t)n);
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        retire(l);
    else if (l != l->client->now && TAILQ_EMPTY(&l->waiting) && TAILQ_EMPTY(&l->unsent))
        retire(l); /* its last answer has come */
}

/** Send what waits for room. */
static void flush(struct line *l)
{
    struct key_waiter *w;

    while ((w = TAILQ_FIRST(&l->unsent))) {
        if (send(l->socket, w->packet, w->n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno == EAGAIN || errno == ENOBUFS)
                event_add(&l->writable, NULL);
            return; /* what else went wrong is seen by reading */
        }
        TAILQ_REMOVE(&l->unsent, w, link);
        TAILQ_INSERT_TAIL(&l->waiting, w, link);
        w->sent = true;
    }
}

/** There is room again. */
static void writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    flush(arg);
}

/** A line has ended: who waits on it is told from the loop, at once. */
static void retire(struct line *l)
{
    struct timeval now = {0, 0};
    struct key_waiter *w;

    while ((w = TAILQ_FIRST(&l->waiting)) || (w = TAILQ_FIRST(&l->unsent))) {
        unlink_waiter(w);
        evtimer_add(&w->timer, &now);
    }
    event_del(&l->readable);
    event_del(&l->writable);
    close(l->socket);
    TAILQ_REMOVE(&l->client->lines, l, link);
    if (l->client->now == l) {
        l->client->now = NULL;
        atomic_store(&l->client->up, false);
    }
    free(l);
}

void keyclient_use(struct keyclient *c, int socket)
{
    struct line *l = socket < 0 ? NULL : calloc(1, sizeof *l), *old = c->now;

    if (l) {
        l->client = c;
        l->socket = socket;
        TAILQ_INIT(&l->waiting);
        TAILQ_INIT(&l->unsent);
        event_assign(&l->readable, c->loop, socket, EV_READ | EV_PERSIST, readable, l);
        event_assign(&l->writable, c->loop, socket, EV_WRITE, writable, l);
        event_add(&l->readable, NULL);
        TAILQ_INSERT_TAIL(&c->lines, l, link);
    } else if (socket >= 0) {
        close(socket);
    }
    c->now = l;
    atomic_store(&c->up, l != NULL);
    if (old && TAILQ_EMPTY(&old->waiting) && TAILQ_EMPTY(&old->unsent))
        retire(old);
}

/* ---- the client ---- */

bool keyclient_is_up(const struct keyclient *c)
{
    return atomic_load(&c->up);
}

struct keyclient *keyclient_new(struct event_base *loop, int socket)
{
    struct keyclient *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->loop = loop;
    TAILQ_INIT(&c->lines);
    keyclient_use(c, socket);
    return c;
}

void keyclient_free(struct keyclient *c)
{
    struct line *l;
    struct key_waiter *w;

    if (!c)
        return;
    while ((l = TAILQ_FIRST(&c->lines))) {
        while ((w = TAILQ_FIRST(&l->waiting)) || (w = TAILQ_FIRST(&l->unsent)))
            keyclient_forget(w);
        retire(l);
    }
    free(c);
}

/** Write the packet of a question. */
static void write_packet(struct key_waiter *w, const struct assay_question *q)
{
    struct keywire_question head = {w->id, (uint16_t)q->kind, (uint16_t)q->name.n};

    memcpy(w->packet, &head, sizeof head);
    memcpy(w->packet + sizeof head, q->name.p, q->name.n);
    memcpy(w->packet + sizeof head + q->name.n, q->data.p, q->data.n);
    w->n = sizeof head + q->name.n + q->data.n;
}

assay_status keyclient_ask(struct keyclient *c, const struct assay_question *q, unsigned ms,
                           world_answered *done, void *arg, struct key_waiter **ret)
{
    size_t n = sizeof(struct keywire_question) + q->name.n + q->data.n;
    bool can = c->now && n <= KEYWIRE_MAX && q->name.n <= UINT16_MAX;
    struct timeval wait = world_wait(can ? ms : 0);
    struct key_waiter *w = calloc(1, sizeof *w + n);

    if (!w)
        return ASSAY_ENOMEM;
    w->kind = q->kind;
    w->done = done;
    w->arg = arg;
    w->id = ++c->last_id;
    evtimer_assign(&w->timer, c->loop, silent, w);
    if (evtimer_add(&w->timer, &wait) != 0) {
        free(w);
        return ASSAY_ENOMEM;
    }
    if (can) {
        write_packet(w, q);
        w->line = c->now;
        TAILQ_INSERT_TAIL(&c->now->unsent, w, link);
        flush(c->now);
    }
    *ret = w;
    return ASSAY_DONE;
}

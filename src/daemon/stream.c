/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/stream.h"

#include "daemon/front.h"
#include "world/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/** Turns of reading before others have theirs. */
enum { READS_A_TURN = 4 };

/* ---- the end ---- */

void stream_close(struct stream *s)
{
    struct worker *w = s->worker;

    s->protocol->closed(s);
    event_del(&s->readable);
    event_del(&s->writable);
    event_del(&s->idle);
    close(s->fd);
    LIST_REMOVE(s, link);
    w->nstreams--;
    front_dismiss(w->front);
    atomic_fetch_sub(s->listener->open, 1);
    metrics_add(w->metrics, METRIC_CONNECTIONS_OPEN, -1);
    buf_done(&s->out);
    config_free(s->config);
    free(s->state);
    free(s);
}

/* ---- sending ---- */

/** Send what there is. \return false: the stream is gone */
static bool send_out(struct stream *s)
{
    while (s->sent < s->out.n) {
        ssize_t n = send(s->fd, s->out.p + s->sent, s->out.n - s->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            event_add(&s->writable, NULL);
            return true;
        }
        if (n < 0) {
            stream_close(s);
            return false;
        }
        s->sent += (size_t)n;
    }
    s->sent = 0;
    buf_clear(&s->out);
    if (!s->closing)
        return true;
    stream_close(s);
    return false;
}

void stream_flush(struct stream *s)
{
    if (s->out.status != ASSAY_DONE) /* the peer reads nothing, or memory is out */
        stream_close(s);
    else
        (void)send_out(s);
}

void stream_finish(struct stream *s)
{
    s->closing = true;
    stream_flush(s);
}

static void writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    stream_flush(arg);
}

/* ---- receiving ---- */

/** The kernel shall acknowledge at once: Nagle's algorithm on the other side waits for that. */
static void acknowledge(const struct stream *s)
{
    const int on = 1;

    if (s->tcp)
        (void)setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/** The clock of idleness begins anew. */
static void touch(struct stream *s)
{
    struct timeval wait = world_wait(s->idle_ms);

    evtimer_add(&s->idle, &wait);
}

/** Octets have come, or the end. */
static void readable(evutil_socket_t fd, short what, void *arg)
{
    struct stream *s = arg;
    bool more = true;

    (void)what;
    for (int i = 0; more && i < READS_A_TURN; i++) {
        ssize_t n = recv(fd, s->worker->input, WORKER_INPUT, 0);

        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            break;
        if (n == 0 && s->protocol->ended && s->protocol->ended(s)) {
            event_del(&s->readable);
            break;
        }
        if (n <= 0) {
            stream_close(s);
            return;
        }
        acknowledge(s);
        more = n == WORKER_INPUT;
        if (s->closing)
            continue; /* only the end is waited for */
        if (!s->protocol->input(s, (assay_span){s->worker->input, (size_t)n})) {
            stream_finish(s);
            return;
        }
    }
    if (!s->closing) /* who is told goodbye and talks on is not kept by it */
        touch(s);
    if (s->out.n || s->out.status != ASSAY_DONE)
        stream_flush(s);
}

static void idle(evutil_socket_t fd, short what, void *arg)
{
    struct stream *s = arg;

    (void)fd;
    (void)what;
    metrics_add(s->worker->metrics, METRIC_CLOSED_IDLE, 1);
    stream_close(s);
}

/* ---- the beginning ---- */

/** A stream with its state, in no list yet. */
static struct stream *new_stream(const struct stream_protocol *protocol)
{
    struct stream *s = calloc(1, sizeof *s);

    if (s && !(s->state = calloc(1, protocol->size ? protocol->size : 1))) {
        free(s);
        return NULL;
    }
    return s;
}

/** Watch the socket. */
static void watch(struct stream *s)
{
    struct event_base *loop = s->worker->loop;

    event_assign(&s->readable, loop, s->fd, EV_READ | EV_PERSIST, readable, s);
    event_assign(&s->writable, loop, s->fd, EV_WRITE, writable, s);
    evtimer_assign(&s->idle, loop, idle, s);
    event_add(&s->readable, NULL);
    touch(s);
}

/**
 * Let a connection in. Up to twice as many as there may be are let in to be told so, which is better
 * than silence; more are not.
 */
static bool admit(struct worker *w, const struct config_listener *l, bool *ret_over)
{
    unsigned most = w->config->most_connections;

    if (l->most && atomic_load(l->open) >= l->most)
        *ret_over = true;
    else
        *ret_over = !front_admit(w->front, most);
    if (*ret_over)
        metrics_add(w->metrics, METRIC_CLOSED_LIMIT, 1);
    return !*ret_over || front_admit(w->front, most * 2);
}

void stream_open(struct worker *w, struct config *config, const struct config_listener *listener,
                 int fd)
{
    const int on = 1;
    struct stream *s;
    bool over;

    if (!admit(w, listener, &over)) {
        close(fd);
        return;
    }
    if (!(s = new_stream(listener->protocol))) {
        front_dismiss(w->front);
        close(fd);
        return;
    }
    s->over = over;
    s->worker = w;
    s->protocol = listener->protocol;
    s->listener = listener;
    s->config = config_ref(config);
    s->fd = fd;
    s->tcp = listener->tcp;
    s->idle_ms = listener->idle_ms;
    s->out = buf_new(s->protocol->most_out);
    if (s->tcp)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    acknowledge(s);
    atomic_fetch_add(listener->open, 1);
    LIST_INSERT_HEAD(&w->streams, s, link);
    w->nstreams++;
    metrics_add(w->metrics, METRIC_CONNECTIONS, 1);
    metrics_add(w->metrics, METRIC_CONNECTIONS_OPEN, 1);
    watch(s);
    s->protocol->opened(s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/** \file udp_tcp.c Questions whose reply was truncated, one connection each (RFC 7766). */
#include "world/failure.h"
#include "world/udp_own.h"

#include <errno.h>
#include <unistd.h>

void udp_tcp_close(struct udp_tcp *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->query = NULL;
    buf_clear(&c->in);
}

/** A connection's question is answered, or not to be had. */
static void conclude(struct udp *u, struct udp_tcp *c, assay_fact *fact)
{
    struct udp_query *q = c->query;

    TAILQ_REMOVE(&u->tcp_out, q, line);
    udp_tcp_close(c);
    udp_conclude(u, q, fact);
}

/** The connection broke, or never was. */
static void fail(struct udp *u, struct udp_tcp *c, enum assay_how how, const char *why)
{
    conclude(u, c,
             failure_new(ASSAY_DNS, c->query->rrtype, how,
                         "the reply was truncated, and over TCP %s", why));
}

/** Connect for the next one in line. */
static void begin(struct udp *u, struct udp_tcp *c)
{
    struct udp_query *q = TAILQ_FIRST(&u->tcp_line);
    const struct udp_resolver *r = &u->resolvers[q->resolver];
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
    size_t n;

    TAILQ_REMOVE(&u->tcp_line, q, line);
    TAILQ_INSERT_TAIL(&u->tcp_out, q, line);
    q->state = UDP_TCP_OUT;
    q->due = u->now + UDP_TCP_PATIENCE * u->options.first_ms;
    q->connection = c;
    q->id = udp_random(u);
    n = dns_query_write(q->id, q->name, q->rrtype, true, c->out + 2);
    c->out[0] = (uint8_t)(n >> 8);
    c->out[1] = (uint8_t)n;
    c->out_n = n + 2;
    c->sent = c->got = 0;
    c->query = q;
    u->counts.tcp++;
    c->fd = socket(r->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0 ||
        (connect(c->fd, (const struct sockaddr *)&r->at, r->at_n) != 0 && errno != EINPROGRESS) ||
        epoll_ctl(u->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        fail(u, c, ASSAY_SERVFAIL, "there is no connection");
}

void udp_tcp_ask(struct udp *u, struct udp_query *q)
{
    q->tcp = true;
    q->state = UDP_TCP_LINE;
    TAILQ_INSERT_TAIL(&u->tcp_line, q, line);
}

void udp_tcp_tick(struct udp *u)
{
    struct udp_query *q;

    while ((q = TAILQ_FIRST(&u->tcp_out)) && q->due <= u->now)
        fail(u, q->connection, ASSAY_TIMEOUT, "nobody answered in time");
    for (size_t i = 0; i < UDP_TCP && !TAILQ_EMPTY(&u->tcp_line); i++)
        if (u->tcp[i].fd < 0)
            begin(u, &u->tcp[i]);
}

/** All of a reply has come. */
static void take_reply(struct udp *u, struct udp_tcp *c)
{
    assay_span packet = buf_span(&c->in);
    bool truncated;
    assay_fact *fact;

    if (packet.n < 12 ||
        (uint16_t)((uint8_t)packet.p[0] << 8 | (uint8_t)packet.p[1]) != c->query->id ||
        !udp_is_reply(packet, c->query)) {
        u->counts.strange++;
        fail(u, c, ASSAY_SERVFAIL, "it is no answer to what was asked");
        return;
    }
    fact = udp_fact(u, c->query, packet, &truncated);
    if (truncated)
        fail(u, c, ASSAY_SERVFAIL, "it is truncated, too");
    else
        conclude(u, c, fact);
}

/** Read what is there. \return false: the connection is over, or waits */
static bool read_some(struct udp *u, struct udp_tcp *c)
{
    size_t want = c->got < 2 ? 2 - c->got : ((size_t)c->size[0] << 8 | c->size[1]) - c->in.n;
    char *to = c->got < 2 ? (char *)c->size + c->got : buf_room(&c->in, want);
    ssize_t n = to ? recv(c->fd, to, want, MSG_DONTWAIT) : 0;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        fail(u, c, ASSAY_SERVFAIL, "the connection broke");
        return false;
    }
    if (c->got < 2) {
        c->got += (size_t)n;
        if (c->got == 2 && !c->size[0] && !c->size[1]) {
            fail(u, c, ASSAY_SERVFAIL, "it is empty");
            return false;
        }
        return true;
    }
    c->in.n += (size_t)n;
    if (c->in.n < ((size_t)c->size[0] << 8 | c->size[1]))
        return true;
    take_reply(u, c);
    return false;
}

void udp_tcp_ready(struct udp *u, struct udp_tcp *c)
{
    struct epoll_event reading = {.events = EPOLLIN, .data.ptr = c};

    if (c->fd < 0)
        return; /* closed in this turn */
    if (c->sent < c->out_n) {
        ssize_t n = send(c->fd, c->out + c->sent, c->out_n - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            fail(u, c, ASSAY_SERVFAIL, "there is no connection");
            return;
        }
        c->sent += n > 0 ? (size_t)n : 0;
        if (c->sent == c->out_n)
            epoll_ctl(u->epoll, EPOLL_CTL_MOD, c->fd, &reading);
        return;
    }
    while (read_some(u, c))
        ;
}

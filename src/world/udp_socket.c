/* SPDX-License-Identifier: BSD-2-Clause */
/** \file udp_socket.c Sockets of the client, and what goes out on them. */
#include "world/udp_own.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

/**
 * A port is left behind after so many queries. Ports below 1,024 belong to services; one that is taken
 * is met seldom.
 */
enum { PORT_QUERIES = 100000, PORT_LEAST = 1024, PORT_TRIES = 100, SOCKET_ROOM = 1 << 20 };

uint16_t udp_random(struct udp *u)
{
    if (!u->random_left) {
        size_t n = 0;

        while (n < sizeof u->random) {
            ssize_t got = getrandom((char *)u->random + n, sizeof u->random - n, 0);

            n += got > 0 ? (size_t)got : 0;
        }
        u->random_left = sizeof u->random / sizeof *u->random;
    }
    return u->random[--u->random_left];
}

/** Bind to a random port. \return false: none of many can be had */
static bool bind_port(struct udp *u, int fd, int family)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        uint16_t port = htons((uint16_t)(PORT_LEAST + udp_random(u) % (65536 - PORT_LEAST)));
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = port};

        if (family == AF_INET ? bind(fd, (struct sockaddr *)&in, sizeof in) == 0
                              : bind(fd, (struct sockaddr *)&in6, sizeof in6) == 0)
            return true;
    }
    return false;
}

void udp_socket_close(struct udp_socket *s)
{
    if (s->kind == UDP_OF_SOCKET && s->fd > 0)
        close(s->fd);
    s->fd = -1;
}

bool udp_socket_open(struct udp *u, struct udp_socket *s)
{
    const struct udp_resolver *r = s->resolver;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
    int room = SOCKET_ROOM;

    udp_socket_close(s);
    s->sent = 0;
    s->fd = socket(r->at.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0)
        return false;
    setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room); /* as much as is allowed */
    if (bind_port(u, s->fd, r->at.ss_family) &&
        connect(s->fd, (const struct sockaddr *)&r->at, r->at_n) == 0 &&
        epoll_ctl(u->epoll, EPOLL_CTL_ADD, s->fd, &event) == 0)
        return true;
    udp_socket_close(s);
    return false;
}

bool udp_is_reply(assay_span packet, const struct udp_query *q)
{
    const uint8_t *p = (const uint8_t *)packet.p;
    uint8_t wire[DNS_NAME_WIRE + 4];
    size_t n;

    if (packet.n < 12 || !(p[2] & 0x80) || (p[2] & 0x78) || p[4] || p[5] != 1)
        return false;
    n = dns_name_wire(q->name, wire);
    return packet.n >= 12 + n + 4 &&
           span_ieq(span_first(span_from(packet, 12), n), (assay_span){(const char *)wire, n}) &&
           p[12 + n] == q->rrtype >> 8 && p[13 + n] == (q->rrtype & 0xFF) && p[14 + n] == 0 &&
           p[15 + n] == 1;
}

/** The next resolver that has room, beginning with the one whose turn it is; or NULL. */
static struct udp_resolver *next_resolver(struct udp *u)
{
    for (size_t i = 0; i < u->nresolvers; i++) {
        struct udp_resolver *r = &u->resolvers[(u->turn + i) % u->nresolvers];

        if (r->open < r->window) {
            u->turn = (size_t)(r - u->resolvers) + 1;
            return r;
        }
    }
    return NULL;
}

/** A socket of a resolver, at random; its port is changed when it has served and nobody waits at it. */
static struct udp_socket *pick_socket(struct udp *u, struct udp_resolver *r)
{
    unsigned first = udp_random(u);

    for (unsigned i = 0; i < u->options.sockets; i++) {
        struct udp_socket *s = &r->sockets[(first + i) % u->options.sockets];

        if (s->fd >= 0 && s->sent < PORT_QUERIES)
            return s;
        if (s->open == 0 && udp_socket_open(u, s))
            return s;
    }
    return NULL;
}

/** An id that no other query on this socket has. */
static uint16_t fresh_id(struct udp *u, const struct udp_socket *s)
{
    for (;;) {
        uint16_t id = udp_random(u);
        const struct udp_query *q = s->buckets[id % UDP_BUCKETS];

        while (q && q->id != id)
            q = q->next;
        if (!q)
            return id;
    }
}

/** A query is on its way. */
static void hook(struct udp *u, struct udp_socket *s, struct udp_query *q)
{
    struct udp_query **bucket = &s->buckets[q->id % UDP_BUCKETS];

    TAILQ_REMOVE(&u->line, q, line);
    q->socket = s;
    q->resolver = (uint8_t)(s->resolver - u->resolvers);
    q->next = *bucket;
    *bucket = q;
    q->state = UDP_OUT;
    q->due = u->now + (u->options.first_ms << q->tries);
    TAILQ_INSERT_TAIL(&u->out[q->tries], q, line);
    s->open++;
    s->sent++;
    s->resolver->open++;
}

/** Send packets. \return how many went; an error that an earlier one brought back is looked over once */
static int send_all(int fd, struct mmsghdr *messages, unsigned n)
{
    int sent = sendmmsg(fd, messages, n, 0);

    if (sent < 0 && errno != EAGAIN)
        sent = sendmmsg(fd, messages, n, 0);
    return sent;
}

/** One batch on one socket. \return how many went, of `n` */
static unsigned send_batch(struct udp *u, struct udp_socket *s, unsigned n)
{
    struct mmsghdr messages[UDP_BATCH];
    struct iovec io[UDP_BATCH];
    struct udp_query *q = TAILQ_FIRST(&u->line), *next;
    uint8_t(*packets)[UDP_PACKET] = u->packets;
    int sent;

    memset(messages, 0, n * sizeof *messages);
    for (unsigned i = 0; i < n; i++, q = TAILQ_NEXT(q, line)) {
        q->id = fresh_id(u, s);
        io[i] = (struct iovec){packets[i],
                               dns_query_write(q->id, q->name, q->rrtype, true, packets[i])};
        messages[i].msg_hdr.msg_iov = &io[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    sent = send_all(s->fd, messages, n);
    if (sent < 0 && errno != EAGAIN)
        sent = (int)n; /* it cannot be reached now: nobody will answer */
    q = TAILQ_FIRST(&u->line);
    for (int i = 0; i < sent; i++, q = next) {
        next = TAILQ_NEXT(q, line);
        hook(u, s, q);
    }
    u->counts.sent += sent > 0 ? (unsigned)sent : 0;
    return sent > 0 ? (unsigned)sent : 0;
}

bool udp_give_out(struct udp *u)
{
    struct udp_resolver *r;
    struct udp_socket *s;

    while (!TAILQ_EMPTY(&u->line) && (r = next_resolver(u)) && (s = pick_socket(u, r))) {
        const struct udp_query *q = TAILQ_FIRST(&u->line);
        unsigned n = 0, room = r->window - r->open;

        for (; q && n < room && n < UDP_BATCH; q = TAILQ_NEXT(q, line))
            n++;
        if (send_batch(u, s, n) < n)
            return true;
    }
    return false;
}

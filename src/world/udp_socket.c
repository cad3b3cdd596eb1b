/* SPDX-License-Identifier: BSD-2-Clause */
/** \file udp_socket.c Sockets of the client, and what goes out on them. */
#include "world/udp_own.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
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

/** One batch being made. */
struct udp_batch {
    unsigned n;                           /* queries */
    struct udp_query *queries[UDP_BATCH]; /* those of one size beside each other */
    struct iovec io[UDP_BATCH];
    unsigned groups;
    struct mmsghdr messages[UDP_BATCH];
    unsigned first[UDP_BATCH + 1]; /* of each message, its first query */
    union {
        char octets[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr aligned;
    } control[UDP_BATCH];
};

/** Take the first queries out of the line, write their packets, and sort those by size: counts, then places. */
static void write_packets(struct udp *u, struct udp_socket *s, struct udp_batch *b)
{
    uint16_t starts[DNS_QUERY_MAX + 2] = {0}, sizes[UDP_BATCH];
    struct udp_query *taken[UDP_BATCH], *q;

    for (unsigned i = 0; i < b->n; i++) {
        q = taken[i] = TAILQ_FIRST(&u->line);
        q->id = fresh_id(u, s);
        hook(u, s, q); /* at once, so that the next id is another */
        sizes[i] = (uint16_t)dns_query_write(q->id, q->name, q->rrtype, true, u->packets[i]);
        starts[sizes[i] + 1]++;
    }
    for (size_t i = 1; i < sizeof starts / sizeof *starts; i++)
        starts[i] = (uint16_t)(starts[i] + starts[i - 1]);
    for (unsigned i = 0; i < b->n; i++) {
        unsigned at = starts[sizes[i]]++;

        b->queries[at] = taken[i];
        b->io[at] = (struct iovec){u->packets[i], sizes[i]};
    }
}

/** The system cuts this message into packets of one size (UDP_SEGMENT of udp(7)). */
static void set_segments(struct udp_batch *b, unsigned message, size_t size)
{
    struct msghdr *m = &b->messages[message].msg_hdr;
    struct cmsghdr *c = &b->control[message].aligned;
    uint16_t octets = (uint16_t)size;

    m->msg_control = c;
    m->msg_controllen = sizeof b->control[message].octets;
    c->cmsg_level = IPPROTO_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof octets);
    memcpy(CMSG_DATA(c), &octets, sizeof octets);
}

/** Packets of one size become one message: the way through the system is most of what a question costs. */
static void group(const struct udp *u, struct udp_batch *b)
{
    b->groups = 0;
    for (unsigned i = 0, n; i < b->n; i += n) {
        struct msghdr *m = &b->messages[b->groups].msg_hdr;

        for (n = 1; u->segments && i + n < b->n && n < UDP_SEGMENTS &&
                    b->io[i + n].iov_len == b->io[i].iov_len;)
            n++;
        *m = (struct msghdr){.msg_iov = &b->io[i], .msg_iovlen = n};
        if (n > 1)
            set_segments(b, b->groups, b->io[i].iov_len);
        b->first[b->groups++] = i;
    }
    b->first[b->groups] = b->n;
}

/** Send what is made. \return how many queries went, the first ones */
static unsigned send_groups(struct udp *u, const struct udp_socket *s, struct udp_batch *b)
{
    int sent = -1;

    for (int tries = 0; tries < 3 && sent < 0; tries++) {
        group(u, b);
        sent = sendmmsg(s->fd, b->messages, b->groups, 0);
        if (sent < 0 && errno == EAGAIN)
            return 0;
        if (sent < 0 && u->segments && (errno == EINVAL || errno == EIO || errno == EOPNOTSUPP))
            u->segments = false; /* not on this way */
        /* else the error is that of an earlier packet, and is told once */
    }
    return sent < 0 ? b->n : b->first[sent]; /* it cannot be reached now: nobody will answer */
}

/** One batch on one socket. \return how many went, of `n` */
static unsigned send_batch(struct udp *u, struct udp_socket *s, unsigned n)
{
    struct udp_batch *b = u->batch;
    unsigned sent;

    b->n = n;
    write_packets(u, s, b);
    sent = send_groups(u, s, b);
    for (unsigned i = n; i > sent; i--) {
        udp_unhook(u, b->queries[i - 1]);
        b->queries[i - 1]->state = UDP_IN_LINE;
        TAILQ_INSERT_HEAD(&u->line, b->queries[i - 1], line);
    }
    u->counts.sent += sent;
    return sent;
}

bool udp_batch_new(struct udp *u)
{
    u->segments = true;
    u->batch = calloc(1, sizeof *u->batch);
    return u->batch;
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

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_server.h A DNS server that misbehaves as it is asked to, for test_world.c: a thread
 * with sockets of its own.
 *
 * The first label of the name says what it does:
 *
 *     ok, anything else   answers: TXT "hello", A 192.0.2.1, else NODATA; TTL 300
 *     ttl0                the same, not to be kept
 *     nx                  NXDOMAIN, with an SOA that allows 60 s
 *     silent              nothing
 *     late                the answer, LATE_MS later
 *     second              nothing at first, the answer from the second query on
 *     tc                  truncated over UDP, whole over TCP
 *     tcdead              truncated over UDP, hangs up over TCP
 *     servfail refused formerr notimp    that RCODE
 *     wrongid wrongname   an answer to another query
 *     query               an answer with QR=0
 *     garbage cut         octets that are no message; a message cut short
 *     loop                a CNAME to itself
 *     chainN              a CNAME to chainN-1, and so on to chain0, which has the answer; all in one message
 *     fat huge            one TXT record of 9,000 or of 60,000 octets
 *     large               eight TXT records of 8,000 octets
 *     badtxt              a TXT record whose string is longer than its data
 *
 * The root's SOA comes as `root` says: without signatures, not at all, or with one. Below
 * lame.example it refuses everything: it does not serve that zone.
 */
#ifndef WORLD_TEST_SERVER_H
#define WORLD_TEST_SERVER_H

#include "base/buf.h"
#include "base/number.h"
#include "dns/name.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LATE_MS = 1000, SERVER_PACKET = 65535, SERVER_UDP = 1232, SERVER_DELAYED = 16 };

/** An answer that goes out later. */
struct server_delayed {
    int64_t due;
    struct sockaddr_in to;
    struct buf packet;
};

/** How it answers for the root's SOA. */
enum server_root { ROOT_UNSIGNED, ROOT_SILENT, ROOT_SIGNED };

/** The server. Read `at`, `udp_queries`, `tcp_queries`. */
struct server {
    pthread_t thread;
    int udp, tcp, stop[2];
    char at[40];             /**< ADDR@PORT */
    atomic_uint udp_queries; /**< those for the root not counted: libunbound's own */
    atomic_uint tcp_queries;
    atomic_int root;         /**< enum server_root */
    atomic_uint connections; /**< that are open */
    unsigned seconds;        /**< queries for names that begin with `second` */
    struct server_delayed delayed[SERVER_DELAYED];
};

/** A query being answered. */
struct server_query {
    assay_span packet, question; /* as received; the question section */
    struct dns_name name;
    uint16_t rrtype;
    bool over_tcp;
};

static int64_t server_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- writing ---- */

static void server_put16(struct buf *b, unsigned n)
{
    buf_putc(b, (char)(n >> 8));
    buf_putc(b, (char)n);
}

static void server_put_name(struct buf *b, assay_span name)
{
    uint8_t wire[DNS_NAME_WIRE];

    buf_put(b, (assay_span){(char *)wire, dns_name_wire(name, wire)});
}

/** Header and question. */
static void server_begin(struct buf *b, const struct server_query *q, unsigned rcode,
                         unsigned answers, bool authority)
{
    buf_put(b, span_first(q->packet, 2));
    server_put16(b, 0x8580 | rcode); /* QR AA RD RA */
    server_put16(b, 1);
    server_put16(b, answers);
    server_put16(b, authority);
    server_put16(b, 0);
    buf_put(b, q->question);
}

static void server_record(struct buf *b, assay_span owner, unsigned rrtype, unsigned ttl,
                          assay_span rdata)
{
    server_put_name(b, owner);
    server_put16(b, rrtype);
    server_put16(b, 1);
    server_put16(b, ttl >> 16);
    server_put16(b, ttl & 0xFFFF);
    server_put16(b, (unsigned)rdata.n);
    buf_put(b, rdata);
}

/** An SOA that lets a denial live for 60 s. */
static void server_soa(struct buf *b, const struct server_query *q)
{
    server_record(b, dns_last_labels(dns_name_span(&q->name), 2), ASSAY_RR_SOA, 60,
                  SPAN("\0\0\0\0\0\1\0\0\16\20\0\0\16\20\0\0\16\20\0\0\0\74"));
}

/** The data of a type, or nothing. */
static assay_span server_data(uint16_t rrtype)
{
    return rrtype == ASSAY_RR_TXT ? SPAN("\5hello")
           : rrtype == ASSAY_RR_A ? SPAN("\xc0\0\2\1")
                                  : SPAN_EMPTY;
}

/** An ordinary answer. */
static void server_answer(struct buf *b, const struct server_query *q, unsigned ttl)
{
    assay_span data = server_data(q->rrtype);

    server_begin(b, q, 0, data.n > 0, data.n == 0);
    if (data.n)
        server_record(b, dns_name_span(&q->name), q->rrtype, ttl, data);
    else
        server_soa(b, q);
}

/** The root's SOA. A signature is only to be seen, not to be checked. */
static void server_root(struct buf *b, const struct server_query *q, enum server_root root)
{
    if (root == ROOT_SILENT)
        return;
    server_begin(b, q, 0, root == ROOT_SIGNED ? 2 : 1, false);
    server_soa(b, q);
    if (root == ROOT_SIGNED)
        server_record(b, SPAN_EMPTY, 46, 300,
                      SPAN("\0\6\15\0\0\0\1\54\x7f\0\0\0\0\0\0\0\0\1\0signature"));
}

/** CNAME steps, and the answer at their end. */
static void server_chain(struct buf *b, const struct server_query *q, unsigned steps)
{
    assay_span base = dns_parent(dns_name_span(&q->name));
    struct dns_name owner = q->name;

    server_begin(b, q, 0, steps + 1, false);
    for (; steps > 0; steps--) {
        uint8_t wire[DNS_NAME_WIRE];
        struct dns_name target;
        char label[40];

        snprintf(label, sizeof label, "chain%u", steps - 1);
        dns_prepend(label, base, &target);
        server_record(b, dns_name_span(&owner), ASSAY_RR_CNAME, 300,
                      (assay_span){(char *)wire, dns_name_wire(dns_name_span(&target), wire)});
        owner = target;
    }
    server_record(b, dns_name_span(&owner), q->rrtype, 300, server_data(q->rrtype));
}

/** A CNAME to itself. */
static void server_loop(struct buf *b, const struct server_query *q)
{
    uint8_t wire[DNS_NAME_WIRE];

    server_begin(b, q, 0, 1, false);
    server_record(b, dns_name_span(&q->name), ASSAY_RR_CNAME, 300,
                  (assay_span){(char *)wire, dns_name_wire(dns_name_span(&q->name), wire)});
}

/** TXT records of `size` octets, each another. */
static void server_large(struct buf *b, const struct server_query *q, unsigned records, size_t size)
{
    char *rdata = malloc(size);

    server_begin(b, q, 0, records, false);
    for (unsigned i = 0; i < records; i++) {
        memset(rdata, 'a' + (int)i % 26, size);
        rdata[1] = (char)i;
        for (size_t at = 0; at < size; at += 256) /* strings of 255 octets */
            rdata[at] = (char)(size - at > 256 ? 255 : size - at - 1);
        server_record(b, dns_name_span(&q->name), ASSAY_RR_TXT, 300, (assay_span){rdata, size});
    }
    free(rdata);
}

/* ---- misbehaving ---- */

/** Change a good answer as the label says. */
static void server_spoil(struct buf *b, const struct server_query *q, assay_span label)
{
    server_answer(b, q, 300);
    if (span_is(label, "wrongid"))
        b->p[0] = (char)(b->p[0] ^ 1);
    else if (span_is(label, "wrongname"))
        b->p[13] = 'x'; /* the first letter of the question's name */
    else if (span_is(label, "query"))
        b->p[2] = (char)(b->p[2] & 0x7F);
    else if (span_is(label, "cut"))
        b->n -= 3;
    else if (span_is(label, "badtxt"))
        b->p[b->n - 6] = 99;
    else if (span_is(label, "garbage"))
        memset(b->p + 2, 0xC3, b->n - 2);
}

/** The RCODE that a name asks for, or 0. */
static unsigned server_rcode(assay_span name, assay_span label)
{
    static const char *const NAMES[] = {"", "formerr", "servfail", "", "notimp", "refused"};

    for (unsigned i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (*NAMES[i] && span_is(label, NAMES[i]))
            return i;
    return dns_is_under(name, SPAN("lame.example")) ? 5 : 0;
}

/** What the first label says. An empty packet: no answer. */
static void server_reply(struct buf *b, const struct server_query *q, enum server_root root)
{
    assay_span name = dns_name_span(&q->name), label = span_first(name, span_find(name, '.'));
    uint64_t steps;

    if (span_is(label, "silent") || (q->over_tcp && span_is(label, "tcdead")))
        return;
    if (!name.n && q->rrtype == ASSAY_RR_SOA)
        server_root(b, q, root);
    else if (server_rcode(name, label))
        server_begin(b, q, server_rcode(name, label), 0, false);
    else if (span_is(label, "nx"))
        server_begin(b, q, 3, 0, true), server_soa(b, q);
    else if (span_is(label, "ttl0"))
        server_answer(b, q, 0);
    else if (span_is(label, "loop"))
        server_loop(b, q);
    else if (span_starts(label, SPAN("chain")) && number_read(span_from(label, 5), 99, &steps))
        server_chain(b, q, (unsigned)steps);
    else if (span_is(label, "fat") && q->rrtype == ASSAY_RR_TXT)
        server_large(b, q, 1, 9000);
    else if (span_is(label, "huge") && q->rrtype == ASSAY_RR_TXT)
        server_large(b, q, 1, 60000);
    else if (span_is(label, "large") && q->rrtype == ASSAY_RR_TXT)
        server_large(b, q, 8, 8000);
    else
        server_spoil(b, q, label);
    if (!q->over_tcp && (b->n > SERVER_UDP || span_starts(label, SPAN("tc")))) {
        buf_clear(b);
        server_begin(b, q, 0, 0, false);
        b->p[2] = (char)(b->p[2] | 2); /* TC */
    }
}

/** Take the question out of a query. */
static bool server_read(assay_span packet, bool over_tcp, struct server_query *q)
{
    assay_span s = span_from(packet, 12);

    *q = (struct server_query){.packet = packet, .over_tcp = over_tcp};
    if (!dns_name_unwire(&s, &q->name) || s.n < 4)
        return false;
    q->rrtype = (uint16_t)((unsigned char)s.p[0] << 8 | (unsigned char)s.p[1]);
    q->question = span_between(packet.p + 12, s.p + 4);
    return true;
}

/* ---- the thread ---- */

/** Keep an answer for later. */
static void server_delay(struct server *s, const struct sockaddr_in *to, struct buf *packet)
{
    for (size_t i = 0; i < SERVER_DELAYED; i++)
        if (!s->delayed[i].packet.n) {
            s->delayed[i] = (struct server_delayed){server_now() + LATE_MS, *to, *packet};
            *packet = buf_new(SERVER_PACKET);
            return;
        }
}

/** Send what is due. \return milliseconds until the next, or -1 */
static int server_send_due(struct server *s)
{
    int64_t now = server_now(), next = -1;

    for (size_t i = 0; i < SERVER_DELAYED; i++) {
        struct server_delayed *d = &s->delayed[i];

        if (d->packet.n && d->due <= now) {
            sendto(s->udp, d->packet.p, d->packet.n, 0, (struct sockaddr *)&d->to, sizeof d->to);
            buf_done(&d->packet);
        } else if (d->packet.n && (next < 0 || d->due - now < next)) {
            next = d->due - now;
        }
    }
    return (int)next;
}

/** The name's first query goes unanswered. */
static bool server_swallows(struct server *s, const struct server_query *q)
{
    return span_starts(dns_name_span(&q->name), SPAN("second.")) && !s->seconds++;
}

static void server_udp(struct server *s)
{
    char packet[SERVER_PACKET];
    struct sockaddr_in from;
    socklen_t from_n = sizeof from;
    ssize_t n;

    while ((n = recvfrom(s->udp, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from,
                         &from_n)) > 0) {
        struct buf reply = buf_new(SERVER_PACKET);
        struct server_query q;

        if (server_read((assay_span){packet, (size_t)n}, false, &q)) {
            if (q.name.n)
                atomic_fetch_add(&s->udp_queries, 1);
            if (!server_swallows(s, &q))
                server_reply(&reply, &q, (enum server_root)atomic_load(&s->root));
            if (reply.n && span_starts(dns_name_span(&q.name), SPAN("late")))
                server_delay(s, &from, &reply);
            if (reply.n)
                sendto(s->udp, reply.p, reply.n, 0, (struct sockaddr *)&from, from_n);
        }
        buf_done(&reply);
        from_n = sizeof from;
    }
}

/** Read a whole number of octets. */
static bool server_read_all(int fd, char *p, size_t n)
{
    for (ssize_t got; n > 0; p += got, n -= (size_t)got)
        if ((got = read(fd, p, n)) <= 0)
            return false;
    return true;
}

/** One TCP connection, and who serves it. */
struct server_connection {
    struct server *server;
    int fd;
};

/** Answer one query over TCP. \return whether the connection goes on */
static bool server_tcp_query(struct server *s, int fd, char *packet)
{
    struct buf message = buf_new(SERVER_PACKET), reply = buf_new(SERVER_PACKET + 2);
    struct server_query q;
    bool goes_on;
    size_t n;

    if (!server_read_all(fd, packet, 2))
        return false;
    n = (size_t)(unsigned char)packet[0] << 8 | (unsigned char)packet[1];
    if (!server_read_all(fd, packet, n) || !server_read((assay_span){packet, n}, true, &q))
        return false;
    atomic_fetch_add(&s->tcp_queries, 1);
    server_reply(&message, &q, (enum server_root)atomic_load(&s->root));
    server_put16(&reply, (unsigned)message.n);
    buf_put(&reply, buf_span(&message));
    goes_on = message.n && send(fd, reply.p, reply.n, MSG_NOSIGNAL) == (ssize_t)reply.n;
    buf_done(&message);
    buf_done(&reply);
    return goes_on;
}

/** The thread of one connection. */
static void *server_tcp(void *arg)
{
    struct server_connection *c = arg;
    char *packet = malloc(SERVER_PACKET);
    struct timeval patience = {3, 0};

    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (server_tcp_query(c->server, c->fd, packet))
        ;
    close(c->fd);
    free(packet);
    atomic_fetch_sub(&c->server->connections, 1);
    free(c);
    return NULL;
}

/** Somebody connects. */
static void server_accept(struct server *s)
{
    struct server_connection *c = malloc(sizeof *c);
    pthread_t thread;

    *c = (struct server_connection){s, accept(s->tcp, NULL, NULL)};
    atomic_fetch_add(&s->connections, 1);
    if (pthread_create(&thread, NULL, server_tcp, c) == 0)
        pthread_detach(thread);
}

static void *server_run(void *arg)
{
    struct server *s = arg;
    struct pollfd fds[] = {{s->udp, POLLIN, 0}, {s->tcp, POLLIN, 0}, {s->stop[0], POLLIN, 0}};

    while (!(fds[2].revents & POLLIN)) {
        if (fds[0].revents & POLLIN)
            server_udp(s);
        if (fds[1].revents & POLLIN)
            server_accept(s);
        poll(fds, 3, server_send_due(s));
    }
    return NULL;
}

/** Bind both sockets to one port. */
static bool server_bind(struct server *s, const char *address, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t n = sizeof at;
    int yes = 1, room = 4 << 20;

    inet_pton(AF_INET, address, &at.sin_addr);
    s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setsockopt(s->tcp, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(s->udp, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(s->tcp, (struct sockaddr *)&at, sizeof at) != 0 ||
        getsockname(s->tcp, (struct sockaddr *)&at, &n) != 0 ||
        bind(s->udp, (struct sockaddr *)&at, sizeof at) != 0 || listen(s->tcp, 16) != 0)
        return false;
    snprintf(s->at, sizeof s->at, "%s@%u", address, ntohs(at.sin_port));
    return true;
}

/** Start it. \param port  0: any. \return NULL when it cannot have its sockets */
static struct server *server_start(const char *address, uint16_t port)
{
    struct server *s = calloc(1, sizeof *s);

    if (server_bind(s, address, port) && pipe(s->stop) == 0 &&
        pthread_create(&s->thread, NULL, server_run, s) == 0)
        return s;
    perror("test server");
    free(s);
    return NULL;
}

/** Stop it. */
static void server_stop(struct server *s)
{
    if (!s)
        return;
    if (write(s->stop[1], "", 1) == 1)
        pthread_join(s->thread, NULL);
    while (atomic_load(&s->connections))
        usleep(10000);
    for (size_t i = 0; i < SERVER_DELAYED; i++)
        buf_done(&s->delayed[i].packet);
    close(s->udp);
    close(s->tcp);
    close(s->stop[0]);
    close(s->stop[1]);
    free(s);
}

#endif

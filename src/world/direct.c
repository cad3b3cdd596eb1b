/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/direct.h"

#include "base/limits.h"
#include "base/number.h"
#include "dns/wire.h"
#include "world/address.h"
#include "world/clock.h"
#include "world/failure.h"
#include "world/reply.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/** The first wait for a reply over UDP, and the port of the DNS. */
enum { FIRST_WAIT_MS = 1000, DNS_PORT = 53, MESSAGE = 65535, HEAD = 12, RD = 1 };

/** One question. */
struct query {
    TAILQ_ENTRY(query) link; /* of those in line, or of those under way */
    struct direct *direct;
    struct flight *flight;
    struct ip server;
    unsigned port;
    int fd; /* -1: in line */
    bool tcp;
    struct event io, again;
    unsigned wait_ms;
    uint16_t id;
    size_t out_n, out_at; /* over TCP the query has its length in front */
    uint8_t out[2 + DNS_QUERY_MAX];
    char *in; /* TCP: length and message */
    size_t in_n;
};

TAILQ_HEAD(queries, query);

struct direct {
    struct event_base *loop;
    bool allow_private;
    struct queries line, busy;
    size_t n;     /* under way */
    bool serving; /* serve() runs: who ends meanwhile need not call it */
    char packet[MESSAGE];
};

/* ---- addresses ---- */

/** Read "ADDR" or "ADDR@PORT". */
static bool read_server(assay_span text, struct ip *ret, unsigned *ret_port)
{
    size_t at = span_find(text, '@');
    uint64_t port = DNS_PORT;

    if (at < text.n && (!number_read(span_from(text, at + 1), UINT16_MAX, &port) || !port))
        return false;
    *ret_port = (unsigned)port;
    return ip_read(span_first(text, at), ret);
}

bool direct_address(assay_span text)
{
    struct ip ip;
    unsigned port;

    return read_server(text, &ip, &port);
}

/* ---- one question ---- */

/** Close the socket of a query. */
static void hang_up(struct query *q)
{
    event_del(&q->io);
    event_del(&q->again);
    if (q->fd >= 0)
        close(q->fd);
    q->fd = -1;
}

/** Take a query out of its list and free it. */
static void free_query(struct query *q)
{
    struct direct *d = q->direct;

    if (q->fd >= 0) {
        hang_up(q);
        TAILQ_REMOVE(&d->busy, q, link);
        d->n--;
    } else {
        TAILQ_REMOVE(&d->line, q, link);
    }
    free(q->in);
    free(q);
}

static void serve(struct direct *d);

/** The answer is there. \param fact  NULL: memory is out */
static void land(struct query *q, assay_fact *fact)
{
    struct direct *d = q->direct;
    struct flight *f = q->flight;

    free_query(q);
    flight_land(f, fact);
    serve(d);
}

/** No answer, and none will come. */
static void give_up(struct query *q, enum assay_how how, const char *what)
{
    char text[IP_TEXT];

    ip_text(&q->server, text);
    land(q, failure_new(ASSAY_DNS, q->flight->node.rrtype, how, "the server %s %s", text, what));
}

/** Whether a message is a reply to the query that has no question any more: some errors come so. */
static bool bare_error(const struct query *q, assay_span packet)
{
    const unsigned char *p = (const unsigned char *)packet.p;

    return packet.n >= HEAD && (p[0] << 8 | p[1]) == q->id && p[2] & 0x80 && p[3] & 15 && !p[4] &&
           !p[5];
}

static void go_tcp(struct query *q);

/** A message came. \return false: it is no reply to this */
static bool take(struct query *q, assay_span packet)
{
    struct assay_question asked = table_question(&q->flight->node);
    struct arena a = {0};
    struct dns_reply r;
    assay_status s = dns_reply_read(&a, packet, asked.name, asked.rrtype, &r);
    bool reply = s == ASSAY_DONE && r.id == q->id;

    if (s == ASSAY_ENOMEM)
        land(q, NULL);
    else if (s != ASSAY_DONE && (reply = bare_error(q, packet)))
        give_up(q, ASSAY_SERVFAIL, "does not understand the query");
    else if (reply && r.truncated && !q->tcp)
        go_tcp(q);
    else if (reply)
        land(q, reply_fact_said(s, &r, &asked, ASSAY_UNKNOWN,
                                r.authoritative ? SPAN("aa") : SPAN_EMPTY));
    arena_done(&a);
    return reply || s == ASSAY_ENOMEM;
}

/* ---- UDP ---- */

/** Send the query, and wait twice as long as the last time. */
static void send_udp(struct query *q)
{
    struct timeval wait = world_wait(q->wait_ms);

    (void)!send(q->fd, q->out + 2, q->out_n - 2, MSG_NOSIGNAL); /* lost is lost: it is sent again */
    q->wait_ms *= 2;
    evtimer_add(&q->again, &wait);
}

/** No reply yet. */
static void again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    send_udp(arg);
}

/** A datagram, or word that nobody listens. */
static void udp_ready(evutil_socket_t fd, short what, void *arg)
{
    struct query *q = arg;
    struct direct *d = q->direct;
    ssize_t n = recv(fd, d->packet, sizeof d->packet, 0);

    (void)what;
    if (n >= 0)
        take(q, (assay_span){d->packet, (size_t)n});
    else if (errno != EAGAIN && errno != EINTR)
        give_up(q, ASSAY_TIMEOUT, "cannot be reached");
}

/* ---- TCP ---- */

/** Octets of the message that is being read, its length included; 2: not known yet. */
static size_t in_wanted(const struct query *q)
{
    const unsigned char *p = (const unsigned char *)q->in;

    return q->in_n < 2 ? 2 : 2 + (size_t)(p[0] << 8 | p[1]);
}

/** Read on. */
static void tcp_read(struct query *q)
{
    ssize_t n = recv(q->fd, q->in + q->in_n, in_wanted(q) - q->in_n, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        give_up(q, ASSAY_TIMEOUT, "ended the connection");
        return;
    }
    q->in_n += (size_t)n;
    if (q->in_n > 2 && q->in_n == in_wanted(q) && !take(q, (assay_span){q->in + 2, q->in_n - 2}))
        give_up(q, ASSAY_SERVFAIL, "sent a reply that cannot be read");
}

/** The connection can be written to, or read. */
static void tcp_ready(evutil_socket_t fd, short what, void *arg)
{
    struct query *q = arg;
    ssize_t n;

    if (!(what & EV_WRITE)) {
        tcp_read(q);
        return;
    }
    n = send(fd, q->out + q->out_at, q->out_n - q->out_at, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        give_up(q, ASSAY_TIMEOUT, "takes no connection over TCP");
        return;
    }
    q->out_at += n > 0 ? (size_t)n : 0;
    if (q->out_at < q->out_n)
        return;
    event_del(&q->io);
    event_assign(&q->io, q->direct->loop, fd, EV_READ | EV_PERSIST, tcp_ready, q);
    if (event_add(&q->io, NULL) != 0)
        land(q, NULL);
}

/** Open the socket of a query. \return false: memory or descriptors are out; it stays */
static bool open_socket(struct query *q, int type, short events, event_callback_fn ready)
{
    struct address to = address_of(&q->server, q->port);
    int fd = address_socket(&q->server, type);

    if (fd < 0)
        return false;
    if (connect(fd, (const struct sockaddr *)&to.at, to.n) != 0 && errno != EINPROGRESS) {
        close(fd);
        return false;
    }
    event_assign(&q->io, q->direct->loop, fd, (short)(events | EV_PERSIST), ready, q);
    if (event_add(&q->io, NULL) != 0) {
        close(fd);
        return false;
    }
    q->fd = fd;
    return true;
}

/** Ask once more, over TCP. */
static void go_tcp(struct query *q)
{
    hang_up(q);
    q->tcp = true;
    if (!(q->in = malloc(2 + MESSAGE)) || !open_socket(q, SOCK_STREAM, EV_WRITE, tcp_ready)) {
        TAILQ_REMOVE(&q->direct->busy, q,
                     link); /* without a socket it is in line, for free_query() */
        TAILQ_INSERT_HEAD(&q->direct->line, q, link);
        q->direct->n--;
        give_up(q, ASSAY_TIMEOUT, "cannot be asked over TCP");
    }
}

/* ---- the transport ---- */

/** Begin with the first in line. */
static void begin(struct query *q)
{
    struct direct *d = q->direct;

    if (!open_socket(q, SOCK_DGRAM, EV_READ, udp_ready)) {
        give_up(q, ASSAY_TIMEOUT, "cannot be reached from here");
        return;
    }
    TAILQ_REMOVE(&d->line, q, link);
    TAILQ_INSERT_TAIL(&d->busy, q, link);
    d->n++;
    send_udp(q);
}

/** Begin as many as may be under way. */
static void serve(struct direct *d)
{
    struct query *q;

    if (d->serving)
        return;
    d->serving = true;
    while (d->n < LIMIT_DIRECT && (q = TAILQ_FIRST(&d->line)))
        begin(q);
    d->serving = false;
}

/** A query for a flight, in no list. \return NULL when memory is out */
static struct query *new_query(struct direct *d, struct flight *f)
{
    struct query *q = calloc(1, sizeof *q);

    if (!q || getrandom(&q->id, sizeof q->id, 0) != sizeof q->id) {
        free(q);
        return NULL;
    }
    q->direct = d;
    q->flight = f;
    q->fd = -1;
    q->wait_ms = FIRST_WAIT_MS;
    q->out_n = 2 + dns_query_write(q->id, f->node.name, f->node.rrtype, false, q->out + 2);
    q->out[0] = (uint8_t)((q->out_n - 2) >> 8);
    q->out[1] = (uint8_t)(q->out_n - 2);
    q->out[4] &= (uint8_t)~RD; /* what it has itself */
    event_assign(&q->io, d->loop, -1, 0, udp_ready, q);
    evtimer_assign(&q->again, d->loop, again, q);
    return q;
}

/** transport.start */
static assay_status start(void *self, struct flight *f)
{
    struct direct *d = self;
    struct query *q = new_query(d, f);

    if (!q)
        return ASSAY_ENOMEM;
    f->handle = q;
    TAILQ_INSERT_TAIL(&d->line, q, link);
    if (!read_server(f->node.data, &q->server, &q->port) ||
        (!d->allow_private && !address_public(&q->server)))
        give_up(q, ASSAY_TIMEOUT, "is not asked: its address is not a public one");
    else
        serve(d);
    return ASSAY_DONE;
}

/** transport.cancel */
static void cancel(void *self, struct flight *f)
{
    free_query(f->handle);
    serve(self);
}

/** transport.free */
static void free_direct(void *self)
{
    free(self);
}

const struct transport direct_transport = {start, cancel, free_direct, NULL};

void *direct_new(struct event_base *loop, bool allow_private)
{
    struct direct *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->loop = loop;
    d->allow_private = allow_private;
    TAILQ_INIT(&d->line);
    TAILQ_INIT(&d->busy);
    return d;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/clock.h"
#include "world/failure.h"
#include "world/reply.h"
#include "world/udp_own.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

enum { SOCKETS = 16, FIRST_MS = 1500, TRIES = 3, MOST = 1000, WINDOW_FIRST = 128, EVENTS = 64 };

/** Milliseconds that udp_prove() waits. */
enum { PROVE_MS = 3000 };

/* ---- set up ---- */

/** The loopback of this host (RFC 1122 3.2.1.3, RFC 4291 2.5.3). */
static bool is_here(const struct sockaddr_storage *at)
{
    if (at->ss_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)(const void *)at)->sin_addr.s_addr) >> 24) ==
               127;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr);
}

/** Read `ADDR[%SCOPE]@PORT`, as resolv.h writes it. */
static bool read_address(char *text, struct udp_resolver *ret)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found;
    char *port = strrchr(text, '@');

    *port++ = '\0';
    if (getaddrinfo(text, port, &hints, &found) != 0)
        return false;
    memcpy(&ret->at, found->ai_addr, found->ai_addrlen);
    ret->at_n = found->ai_addrlen;
    freeaddrinfo(found);
    ret->here = is_here(&ret->at);
    ret->window = WINDOW_FIRST;
    ret->slow_start = true;
    return true;
}

/** Set up one resolver with its sockets. */
static bool open_resolver(struct udp *u, struct udp_resolver *r)
{
    if (!(r->sockets = calloc(u->options.sockets, sizeof *r->sockets)))
        return false;
    if (r->window > u->options.most)
        r->window = u->options.most;
    for (unsigned i = 0; i < u->options.sockets; i++) {
        r->sockets[i] = (struct udp_socket){.kind = UDP_OF_SOCKET, .fd = -1, .resolver = r};
        if (!udp_socket_open(u, &r->sockets[i]))
            return false;
    }
    return true;
}

/** What is not given, by default; what is too much, as much as there is. */
static void fill_options(struct udp_options *o)
{
    if (!o->resolvers)
        o->resolvers = "127.0.0.1";
    if (!o->sockets || o->sockets > UDP_SOCKETS)
        o->sockets = o->sockets ? UDP_SOCKETS : SOCKETS;
    if (!o->first_ms)
        o->first_ms = FIRST_MS;
    if (!o->tries || o->tries > UDP_TRIES)
        o->tries = o->tries ? UDP_TRIES : TRIES;
    if (!o->most)
        o->most = MOST;
}

/** Everything of a client whose memory is zeroed. */
static assay_status set_up(struct udp *u, const char **ret_why)
{
    struct resolvers list;

    if (!resolvers_read(span_of(u->options.resolvers), &list, ret_why))
        return ASSAY_EINVAL;
    if (!list.n) {
        *ret_why = "resolvers: a scan needs a recursive resolver to ask";
        return ASSAY_EINVAL;
    }
    if ((u->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0 || !udp_batch_new(u))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < list.n; i++) {
        if (!read_address(list.at[i], &u->resolvers[i])) {
            *ret_why = "resolvers: not an address";
            return ASSAY_EINVAL;
        }
        u->nresolvers++;
        if (!open_resolver(u, &u->resolvers[i])) {
            *ret_why = "resolvers: no way leads to one, or there are too few descriptors";
            return ASSAY_EINVAL;
        }
    }
    return ASSAY_DONE;
}

assay_status udp_new(const struct udp_options *options, struct udp **ret, const char **ret_why)
{
    struct udp *u = calloc(1, sizeof *u);
    assay_status s;

    if (!u)
        return ASSAY_ENOMEM;
    u->epoll = u->watched = -1;
    u->watch = UDP_OF_WATCH;
    u->begin = world_now() - 1;
    if (options)
        u->options = *options;
    fill_options(&u->options);
    TAILQ_INIT(&u->line);
    TAILQ_INIT(&u->tcp_line);
    TAILQ_INIT(&u->tcp_out);
    for (size_t i = 0; i < UDP_TRIES; i++)
        TAILQ_INIT(&u->out[i]);
    for (size_t i = 0; i < UDP_TCP; i++)
        u->tcp[i] = (struct udp_tcp){.kind = UDP_OF_TCP, .fd = -1, .in = buf_new(UINT16_MAX)};
    if ((s = set_up(u, ret_why)) != ASSAY_DONE) {
        udp_free(u);
        return s;
    }
    *ret = u;
    return ASSAY_DONE;
}

void udp_free(struct udp *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < UDP_TCP; i++) {
        udp_tcp_close(&u->tcp[i]);
        buf_done(&u->tcp[i].in);
    }
    for (size_t i = 0; i < u->nresolvers; i++) {
        for (unsigned k = 0; u->resolvers[i].sockets && k < u->options.sockets; k++)
            udp_socket_close(&u->resolvers[i].sockets[k]);
        free(u->resolvers[i].sockets);
    }
    if (u->epoll >= 0)
        close(u->epoll);
    arena_done(&u->scratch);
    free(u->batch);
    free(u);
}

/* ---- asking ---- */

void udp_ask(struct udp *u, struct udp_query *q)
{
    q->tries = 0;
    q->tcp = false;
    q->connection = NULL;
    q->state = UDP_IN_LINE;
    TAILQ_INSERT_TAIL(&u->line, q, line);
    u->open++;
    u->counts.asked++;
}

void udp_unhook(struct udp *u, struct udp_query *q)
{
    struct udp_query **at = &q->socket->buckets[q->id % UDP_BUCKETS];

    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    q->socket->open--;
    q->socket->resolver->open--;
    TAILQ_REMOVE(&u->out[q->tries], q, line);
    q->state = UDP_IDLE;
}

void udp_cancel(struct udp *u, struct udp_query *q)
{
    if (q->state == UDP_IN_LINE)
        TAILQ_REMOVE(&u->line, q, line);
    else if (q->state == UDP_OUT)
        udp_unhook(u, q);
    else if (q->state == UDP_TCP_LINE)
        TAILQ_REMOVE(&u->tcp_line, q, line);
    else if (q->state == UDP_TCP_OUT) {
        TAILQ_REMOVE(&u->tcp_out, q, line);
        udp_tcp_close(q->connection);
    }
    q->state = UDP_IDLE;
    u->open--;
}

void udp_conclude(struct udp *u, struct udp_query *q, assay_fact *fact)
{
    q->state = UDP_IDLE;
    u->open--;
    u->counts.answered++;
    q->done(q, fact);
}

/* ---- answers ---- */

/** How many queries may be on their way: looked at when about as many were answered as that. */
static void learn(struct udp *u, struct udp_resolver *r, bool lost)
{
    r->concluded++;
    r->lost += lost;
    if (r->concluded < r->window)
        return;
    if (r->lost * 16 > r->concluded) {
        r->window = r->window > 16 ? r->window / 2 : 8;
        r->slow_start = false;
    } else {
        r->window += r->slow_start ? r->window : r->window / 8 + 1;
        r->window = r->window < u->options.most ? r->window : u->options.most;
    }
    r->concluded = r->lost = 0;
}

assay_fact *udp_fact(struct udp *u, const struct udp_query *q, assay_span packet,
                     bool *ret_truncated)
{
    const struct udp_resolver *r = &u->resolvers[q->resolver];
    struct assay_question question = {
        .kind = ASSAY_DNS, .rrtype = q->rrtype, .name = q->name, .data = SPAN_EMPTY};
    struct dns_reply reply = {0};
    assay_status s;

    arena_rewind(&u->scratch);
    s = dns_reply_read(&u->scratch, packet, q->name, q->rrtype, &reply);
    *ret_truncated = s == ASSAY_DONE && reply.truncated;
    if (*ret_truncated)
        return NULL;
    return reply_fact_of(s, &reply, &question,
                         !r->validates     ? ASSAY_UNKNOWN
                         : reply.authentic ? ASSAY_SECURE
                                           : ASSAY_INSECURE);
}

/** A query by its id, among those that went out on a socket. */
static struct udp_query *find(const struct udp_socket *s, uint16_t id)
{
    struct udp_query *q = s->buckets[id % UDP_BUCKETS];

    while (q && q->id != id)
        q = q->next;
    return q;
}

/** One packet came. */
static void take_packet(struct udp *u, struct udp_socket *s, assay_span packet)
{
    const uint8_t *p = (const uint8_t *)packet.p;
    struct udp_query *q = packet.n >= 12 ? find(s, (uint16_t)(p[0] << 8 | p[1])) : NULL;
    bool truncated;
    assay_fact *fact;

    u->counts.received++;
    if (!q || !udp_is_reply(packet, q)) {
        u->counts.strange++;
        return;
    }
    udp_unhook(u, q);
    learn(u, s->resolver, false);
    fact = udp_fact(u, q, packet, &truncated);
    if (truncated)
        udp_tcp_ask(u, q);
    else
        udp_conclude(u, q, fact);
}

void udp_take_in(struct udp *u, struct udp_socket *s)
{
    struct mmsghdr messages[UDP_BATCH];
    struct iovec io[UDP_BATCH];
    int n;

    memset(messages, 0, sizeof messages);
    for (size_t i = 0; i < UDP_BATCH; i++) {
        io[i] = (struct iovec){u->packets[i], UDP_PACKET};
        messages[i].msg_hdr.msg_iov = &io[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    n = recvmmsg(s->fd, messages, UDP_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++)
        take_packet(u, s, (assay_span){(const char *)u->packets[i], messages[i].msg_len});
}

/** Nobody answered this try in time. */
static void lose(struct udp *u, struct udp_query *q)
{
    struct udp_resolver *r = q->socket->resolver;

    udp_unhook(u, q);
    learn(u, r, true);
    u->counts.lost++;
    if (++q->tries < u->options.tries) {
        q->state = UDP_IN_LINE;
        TAILQ_INSERT_HEAD(&u->line, q, line);
        return;
    }
    u->counts.timeouts++;
    udp_conclude(u, q,
                 failure_new(ASSAY_DNS, q->rrtype, ASSAY_TIMEOUT,
                             "the resolver did not answer %u times", q->tries));
}

/** Those whose time is over. */
static void expire(struct udp *u)
{
    struct udp_query *q;

    for (unsigned i = 0; i < u->options.tries; i++)
        while ((q = TAILQ_FIRST(&u->out[i])) && q->due <= u->now)
            lose(u, q);
    udp_tcp_tick(u);
}

/* ---- the loop ---- */

/** Milliseconds until the first one's time is over, `ms` at most. */
static int wait_for(const struct udp *u, unsigned ms)
{
    uint32_t due = u->now + ms;
    const struct udp_query *q;

    for (unsigned i = 0; i <= u->options.tries; i++) {
        q = TAILQ_FIRST(i < u->options.tries ? &u->out[i] : &u->tcp_out);
        if (q && q->due < due)
            due = q->due > u->now ? q->due : u->now;
    }
    return (int)(due - u->now);
}

void udp_turn(struct udp *u, unsigned ms)
{
    struct epoll_event events[EVENTS];
    bool more;
    int n;

    u->now = (uint32_t)(world_now() - u->begin);
    expire(u);
    more = udp_give_out(u);
    n = epoll_wait(u->epoll, events, EVENTS, more ? 1 : wait_for(u, ms));
    for (int i = 0; i < n; i++) {
        const enum udp_kind *kind = events[i].data.ptr;

        if (*kind == UDP_OF_SOCKET)
            udp_take_in(u, events[i].data.ptr);
        else if (*kind == UDP_OF_TCP)
            udp_tcp_ready(u, events[i].data.ptr);
    }
}

size_t udp_open(const struct udp *u)
{
    return u->open;
}

const struct udp_counts *udp_counts(const struct udp *u)
{
    return &u->counts;
}

bool udp_watch(struct udp *u, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &u->watch};

    if (u->watched >= 0)
        epoll_ctl(u->epoll, EPOLL_CTL_DEL, u->watched, NULL);
    u->watched = -1;
    if (fd >= 0 && epoll_ctl(u->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        return false;
    u->watched = fd;
    return true;
}

/* ---- proof ---- */

/** One resolver being proved. */
struct proof {
    struct udp_query query;
    assay_fact *fact;
    bool done;
};

static void proved(struct udp_query *query, assay_fact *fact)
{
    struct proof *proof = (struct proof *)query;

    proof->fact = fact;
    proof->done = true;
}

/** Ask one resolver alone, believing its AD bit for this once. \return whether it answered */
static bool prove(struct udp *u, struct udp_resolver *r)
{
    struct proof proof = {.query = {.name = SPAN_EMPTY, .rrtype = ASSAY_RR_SOA, .done = proved}};
    int64_t until = world_now() + PROVE_MS;
    struct assay_answer a = {.how = ASSAY_TIMEOUT};

    u->turn = (size_t)(r - u->resolvers);
    r->validates = r->here;
    udp_ask(u, &proof.query);
    while (!proof.done && world_now() < until)
        udp_turn(u, 100);
    if (!proof.done)
        udp_cancel(u, &proof.query);
    if (proof.fact && proof.query.resolver == r - u->resolvers)
        assay_fact_read(proof.fact, &a);
    r->validates = a.secure == ASSAY_SECURE;
    assay_fact_free(proof.fact);
    return a.how != ASSAY_TIMEOUT;
}

unsigned udp_prove(struct udp *u)
{
    unsigned n = 0;

    for (size_t i = 0; i < u->nresolvers; i++)
        n += prove(u, &u->resolvers[i]);
    return n;
}

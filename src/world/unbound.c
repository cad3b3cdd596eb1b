/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file unbound.c
 * One question on its way through libunbound's event API:
 *
 *     start()      a request is noted and given to ub_resolve_event()
 *     answered()   libunbound calls back, from the loop or at once: look at `sec` first, for what is bogus comes as
 *                  NOERROR with data; the RCODE stands in the packet only; the packet is libunbound's own buffer, so
 *                  it becomes a fact before anything else is asked
 *     flight_land()
 *
 * What is in flight is bounded here, for libunbound itself refuses nothing. ub_cancel() is not
 * used: it only mutes the callback, while libunbound goes on asking for up to 17 s and the memory
 * stays; a request that nobody waits for any more is kept until it calls back, and counts.
 *
 * Whether to validate behind resolvers that were not chosen for it (may_fall_back). Many home
 * routers and some company resolvers drop RRSIGs. Validating behind one makes every answer of a
 * signed zone bogus, and nothing would be judged. So the resolvers are asked once for the root's
 * SOA, with DO set: do signatures come, validation goes on. Do none come, answers are taken as they
 * are and are marked ASSAY_UNKNOWN, which proves nothing to whoever needs proof (DANE). Whoever can
 * strip signatures on the way could strip the answers as well. When the resolvers don't answer that
 * question, nothing is known: it is asked again later.
 */
#include "world/unbound.h"

#include "base/limits.h"
#include "dns/wire.h"
#include "world/clock.h"
#include "world/failure.h"
#include "world/reply.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound-event.h>
#include <unbound.h>

/** Milliseconds for the question whether signatures come, and between two tries at it. */
enum { PROBE_WAIT = 2000, PROBE_AGAIN = 30000 };

enum { CLASS_IN = 1 };

/** What libunbound says in `sec`; 0 is insecure, or not known. */
enum { SEC_BOGUS = 1, SEC_SECURE = 2 };

/** One query that libunbound works on. */
struct request {
    LIST_ENTRY(request) link;
    struct unbound *unbound;
    struct flight *flight; /* NULL: nobody waits */
    bool probe;            /* it asks whether signatures come */
};

struct unbound {
    struct unbound_options o;
    struct event_base *loop;
    struct flights *flights;
    struct ub_ctx *ctx;
    bool validates; /* what `ctx` does */
    bool decided;   /* `validates` is final */
    bool probing;
    bool closing;   /* the context is being deleted: libunbound calls back for what is open */
    int64_t probed; /* when the last try ended */
    struct event probe_timer, switch_event;
    LIST_HEAD(, request) requests;
    size_t waited, busy;
};

/* ---- the context ---- */

/** Options that hold for every context. */
static const char *const OPTIONS[][2] =
    {
        {"do-not-query-localhost:", "no"}, /* a resolver at 127.0.0.1 is the best there is */
        {"msg-cache-slabs:", "1"},         /* no threads share them */
        {"rrset-cache-slabs:", "1"},
        {"key-cache-slabs:", "1"},
        {"infra-cache-slabs:", "1"},
        {"val-bogus-ttl:", "30"},         /* as long as our own cache remembers a failure */
        {"infra-cache-max-rtt:", "2000"}, /* give up on a silent server within seconds */
        {"infra-host-ttl:", "60"},        /* and try it again soon */
        {"infra-keep-probing:", "yes"},
        {"max-query-restarts:", "16"}, /* CNAME steps from zone to zone: LIMIT_CNAMES */
        {"trust-anchor-signaling:", "no"},
};

/** Options that the members of a pool share: what all have together, and what one has at least. */
static const struct {
    const char *name;
    unsigned all, least;
} SHARED_OPTIONS[] = {
    {"outgoing-range:", 480, 64}, /* sockets at once: stay below the usual limit of 1,024 */
    {"num-queries-per-thread:", 2048, 256},
    {"msg-cache-size:", 1 << 20, 64 << 10}, /* our own cache stands in front */
    {"rrset-cache-size:", 4 << 20, 256 << 10},
    {"key-cache-size:", 512 << 10, 64 << 10},
    {"neg-cache-size:", 256 << 10, 16 << 10},
};

/** Flights that a member has at least. */
enum { FLIGHTS_LEAST = 50 };

/**
 * Options behind resolvers: those may know private addresses, which libunbound would deny by
 * itself.
 */
static const char *const FORWARD_OPTIONS[][2] = {
    {"unblock-lan-zones:", "yes"},
    {"insecure-lan-zones:", "yes"},
};

/**
 * Held while a context is made or deleted. Robustness: libunbound copies options of each context
 * into variables of the whole process, its log too, and members of a pool may come to validation at
 * the same time.
 */
static pthread_mutex_t contexts = PTHREAD_MUTEX_INITIALIZER;

/** Set options. One that this libunbound does not know is only a matter of comfort. */
static void set_options(struct ub_ctx *ctx, const char *const (*options)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        ub_ctx_set_option(ctx, options[i][0], options[i][1]);
}

/** A member's share. */
static unsigned share(const struct unbound_options *o, unsigned all, unsigned least)
{
    unsigned part = o->members ? all / o->members : all;

    return part > least ? part : least;
}

/** Set what members share. */
static void set_shared_options(struct ub_ctx *ctx, const struct unbound_options *o)
{
    for (size_t i = 0; i < sizeof SHARED_OPTIONS / sizeof *SHARED_OPTIONS; i++) {
        char number[16];

        snprintf(number, sizeof number, "%u",
                 share(o, SHARED_OPTIONS[i].all, SHARED_OPTIONS[i].least));
        ub_ctx_set_option(ctx, SHARED_OPTIONS[i].name, number);
    }
}

/** Tell a context whom to ask and what to trust. \return 0, or libunbound's error */
static int set_up(struct ub_ctx *ctx, const struct unbound_options *o, bool validate)
{
    int error = ub_ctx_debugout(ctx, NULL); /* it would print to stderr */

    set_options(ctx, OPTIONS, sizeof OPTIONS / sizeof *OPTIONS);
    set_shared_options(ctx, o);
    if (o->resolvers.n)
        set_options(ctx, FORWARD_OPTIONS, sizeof FORWARD_OPTIONS / sizeof *FORWARD_OPTIONS);
    for (size_t i = 0; !error && i < o->resolvers.n; i++)
        error = ub_ctx_set_fwd(ctx, o->resolvers.at[i]);
    if (!error && o->root_hints)
        error = ub_ctx_set_option(ctx, "root-hints:", o->root_hints);
    if (!error)
        error = validate ? ub_ctx_add_ta_file(ctx, o->trust_anchor)
                         : ub_ctx_set_option(ctx, "module-config:", "iterator");
    return error;
}

/** Nobody needs the answer. */
static void ignore(void *arg, int rcode, void *packet, int n, int sec, char *why, int limited)
{
    (void)arg;
    (void)rcode;
    (void)packet;
    (void)n;
    (void)sec;
    (void)why;
    (void)limited;
}

/** Delete a context; NULL is taken. */
static void delete_context(struct ub_ctx *ctx)
{
    pthread_mutex_lock(&contexts);
    ub_ctx_delete(ctx);
    pthread_mutex_unlock(&contexts);
}

/** new_context(), the lock being held. */
static struct ub_ctx *make_context(const struct unbound *u, bool validate)
{
    struct ub_ctx *ctx = ub_ctx_create_event(u->loop);

    if (!ctx)
        return NULL;
    if (set_up(ctx, &u->o, validate) == 0 &&
        ub_resolve_event(ctx, "localhost.", ASSAY_RR_A, CLASS_IN, NULL, ignore, NULL) == 0)
        return ctx;
    ub_ctx_delete(ctx);
    return NULL;
}

/**
 * Make a context. Files are read at the first question only; so one is asked that libunbound
 * answers by itself.
 *
 * \return NULL when memory is out or the files are not what they should be
 */
static struct ub_ctx *new_context(const struct unbound *u, bool validate)
{
    struct ub_ctx *ctx;

    pthread_mutex_lock(&contexts);
    ctx = make_context(u, validate);
    pthread_mutex_unlock(&contexts);
    return ctx;
}

/* ---- requests ---- */

/** Note a request. \return NULL when memory is out */
static struct request *new_request(struct unbound *u, struct flight *flight)
{
    struct request *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->unbound = u;
    r->flight = flight;
    r->probe = !flight;
    LIST_INSERT_HEAD(&u->requests, r, link);
    u->busy++;
    u->waited += flight != NULL;
    return r;
}

/** A request is over. */
static void free_request(struct request *r)
{
    r->unbound->busy--;
    r->unbound->waited -= r->flight != NULL;
    LIST_REMOVE(r, link);
    free(r);
}

/** What DNSSEC says of an answer that is not bogus. */
static enum assay_secure secure_of(const struct unbound *u, int sec)
{
    if (!u->validates)
        return ASSAY_UNKNOWN;
    return sec == SEC_SECURE ? ASSAY_SECURE : ASSAY_INSECURE;
}

/** The fact of what libunbound found. */
static assay_fact *found(const struct unbound *u, const struct assay_question *q, int rcode,
                         assay_span packet, int sec, const char *why)
{
    if (sec == SEC_BOGUS)
        return failure_new(q->kind, q->rrtype, ASSAY_BOGUS, "%s",
                           why && *why ? why : "DNSSEC validation failed");
    if (rcode == DNS_REFUSED)
        return failure_new(q->kind, q->rrtype, ASSAY_REFUSED, "%s refused to answer", u->o.who);
    if (rcode != DNS_NOERROR)
        return failure_new(q->kind, q->rrtype, ASSAY_SERVFAIL, "%s gave no usable answer%s",
                           u->o.who, u->o.advice);
    return reply_fact(packet, q, secure_of(u, sec));
}

static void probe_answered(struct unbound *u, int rcode, assay_span packet);

/** libunbound calls back. */
static void answered(void *arg, int rcode, void *packet, int n, int sec, char *why, int limited)
{
    struct request *r = arg;
    struct unbound *u = r->unbound;
    struct flight *flight = r->flight;
    bool probe = r->probe;
    assay_span octets = packet && n > 0 ? (assay_span){packet, (size_t)n} : SPAN_EMPTY;

    (void)limited;
    if (u->closing)
        return;
    free_request(r);
    if (probe) {
        probe_answered(u, rcode, octets);
    } else if (flight) {
        struct assay_question q = {.kind = flight->node.kind,
                                   .rrtype = flight->node.rrtype,
                                   .name = flight->node.name};

        flight_land(flight, found(u, &q, rcode, octets, sec, why));
    } else {
        flights_room(u->flights);
    }
}

/** Give a request to libunbound. \return 0, or its error */
static int resolve(struct unbound *u, struct request *r, const char *name, uint16_t rrtype)
{
    return ub_resolve_event(u->ctx, *name ? name : ".", rrtype, CLASS_IN, r, answered, NULL);
}

/** Delete the context. What it worked on goes into line again. */
static void close_context(struct unbound *u)
{
    struct request *r;

    u->closing = true;
    delete_context(u->ctx);
    u->closing = false;
    u->ctx = NULL;
    while ((r = LIST_FIRST(&u->requests))) {
        if (r->flight)
            flight_again(r->flight);
        free_request(r);
    }
}

/* ---- do signatures come? ---- */

/** The try is over. */
static void probe_ends(struct unbound *u)
{
    evtimer_del(&u->probe_timer);
    u->probing = false;
    u->probed = world_now();
    flights_room(u->flights);
}

/**
 * No answer in time: go on without validation until the next try. The request stays until
 * libunbound ends it.
 */
static void probe_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    probe_ends(arg);
}

/** The root's SOA came, with signatures or without; or it did not. */
static void probe_answered(struct unbound *u, int rcode, assay_span packet)
{
    struct arena a = {0};
    struct dns_reply reply;
    bool came = u->probing && rcode == DNS_NOERROR &&
                dns_reply_read(&a, packet, SPAN_EMPTY, ASSAY_RR_SOA, &reply) == ASSAY_DONE &&
                reply.rcode == DNS_NOERROR;

    arena_done(&a);
    u->decided = came;
    if (came && reply.signatures)
        event_active(&u->switch_event, EV_TIMEOUT,
                     1); /* not in a callback of the context that goes */
    else if (u->probing)
        probe_ends(u);
}

/**
 * Put a context that validates in place of the one that asked. What that one worked on is asked
 * anew.
 */
static void switch_context(evutil_socket_t fd, short what, void *arg)
{
    struct unbound *u = arg;
    struct ub_ctx *ctx = new_context(u, true);

    (void)fd;
    (void)what;
    if (ctx) {
        close_context(u);
        u->ctx = ctx;
        u->validates = true;
    } else {
        u->decided = false; /* memory is out; there will be another try */
    }
    probe_ends(u);
}

/** Ask whether signatures come, if that is not known and it is time. */
static void probe(struct unbound *u)
{
    struct timeval wait = world_wait(u->o.probe_wait);
    struct request *r;

    if (u->decided || u->probing ||
        (u->probed && world_now() - u->probed < (int64_t)u->o.probe_again) ||
        !(r = new_request(u, NULL)))
        return;
    u->probing = true;
    evtimer_add(&u->probe_timer, &wait);
    if (resolve(u, r, "", ASSAY_RR_SOA) != 0) {
        free_request(r);
        probe_ends(u);
    }
}

/* ---- the transport ---- */

/** transport.start */
static assay_status start(void *self, struct flight *f)
{
    struct unbound *u = self;
    struct request *r;
    int error;

    probe(u);
    if ((u->probing && !u->probed) || u->waited >= share(&u->o, LIMIT_FLIGHTS, FLIGHTS_LEAST) ||
        u->busy >= share(&u->o, LIMIT_BUSY, 4 * FLIGHTS_LEAST))
        return ASSAY_NEED; /* what is asked first waits for what validation it gets; later tries hold nobody up */
    if (!(r = new_request(u, f)))
        return ASSAY_ENOMEM;
    f->handle = r;
    if ((error = resolve(u, r, f->key, f->node.rrtype)) == 0)
        return ASSAY_DONE; /* `f` may be gone */
    free_request(r);
    if (error == UB_NOMEM)
        return ASSAY_ENOMEM;
    flight_land(f, failure_new(f->node.kind, f->node.rrtype, ASSAY_SERVFAIL, "%s",
                               ub_strerror(error)));
    return ASSAY_DONE;
}

/** transport.cancel */
static void cancel(void *self, struct flight *f)
{
    struct unbound *u = self;
    struct request *r = f->handle;

    u->waited--;
    r->flight = NULL;
}

/** transport.free */
static void free_unbound(void *self)
{
    struct unbound *u = self;

    close_context(u); /* no flight is open, only what nobody waits for */
    event_del(&u->probe_timer);
    event_del(&u->switch_event);
    free(u);
}

const struct transport unbound_transport = {start, cancel, free_unbound, NULL};

assay_status unbound_new(const struct unbound_options *options, struct event_base *loop, void **ret,
                         const char **ret_why)
{
    struct unbound *u = calloc(1, sizeof *u);

    if (!u)
        return ASSAY_ENOMEM;
    u->o = *options;
    u->o.probe_wait = options->probe_wait ? options->probe_wait : PROBE_WAIT;
    u->o.probe_again = options->probe_again ? options->probe_again : PROBE_AGAIN;
    u->loop = loop;
    LIST_INIT(&u->requests);
    u->decided = !options->trust_anchor || !options->may_fall_back;
    u->validates = options->trust_anchor && u->decided;
    if (!(u->ctx = new_context(u, u->validates))) {
        *ret_why = "the trust anchor or the root hints cannot be read, or memory is out";
        free(u);
        return ASSAY_EINVAL;
    }
    evtimer_assign(&u->probe_timer, loop, probe_late, u);
    event_assign(&u->switch_event, loop, -1, 0, switch_context, u);
    *ret = u;
    return ASSAY_DONE;
}

void unbound_serve(void *self, struct flights *flights)
{
    ((struct unbound *)self)->flights = flights;
}

size_t unbound_busy(const void *self)
{
    return ((const struct unbound *)self)->busy;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/world.h"

#include "world/failure.h"
#include "world/own.h"
#include "world/suffix.h"
#include "world/unbound.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/** Where Debian keeps these. */
static const char RESOLV_CONF[] = "/etc/resolv.conf", ROOT_KEY[] = "/usr/share/dns/root.key";

/** What a zero in the options stands for. */
enum { QUESTION_MS = 5000, EVALUATION_MS = 20000, CACHE_BYTES = 16 << 20 };

/** Types that a message may ask for but no record has (RFC 6895 3.1): 128 to 255, and OPT. */
enum { META_FIRST = 128, META_LAST = 255, TYPE_OPT = 41 };

assay_status world_options(const struct assay_world_options *given, struct assay_world_options *ret,
                           const char **ret_why)
{
    struct assay_world_options o = {0};

    *ret_why = "options: of another size than this library knows";
    if (given && (given->size < sizeof o.size || given->size > sizeof o))
        return ASSAY_EINVAL;
    if (given)
        memcpy(&o, given, given->size);
    o.question_ms = o.question_ms ? o.question_ms : QUESTION_MS;
    o.evaluation_ms = o.evaluation_ms ? o.evaluation_ms : EVALUATION_MS;
    o.cache_bytes = o.cache_bytes ? o.cache_bytes : CACHE_BYTES;
    *ret = o;
    return ASSAY_DONE;
}

/** How to resolve, by the options. */
static assay_status how_to_resolve(assay_world *w, const struct assay_world_options *o,
                                   struct unbound_options *ret, const char **ret_why)
{
    struct unbound_options u = {.root_hints = o->root_hints, .who = w->who, .advice = ""};

    if (!o->resolvers)
        resolvers_system(RESOLV_CONF, &u.resolvers);
    else if (!resolvers_read(span_of(o->resolvers), &u.resolvers, ret_why))
        return ASSAY_EINVAL;
    if (u.resolvers.n)
        u.advice = "; --resolver names another";
    resolvers_words(&u.resolvers, w->who);
    u.trust_anchor = o->trust_anchor ? o->trust_anchor : ROOT_KEY;
    u.may_fall_back = !o->trust_anchor &&
                      u.resolvers.n; /* who names an anchor wants validation, whatever it costs */
    if (span_is(span_of(o->trust_anchor), "none") ||
        (!o->trust_anchor && access(ROOT_KEY, R_OK) != 0))
        u.trust_anchor = NULL;
    if (u.trust_anchor && access(u.trust_anchor, R_OK) != 0) {
        *ret_why = "trust_anchor: the file cannot be read";
        return ASSAY_EINVAL;
    }
    if (u.root_hints && access(u.root_hints, R_OK) != 0) {
        *ret_why = "root_hints: the file cannot be read";
        return ASSAY_EINVAL;
    }
    *ret = u;
    return ASSAY_DONE;
}

/** Make the flights, whose transport has been made. */
static assay_status open_flights(assay_world *w, const struct assay_world_options *o,
                                 const struct unbound_options *u, const struct common *common)
{
    struct flights_options f = {
        .loop = w->loop,
        .cache = common->cache,
        .transport = &unbound_transport,
        .transport_self = w->unbound,
        .seed = common->seed,
        .patience = o->question_ms,
        .silent = w->who,
        .advice = u->advice,
        .relays = w->relays,
    };

    if (!(w->flights = flights_new(&f)))
        return ASSAY_ENOMEM;
    unbound_serve(w->unbound, w->flights);
    if (w->relays)
        relays_serve(w->relays, w->flights);
    return ASSAY_DONE;
}

/** Make what a member has to do with the others. */
static assay_status open_member(assay_world *w, struct relay_peers *peers, unsigned member)
{
    if (!(w->mailbox = mailbox_new(w->loop)) ||
        !(w->relays = relays_new(peers, member, w->mailbox)))
        return ASSAY_ENOMEM;
    return ASSAY_DONE;
}

assay_status world_open(assay_world *w, const struct assay_world_options *o,
                        const struct common *common, unsigned member, const char **ret_why)
{
    struct unbound_options u;
    assay_status s;

    w->question_ms = o->question_ms;
    w->evaluation_ms = o->evaluation_ms;
    w->cache = common->cache;
    w->suffixes = common->suffixes;
    if (!(w->loop = event_base_new()))
        return ASSAY_ENOMEM;
    run_init(w);
    if (common->peers && (s = open_member(w, common->peers, member)) != ASSAY_DONE)
        return s;
    if ((s = how_to_resolve(w, o, &u, ret_why)) != ASSAY_DONE)
        return s;
    u.members = common->peers ? common->peers->n : 0;
    if ((s = unbound_new(&u, w->loop, &w->unbound, ret_why)) != ASSAY_DONE)
        return s;
    return open_flights(w, o, &u, common);
}

assay_status common_init(struct common *c, const struct assay_world_options *o, unsigned n,
                         const char **ret_why)
{
    if (getrandom(&c->seed, sizeof c->seed, 0) != sizeof c->seed)
        return ASSAY_ENOMEM;
    c->cache = n ? cache_new_shared(o->cache_bytes, &c->seed) : cache_new(o->cache_bytes, &c->seed);
    if (!c->cache)
        return ASSAY_ENOMEM;
    if (n && !(c->peers = calloc(1, sizeof *c->peers + n * sizeof(*c->peers->at))))
        return ASSAY_ENOMEM;
    if (n) {
        c->peers->n = n;
        c->peers->seed = c->seed;
    }
    return suffixes_new(o->suffix_list, &c->suffixes, ret_why);
}

void common_done(struct common *c)
{
    cache_free(c->cache);
    suffixes_free(c->suffixes);
    free(c->peers);
    *c = (struct common){0};
}

assay_status assay_world_new(const struct assay_world_options *options, assay_world **ret,
                             const char **ret_why)
{
    assay_world *w = calloc(1, sizeof *w);
    struct assay_world_options o;
    assay_status s;

    if (!w)
        return ASSAY_ENOMEM;
    if ((s = world_options(options, &o, ret_why)) != ASSAY_DONE ||
        (s = common_init(&w->alone, &o, 0, ret_why)) != ASSAY_DONE ||
        (s = world_open(w, &o, &w->alone, 0, ret_why)) != ASSAY_DONE) {
        assay_world_free(w);
        return s;
    }
    *ret = w;
    return ASSAY_DONE;
}

void world_stop(assay_world *w)
{
    if (w->loop)
        run_done(w);
    if (w->flights)
        flights_forget(w->flights);
}

void assay_world_free(assay_world *w)
{
    if (!w)
        return;
    world_stop(w);
    if (w->flights)
        flights_free(w->flights);
    else if (w->unbound)
        unbound_transport.free(w->unbound);
    mailbox_free(w->mailbox);
    relays_free(w->relays);
    common_done(&w->alone);
    if (w->loop)
        event_base_free(w->loop);
    free(w);
}

struct event_base *world_loop(assay_world *w)
{
    return w->loop;
}

assay_status world_post(assay_world *member, void (*fn)(void *arg), void *arg)
{
    return mailbox_post(member->mailbox, fn, arg);
}

void world_post_node(assay_world *member, struct post *post)
{
    mailbox_put(member->mailbox, post);
}

/** The type is one that records have. */
static bool is_record_type(uint16_t rrtype)
{
    return rrtype != 0 && rrtype != TYPE_OPT && (rrtype < META_FIRST || rrtype > META_LAST);
}

/** The answer to a question that needs no network; NULL: memory is out. */
static assay_fact *answer_here(const assay_world *w, const struct assay_question *q)
{
    if (q->kind == ASSAY_SUFFIX)
        return suffixes_fact(w->suffixes, q);
    if (q->kind == ASSAY_DNS)
        return failure_new(q->kind, q->rrtype, ASSAY_REFUSED, "no record has type %u", q->rrtype);
    return failure_new(q->kind, q->rrtype, ASSAY_REFUSED,
                       "only DNS and public suffixes are looked up here");
}

assay_fact *world_look(assay_world *w, const struct assay_question *q)
{
    return q->kind == ASSAY_DNS && is_record_type(q->rrtype) ? flights_look(w->flights, q)
                                                             : answer_here(w, q);
}

assay_status world_ask(assay_world *w, const struct assay_question *q, unsigned ms,
                       world_answered *done, void *arg, struct waiter **ret)
{
    assay_fact *fact;
    assay_status s;

    if (q->kind == ASSAY_DNS && is_record_type(q->rrtype))
        return flights_ask(w->flights, q, ms, done, arg, ret);
    if (!(fact = answer_here(w, q)))
        return ASSAY_ENOMEM;
    if ((s = flights_tell(w->flights, fact, done, arg, ret)) != ASSAY_DONE)
        assay_fact_free(fact);
    return s;
}

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

/** Take the options with their defaults. */
static assay_status take_options(const struct assay_world_options *given,
                                 struct assay_world_options *ret)
{
    struct assay_world_options o = {0};

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
                                 const struct unbound_options *u)
{
    struct flights_options f = {
        .loop = w->loop,
        .transport = &unbound_transport,
        .transport_self = w->unbound,
        .patience = o->question_ms,
        .silent = w->who,
        .advice = u->advice,
    };

    if (getrandom(&f.seed, sizeof f.seed, 0) != sizeof f.seed)
        return ASSAY_ENOMEM;
    if (!(w->cache = cache_new(o->cache_bytes, &f.seed)))
        return ASSAY_ENOMEM;
    f.cache = w->cache;
    if (!(w->flights = flights_new(&f)))
        return ASSAY_ENOMEM;
    unbound_serve(w->unbound, w->flights);
    return ASSAY_DONE;
}

/**
 * Make the parts of a world one by one; what was made when one fails, assay_world_free() takes
 * back.
 */
static assay_status open_world(assay_world *w, const struct assay_world_options *o,
                               const char **ret_why)
{
    struct unbound_options u;
    assay_status s;

    w->question_ms = o->question_ms;
    w->evaluation_ms = o->evaluation_ms;
    if (!(w->loop = event_base_new()))
        return ASSAY_ENOMEM;
    run_init(w);
    if ((s = how_to_resolve(w, o, &u, ret_why)) != ASSAY_DONE)
        return s;
    if ((s = suffixes_new(o->suffix_list, &w->suffixes, ret_why)) != ASSAY_DONE)
        return s;
    if ((s = unbound_new(&u, w->loop, &w->unbound, ret_why)) != ASSAY_DONE)
        return s;
    return open_flights(w, o, &u);
}

assay_status assay_world_new(const struct assay_world_options *options, assay_world **ret,
                             const char **ret_why)
{
    assay_world *w = calloc(1, sizeof *w);
    struct assay_world_options o;
    assay_status s;

    if (!w)
        return ASSAY_ENOMEM;
    *ret_why = "options: of another size than this library knows";
    if ((s = take_options(options, &o)) != ASSAY_DONE ||
        (s = open_world(w, &o, ret_why)) != ASSAY_DONE) {
        assay_world_free(w);
        return s;
    }
    *ret = w;
    return ASSAY_DONE;
}

void assay_world_free(assay_world *w)
{
    if (!w)
        return;
    if (w->loop)
        run_done(w);
    if (w->flights)
        flights_free(w->flights);
    else if (w->unbound)
        unbound_transport.free(w->unbound);
    cache_free(w->cache);
    suffixes_free(w->suffixes);
    if (w->loop)
        event_base_free(w->loop);
    free(w);
}

struct event_base *world_loop(assay_world *w)
{
    return w->loop;
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

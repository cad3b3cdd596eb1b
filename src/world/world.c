/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/world.h"

#include "dns/name.h"
#include "world/direct.h"
#include "world/failure.h"
#include "world/fetch.h"
#include "world/lists.h"
#include "world/own.h"
#include "world/probe.h"
#include "world/suffix.h"
#include "world/unbound.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/** Where Debian keeps these. */
static const char RESOLV_CONF[] = "/etc/resolv.conf", ROOT_KEY[] = "/usr/share/dns/root.key";

/** What a zero in the options stands for. */
enum { QUESTION_MS = 5000, EVALUATION_MS = 20000, WEB_MS = 15000, CACHE_BYTES = 16 << 20 };

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
    o.web_ms = o.web_ms ? o.web_ms : WEB_MS;
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
        .transport = &ways_transport,
        .transport_self = &w->ways,
        .seed = common->seed,
        .patience = o->question_ms,
        .silent = w->who,
        .advice = u->advice,
        .relays = w->relays,
    };

    if (!(w->flights = flights_new(&f)))
        return ASSAY_ENOMEM;
    unbound_serve(w->ways.self[WAY_DNS], w->flights);
    w->web.flights = w->flights;
    if (w->relays)
        relays_serve(w->relays, w->flights);
    return ASSAY_DONE;
}

/** This machine's name, if it is a full one. */
static const char *own_name(char out[WORLD_HELO])
{
    struct dns_name name;

    if (gethostname(out, WORLD_HELO) == 0 && memchr(out, '\0', WORLD_HELO) &&
        dns_name_read(span_of(out), &name) && dns_labels(dns_name_span(&name)) > 1 &&
        !memchr(out, '\\', strlen(out)) && span_printable(span_of(out)))
        return out;
    return "assay.invalid";
}

/** Copy the text of an option. \param at  which of the world's texts \return false: memory is out */
static bool keep_text(assay_world *w, size_t at, const char *text)
{
    return !text || (w->texts[at] = strdup(text));
}

/** Set up what goes to the web and to mail servers. Nothing is opened yet. */
static assay_status open_web(assay_world *w, const struct assay_world_options *o)
{
    if (!keep_text(w, 0, o->ca_file) || !keep_text(w, 1, o->lists) || !keep_text(w, 2, o->helo))
        return ASSAY_ENOMEM;
    w->web = (struct web){.loop = w->loop,
                          .roots = {.file = w->texts[0]},
                          .allow_private = o->allow_private,
                          .probe_old = o->probe_old,
                          .https_port = o->https_port,
                          .smtp_port = o->smtp_port,
                          .ms = o->web_ms,
                          .helo = w->texts[2] ? w->texts[2] : own_name(w->helo)};
    w->ways = (struct ways){
        .transport = {&unbound_transport, &direct_transport, &fetch_transport, &probe_transport}};
    if (!(w->lists = lists_new(w->texts[1])) ||
        !(w->ways.self[WAY_DIRECT] = direct_new(w->loop, o->allow_private)) ||
        !(w->ways.self[WAY_GET] = fetch_new(&w->web)) ||
        !(w->ways.self[WAY_PROBE] = probe_new(&w->web)))
        return ASSAY_ENOMEM;
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
    w->web_ms = o->web_ms;
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
    if ((s = open_web(w, o)) != ASSAY_DONE ||
        (s = unbound_new(&u, w->loop, &w->ways.self[WAY_DNS], ret_why)) != ASSAY_DONE)
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
    else
        ways_transport.free(&w->ways);
    roots_done(&w->web.roots);
    lists_free(w->lists);
    for (size_t i = 0; i < WORLD_TEXTS; i++)
        free(w->texts[i]);
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

/** Others are to be asked. */
static bool goes_out(const struct assay_question *q)
{
    if (q->kind == ASSAY_DNS)
        return is_record_type(q->rrtype) && (!q->data.n || direct_address(q->data));
    return q->kind == ASSAY_GET || q->kind == ASSAY_PROBE;
}

/** The answer to a question that needs no network; NULL: memory is out. */
static assay_fact *answer_here(const assay_world *w, const struct assay_question *q)
{
    if (q->kind == ASSAY_SUFFIX)
        return suffixes_fact(w->suffixes, q);
    if (q->kind == ASSAY_LIST)
        return lists_fact(w->lists, q);
    if (q->kind == ASSAY_DNS && is_record_type(q->rrtype))
        return failure_new(q->kind, q->rrtype, ASSAY_REFUSED,
                           "the server to be asked is no IP address");
    if (q->kind == ASSAY_DNS)
        return failure_new(q->kind, q->rrtype, ASSAY_REFUSED, "no record has type %u", q->rrtype);
    return failure_new(q->kind, q->rrtype, ASSAY_REFUSED,
                       "signatures, hashes and what is remembered are not had here");
}

assay_fact *world_look(assay_world *w, const struct assay_question *q)
{
    return goes_out(q) ? flights_look(w->flights, q) : answer_here(w, q);
}

assay_status world_ask(assay_world *w, const struct assay_question *q, unsigned ms,
                       world_answered *done, void *arg, struct waiter **ret)
{
    assay_fact *fact;
    assay_status s;

    if (goes_out(q))
        return flights_ask(w->flights, q, ms, done, arg, ret);
    if (!(fact = answer_here(w, q)))
        return ASSAY_ENOMEM;
    if ((s = flights_tell(w->flights, fact, done, arg, ret)) != ASSAY_DONE)
        assay_fact_free(fact);
    return s;
}

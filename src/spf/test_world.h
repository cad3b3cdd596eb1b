/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_world.h
 * Small worlds of SPF records and addresses, made by hand or at random, and the two readers of SPF run over them.
 */
#ifndef SPF_TEST_WORLD_H
#define SPF_TEST_WORLD_H

#include "base/limits.h"
#include "base/test_random.h"
#include "dns/name.h"
#include "spf/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WORLD_FACTS = 4096, WORLD_TEXT = 8192 };

/** One answer of a world. */
struct world_fact {
    uint16_t rrtype;
    char name[64];
    assay_fact *fact;
};

/** A world: what is not in it is NXDOMAIN. */
struct world {
    struct world_fact all[WORLD_FACTS];
    size_t n;
};

/** An evaluation of one branch. */
struct world_eval {
    struct assay_eval ev; /* first */
    struct branch branch;
    branch_fn *fn;
    void *arg;
    const struct world *world;
};

/* ---- answers ---- */

static inline void world_put(struct world *w, uint16_t rrtype, const char *name, assay_fact *fact)
{
    struct world_fact *f = &w->all[w->n++];

    assert_true(w->n <= WORLD_FACTS && strlen(name) < sizeof f->name);
    f->rrtype = rrtype;
    snprintf(f->name, sizeof f->name, "%s", name);
    f->fact = fact;
}

static inline assay_fact *world_fact_of(uint16_t rrtype, enum assay_how how, const assay_span *data,
                                        size_t n)
{
    struct assay_answer answer = {
        .size = sizeof answer, .how = how, .secure = ASSAY_INSECURE, .data = data, .n = n};
    assay_fact *fact = NULL;

    assert_int_equal(assay_fact_new(ASSAY_DNS, rrtype, &answer, &fact), ASSAY_DONE);
    return fact;
}

/** No data, or no answer. */
static inline void world_how(struct world *w, uint16_t rrtype, const char *name, enum assay_how how)
{
    world_put(w, rrtype, name, world_fact_of(rrtype, how, NULL, 0));
}

/** A TXT record of one text, cut into strings as DNS wants it. */
static inline void world_txt(struct world *w, const char *name, const char *text)
{
    static char rdata[WORLD_TEXT + WORLD_TEXT / 255 + 1];
    size_t n = 0, left = strlen(text);
    assay_span data;

    assert_true(left <= WORLD_TEXT);
    do {
        size_t piece = left < 255 ? left : 255;

        rdata[n++] = (char)piece;
        memcpy(rdata + n, text, piece);
        n += piece;
        text += piece;
        left -= piece;
    } while (left);
    data = (assay_span){rdata, n};
    world_put(w, ASSAY_RR_TXT, name, world_fact_of(ASSAY_RR_TXT, ASSAY_OK, &data, 1));
}

/** Addresses of a host, of one family. */
static inline void world_addresses(struct world *w, uint16_t rrtype, const char *name,
                                   const struct ip *ips, size_t n)
{
    assay_span data[64];

    for (size_t i = 0; i < n; i++)
        data[i] = (assay_span){(const char *)ips[i].b, ip_size(&ips[i])};
    world_put(w, rrtype, name, world_fact_of(rrtype, n ? ASSAY_OK : ASSAY_NODATA, data, n));
}

/** MX hosts. */
static inline void world_mx(struct world *w, const char *name, const char *const *hosts, size_t n)
{
    static uint8_t rdata[16][300];
    assay_span data[16];

    for (size_t i = 0; i < n; i++) {
        rdata[i][0] = 0;
        rdata[i][1] = (uint8_t)i;
        data[i] = (assay_span){(const char *)rdata[i],
                               2 + dns_name_wire(span_of(hosts[i]), rdata[i] + 2)};
    }
    world_put(w, ASSAY_RR_MX, name,
              world_fact_of(ASSAY_RR_MX, n ? ASSAY_OK : ASSAY_NODATA, data, n));
}

static inline void world_done(struct world *w)
{
    for (size_t i = 0; i < w->n; i++)
        assay_fact_free(w->all[i].fact);
    w->n = 0;
}

static inline assay_fact *world_find(const struct world *w, uint16_t rrtype, assay_span name)
{
    for (size_t i = w->n; i > 0; i--) /* what was put last counts */
        if (w->all[i - 1].rrtype == rrtype && span_is(name, w->all[i - 1].name))
            return w->all[i - 1].fact;
    return NULL;
}

/* ---- running ---- */

static inline assay_status world_step(struct assay_eval *ev)
{
    struct world_eval *e = (struct world_eval *)ev;

    return branch_run(ev, &e->branch, e->fn, e->arg);
}

/** Begin an evaluation of one branch. */
static inline void world_begin(struct world_eval *e, const struct world *w, branch_fn *fn,
                               void *arg)
{
    static const struct eval_ops OPS = {.step = world_step};

    memset(e, 0, sizeof *e);
    eval_init(&e->ev, &OPS, NULL, 1795435200);
    e->ev.most_questions = e->ev.most_asks = LIMIT_DOMAIN_QUESTIONS;
    e->ev.most_bytes = LIMIT_DOMAIN_BYTES;
    e->fn = fn;
    e->arg = arg;
    e->world = w;
}

/** Run it to its end. \return the rounds it took */
static inline unsigned world_run(struct world_eval *e)
{
    unsigned rounds = 0;
    assay_status s;

    while ((s = assay_step(&e->ev)) == ASSAY_NEED) {
        struct assay_question q;

        rounds++;
        while (assay_next_question(&e->ev, &q)) {
            assay_fact *fact = world_find(e->world, q.rrtype, q.name);

            fact = fact ? assay_fact_ref(fact) : world_fact_of(q.rrtype, ASSAY_NXDOMAIN, NULL, 0);
            assay_answer_question(&e->ev, q.id, fact);
            assay_fact_free(fact);
        }
    }
    assert_int_equal(s, ASSAY_DONE);
    return rounds;
}

/** A walk, and the memory it lives in. */
struct world_walk {
    struct world_eval e;
    struct spf_walk_request request;
    struct spf_walk walk;
    unsigned rounds;
};

static inline assay_status world_walk_step(struct assay_eval *ev, void *arg)
{
    struct world_walk *ww = arg;

    return spf_walk(ev, &ww->request, &ww->walk);
}

/** The owner's reader. */
static inline void world_walk(struct world_walk *ww, const struct world *w, const char *domain)
{
    memset(ww, 0, sizeof *ww);
    world_begin(&ww->e, w, world_walk_step, ww);
    ww->request = (struct spf_walk_request){.domain = span_of(domain), .keep = &ww->e.ev.keep};
    ww->rounds = world_run(&ww->e);
}

static inline void world_walk_done(struct world_walk *ww)
{
    eval_done(&ww->e.ev);
}

/** A check of one client, and the memory it lives in. */
struct world_check {
    struct world_eval e;
    struct spf_slot slot;
    char text[IP_TEXT];
};

/** The receiver's reader. */
static inline void world_check(struct world_check *c, const struct world *w, const char *domain,
                               const struct ip *ip)
{
    memset(c, 0, sizeof *c);
    c->slot.request = (struct spf_request){.scope = SPF_MFROM,
                                           .ip = *ip,
                                           .local = SPAN("alice"),
                                           .domain = span_of(domain),
                                           .helo = SPAN("mail.example.net"),
                                           .hostname = SPAN("mx.example.net")};
    c->slot.request.ip_text = ip_text(ip, c->text);
    world_begin(&c->e, w, spf_check_host, &c->slot);
    world_run(&c->e);
}

static inline void world_check_done(struct world_check *c)
{
    eval_done(&c->e.ev);
}

/* ---- random worlds ---- */

/** What random worlds may hold. */
struct world_style {
    unsigned errors;  /**< of 100 names: that many have a broken record, or no answer */
    bool all_plus;    /**< hardly any qualifiers */
    bool open;        /**< macros of the client, ptr, exists */
    unsigned domains; /**< how many there are: d0.example.com ... */
    unsigned terms;   /**< of one record, at most */
};

static inline void world_random_ip(struct ip *ret, uint8_t version)
{
    *ret = (struct ip){version, {0}};
    if (version == 4) {
        const uint8_t net[] = {192, 0, (uint8_t)(2 + random_below(2)), (uint8_t)random_below(256)};

        memcpy(ret->b, net, 4);
    } else {
        ret->b[0] = 0x20;
        ret->b[1] = 1;
        ret->b[14] = (uint8_t)random_below(2);
        ret->b[15] = (uint8_t)random_below(256);
    }
}

/** The name of a random domain; now and then one that is not there. */
static inline const char *world_random_domain(const struct world_style *s, char out[64])
{
    static const char *const MACROS[] = {"d%u.%%{o2}", "d%u.%%{d2}", "%%{v}%u.example.com",
                                         "d%u.EXAMPLE.com"};
    unsigned n = (unsigned)random_below(s->domains + (random_below(12) == 0));

    if (random_below(10) == 0)
        snprintf(out, 64, MACROS[random_below(4)], n);
    else
        snprintf(out, 64, "d%u.example.com", n);
    return out;
}

static inline void world_random_term(const struct world_style *s, char *out, size_t n)
{
    static const char *const OPEN[] = {"exists:%{i}.x.example.com", "ptr",
                                       "include:%{l}.example.com",  "a:%{h}",
                                       "exists:h1.example.com",     "exists:%{d}"};
    static const char *const QUALIFIERS[] = {"", "", "", "+", "-", "~", "?"};
    const char *q = QUALIFIERS[random_below(s->all_plus ? 4 : 7)];
    uint8_t version = random_below(2) ? 4 : 6;
    char domain[64], text[IP_TEXT];
    struct ip ip;

    switch (random_below(s->open ? 10 : 9)) {
    case 0:
    case 1:
    case 2:
        world_random_ip(&ip, version);
        snprintf(out, n, "%sip%u:%s/%u", q, version, ip_text(&ip, text).p,
                 (version == 4 ? 24 : 120) + (unsigned)random_below(9));
        break;
    case 3:
    case 4: snprintf(out, n, "%sinclude:%s", q, world_random_domain(s, domain)); break;
    case 5:
        snprintf(out, n, "%sa:h%u.example.com%s", q, (unsigned)random_below(6),
                 random_below(3) ? "" : "/29//126");
        break;
    case 6: snprintf(out, n, "%smx:%s", q, world_random_domain(s, domain)); break;
    case 7: snprintf(out, n, "%sa", q); break;
    case 8:
        world_random_ip(&ip, 4);
        snprintf(out, n, "%sip4:%s", q, ip_text(&ip, text).p);
        break;
    default: snprintf(out, n, "%s%s", q, OPEN[random_below(6)]);
    }
}

/** A record. */
static inline void world_random_record(const struct world_style *s, char *out, size_t size)
{
    static const char *const ENDS[] = {"-all", "~all",      "?all", "-all",
                                       "",     "redirect=", "-all", "+all"};
    size_t n = (size_t)snprintf(out, size, "v=spf1");
    const char *end = ENDS[random_below(random_below(6) ? 7 : 8)];
    char term[128], domain[64];

    for (size_t i = random_below(s->terms + 1); i > 0; i--) {
        world_random_term(s, term, sizeof term);
        n += (size_t)snprintf(out + n, size - n, " %s", term);
    }
    if (*end)
        n += (size_t)snprintf(out + n, size - n, " %s%s", end,
                              end[0] == 'r' ? world_random_domain(s, domain) : "");
    if (random_below(100) < s->errors)
        snprintf(out + n, size - n, " what:is-this");
}

/** The A and AAAA of a host. */
static inline void world_random_host(struct world *w, const struct world_style *s, const char *name)
{
    static const uint16_t TYPES[] = {ASSAY_RR_A, ASSAY_RR_AAAA};
    struct ip ips[3];

    for (unsigned f = 0; f < 2; f++) {
        size_t n = random_below(4);

        for (size_t i = 0; i < n; i++)
            world_random_ip(&ips[i], f ? 6 : 4);
        if (random_below(100) < s->errors)
            world_how(w, TYPES[f], name, ASSAY_SERVFAIL);
        else
            world_addresses(w, TYPES[f], name, ips, n);
    }
}

/** A world of `s->domains` domains; the first is d0.example.com. */
static inline void world_random(struct world *w, const struct world_style *s)
{
    static const char *const HOSTS[] = {"h0.example.com", "h1.example.com", "h2.example.com",
                                        "h3.example.com", "h9.example.com"};
    char record[1024], name[64];

    w->n = 0;
    for (unsigned i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "h%u.example.com", i);
        if (random_below(5))
            world_random_host(w, s, name);
    }
    for (unsigned i = 0; i < s->domains; i++) {
        snprintf(name, sizeof name, "d%u.example.com", i);
        world_random_record(s, record, sizeof record);
        if (i && random_below(100) < s->errors)
            world_how(w, ASSAY_RR_TXT, name, random_below(2) ? ASSAY_TIMEOUT : ASSAY_NODATA);
        else
            world_txt(w, name, record);
        if (random_below(3))
            world_random_host(w, s, name);
        if (random_below(3))
            world_mx(w, name, HOSTS + random_below(3), random_below(3));
    }
    world_random_record(s, record, sizeof record);
    world_txt(w, "in-addr0.example.com", record);
}

/** Put TXT records, A and AAAA answers: "NAME text" each, an address where the text is one. */
static inline void world_lines(struct world *w, const char *const *lines)
{
    w->n = 0;
    for (; *lines; lines++) {
        assay_span line = span_of(*lines);
        size_t blank = span_find(line, ' ');
        char name[64];
        struct ip ip;

        snprintf(name, sizeof name, "%.*s", (int)blank, line.p);
        line = span_from(line, blank + 1);
        if (ip_read(line, &ip))
            world_addresses(w, ip.version == 4 ? ASSAY_RR_A : ASSAY_RR_AAAA, name, &ip, 1);
        else if (span_is(line, "TIMEOUT"))
            world_how(w, ASSAY_RR_TXT, name, ASSAY_TIMEOUT);
        else
            world_txt(w, name, line.p);
    }
}

#endif

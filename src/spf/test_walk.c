/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The owner's reader of SPF: by hand for what it is to find, and against the receiver's reader over worlds made at
 * random.
 */
#include "base/test_memory.h"

#include "base/arena.c"

#include "spf/test_world.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- both readers over random worlds ---- */

/** Addresses where something may change: ends of ranges, and what stands beside them. */
struct candidates {
    struct ip all[4096];
    size_t n;
};

static void add_candidate(struct candidates *c, uint8_t version, ip_number at)
{
    if (c->n < COUNT(c->all))
        c->all[c->n++] = ip_of_number(version, at);
}

static void add_ends(struct candidates *c, const struct ipset *s)
{
    for (size_t i = 0; i < s->n; i++) {
        add_candidate(c, s->version, s->ranges[i].first);
        add_candidate(c, s->version, s->ranges[i].last);
        if (s->ranges[i].first > 0)
            add_candidate(c, s->version, s->ranges[i].first - 1);
        if (s->ranges[i].last < ip_range_all(s->version).last)
            add_candidate(c, s->version, s->ranges[i].last + 1);
    }
}

static void find_candidates(const struct spf_walk *walk, struct candidates *c)
{
    struct ip ip;

    c->n = 0;
    for (unsigned f = 0; f < SPF_FAMILIES; f++)
        add_ends(c, &walk->pass[f]);
    for (size_t i = 0; i < walk->nnodes && c->n < 600; i++)
        for (size_t k = 0; k < walk->nodes[i]->nuses; k++)
            for (unsigned f = 0; f < SPF_FAMILIES; f++)
                add_ends(c, &walk->nodes[i]->uses[k].matches[f]);
    for (size_t i = 0; i < 6; i++) {
        world_random_ip(&ip, i % 2 ? 4 : 6);
        if (c->n < COUNT(c->all))
            c->all[c->n++] = ip;
    }
}

/** No term but `all` matches the client. */
static bool nothing_matches(const struct spf_walk *walk, const struct ip *ip)
{
    for (size_t i = 0; i < walk->nnodes; i++)
        for (size_t k = 0; k < walk->nodes[i]->nuses; k++) {
            const struct spf_use *use = &walk->nodes[i]->uses[k];
            bool below = !use->term || use->term->mechanism == SPF_INCLUDE;

            if (!below &&
                (ipset_has(&use->matches[ip->version == 6], ip) || use->open[ip->version == 6]))
                return false;
        }
    return true;
}

/** Some term asks for what depends on the client: that may be an error, or void. */
static bool has_client_terms(const struct spf_walk *walk)
{
    for (size_t i = 0; i < walk->nnodes; i++)
        for (size_t k = 0; k < walk->nodes[i]->nuses; k++) {
            const struct spf_use *use = &walk->nodes[i]->uses[k];

            if (use->client_macro || (use->term && use->term->mechanism == SPF_PTR))
                return true;
        }
    return false;
}

/** Some term is met only by clients that matched something before it that is no pass. */
static bool has_side_ways(const struct spf_walk *walk)
{
    for (size_t i = 0; i < walk->nnodes; i++)
        for (size_t k = 0; k < walk->nodes[i]->nuses; k++)
            for (unsigned f = 0; f < SPF_FAMILIES; f++)
                if (walk->nodes[i]->uses[k].live[f] && !walk->nodes[i]->uses[k].reached[f])
                    return true;
    return false;
}

/** The term of the top record, or of one it redirects to, that lets an address pass. */
static assay_span passing_term(const struct spf_node *node, const struct ip *ip)
{
    for (size_t k = 0; k < node->nuses; k++) {
        const struct spf_use *use = &node->uses[k];

        if (!ipset_has(&use->adds[ip->version == 6], ip))
            continue;
        if (use->term)
            return use->text;
        return passing_term(ip->version == 6 && use->varies ? use->child6 : use->child, ip);
    }
    return SPAN_EMPTY;
}

/** What the tests have seen, so that none of them is empty. */
static struct {
    size_t passed, not_passed, errors, unmatched, unknown;
} seen;

static void fail_world(const struct world *w, const struct ip *ip, const char *what, int got)
{
    char text[IP_TEXT];

    for (size_t i = 0; i < w->n; i++)
        if (w->all[i].rrtype == ASSAY_RR_TXT)
            fprintf(stderr, "%s %s \"%.*s\"\n", w->all[i].name, fact_how_text(w->all[i].fact->how),
                    w->all[i].fact->n ? (int)w->all[i].fact->records[0].text.n : 0,
                    w->all[i].fact->n ? w->all[i].fact->records[0].text.p : "");
    fail_msg("%s: %s, got %d", ip_text(ip, text).p, what, got);
}

/** Compare what both say of one client. */
static void compare_client(const struct world *w, const struct spf_walk *walk, const struct ip *ip)
{
    unsigned f = ip->version == 6;
    struct world_check c;
    enum spf_result r;
    int passes = spf_walk_passes(walk, ip);

    world_check(&c, w, "d0.example.com", ip);
    r = c.slot.verdict.result;
    if (r == SPF_PERMERROR && walk->trouble[f] == SPF_WELL && !walk->unknown && !walk->over &&
        !has_client_terms(walk) && !has_side_ways(walk))
        fail_world(w, ip, "permerror, and the walk knows of no trouble", (int)walk->trouble[f]);
    if (r == SPF_TEMPERROR && !walk->unknown)
        fail_world(w, ip, "temperror, and the walk misses nothing", (int)r);
    if (r == SPF_PERMERROR || r == SPF_TEMPERROR) {
        seen.errors++;
    } else if (passes == 2) {
        seen.unknown++;
    } else {
        if (passes != (r == SPF_PASS))
            fail_world(w, ip, passes ? "in the pass set" : "not in the pass set", (int)r);
        passes ? seen.passed++ : seen.not_passed++;
    }
    if (passes == 1 && r == SPF_PASS && walk->top->nuses) {
        assay_span term = passing_term(walk->top, ip);

        if (!span_eq(term, c.slot.verdict.term))
            fail_world(w, ip, "another term matches", 0);
    }
    if (nothing_matches(walk, ip) && !walk->unknown && !walk->over && !has_client_terms(walk)) {
        const struct spf_verdict *v = &c.slot.verdict;

        seen.unmatched++;
        if (walk->trouble[f] == SPF_TROUBLE_NONE) {
            assert_int_equal(r, SPF_NONE);
        } else if (walk->trouble[f] != SPF_WELL) {
            if (r != SPF_PERMERROR)
                fail_world(w, ip, "the walk knows of trouble", (int)r);
        } else {
            if (v->lookups != walk->top->lookups[f])
                fail_world(w, ip, "lookups differ", (int)walk->top->lookups[f]);
            if (v->voids != walk->voids[f])
                fail_world(w, ip, "voids differ", (int)walk->voids[f]);
            if (r != walk->top->otherwise[f])
                fail_world(w, ip, "the result differs", (int)walk->top->otherwise[f]);
        }
    }
    world_check_done(&c);
}

/** Terms add up: those of a record are disjoint and make the whole, an include's are those of its record. */
static void check_sums(struct arena *a, const struct spf_walk *walk)
{
    for (size_t i = 0; i < walk->nnodes; i++) {
        const struct spf_node *node = walk->nodes[i];

        for (unsigned f = 0; f < SPF_FAMILIES; f++) {
            struct ipset sum = {.version = f ? 6 : 4};

            for (size_t k = 0; k < node->nuses; k++) {
                struct ipset common;

                assert_true(ipset_common(a, &sum, &node->uses[k].adds[f], &common));
                assert_int_equal(common.n, 0);
                assert_true(ipset_union(a, &sum, &node->uses[k].adds[f], &sum));
                if (node->uses[k].shadowed)
                    assert_int_equal(node->uses[k].adds[f].n, 0);
            }
            if (!node->parent)
                assert_true(ipset_eq(&sum, &walk->pass[f]));
            else if (!node->by->varies || f == (unsigned)(node->by->child6 == node))
                assert_true(ipset_eq(&sum, &node->by->adds[f]));
        }
    }
}

/** With an answer less, what is still known is still true. */
static void check_without_one(struct world *w, const struct spf_walk *full)
{
    size_t i = random_below(w->n);
    assay_fact *was = w->all[i].fact;
    struct world_walk less;

    w->all[i].fact = world_fact_of(w->all[i].rrtype, ASSAY_TIMEOUT, NULL, 0);
    world_walk(&less, w, "d0.example.com");
    for (unsigned f = 0; f < SPF_FAMILIES && !less.walk.over && !full->over; f++) {
        assert_true(ipset_covers(&full->pass[f], &less.walk.pass[f]));
        if (!less.walk.pass_open[f] && !full->pass_open[f])
            assert_true(ipset_eq(&full->pass[f], &less.walk.pass[f]));
    }
    world_walk_done(&less);
    assay_fact_free(w->all[i].fact);
    w->all[i].fact = was;
}

static void compare_worlds(const struct world_style *style, unsigned worlds)
{
    static struct world w;
    static struct candidates c;

    for (unsigned i = 0; i < worlds; i++) {
        struct world_walk ww;
        struct arena a = {0};

        world_random(&w, style);
        world_walk(&ww, &w, "d0.example.com");
        find_candidates(&ww.walk, &c);
        for (size_t k = 0; k < c.n && k < 120; k++)
            compare_client(&w, &ww.walk, &c.all[c.n < 120 ? k : random_below(c.n)]);
        check_sums(&a, &ww.walk);
        check_without_one(&w, &ww.walk);
        arena_done(&a);
        world_walk_done(&ww);
        world_done(&w);
    }
}

static void the_receivers_reader_agrees_over_random_worlds(void **state)
{
    static const struct world_style STYLES[] = {
        {.domains = 3, .terms = 5},
        {.domains = 4, .terms = 4, .all_plus = true},
        {.domains = 6, .terms = 3, .errors = 5},
        {.domains = 5, .terms = 6, .open = true},
        {.domains = 8, .terms = 4, .open = true, .errors = 8},
        {.domains = 2, .terms = 12},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(STYLES); i++)
        compare_worlds(&STYLES[i], 1000);
    print_message("%zu passed, %zu did not, %zu errors, %zu unmatched, %zu not known\n",
                  seen.passed, seen.not_passed, seen.errors, seen.unmatched, seen.unknown);
    assert_true(seen.passed > 1000 && seen.not_passed > 1000 && seen.errors > 1000 &&
                seen.unmatched > 1000 && seen.unknown > 100);
}

/* ---- by hand ---- */

/** What the terms of all records are found to be: a line each, with words for what is remarkable. */
static void put_words(const struct spf_walk *walk, char *out, size_t n)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < walk->nnodes; i++)
        for (size_t k = 0; k < walk->nodes[i]->nuses; k++) {
            const struct spf_use *use = &walk->nodes[i]->uses[k];

            at += (size_t)snprintf(out + at, n - at, "%s%.*s%s%s%s%s%s%s%s%s", at ? "|" : "",
                                   SPAN_ARG(use->text), use->dead ? " dead" : "",
                                   use->reserved ? " reserved" : "",
                                   use->shadowed ? " shadowed" : "", use->unknown ? " unknown" : "",
                                   use->voids[0] ? " void4" : "", use->voids[1] ? " void6" : "",
                                   !use->reached[0] && !use->reached[1] ? " unreached" : "",
                                   use->child && use->child->loop ? " loop" : "");
        }
}

static void each_term_is_told_for_what_it_is(void **state)
{
    static const struct {
        const char *lines[8];
        const char *want;
        unsigned lookups;
        enum spf_trouble trouble;
    } ROWS[] = {
        {{"e.com v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.1 -all"},
         "ip4:192.0.2.0/24|ip4:192.0.2.1 shadowed|-all",
         0,
         SPF_WELL},
        {{"e.com v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 ip4:192.0.2.64/26 ip4:192.0.2.0/24 -all"},
         "ip4:192.0.2.0/25|ip4:192.0.2.128/25|ip4:192.0.2.64/26 shadowed|ip4:192.0.2.0/24 shadowed|-all",
         0,
         SPF_WELL},
        {{"e.com v=spf1 -ip4:192.0.2.0/24 include:i.com -all", "i.com v=spf1 ip4:192.0.2.7 ~all"},
         "-ip4:192.0.2.0/24|include:i.com shadowed|-all|ip4:192.0.2.7|~all",
         1,
         SPF_WELL},
        {{"e.com v=spf1 include:i.com ip4:192.0.2.7 -all",
          "i.com v=spf1 -ip4:192.0.2.7 ip4:192.0.2.0/24 ~all"},
         "include:i.com|ip4:192.0.2.7|-all|-ip4:192.0.2.7|ip4:192.0.2.0/24|~all",
         1,
         SPF_WELL},
        {{"e.com v=spf1 ip4:10.1.0.0/16 ip4:8.0.0.0/6 ip6:fe80::1 ip4:224.0.0.1 ip4:223.0.0.1 -all"},
         "ip4:10.1.0.0/16 reserved|ip4:8.0.0.0/6|ip6:fe80::1 reserved|ip4:224.0.0.1 reserved|ip4:223.0.0.1|-all",
         0,
         SPF_WELL},
        {{"e.com v=spf1 a:no.e.com mx:no.e.com exists:no.e.com -all"},
         "a:no.e.com dead void4 void6|mx:no.e.com dead void4 void6|exists:no.e.com dead void4 void6|-all",
         3,
         SPF_TROUBLE_VOIDS},
        {{"e.com v=spf1 a:h.e.com exists:%{i}.e.com -all", "h.e.com 192.0.2.1"},
         "a:h.e.com void6|exists:%{i}.e.com|-all",
         2,
         SPF_WELL},
        {{"e.com v=spf1 include:i.com a:h.e.com -all", "i.com TIMEOUT", "h.e.com 192.0.2.1"},
         "include:i.com unknown|a:h.e.com void6|-all",
         2,
         SPF_WELL},
        {{"e.com v=spf1 +all a redirect=x.com"},
         "+all|a unreached|redirect=x.com unreached",
         0,
         SPF_WELL},
        {{"e.com v=spf1 include:i.com a -all", "i.com v=spf1 all"},
         "include:i.com|a dead unreached|-all unreached|all",
         1,
         SPF_WELL},
        {{"e.com v=spf1 include:i.com -all", "i.com v=spf1 include:e.com ~all"},
         "include:i.com|-all|include:e.com loop|~all",
         2,
         SPF_TROUBLE_LOOP},
        {{"e.com v=spf1 redirect=%{v}.e.com", "in-addr.e.com v=spf1 ip4:192.0.2.1 -all",
          "ip6.e.com v=spf1 ip6:2001::/64 ~all"},
         "redirect=%{v}.e.com|ip4:192.0.2.1|-all|ip6:2001::/64|~all",
         1,
         SPF_WELL},
        {{"e.com v=spf1 include:%{d1} -all"}, "include:%{d1}|-all", 1, SPF_TROUBLE_TARGET},
        {{"e.com v=spf1 include:none.com -all"},
         "include:none.com void4 void6|-all",
         1,
         SPF_TROUBLE_TARGET},
        {{"e.com v=spf1 include:bad.com -all", "bad.com v=spf1 bad"},
         "include:bad.com|-all",
         1,
         SPF_TROUBLE_TARGET},
        {{"e.com v=spf1 bad"}, "", 0, SPF_TROUBLE_SYNTAX},
        {{"e.com v=spf10"}, "", 0, SPF_TROUBLE_NONE},
    };
    static struct world w;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct world_walk ww;
        char text[1024];

        world_lines(&w, ROWS[i].lines);
        world_walk(&ww, &w, "e.com");
        put_words(&ww.walk, text, sizeof text);
        if (strcmp(text, ROWS[i].want) || ww.walk.lookups != ROWS[i].lookups ||
            ww.walk.trouble[0] != ROWS[i].trouble)
            fail_msg("%s: wanted \"%s\" %u %d, got \"%s\" %u %d", ROWS[i].lines[0], ROWS[i].want,
                     ROWS[i].lookups, (int)ROWS[i].trouble, text, ww.walk.lookups,
                     (int)ww.walk.trouble[0]);
        world_walk_done(&ww);
        world_done(&w);
    }
}

static void what_a_client_macro_hides_is_open_and_not_passed_for_sure(void **state)
{
    static const struct {
        const char *record;
        bool open, passes; /* 192.0.2.1, which stands behind */
    } ROWS[] = {
        {"e.com v=spf1 exists:%{i}.e.com ip4:192.0.2.1 -all", true, true},
        {"e.com v=spf1 -exists:%{i}.e.com ip4:192.0.2.1 -all", true, false},
        {"e.com v=spf1 ip4:192.0.2.1 -exists:%{i}.e.com -all", false, true},
        {"e.com v=spf1 ip4:192.0.2.1 ?ptr -all", false, true},
        {"e.com v=spf1 ip4:192.0.2.1 include:%{l}.e.com -all", true, true},
        {"e.com v=spf1 ip4:192.0.2.1 redirect=%{l}.e.com", true, true},
        {"e.com v=spf1 ?include:t.com ip4:192.0.2.1 -all", true, false},
        {"e.com v=spf1 include:t.com ip4:192.0.2.1 -all", true, true},
    };
    const struct ip ip = {4, {192, 0, 2, 1}};
    static struct world w;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct world_walk ww;

        world_lines(&w, (const char *[]){ROWS[i].record, "t.com TIMEOUT", NULL});
        world_walk(&ww, &w, "e.com");
        if (ww.walk.pass_open[0] != ROWS[i].open ||
            spf_walk_passes(&ww.walk, &ip) != (ROWS[i].passes ? 1 : 2))
            fail_msg("%s: open %d, passes %d", ROWS[i].record, ww.walk.pass_open[0],
                     spf_walk_passes(&ww.walk, &ip));
        world_walk_done(&ww);
        world_done(&w);
    }
}

/** A tree in which each record includes two, so that the last level has 2^10. */
static void a_tree_that_doubles_ends_at_the_limit(void **state)
{
    static struct world w;
    struct world_walk ww;
    char name[64], text[256];

    (void)state;
    w.n = 0;
    for (unsigned i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "l%u.example.com", i);
        snprintf(text, sizeof text,
                 "v=spf1 include:l%u.example.com include:l%u.example.com ip4:192.0.2.%u -all",
                 i + 1, i + 1, i);
        world_txt(&w, name, text);
    }
    world_txt(&w, "l10.example.com", "v=spf1 ip4:192.0.2.77 -all");
    world_walk(&ww, &w, "l0.example.com");
    assert_true(ww.walk.over && ww.walk.nnodes == LIMIT_SPF_NODES && ww.walk.pass_open[0]);
    assert_true(ww.walk.lookups > LIMIT_SPF_LOOKUPS && ww.walk.trouble[0] == SPF_TROUBLE_LOOKUPS);
    assert_true(ww.rounds <= 12);
    world_walk_done(&ww);
    world_done(&w);
}

static void a_long_record_used_often_ends_at_the_limit(void **state)
{
    static struct world w;
    static char text[WORLD_TEXT];
    struct world_walk ww;
    size_t n;

    (void)state;
    w.n = 0;
    n = (size_t)snprintf(text, sizeof text, "v=spf1");
    for (unsigned i = 0; i < 500 && n + 16 < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " %sip4:0.0.%u.0/%u", i % 2 ? "-" : "",
                              i % 256, i % 33);
    world_txt(&w, "i.com", text);
    n = (size_t)snprintf(text, sizeof text, "v=spf1");
    for (unsigned i = 0; i < 380; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " include:i.com");
    world_txt(&w, "e.example.com", text);
    world_walk(&ww, &w, "e.example.com");
    assert_true(ww.walk.over && ww.walk.pass_open[0]);
    assert_true(ww.walk.lookups == 380);
    world_walk_done(&ww);
    world_done(&w);
}

static void a_chain_that_is_deeper_than_the_limit_ends_there(void **state)
{
    static struct world w;
    struct world_walk ww;
    char name[64], text[256];

    (void)state;
    w.n = 0;
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "c%u.example.com", i);
        snprintf(text, sizeof text, "v=spf1 ip4:192.0.2.%u redirect=c%u.example.com", i, i + 1);
        world_txt(&w, name, text);
    }
    world_walk(&ww, &w, "c0.example.com");
    assert_true(ww.walk.over && ww.walk.nnodes == LIMIT_SPF_DEPTH + 1);
    assert_true(ipset_size(&ww.walk.pass[0]) == LIMIT_SPF_DEPTH + 1 && ww.walk.pass_open[0]);
    assert_int_equal(ww.walk.top->otherwise[0], SPF_TEMPERROR);
    world_walk_done(&ww);
    world_done(&w);
}

static void memory_that_is_short_ends_the_step_and_loses_nothing(void **state)
{
    static struct world w;
    size_t failures = 0;
    bool done = false;

    (void)state;
    world_lines(&w,
                (const char *[]){"e.com v=spf1 include:i.com a:h.e.com mx redirect=%{d3}.i.com",
                                 "i.com v=spf1 ip4:192.0.2.0/24 -ip4:192.0.2.9 include:j.com ~all",
                                 "j.com v=spf1 ip6:2001::/64 -all", "e.com.i.com v=spf1 -all",
                                 "h.e.com 192.0.2.1", NULL});
    for (size_t at = 0; !done; at++) {
        struct world_walk ww;
        assay_status s;

        memset(&ww, 0, sizeof ww);
        world_begin(&ww.e, &w, world_walk_step, &ww);
        ww.request = (struct spf_walk_request){.domain = SPAN("e.com"), .keep = &ww.e.ev.keep};
        for (;;) {
            struct assay_question q;

            memory_left = at;
            s = assay_step(&ww.e.ev);
            done = memory_left > 0 && s == ASSAY_DONE;
            memory_left = SIZE_MAX;
            failures += s == ASSAY_ENOMEM;
            if (s == ASSAY_ENOMEM)
                s = assay_step(&ww.e.ev);
            if (s != ASSAY_NEED)
                break;
            while (assay_next_question(&ww.e.ev, &q)) {
                assay_fact *fact = world_find(&w, q.rrtype, q.name);

                fact =
                    fact ? assay_fact_ref(fact) : world_fact_of(q.rrtype, ASSAY_NXDOMAIN, NULL, 0);
                assay_answer_question(&ww.e.ev, q.id, fact);
                assay_fact_free(fact);
            }
        }
        assert_int_equal(s, ASSAY_DONE);
        assert_true(ipset_size(&ww.walk.pass[0]) == 256);
        assert_true(ww.walk.lookups == 5);
        world_walk_done(&ww);
    }
    world_done(&w);
    assert_true(failures > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_term_is_told_for_what_it_is),
        cmocka_unit_test(what_a_client_macro_hides_is_open_and_not_passed_for_sure),
        cmocka_unit_test(a_tree_that_doubles_ends_at_the_limit),
        cmocka_unit_test(a_long_record_used_often_ends_at_the_limit),
        cmocka_unit_test(a_chain_that_is_deeper_than_the_limit_ends_there),
        cmocka_unit_test(memory_that_is_short_ends_the_step_and_loses_nothing),
        cmocka_unit_test(the_receivers_reader_agrees_over_random_worlds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flattening: by hand for what is written, and over worlds made at random for what it means.
 */
#include "base/test_memory.h"

#include "base/arena.c"

#include "spf/flatten.h"
#include "spf/test_world.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- by hand ---- */

/** A result as text: records, or why there are none. */
static const char *result_text(assay_status s, const struct spf_flattening *r, char *out, size_t n)
{
    size_t at = 0;

    out[0] = '\0';
    if (s != ASSAY_DONE)
        snprintf(out, n, "%s: %.*s", r->problem, SPAN_ARG(r->where));
    for (size_t i = 0; i < r->nrecords; i++)
        at += (size_t)snprintf(out + at, n - at, "%s%.*s %.*s", i ? "|" : "",
                               SPAN_ARG(r->records[i].name), SPAN_ARG(r->records[i].text));
    return out;
}

static void records_are_written_as_they_should_be(void **state)
{
    static const struct {
        const char *lines[8];
        unsigned max;
        const char *only;
        size_t octets;
        const char *want;
    } ROWS[] = {
        {{"e.com v=spf1 include:i.com -all", "i.com v=spf1 ip4:192.0.2.0/24 -all"},
         10,
         NULL,
         0,
         "e.com v=spf1 include:i.com -all"},
        {{"e.com v=spf1 include:i.com -all",
          "i.com v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 ~all"},
         0,
         "i.com",
         0,
         "e.com v=spf1 ip4:192.0.2.0/24 -all"},
        {{"e.com v=spf1 include:i.com a:h.com -all",
          "i.com v=spf1 ip4:192.0.2.0/30 ip6:2001::/64 ~all", "h.com 192.0.2.4", "h.com 2001::1"},
         0,
         "a:h.com",
         0,
         "e.com v=spf1 include:i.com ip4:192.0.2.4 ip6:2001::1 -all"},
        {{"e.com v=spf1 ~include:i.com ?a:h.com ip4:192.0.2.9 -all",
          "i.com v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/30 ~all", "h.com 192.0.2.4"},
         0,
         "i.com",
         0,
         "e.com v=spf1 ~ip4:192.0.2.0 ~ip4:192.0.2.2/31 ?a:h.com ip4:192.0.2.9 -all"},
        /* a network of the same run has it already */
        {{"e.com v=spf1 include:i.com ip4:192.0.2.0/24 -all",
          "i.com v=spf1 ip4:192.0.2.7 ip4:198.51.100.1 ~all"},
         0,
         "i.com",
         0,
         "e.com v=spf1 ip4:198.51.100.1 ip4:192.0.2.0/24 -all"},
        /* the cheapest that is enough */
        {{"e.com v=spf1 include:i.com include:j.com -all",
          "i.com v=spf1 ip4:192.0.2.1 ip4:192.0.2.3 ip4:192.0.2.5 ~all",
          "j.com v=spf1 ip4:198.51.100.0/24 ~all"},
         1,
         NULL,
         0,
         "e.com v=spf1 include:i.com ip4:198.51.100.0/24 -all"},
        {{"e.com v=spf1 redirect=i.com", "i.com v=spf1 a include:j.com ~all", "i.com 192.0.2.1",
          "j.com v=spf1 ip4:198.51.100.0/24 ~all"},
         1,
         NULL,
         0,
         "e.com v=spf1 a:i.com ip4:198.51.100.0/24 ~all"},
        {{"e.com v=spf1 include:i.com exp=x.com -all", "i.com v=spf1 ip4:192.0.2.1 ~all"},
         0,
         "i.com",
         0,
         "e.com v=spf1 ip4:192.0.2.1 -all exp=x.com"},
        {{"e.com v=spf1 include:i.com exists:%{i}.x.com -all",
          "i.com v=spf1 ip4:192.0.2.1 exists:%{i}.y.com ~all"},
         0,
         "i.com",
         0,
         "something in its record depends on the client: include:i.com"},
        {{"e.com v=spf1 exists:%{i}.x.com -all"},
         0,
         "exists:%{i}.x.com",
         0,
         "exists lists no addresses: exists:%{i}.x.com"},
        {{"e.com v=spf1 include:i.com -all", "i.com TIMEOUT"},
         0,
         "i.com",
         0,
         "an answer is missing: e.com"},
        {{"e.com v=spf1 include:i.com -all"},
         0,
         "i.com",
         0,
         "a term leads to no good record: e.com"},
        {{"e.com v=spf1 ip4:192.0.2.1 -all"},
         0,
         "x.com",
         0,
         "no term of the record is this one: x.com"},
        {{"e.com v=spf1 exists:%{i}.x.com exists:%{i}.y.com -all"},
         1,
         NULL,
         0,
         "what can be flattened does not save enough lookups: e.com"},
        {{"e.com v=spf1 include:i.com -all",
          "i.com v=spf1 ip4:192.0.2.1 ip4:192.0.2.3 ip4:192.0.2.5 ip4:192.0.2.7 ~all"},
         0,
         "i.com",
         60,
         "e.com v=spf1 ip4:192.0.2.1 include:_spf1.e.com -all|_spf1.e.com v=spf1 ip4:192.0.2.3 ip4:192.0.2.5 "
         "ip4:192.0.2.7 -all"},
        {{"e.com v=spf1 -include:i.com +all",
          "i.com v=spf1 ip4:192.0.2.1 ip4:192.0.2.3 ip4:192.0.2.5 ip4:192.0.2.7 ~all"},
         0,
         "i.com",
         60,
         "e.com v=spf1 -ip4:192.0.2.1 -include:_spf1.e.com +all|_spf1.e.com v=spf1 ip4:192.0.2.3 ip4:192.0.2.5 "
         "ip4:192.0.2.7 -all"},
        {{"e.com v=spf1 include:_spf1.e.com -all",
          "_spf1.e.com v=spf1 ip4:192.0.2.1 ip4:192.0.2.3 ip4:192.0.2.5 ip4:192.0.2.7 ~all"},
         0,
         "_spf1.e.com",
         60,
         "e.com v=spf1 ip4:192.0.2.1 include:_spf2.e.com -all|_spf2.e.com v=spf1 ip4:192.0.2.3 ip4:192.0.2.5 "
         "ip4:192.0.2.7 -all"},
    };
    static struct world w;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const assay_span only = span_of(ROWS[i].only);
        const struct spf_flatten_request request = {.max = ROWS[i].max,
                                                    .only = &only,
                                                    .nonly = ROWS[i].only != NULL,
                                                    .octets = ROWS[i].octets};
        struct spf_flattening result;
        struct world_walk ww;
        char text[1024];
        assay_status s;

        world_lines(&w, ROWS[i].lines);
        world_walk(&ww, &w, "e.com");
        s = spf_flatten(&ww.e.ev, &ww.walk, &request, &ww.e.ev.keep, &result);
        if (strcmp(result_text(s, &result, text, sizeof text), ROWS[i].want))
            fail_msg("%s: wanted\n%s\ngot\n%s", ROWS[i].lines[0], ROWS[i].want, text);
        world_walk_done(&ww);
        world_done(&w);
    }
}

/* ---- over random worlds ---- */

static struct {
    size_t done, changed, chained, refused, compared;
} seen;

/** An address near which something may differ. */
static struct ip random_point(const struct spf_walk *walk)
{
    unsigned f = (unsigned)random_below(2);
    const struct ipset *s = &walk->pass[f];
    struct ip ip;

    if (s->n && random_below(4)) {
        const struct ip_range *r = &s->ranges[random_below(s->n)];
        ip_number at = random_below(2) ? r->first - random_below(2) : r->last + random_below(2);

        return ip_of_number(f ? 6 : 4, at);
    }
    world_random_ip(&ip, f ? 6 : 4);
    return ip;
}

/** The world with the new records in it means the same, and takes no more lookups than wanted. */
static void check_result(struct world *w, const struct spf_walk *before,
                         const struct spf_flatten_request *request, const struct spf_flattening *r)
{
    struct world_walk after;
    char name[300];

    for (size_t i = 0; i < r->nrecords; i++) {
        static char text[WORLD_TEXT + 1];

        assert_true(r->records[i].text.n < sizeof text &&
                    (r->nrecords == 1 || r->records[i].text.n <= request->octets));
        snprintf(name, sizeof name, "%.*s", SPAN_ARG(r->records[i].name));
        snprintf(text, sizeof text, "%.*s", SPAN_ARG(r->records[i].text));
        world_txt(w, name, text);
    }
    world_walk(&after, w, "d0.example.com");
    assert_true(after.walk.lookups <= r->after);
    if (!request->nonly)
        assert_true(r->after <= request->max);
    assert_true(ipset_eq(&before->pass[0], &after.walk.pass[0]));
    assert_true(ipset_eq(&before->pass[1], &after.walk.pass[1]));
    world_walk_done(&after);
}

/** Both judged anew, within the limits: only an error of the original may have become something better. */
static void compare(struct world *old, struct world *new, const struct ip *ip)
{
    struct world_check a, b;

    world_check(&a, old, "d0.example.com", ip);
    world_check(&b, new, "d0.example.com", ip);
    if (a.slot.verdict.result != SPF_PERMERROR)
        assert_int_equal(a.slot.verdict.result, b.slot.verdict.result);
    seen.compared += a.slot.verdict.result != SPF_PERMERROR;
    world_check_done(&a);
    world_check_done(&b);
}

static void flatten_random(const struct world_style *style)
{
    static struct world w, flat;
    struct spf_flatten_request request = {.max = (unsigned)random_below(6) + 1,
                                          .octets = random_below(3) ? 70 + random_below(80) : 450};
    struct spf_flattening r;
    struct world_walk ww;
    assay_span only;
    assay_status s;

    world_random(&w, style);
    world_walk(&ww, &w, "d0.example.com");
    if (ww.walk.top->nuses && random_below(2)) { /* one term, whichever it is */
        only = ww.walk.top->uses[random_below(ww.walk.top->nuses)].text;
        request.only = &only;
        request.nonly = 1;
    }
    s = spf_flatten(&ww.e.ev, &ww.walk, &request, &ww.e.ev.keep, &r);
    if (s == ASSAY_DONE) {
        seen.done++;
        seen.changed += !span_eq(r.records[0].text, ww.walk.top->record->text);
        seen.chained += r.nrecords > 1;
        flat = w;
        check_result(&flat, &ww.walk, &request, &r);
        for (unsigned i = 0; i < 8; i++) {
            struct ip ip = random_point(&ww.walk);

            compare(&w, &flat, &ip);
        }
        for (size_t i = w.n; i < flat.n; i++)
            assay_fact_free(flat.all[i].fact);
    } else {
        assert_int_equal(s, ASSAY_EINVAL);
        if (span_starts(span_of(r.problem), SPAN("the proof failed")))
            fail_msg("%.*s: %s at %.*s", SPAN_ARG(ww.walk.top->record->text), r.problem,
                     SPAN_ARG(r.where));
        seen.refused++;
    }
    world_walk_done(&ww);
    world_done(&w);
}

static void random_worlds_mean_the_same_when_they_are_flat(void **state)
{
    static const struct world_style STYLES[] = {
        {.domains = 3, .terms = 5},
        {.domains = 5, .terms = 4, .all_plus = true},
        {.domains = 6, .terms = 4, .errors = 3},
        {.domains = 6, .terms = 4, .open = true},
        {.domains = 3, .terms = 12},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(STYLES); i++)
        for (unsigned k = 0; k < 1500; k++)
            flatten_random(&STYLES[i]);
    print_message("%zu done, %zu of them changed, %zu chained, %zu refused, %zu compared\n",
                  seen.done, seen.changed, seen.chained, seen.refused, seen.compared);
    assert_true(seen.changed > 200 && seen.chained > 30 && seen.refused > 200 &&
                seen.compared > 1000);
}

static void memory_that_is_short_gives_no_records_and_loses_nothing(void **state)
{
    static struct world w;
    struct world_walk ww;
    const assay_span only[] = {SPAN("i.com"), SPAN("j.com")};
    struct spf_flatten_request request = {.only = only, .nonly = 2, .octets = 60};
    assay_status s = ASSAY_ENOMEM;
    size_t failures = 0;

    (void)state;
    world_lines(&w, (const char *[]){"e.com v=spf1 include:i.com include:j.com a:h.com -all",
                                     "i.com v=spf1 ip4:192.0.2.1 ip4:192.0.2.3 ip4:192.0.2.5 ~all",
                                     "j.com v=spf1 ip4:198.51.100.0/24 ip6:2001::/64 ~all",
                                     "h.com 192.0.2.77", NULL});
    world_walk(&ww, &w, "e.com");
    for (size_t at = 0; s == ASSAY_ENOMEM; at++) {
        struct spf_flattening r = {.nrecords = 99};
        struct arena keep = {0};

        memory_left = at;
        s = spf_flatten(&ww.e.ev, &ww.walk, &request, &keep, &r);
        memory_left = SIZE_MAX;
        failures += s == ASSAY_ENOMEM;
        assert_true(s == ASSAY_ENOMEM ? r.nrecords == 99 : r.nrecords > 1);
        arena_done(&keep);
    }
    assert_int_equal(s, ASSAY_DONE);
    assert_true(failures > 10);
    world_walk_done(&ww);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_written_as_they_should_be),
        cmocka_unit_test(memory_that_is_short_gives_no_records_and_loses_nothing),
        cmocka_unit_test(random_worlds_mean_the_same_when_they_are_flat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

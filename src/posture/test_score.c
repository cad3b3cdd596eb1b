/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/emit.h"
#include "posture/score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/** A domain whose conclusions are drawn: what a row starts from. */
struct domain {
    struct posture p;
    struct posture_host hosts[3];
    struct mtasts_policy policy;
    struct dmarc_record record;
    assay_fact *mx;
};

/** Everything is right, and all of it is known; one MX host. */
static void make_good(struct domain *d)
{
    struct posture *p = &d->p;
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_NODATA, .secure = ASSAY_SECURE};

    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_MX, &a, &d->mx), ASSAY_DONE);
    d->record = (struct dmarc_record){.found = DMARC_RECORD_ONE, .pct = 100};
    d->policy = (struct mtasts_policy){.valid = true, .mode = MTASTS_ENFORCE};
    p->domain = SPAN("example.com");
    p->profile = ASSAY_PROFILE_MAIL;
    p->dmarc.now.record = &d->record;
    p->dmarc.applies = p->dmarc.own_org = p->dmarc.rua_works = YES;
    p->dmarc.p = p->dmarc.sp = p->dmarc.np = DMARC_POLICY_REJECT;
    p->spf.has = p->spf.valid = p->spf.sends = p->spf.holds = p->spf.reach_known = YES;
    p->spf.closes[0] = p->spf.closes[1] = SPF_FAIL;
    p->spf.reach4 = 1000;
    p->dkim.known = YES;
    p->dkim.value = 1000;
    p->mx.mx.fact = d->mx;
    p->mx.receives = YES;
    p->mx.hosts = d->hosts;
    p->mx.nhosts = 1;
    for (size_t i = 0; i < 3; i++)
        d->hosts[i] = (struct posture_host){.name = SPAN("mx.example.com"),
                                            .starttls = YES,
                                            .tls12 = YES,
                                            .dane_usable = YES,
                                            .dane_holds = YES,
                                            .sts_listed = YES,
                                            .sts_holds = YES};
    p->mtasts.policy = &d->policy;
    p->mtasts.published = p->mtasts.valid = p->tlsrpt.valid = YES;
    p->bimi.dmarc_ok = p->bimi.logo_ok = p->bimi.mark_ok = YES;
    pass(p, F_DNS_UNSIGNED, p->domain);
}

/** Its zone is not signed, so no DANE. */
static void unsign(struct domain *d)
{
    d->p.first = d->p.last = NULL;
    hit(&d->p, F_DNS_UNSIGNED, ASSAY_NOTICE, d->p.domain, NULL);
    for (size_t i = 0; i < 3; i++)
        d->hosts[i].dane_holds = d->hosts[i].dane_usable = NO;
}

/** Make one thing of a good domain different. */
typedef void change_fn(struct domain *d);

/* ---- the worked examples of docs/findings.md 5 ---- */

static void worked_1(struct domain *d)
{
    unsign(d);
    d->p.dmarc.p = d->p.dmarc.sp = d->p.dmarc.np = DMARC_POLICY_NONE;
    d->p.mtasts.valid = d->p.mtasts.published = d->p.tlsrpt.valid = NO;
    d->hosts[0].sts_holds = d->hosts[0].sts_listed = NO;
}

static void worked_2(struct domain *d)
{
    unsign(d);
    d->p.dkim.known = NO;
}

static void worked_3(struct domain *d)
{
    d->p.profile = ASSAY_PROFILE_PARKED;
    d->p.spf.sends = NO;
    d->p.mx.receives = NO;
    d->p.mx.null_mx = true;
    d->p.mx.nhosts = 0;
}

static void worked_4(struct domain *d)
{
    worked_3(d);
    d->p.mx.receives = YES;
    d->p.mx.null_mx = false;
    d->p.mx.implicit = true;
    d->p.mx.nhosts = 1;
    d->p.dmarc.applies = NO;
    d->p.dmarc.now.record = NULL;
}

/* ---- one thing at a time ---- */

static void nothing(struct domain *d)
{
    (void)d;
}

static void p_quarantine(struct domain *d)
{
    d->p.dmarc.p = d->p.dmarc.sp = d->p.dmarc.np = DMARC_POLICY_QUARANTINE;
}

static void p_none(struct domain *d)
{
    d->p.dmarc.p = d->p.dmarc.sp = d->p.dmarc.np = DMARC_POLICY_NONE;
}

static void p_none_blind(struct domain *d)
{
    p_none(d);
    d->p.dmarc.rua_works = NO;
}

static void p_none_perhaps_blind(struct domain *d)
{
    p_none(d);
    d->p.dmarc.rua_works = UNKNOWN;
}

static void reject_blind(struct domain *d)
{
    d->p.dmarc.rua_works = NO;
}

static void sp_none(struct domain *d)
{
    d->p.dmarc.sp = DMARC_POLICY_NONE;
}

static void np_quarantine(struct domain *d)
{
    d->p.dmarc.np = DMARC_POLICY_QUARANTINE;
}

static void reject_testing(struct domain *d)
{
    p_quarantine(d);
    d->record.testing = true;
}

static void a_share(struct domain *d)
{
    d->record.pct = 50;
}

static void not_own_org(struct domain *d)
{
    d->p.dmarc.own_org = NO;
    d->p.dmarc.sp = d->p.dmarc.np = DMARC_POLICY_NONE;
}

static void perhaps_own_org(struct domain *d)
{
    d->p.dmarc.own_org = UNKNOWN;
    d->p.dmarc.sp = DMARC_POLICY_NONE;
}

static void no_dmarc(struct domain *d)
{
    d->p.dmarc.applies = NO;
    d->p.dmarc.now.record = NULL;
    d->p.dmarc.rua_works = NO;
}

static void dmarc_lost(struct domain *d)
{
    d->p.dmarc.applies = d->p.dmarc.own_org = d->p.dmarc.rua_works = UNKNOWN;
    d->p.dmarc.now.record = NULL;
}

static void existence_lost(struct domain *d)
{
    d->p.dmarc.now.existence_unknown = true;
    d->p.dmarc.np = d->p.dmarc.p = DMARC_POLICY_QUARANTINE;
}

static void pass_all(struct domain *d)
{
    hit(&d->p, F_SPF_PASS_ALL, ASSAY_ERROR, d->p.domain, NULL);
    d->p.spf.passes_all = YES;
}

static void bogus(struct domain *d)
{
    hit(&d->p, F_DNS_BOGUS, ASSAY_ERROR, d->p.domain, NULL);
}

static void another_error(struct domain *d)
{
    hit(&d->p, F_DKIM_KEY_WEAK, ASSAY_ERROR, d->p.domain, NULL);
}

static void bimi_error(struct domain *d)
{
    hit(&d->p, F_BIMI_SVG, ASSAY_ERROR, d->p.domain, NULL);
}

static void a_warning(struct domain *d)
{
    hit(&d->p, F_DKIM_KEY_SHORT, ASSAY_WARNING, d->p.domain, NULL);
}

static void spf_broken(struct domain *d)
{
    d->p.spf.valid = d->p.spf.holds = NO;
}

static void spf_voids(struct domain *d)
{
    d->p.spf.voids_by_family = YES;
}

static void spf_open(struct domain *d)
{
    d->p.spf.closes[1] = SPF_NEUTRAL;
}

static void spf_perhaps_open(struct domain *d)
{
    d->p.spf.closes[0] = SPF_TEMPERROR;
}

static void spf_wide(struct domain *d)
{
    d->p.spf.reach4 = 1000000;
}

static void spf_wider(struct domain *d)
{
    d->p.spf.reach4 = 1000001;
}

static void spf_dangling(struct domain *d)
{
    d->p.spf.dangling = YES;
}

static void spf_lost(struct domain *d)
{
    d->p.spf.has = d->p.spf.valid = d->p.spf.holds = d->p.spf.reach_known = UNKNOWN;
}

static void dkim_half(struct domain *d)
{
    d->p.dkim.value = 600;
}

static void one_host_of_three_in_clear(struct domain *d)
{
    d->p.mx.nhosts = 3;
    d->hosts[2].starttls = d->hosts[2].tls12 = d->hosts[2].dane_holds = d->hosts[2].sts_holds = NO;
}

static void old_tls(struct domain *d)
{
    d->hosts[0].tls12 = d->hosts[0].sts_holds = NO;
}

static void probe_lost(struct domain *d)
{
    d->hosts[0].starttls = d->hosts[0].tls12 = d->hosts[0].dane_holds = d->hosts[0].sts_holds =
        UNKNOWN;
}

static void sts_testing(struct domain *d)
{
    unsign(d);
    d->policy.mode = MTASTS_TESTING;
}

static void sts_none(struct domain *d)
{
    unsign(d);
    d->policy.mode = MTASTS_NONE;
}

static void dane_alone(struct domain *d)
{
    d->p.mtasts.valid = NO;
    d->hosts[0].sts_holds = NO;
}

static void sts_alone(struct domain *d)
{
    d->hosts[0].dane_holds = NO;
}

static void dane_behind_an_unsigned_mx(struct domain *d)
{
    dane_alone(d);
    d->mx->secure = ASSAY_INSECURE;
}

static void dane_behind_a_resolver_that_does_not_tell(struct domain *d)
{
    dane_alone(d);
    d->mx->secure = ASSAY_UNKNOWN;
}

static void no_tlsrpt(struct domain *d)
{
    d->p.tlsrpt.valid = NO;
}

static void sends_only(struct domain *d)
{
    d->p.profile = ASSAY_PROFILE_SEND;
    d->p.mx.receives = NO;
    d->p.mx.nhosts = 0;
}

static void receives_only(struct domain *d)
{
    d->p.profile = ASSAY_PROFILE_RECEIVE;
    d->p.dmarc.rua_works = NO;
    d->p.dkim.known = UNKNOWN;
}

static void parked_quarantine(struct domain *d)
{
    worked_3(d);
    p_quarantine(d);
}

static void parked_softly(struct domain *d)
{
    worked_3(d);
    d->p.spf.closes[0] = SPF_SOFTFAIL;
}

static void parked_undeclared(struct domain *d)
{
    worked_3(d);
    d->p.spf.undeclared = true;
    d->p.spf.has = d->p.spf.valid = NO;
}

static void logo_only(struct domain *d)
{
    d->p.bimi.mark_ok = NO;
}

static const struct {
    const char *claim;
    change_fn *change;
    unsigned score, low, high, confidence;
    const char *grade;
    const char *phases;
} ROWS[] = {
    {"worked example 1: p=none, and the rest sound", worked_1, 56, 56, 56, 100, "D", "2 1 3"},
    {"worked example 2: no selector known", worked_2, 98, 83, 98, 85, "A?", "5? 4 3"},
    {"worked example 3: parked", worked_3, 100, 100, 100, 100, "A", "1 0 0"},
    {"worked example 4: parked half", worked_4, 38, 38, 38, 100, "E", "0 0 0"},

    {"all is well", nothing, 100, 100, 100, 100, "A", "6 5 3"},
    {"quarantine", p_quarantine, 95, 95, 95, 100, "A", "4 5 3"},
    {"none with reports", p_none, 59, 59, 59, 100, "D", "2 5 3"},
    {"none without reports", p_none_blind, 58, 58, 58, 100, "D", "1 5 3"},
    {"none, and reports are not known", p_none_perhaps_blind, 59, 58, 59, 68, "D?", "1? 5 3"},
    {"reject without reports is blind", reject_blind, 92, 92, 92, 100, "A", "1 5 3"},
    {"sub-domains at none are a step", sp_none, 95, 95, 95, 100, "A", "3 5 3"},
    {"names that do not exist at quarantine", np_quarantine, 99, 99, 99, 100, "A", "4 5 3"},
    {"reject with t=y is a step", reject_testing, 95, 95, 95, 100, "A", "3 5 3"},
    {"a share of the mail is a step", a_share, 100, 100, 100, 100, "A", "3 5 3"},
    {"a sub-domain has no goal for those below it", not_own_org, 100, 100, 100, 100, "A", "6 5 3"},
    {"perhaps a sub-domain", perhaps_own_org, 100, 90, 100, 90, "A", "3? 5 3"},
    {"no DMARC", no_dmarc, 39, 39, 39, 100, "E", "0 5 3"},
    {"DMARC is not known", dmarc_lost, 100, 58, 100, 58, "A?", "0? 5 3"},
    {"it is not known whether the domain exists", existence_lost, 99, 75, 99, 76, "A?", "3? 5 3"},
    {"anyone passes", pass_all, 19, 19, 19, 100, "F", "5 5 3"},
    {"bogus", bogus, 19, 19, 19, 100, "F", "6 5 3"},
    {"another error", another_error, 74, 74, 74, 100, "C", "5 5 3"},
    {"an error of BIMI", bimi_error, 100, 100, 100, 100, "A", "6 5 3"},
    {"a warning", a_warning, 100, 100, 100, 100, "A", "5 5 3"},
    {"broken SPF", spf_broken, 79, 79, 79, 100, "B", "6 5 3"},
    {"voids of one family", spf_voids, 95, 95, 95, 100, "A", "6 5 3"},
    {"neutral of one family", spf_open, 96, 96, 96, 100, "A", "6 5 3"},
    {"what is left of one family is not known", spf_perhaps_open, 100, 94, 100, 94, "A", "6 5 3"},
    {"a wide set", spf_wide, 98, 98, 98, 100, "A", "6 5 3"},
    {"a wider set", spf_wider, 95, 95, 95, 100, "A", "6 5 3"},
    {"a name that anyone can have", spf_dangling, 95, 95, 95, 100, "A", "6 5 3"},
    {"SPF is not known", spf_lost, 100, 79, 100, 79, "A?", "5? 5 3"},
    {"a short key", dkim_half, 94, 94, 94, 100, "A", "6 5 3"},
    {"one of three hosts in clear", one_host_of_three_in_clear, 94, 94, 94, 100, "A", "6 0 3"},
    {"old TLS", old_tls, 96, 96, 96, 100, "A", "6 4 3"},
    {"a probe without an answer", probe_lost, 100, 82, 100, 82, "A?", "5? 0? 3"},
    {"MTA-STS in testing", sts_testing, 92, 92, 92, 100, "A", "6 3 3"},
    {"MTA-STS being removed", sts_none, 88, 88, 88, 100, "B", "6 2 3"},
    {"DANE alone", dane_alone, 100, 100, 100, 100, "A", "6 4 3"},
    {"MTA-STS alone", sts_alone, 100, 100, 100, 100, "A", "6 4 3"},
    {"DANE behind an unsigned MX", dane_behind_an_unsigned_mx, 94, 94, 94, 100, "A", "6 2 3"},
    {"DANE, and nobody tells about the MX", dane_behind_a_resolver_that_does_not_tell, 100, 90, 100,
     90, "A", "6 2? 3"},
    {"no reports of TLS", no_tlsrpt, 98, 98, 98, 100, "A", "6 1 3"},
    {"a domain that only sends", sends_only, 100, 100, 100, 100, "A", "6 0 3"},
    {"a domain that only receives", receives_only, 100, 100, 100, 100, "A", "6 5 0"},
    {"parked at quarantine", parked_quarantine, 84, 84, 84, 100, "B", "0 0 0"},
    {"parked softly", parked_softly, 85, 85, 85, 100, "B", "0 0 0"},
    {"parked by silence", parked_undeclared, 70, 70, 70, 100, "C", "0 0 0"},
    {"a logo without a certificate", logo_only, 100, 100, 100, 100, "A", "6 5 2"},
};

/** The rungs as one text. */
static void phases_text(const struct assay_posture *p, char *text, size_t size)
{
    snprintf(text, size, "%u%s %u%s %u%s", p->phases[0].rung, p->phases[0].more_unknown ? "?" : "",
             p->phases[1].rung, p->phases[1].more_unknown ? "?" : "", p->phases[2].rung,
             p->phases[2].more_unknown ? "?" : "");
}

static void every_row_has_its_score_and_rungs(void **state)
{
    size_t faults = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct domain *d = calloc(1, sizeof *d);
        const struct assay_score *s = &d->p.result.score;
        char phases[64], grade[3] = "";

        make_good(d);
        ROWS[i].change(d);
        posture_score(&d->p);
        posture_phases(&d->p);
        snprintf(grade, sizeof grade, "%c%s", s->grade ? s->grade : '-', s->provisional ? "?" : "");
        phases_text(&d->p.result, phases, sizeof phases);
        if (s->score != ROWS[i].score || s->low != ROWS[i].low || s->high != ROWS[i].high ||
            s->confidence != ROWS[i].confidence || strcmp(grade, ROWS[i].grade) != 0 ||
            strcmp(phases, ROWS[i].phases) != 0 || d->p.no_memory) {
            printf("%s: wanted %u %u-%u %u %% %s, rungs %s; got %u %u-%u %u %% %s, rungs %s\n",
                   ROWS[i].claim, ROWS[i].score, ROWS[i].low, ROWS[i].high, ROWS[i].confidence,
                   ROWS[i].grade, ROWS[i].phases, s->score, s->low, s->high, s->confidence, grade,
                   phases);
            faults++;
        }
        assay_fact_free(d->mx);
        arena_done(&d->p.ev.keep);
        free(d);
    }
    assert_int_equal(faults, 0);
}

/* ---- the sum ---- */

static void halves_are_rounded_up(void **state)
{
    struct assay_goal goals[] = {{"a", "", 1, 5, true}, {"b", "", 1, 0, false}};
    struct assay_score s = {.goals = goals, .ngoals = 1};

    (void)state;
    score_sum(100, &s); /* 0.5 */
    assert_int_equal(s.score, 1);
    goals[0].value = 4;
    score_sum(100, &s);
    assert_int_equal(s.score, 0);
    goals[0].value = 985; /* 98.5, and half of it: 49.25 */
    s.ngoals = 2;
    score_sum(100, &s);
    assert_int_equal(s.score, 99);
    assert_int_equal(s.low, 49);
    assert_int_equal(s.high, 99);
    assert_int_equal(s.confidence, 50);
    assert_int_equal(s.grade, 'A');
}

static void there_is_no_grade_below_half(void **state)
{
    struct assay_goal goals[] = {{"a", "", 49, 1000, true}, {"b", "", 51, 0, false}};
    struct assay_score s = {.goals = goals, .ngoals = 2};

    (void)state;
    score_sum(100, &s);
    assert_int_equal(s.grade, 0);
    assert_int_equal(s.score, 100);
    s.ngoals = 0;
    score_sum(100, &s);
    assert_int_equal(s.score, 0);
    assert_int_equal(s.confidence, 0);
    assert_int_equal(s.grade, 0);
}

static void grades_begin_where_they_should(void **state)
{
    static const struct {
        unsigned score;
        char grade;
    } EDGES[] = {{1000, 'A'}, {900, 'A'}, {890, 'B'}, {750, 'B'}, {740, 'C'}, {600, 'C'},
                 {590, 'D'},  {400, 'D'}, {390, 'E'}, {200, 'E'}, {190, 'F'}, {0, 'F'}};

    (void)state;
    for (size_t i = 0; i < sizeof EDGES / sizeof *EDGES; i++) {
        struct assay_goal goal = {"a", "", 1, EDGES[i].score, true};
        struct assay_score s = {.goals = &goal, .ngoals = 1};

        score_sum(100, &s);
        if (s.grade != EDGES[i].grade)
            fail_msg("%u: wanted %c, got %c", EDGES[i].score, EDGES[i].grade, s.grade);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_its_score_and_rungs),
        cmocka_unit_test(halves_are_rounded_up),
        cmocka_unit_test(there_is_no_grade_below_half),
        cmocka_unit_test(grades_begin_where_they_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

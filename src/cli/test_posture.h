/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_posture.h
 * A posture made by hand, with every kind of outcome, long texts, and records of somebody who wishes
 * the reader ill: for the tests of everything that writes one.
 */
#ifndef CLI_TEST_POSTURE_H
#define CLI_TEST_POSTURE_H

#include "posture/posture.h"

/** Octets that end up in the wrong hands wherever a writer forgets something. */
#define TEST_HOSTILE                                                                              \
    "=cmd|' /C calc'!A0 <script>alert(\"x\")</script> | `a` ``` **b** & ]]> \x1b[31m\xE2\x80\xAE" \
    "evil\r\n+next,\"quoted\" \xFF\x01 %n"

/** A record that does not fit a line. */
#define TEST_LONG                                                                                  \
    "v=spf1 include:_spf.a.example include:_spf.b.example include:_spf.c.example include:_spf.d."  \
    "example include:_spf.e.example include:_spf.f.example include:_spf.g.example include:_spf.h." \
    "example include:_spf.i.example include:_spf.j.example include:_spf.k.example ~all"

/** A posture, with what it points to. */
struct test_posture {
    struct assay_posture p;
    struct assay_finding findings[256];
    struct assay_area areas[AREAS];
    struct assay_evidence evidence[8];
    struct assay_fix fixes[8];
    struct assay_goal goals[4];
    struct assay_transport transports[3];
};

/** Add a finding. */
static inline struct assay_finding *test_add(struct test_posture *t, enum finding_id id,
                                             enum assay_outcome outcome, const char *subject,
                                             const char *text)
{
    struct assay_finding *f = &t->findings[t->p.nfindings++];

    *f = (struct assay_finding){.kind = assay_check_kind_at((size_t)id),
                                .outcome = outcome,
                                .subject = span_of(subject),
                                .reason = SPAN_EMPTY,
                                .text = span_of(text)};
    return f;
}

/** A piece of evidence, about the octets from `begin` to `end`. */
static inline void test_show(struct test_posture *t, struct assay_finding *f, size_t at,
                             const char *question, const char *answer, size_t begin, size_t end)
{
    t->evidence[at] =
        (struct assay_evidence){span_of(question), span_of(answer), begin, end, SPAN_EMPTY};
    if (!f->nevidence++)
        f->evidence = &t->evidence[at];
}

/** A change. */
static inline void test_fix(struct test_posture *t, struct assay_finding *f, size_t at,
                            const char *name, const char *before, const char *after,
                            const char *text)
{
    t->fixes[at] =
        (struct assay_fix){.type = name ? SPAN("TXT") : SPAN_EMPTY,
                           .name = span_of(name),
                           .before = span_of(before),
                           .after = span_of(after),
                           .text = span_of(text),
                           .undo = name ? SPAN("publish the old record again") : SPAN_EMPTY};
    if (!f->nfixes++)
        f->fixes = &t->fixes[at];
}

/** The findings. */
static inline void test_findings(struct test_posture *t)
{
    struct assay_finding *f;

    test_add(t, F_SPF_MISSING, ASSAY_PASS, "xn--bcher-kva.example", "");
    f = test_add(t, F_SPF_LOOKUPS, ASSAY_ERROR, "xn--bcher-kva.example",
                 "11 terms ask the DNS; receivers stop at 10");
    test_show(t, f, 0, "TXT xn--bcher-kva.example", TEST_LONG, 7, 29);
    t->evidence[0].note = SPAN("11 includes, 1 each");
    test_show(t, f, 1, "TXT _spf.a.example", "v=spf1 ip4:192.0.2.0/24 -all", 0, 0);
    test_fix(t, f, 0, "xn--bcher-kva.example", TEST_LONG, "v=spf1 include:_spf.a.example ~all",
             "Leave out what sends no mail.");
    f = test_add(t, F_SPF_REACH, ASSAY_WARNING, "xn--bcher-kva.example",
                 "1,204,224 addresses may send");
    f->reason = SPAN_EMPTY;
    f = test_add(t, F_SPF_SYNTAX, ASSAY_ERROR, TEST_HOSTILE, TEST_HOSTILE);
    test_show(t, f, 2, "TXT \" onmouseover=alert(1) x=\"", TEST_HOSTILE, 3, 40);
    test_fix(t, f, 1, TEST_HOSTILE, TEST_HOSTILE, TEST_HOSTILE, TEST_HOSTILE);
    test_add(t, F_DKIM_SELECTORS, ASSAY_UNKNOWN_OUTCOME, "xn--bcher-kva.example",
             "no selector is known");
    f = test_add(t, F_DMARC_SP_WEAK, ASSAY_WARNING, "xn--bcher-kva.example",
                 "sub-domains are open (sp=none)");
    test_show(t, f, 3, "TXT _dmarc.xn--bcher-kva.example", "v=DMARC1; p=quarantine; sp=none", 24,
              31);
    test_fix(t, f, 2, "_dmarc.xn--bcher-kva.example", "v=DMARC1; p=quarantine; sp=none",
             "v=DMARC1; p=quarantine; sp=quarantine", NULL);
    test_add(t, F_DMARC_RUA_NO_MX, ASSAY_UNKNOWN_OUTCOME, "reports.example",
             "MX reports.example: TIMEOUT");
    test_add(t, F_DMARC_RUA_EXTERNAL, ASSAY_UNKNOWN_OUTCOME, "reports.example",
             "MX reports.example: TIMEOUT");
    f = test_add(t, F_MTASTS_CERT, ASSAY_ERROR, "mta-sts.xn--bcher-kva.example",
                 "the certificate of mta-sts.xn--bcher-kva.example ended 3 days ago");
    test_fix(t, f, 3, NULL, NULL, NULL, "Renew the certificate of mta-sts.xn--bcher-kva.example.");
    test_fix(t, f, 4, "https://mta-sts.xn--bcher-kva.example/.well-known/mta-sts.txt", NULL,
             "version: STSv1\r\nmode: testing\r\n", NULL);
    t->fixes[4].type = SPAN("file");
    f = test_add(t, F_MTASTS_MODE, ASSAY_WARNING, "xn--bcher-kva.example",
                 "the policy is in testing");
    f->reason = SPAN("testing");
    test_add(t, F_TLSRPT_MISSING, ASSAY_PASS, "xn--bcher-kva.example", "");
    test_add(t, F_BIMI_MISSING, ASSAY_NOTICE, "xn--bcher-kva.example", "");
    for (size_t i = 0; i < 100; i++)
        test_add(t, F_MX_PTR, i % 3 ? ASSAY_PASS : ASSAY_NOTICE, "mx1.xn--bcher-kva.example",
                 "192.0.2.1 has no name");
}

/** Areas, from the findings. */
static inline void test_areas(struct test_posture *t)
{
    for (size_t i = 0; i < t->p.nfindings; i++) {
        const struct assay_finding *f = &t->findings[i];
        struct assay_area *a = t->p.nareas ? &t->areas[t->p.nareas - 1] : NULL;

        if (!a || strcmp(a->area, f->kind->area) != 0) {
            a = &t->areas[t->p.nareas++];
            *a = (struct assay_area){.area = f->kind->area,
                                     .name = f->kind->area,
                                     .worst = ASSAY_PASS,
                                     .text = SPAN("all is well")};
        }
        a->passes += f->outcome == ASSAY_PASS;
        if (f->outcome > a->worst) {
            a->worst = f->outcome;
            a->finding = f;
            a->text = f->text.n ? f->text : span_of(f->kind->title);
        }
    }
}

/** Make it. */
static inline void test_posture(struct test_posture *t)
{
    static const struct assay_goal GOALS[] = {{"G1", "policy", 24, 850, true},
                                              {"G3", "SPF holds", 10, 0, true},
                                              {"G6", "DKIM", 15, 0, false}};

    memset(t, 0, sizeof *t);
    t->p = (struct assay_posture){.domain = SPAN("xn--bcher-kva.example"),
                                  .now = 1795608000,
                                  .profile = ASSAY_PROFILE_MAIL,
                                  .inferred = true,
                                  .profile_why = SPAN("it has MX records and an SPF record"),
                                  .findings = t->findings,
                                  .areas = t->areas,
                                  .transports = t->transports,
                                  .spf_lookups = 11,
                                  .questions = 41};
    memcpy(t->goals, GOALS, sizeof GOALS);
    test_findings(t);
    test_areas(t);
    t->p.score = (struct assay_score){.score = 74,
                                      .low = 63,
                                      .high = 78,
                                      .confidence = 85,
                                      .grade = 'C',
                                      .provisional = true,
                                      .cap = "mail or protection breaks now",
                                      .goals = t->goals,
                                      .ngoals = 3};
    t->p.phases[0] = (struct assay_phase){"auth", 3, false, "stepping", "quarantine"};
    t->p.phases[1] = (struct assay_phase){"transport", 1, true, "encrypted", "reported"};
    t->p.phases[2] = (struct assay_phase){"brand", 0, false, "none", NULL};
    t->transports[0] = (struct assay_transport){SPAN("mx1.xn--bcher-kva.example"),
                                                ASSAY_DELIVER_ENCRYPTED,
                                                ASSAY_DELIVER_NOT,
                                                ASSAY_DELIVER_AUTHENTICATED,
                                                ASSAY_DELIVER_AUTHENTICATED,
                                                SPAN("no policy can be had"),
                                                SPAN("the key is published"),
                                                true};
    t->transports[1] = (struct assay_transport){
        SPAN(TEST_HOSTILE),    ASSAY_DELIVER_CLEAR, ASSAY_DELIVER_CLEAR, ASSAY_DELIVER_UNKNOWN,
        ASSAY_DELIVER_UNKNOWN, SPAN_EMPTY,          SPAN_EMPTY,          false};
    t->p.ntransports = 2;
    t->p.views[0] = (struct assay_dmarc_view){"9989", true, SPAN("_dmarc.xn--bcher-kva.example"),
                                              SPAN("quarantine"), SPAN("xn--bcher-kva.example")};
    t->p.views[1] = (struct assay_dmarc_view){"7489", true, SPAN_EMPTY, SPAN("none"),
                                              SPAN("xn--bcher-kva.example")};
}

#endif

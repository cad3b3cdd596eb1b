/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mark.c One check of a mark certificate: its steps, in the order of VMC 5.1 to 5.3. */
#include "bimi/mark_own.h"

#include <stdio.h>

/** What the leaf says of itself. */
static void describe(struct mark_run *run)
{
    const struct mark_cert *leaf = &run->chain.certs[run->chain.leaf];
    struct mark_report *r = run->report;
    char *hex = arena_get(run->arena, 2 * leaf->serial.n + 1);

    r->is_chain = true;
    r->from = leaf->from;
    r->to = leaf->to;
    r->subject = mark_name_text(run, leaf->subject);
    r->issuer = mark_name_text(run, leaf->issuer);
    run->no_memory |= !hex;
    for (size_t i = 0; hex && i < leaf->serial.n; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)leaf->serial.p[i]);
    if (hex)
        r->serial = (assay_span){hex, 2 * leaf->serial.n};
}

/** Every step: none hides another. */
static assay_status run_steps(struct mark_run *run)
{
    assay_status s;

    describe(run);
    mark_domains(run);
    if ((s = mark_path(run)) != ASSAY_DONE || (s = mark_scts(run)) != ASSAY_DONE ||
        (s = mark_logotype(run)) != ASSAY_DONE)
        return s;
    mark_profile(run);
    return run->no_memory ? ASSAY_ENOMEM : ASSAY_DONE;
}

/** Check once. */
static assay_status check_once(struct assay_engine *engine, struct arena *a,
                               const struct mark_request *request, struct mark_report *ret)
{
    struct mark_report report = {.chain_problem = SPAN_EMPTY,
                                 .root = SPAN_EMPTY,
                                 .cut_off_text = SPAN_EMPTY,
                                 .subject = SPAN_EMPTY,
                                 .issuer = SPAN_EMPTY,
                                 .serial = SPAN_EMPTY,
                                 .sct_log = SPAN_EMPTY,
                                 .sct_problem = SPAN_EMPTY,
                                 .names = SPAN_EMPTY,
                                 .logo_problem = SPAN_EMPTY,
                                 .svg = SPAN_EMPTY,
                                 .mark_type = SPAN_EMPTY,
                                 .crl_url = SPAN_EMPTY};
    struct mark_run *run = ARENA_NEW(a, struct mark_run);
    assay_status s;

    if (!run || !(run->lints = arena_zero(a, LIMIT_MARK_LINTS * sizeof *run->lints)))
        return ASSAY_ENOMEM;
    run->engine = engine;
    run->arena = a;
    run->request = request;
    run->report = &report;
    s = mark_chain_read(engine, a, request->pem, &run->chain);
    report.problem = run->chain.problem;
    if (s == ASSAY_DONE && run->chain.n)
        s = run_steps(run);
    mark_chain_done(&run->chain);
    if (s == ASSAY_DONE)
        *ret = report;
    return s;
}

/** OpenSSL said no to nothing. */
static bool is_proved(const struct mark_report *r)
{
    return r->chain == MARK_YES && r->sct == MARK_YES && r->root.n;
}

/** Two reports are of one mind about what OpenSSL was asked. */
static bool agree(const struct mark_report *a, const struct mark_report *b)
{
    return a->chain == b->chain && a->sct == b->sct && a->cut_off == b->cut_off &&
           span_eq(a->chain_problem, b->chain_problem) && span_eq(a->sct_problem, b->sct_problem) &&
           span_eq(a->root, b->root) && a->nlints == b->nlints;
}

assay_status mark_check(struct assay_engine *engine, struct arena *a,
                        const struct mark_request *request, struct mark_report *ret)
{
    struct mark_report first, second;
    assay_status s = check_once(engine, a, request, &first);

    if (s != ASSAY_DONE)
        return s;
    if (first.is_chain && !is_proved(&first)) {
        if (!mark_memory_to_spare())
            return ASSAY_ENOMEM;
        s = check_once(engine, a, request, &second);
        if (s != ASSAY_DONE)
            return s;
        if (!is_proved(&second) && (!mark_memory_to_spare() || !agree(&first, &second)))
            return ASSAY_ENOMEM;
        first = second;
    }
    *ret = first;
    return ASSAY_DONE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_case.c Files of any octets: reading never crashes and says where it refuses; what is
 * read and run always ends; its verdict, written and replayed, is the same. Seeds: cases/.
 */
#include "base/fuzz_must.h"
#include "case/case.h"

#include <assay/posture.h>

#include <stdlib.h>

enum { MOST_TEXT = 65536, MOST_CASES = 4, MOST_WRITTEN = 1 << 24 };

/** One engine for all runs. */
static assay_engine *engine(void)
{
    static assay_engine *made;

    if (!made)
        must(assay_engine_new(16, &made) == ASSAY_DONE);
    return made;
}

/** A door whose files hold their own names, or are not there. */
static assay_status open_name(void *arg, assay_span path, struct buf *out)
{
    (void)arg;
    if (path.p[0] == '!')
        return ASSAY_EINVAL;
    buf_put(out, path);
    buf_puts(out, "\nFrom: a@example.com\n\n");
    buf_put(out, path);
    return ASSAY_DONE;
}

/** A refusal names a place inside of the text, and a reason. */
static void check_error(assay_span text, const struct case_error *error)
{
    assay_span line = SPAN_EMPTY;

    must(error->line >= 1 && error->column >= 1 && error->text[0]);
    for (size_t i = 0; i < error->line; i++)
        must(span_cut(&text, '\n', &line));
    must(error->column <= line.n + 1);
}

static assay_status put(void *out, assay_span text)
{
    buf_put(out, text);
    return ASSAY_DONE;
}

/** The body of a message. */
static assay_span body_of(assay_span message)
{
    while (message.n) {
        assay_span line = span_first(message, span_find(message, '\n') + 1);

        message = span_from(message, line.n);
        if (span_is(line, "\r\n") || span_is(line, "\n"))
            break;
    }
    return message;
}

/** Two verdicts are the same. */
static void check_same(const struct assay_verdict *a, const struct assay_verdict *b)
{
    must(a->what == b->what && a->code == b->code && a->malformed == b->malformed &&
         a->nchecks == b->nchecks && a->nedits == b->nedits && span_eq(a->authres, b->authres) &&
         span_eq(a->reason, b->reason) && span_eq(a->author, b->author));
    for (size_t i = 0; i < a->nchecks; i++)
        must(span_eq(a->checks[i]->result, b->checks[i]->result) &&
             span_eq(a->checks[i]->reason, b->checks[i]->reason));
}

/** Two addresses were rewritten to the same. */
static void check_same_address(const struct assay_srs_rewrite *a, const struct assay_srs_rewrite *b)
{
    must(a->outcome == b->outcome && a->code == b->code && span_eq(a->address, b->address) &&
         span_eq(a->error, b->error) && span_eq(a->enhanced, b->enhanced));
}

/** Two looks at a domain found the same. */
static void check_same_posture(const struct assay_posture *a, const struct assay_posture *b)
{
    must(span_eq(a->domain, b->domain) && a->now == b->now && a->profile == b->profile &&
         a->nfindings == b->nfindings && a->score.score == b->score.score &&
         a->score.confidence == b->score.confidence && a->spf_lookups == b->spf_lookups &&
         a->questions == b->questions && a->ntransports == b->ntransports);
    for (size_t i = 0; i < a->nfindings; i++)
        must(a->findings[i].kind == b->findings[i].kind &&
             a->findings[i].outcome == b->findings[i].outcome &&
             span_eq(a->findings[i].subject, b->findings[i].subject) &&
             span_eq(a->findings[i].text, b->findings[i].text));
}

/** Write a verdict and replay it. */
static void check_replay(const struct case_one *one, const struct case_outcome *first,
                         unsigned flags)
{
    struct buf text = buf_new(MOST_WRITTEN);
    struct case_outcome second;
    struct case_set *set;
    struct case_error error;

    must(assay_case_write(first->eval, body_of(case_message(one)), flags, put, &text) ==
         ASSAY_DONE);
    must(text.status == ASSAY_DONE);
    must(case_read(buf_span(&text), NULL, NULL, &set, &error) == ASSAY_DONE);
    must(case_run(engine(), case_at(set, 0), &second, &error) == ASSAY_DONE);
    if (!span_contains(buf_span(&text), SPAN("no line")) &&
        !span_contains(buf_span(&text), SPAN("; not as")) &&
        !span_contains(buf_span(&text), SPAN("may give another verdict"))) {
        if (assay_srs_result(first->eval))
            check_same_address(assay_srs_result(first->eval), assay_srs_result(second.eval));
        else if (assay_domain_result(first->eval))
            check_same_posture(assay_domain_result(first->eval), assay_domain_result(second.eval));
        else
            check_same(assay_result(first->eval), assay_result(second.eval));
        must(second.nmisses == 0);
    }
    case_outcome_done(&second);
    case_set_free(set);
    buf_done(&text);
}

/** Run a case. */
static void check_case(assay_span text, const struct case_one *one, unsigned flags)
{
    struct case_outcome outcome;
    struct case_error error;
    assay_status s = case_run(engine(), one, &outcome, &error);

    if (s == ASSAY_EINVAL) {
        check_error(text, &error);
        return;
    }
    must(s == ASSAY_DONE && (assay_result(outcome.eval) || assay_srs_result(outcome.eval) ||
                             assay_domain_result(outcome.eval)));
    check_replay(one, &outcome, flags);
    case_outcome_done(&outcome);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data, n};
    struct case_set *set;
    struct case_error error;

    if (n > MOST_TEXT)
        return 0;
    if (case_read(text, open_name, NULL, &set, &error) != ASSAY_DONE) {
        check_error(text, &error);
        return 0;
    }
    for (size_t i = 0; i < case_count(set) && i < MOST_CASES; i++)
        check_case(text, case_at(set, i), (unsigned)(n % 3));
    case_set_free(set);
    return 0;
}

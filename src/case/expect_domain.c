/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file expect_domain.c [expect] of a domain case: findings, score, phases.
 */
#include "case/expect.h"

#include "base/number.h"

enum { GOT_MAX = 4096 };

/* ---- findings: ID [OUTCOME [SUBJECT] [reason=WORD] [text="PIECE"]] ---- */

/** A finding that is wanted. What is empty is not asked for. */
struct wish {
    assay_span id, outcome, subject, properties;
};

/** Take the next word off, parted by blanks. */
static assay_span word_of(assay_span *rest)
{
    assay_span s = span_trim(*rest), word;

    word = span_first(s, span_find(s, ' '));
    *rest = span_trim(span_from(s, word.n));
    return word;
}

/** A property begins here. */
static bool is_property(assay_span s)
{
    return span_starts(s, SPAN("reason=")) || span_starts(s, SPAN("text="));
}

/** Take an alternative apart. */
static struct wish read_wish(assay_span value)
{
    struct wish w = {.properties = SPAN_EMPTY};
    size_t n = 0;

    w.id = word_of(&value);
    w.outcome = word_of(&value);
    w.subject = value;
    for (n = 0; n < value.n; n++)
        if ((n == 0 || ascii_wsp(value.p[n - 1])) && is_property(span_from(value, n))) {
            w.subject = span_trim(span_first(value, n));
            w.properties = span_from(value, n);
            break;
        }
    return w;
}

bool case_next_finding(assay_span *rest, assay_span *ret_id)
{
    assay_span one;

    if (!expect_alternative(rest, false, &one))
        return false;
    *ret_id = read_wish(one).id;
    return true;
}

/** The outcome of a word, or 0. */
static enum assay_outcome outcome_of(assay_span word)
{
    for (int o = ASSAY_PASS; o <= ASSAY_ERROR; o++)
        if (span_is(word, assay_outcome_text((enum assay_outcome)o)))
            return (enum assay_outcome)o;
    return 0;
}

/** What is wrong behind the id. */
static const char *wish_fault(const struct wish *w)
{
    assay_span rest = w->properties, name, value;

    if (w->outcome.n && !outcome_of(w->outcome))
        return "error, warning, notice, pass or unknown is expected behind the id";
    while (expect_property(&rest, &name, &value))
        if (!span_is(name, "reason") && !span_is(name, "text"))
            return "reason=WORD or text=\"PIECE\" is expected behind the subject";
    return span_trim(rest).n ? "reason=WORD or text=\"PIECE\" is expected behind the subject"
                             : NULL;
}

const char *expect_fault_finding(assay_span value)
{
    struct wish w = read_wish(value);

    return w.outcome.n ? wish_fault(&w) : "ID OUTCOME [SUBJECT] is expected";
}

const char *expect_fault_not_finding(assay_span value)
{
    struct wish w = read_wish(value);

    return w.id.n ? wish_fault(&w) : "ID is expected";
}

/** A finding has a property. */
static bool has_property(const struct assay_finding *f, assay_span name, assay_span value)
{
    return span_is(name, "reason") ? span_eq(f->reason, value) : span_contains(f->text, value);
}

/** A finding is one that is wanted. */
static bool is_wanted(const struct assay_finding *f, const struct wish *w)
{
    assay_span rest = w->properties, name, value;

    if (!span_is(w->id, f->kind->id) || (w->subject.n && !span_ieq(w->subject, f->subject)))
        return false;
    if (w->outcome.n ? f->outcome != outcome_of(w->outcome) : f->outcome < ASSAY_NOTICE)
        return false;
    while (expect_property(&rest, &name, &value))
        if (!has_property(f, name, value))
            return false;
    return true;
}

bool expect_holds_finding(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    struct wish w = read_wish(wanted);

    (void)line;
    for (size_t i = 0; i < e->posture->nfindings; i++)
        if (is_wanted(&e->posture->findings[i], &w))
            return true;
    return false;
}

bool expect_holds_not_finding(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    return !expect_holds_finding(e, line, wanted);
}

assay_span expect_got_finding(struct expecter *e, const struct expect_key *key, size_t nth)
{
    (void)e;
    (void)key;
    (void)nth;
    return SPAN_EMPTY; /* it is made when a line does not hold: expect_got_instead() */
}

/** Add a finding. */
static void put_finding(const struct assay_finding *f, struct buf *out)
{
    buf_puts(out, out->n ? " | " : "");
    buf_puts(out, f->kind->id);
    buf_putc(out, ' ');
    buf_puts(out, assay_outcome_text(f->outcome));
    buf_putc(out, ' ');
    buf_put(out, f->subject);
    if (f->reason.n) {
        buf_puts(out, " reason=");
        buf_put(out, f->reason);
    }
    if (f->text.n) {
        buf_puts(out, " text=\"");
        buf_put(out, f->text);
        buf_putc(out, '"');
    }
}

/* ---- goals ---- */

/** The goal of an id, or NULL. */
static const struct assay_goal *find_goal(const struct expecter *e, assay_span id)
{
    for (size_t i = 0; i < e->posture->score.ngoals; i++)
        if (span_is(id, e->posture->score.goals[i].id))
            return &e->posture->score.goals[i];
    return NULL;
}

/** Add the value of a goal. */
static void put_goal(const struct expecter *e, assay_span id, struct buf *out)
{
    const struct assay_goal *goal = find_goal(e, id);

    if (!goal)
        buf_puts(out, "it does not apply");
    else if (!goal->known)
        buf_puts(out, "unknown");
    else
        buf_putu(out, goal->value);
}

const char *expect_fault_goal(assay_span value)
{
    assay_span goal = word_of(&value);
    uint64_t n;

    return goal.n && (span_is(value, "unknown") || number_read(value, 1000, &n))
               ? NULL
               : "a goal and thousandths, such as G1 150, or unknown is expected";
}

bool expect_holds_goal(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    const struct assay_goal *goal = find_goal(e, word_of(&wanted));
    uint64_t n;

    (void)line;
    if (!goal || !goal->known)
        return goal && span_is(wanted, "unknown");
    return number_read(wanted, 1000, &n) && n == goal->value;
}

assay_span expect_got_instead(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    struct buf out = buf_new(GOT_MAX);
    assay_span one, id;

    if (line->key->holds == expect_holds_goal) {
        id = word_of(&wanted);
        put_goal(e, id, &out);
    }
    while (line->key->holds != expect_holds_goal && expect_alternative(&wanted, false, &one)) {
        id = word_of(&one);
        for (size_t i = 0; i < e->posture->nfindings; i++)
            if (span_is(id, e->posture->findings[i].kind->id))
                put_finding(&e->posture->findings[i], &out);
    }
    if (!out.n)
        buf_puts(&out, "no outcome: it does not apply");
    if (out.status == ASSAY_EINVAL)
        out.status = ASSAY_DONE; /* cut short */
    return expect_keep(e, &out);
}

/* ---- single values ---- */

/** A number as text. */
static assay_span number(struct expecter *e, uint64_t n)
{
    struct buf text = buf_new(NUMBER_DIGITS);

    buf_putu(&text, n);
    return expect_keep(e, &text);
}

/** The grade: a letter, `?` behind it while it is provisional, or none. */
static assay_span grade(struct expecter *e)
{
    const struct assay_score *score = &e->posture->score;
    struct buf text = buf_new(2);

    if (!score->grade)
        return SPAN("none");
    buf_putc(&text, score->grade);
    if (score->provisional)
        buf_putc(&text, '?');
    return expect_keep(e, &text);
}

assay_span expect_got_domain(struct expecter *e, const struct expect_key *key, size_t nth)
{
    const struct assay_posture *p = e->posture;
    assay_span name = span_of(key->name);

    (void)nth;
    if (span_is(name, "score"))
        return number(e, p->score.score);
    if (span_is(name, "score.low"))
        return number(e, p->score.low);
    if (span_is(name, "score.high"))
        return number(e, p->score.high);
    if (span_is(name, "confidence"))
        return number(e, p->score.confidence);
    if (span_is(name, "spf.lookups"))
        return number(e, p->spf_lookups);
    if (span_is(name, "grade"))
        return grade(e);
    if (span_is(name, "profile"))
        return span_of(assay_profile_text(p->profile));
    if (!p->views[0].known)
        return SPAN("unknown");
    return span_is(name, "dmarc.org") ? p->views[0].org : p->views[0].policy;
}

assay_span expect_got_phase(struct expecter *e, const struct expect_key *key, size_t nth)
{
    const struct assay_phase *phases = e->posture->phases;
    struct buf text = buf_new(NUMBER_DIGITS + 1);

    (void)nth;
    for (size_t i = 0; i < sizeof e->posture->phases / sizeof *phases; i++) {
        if (!phases[i].ladder || strcmp(phases[i].ladder, key->name + sizeof "phase." - 1) != 0)
            continue;
        buf_putu(&text, phases[i].rung);
        buf_puts(&text, phases[i].more_unknown ? "?" : "");
        return expect_keep(e, &text);
    }
    return SPAN("no such ladder");
}

bool expect_holds_phase(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    size_t n = line->got.n && line->got.p[line->got.n - 1] == '?' ? line->got.n - 1 : line->got.n;

    (void)e;
    return span_eq(line->got, wanted) || span_eq(span_first(line->got, n), wanted);
}

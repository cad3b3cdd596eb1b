/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_laws.h
 * What the tests of the laws share: every case of the tree, judged in any way one likes.
 *
 * For tests only; it looks inside src/case.
 */
#ifndef CASE_TEST_LAWS_H
#define CASE_TEST_LAWS_H

#include "case/model.h"
#include "case/test_case.h"

#include <glob.h>
#include <libgen.h>

/** How a case is judged. */
struct law_way {
    bool one_by_one;     /**< one answer, then a step; else all that is asked */
    bool shuffled;       /**< answers in random order */
    bool no_hints;       /**< hints are not answered */
    bool every_step;     /**< step after each answer, even when it is said not to be worth it */
    size_t chunk;        /**< octets fed at once; 0: all */
    enum assay_how lost; /**< in place of some answers; 0: none is lost */
    unsigned lost_of;    /**< one of so many is lost, by chance */
    enum assay_kind lost_kind; /**< only of this kind; 0: any */
    unsigned give_up;          /**< give up after so many answers; 0: never */
};

/** A small generator of numbers that are as good as random, the same each time. */
static inline uint32_t law_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* ---- cases ---- */

/** A case_open_fn; `arg` is the path of the case file. */
static inline assay_status law_open(void *arg, assay_span path, struct buf *out)
{
    char file[512], full[1100];

    snprintf(file, sizeof file, "%s", (const char *)arg);
    snprintf(full, sizeof full, "%s/%.*s", dirname(file), SPAN_ARG(path));
    return test_load(full, out) ? ASSAY_DONE : ASSAY_EINVAL;
}

/** What is done with each case. */
typedef void law_fn(const struct case_one *one, uint32_t *random);

/** Kinds of cases that end in a verdict; those of a domain end in a posture. */
enum { LAW_VERDICTS = CASE_ANY & ~CASE_DOMAIN };

/** Do it with the cases of one file. \return how many */
static inline size_t law_each_of_file(char *path, unsigned kinds, law_fn *fn, unsigned of,
                                      uint32_t *random)
{
    struct buf text = buf_new(64 << 20);
    struct case_set *set;
    struct case_error error;
    size_t n = 0;

    if (!test_load(path, &text))
        fail_msg("%s: not readable", path);
    if (case_read(buf_span(&text), law_open, path, &set, &error) != ASSAY_DONE) {
        buf_done(&text); /* a file that shows an error of reading */
        return 0;
    }
    for (size_t i = 0; i < case_count(set); i++) {
        const struct case_one *one = case_at(set, i);

        if (!case_can_run(one) || !(one->kind & kinds) ||
            (law_random(random) % of &&
             (kinds != CASE_DOMAIN || n))) /* of each area at least one */
            continue;
        fn(one, random);
        n++;
    }
    case_set_free(set);
    buf_done(&text);
    return n;
}

/**
 * Do it with one of every `of` cases of the tree that are of some kinds, and of what the pattern in
 * ASSAY_LAW_CASES finds.
 */
static inline void law_each(unsigned kinds, law_fn *fn, unsigned of)
{
    uint32_t random = 20261123;
    size_t n = 0;
    glob_t found;

    assert_int_equal(glob("docs/samples/*.case", 0, NULL, &found), 0);
    glob("src/*/cases/*.case", GLOB_APPEND, NULL, &found);
    if (getenv("ASSAY_LAW_CASES"))
        glob(getenv("ASSAY_LAW_CASES"), GLOB_APPEND, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        n += law_each_of_file(found.gl_pathv[i], kinds, fn, of, &random);
    globfree(&found);
    print_message("%zu cases\n", n);
    assert_true(n > 0);
}

/* ---- judging ---- */

/** The options of a case. */
static inline assay_policy *law_policy(const struct case_one *one)
{
    struct case_error error;
    assay_policy *policy;

    assert_int_equal(assay_policy_new(&policy), ASSAY_DONE);
    if (case_set_policy(one, policy, &error) != ASSAY_DONE) {
        assay_policy_free(policy); /* a case that shows an error of its options */
        return NULL;
    }
    assay_policy_seal(policy);
    return policy;
}

/** Tell the recipients, and feed the message in pieces. */
static inline assay_status law_feed(const struct case_one *one, assay_eval *eval, size_t chunk)
{
    assay_span rest = one->message, address;
    assay_status s = ASSAY_DONE;

    for (size_t i = 0; s == ASSAY_DONE && (address = case_recipient(one, i)).n; i++)
        s = assay_rcpt(eval, address);
    while (rest.n && s == ASSAY_DONE) {
        assay_span piece = span_first(rest, chunk ? chunk : rest.n);

        s = assay_feed(eval, piece);
        rest = span_from(rest, piece.n);
    }
    if (s == ASSAY_DONE)
        s = case_give_digests(one, eval);
    return s == ASSAY_DONE ? assay_eom(eval) : s;
}

/**
 * The answer to a question, lost by chance. The same question is lost or not, whenever it is asked.
 */
static inline assay_fact *law_answer(const struct case_one *one, const struct law_way *way,
                                     uint32_t seed, const struct assay_question *q)
{
    struct case_worlds worlds = case_worlds_of(one);
    struct assay_answer a = {.size = sizeof a, .how = way->lost};
    uint32_t chance = seed ^ (span_hash(q->name) + q->rrtype);
    assay_fact *fact;

    if (way->lost && (!way->lost_kind || way->lost_kind == q->kind) &&
        (q->kind != ASSAY_DNS ||
         !q->data.n) && /* what one server does not answer is what it is about */
        law_random(&chance) % way->lost_of == 0)
        assert_int_equal(assay_fact_new(q->kind, q->rrtype, &a, &fact), ASSAY_DONE);
    else
        assert_int_equal(case_world_ask(&worlds, q, &fact, NULL), ASSAY_DONE);
    return fact;
}

enum { LAW_QUESTIONS = LIMIT_DOMAIN_QUESTIONS + 1 };

/** Questions that are out, and what was seen of each. */
struct law_out {
    struct assay_question q[LAW_QUESTIONS];
    size_t n;
    bool hinted[LAW_QUESTIONS], asked[LAW_QUESTIONS]; /* by id */
    unsigned answers, steps;
};

/** Take the new questions; each comes once, a hint once more when it blocks. */
static inline void law_take(assay_eval *eval, const struct law_way *way, struct law_out *out)
{
    struct assay_question q;

    while (assay_next_question(eval, &q)) {
        assert_true(q.id < LAW_QUESTIONS);
        assert_false(out->asked[q.id]);
        assert_false(q.hint && out->hinted[q.id]);
        if (q.hint)
            out->hinted[q.id] = true;
        else
            out->asked[q.id] = true;
        if (!q.hint || !way->no_hints)
            out->q[out->n++] = q;
    }
}

/** Answer questions that are out: one, or all. \return whether a step is worth it */
static inline bool law_give(const struct case_one *one, assay_eval *eval, const struct law_way *way,
                            struct law_out *out, uint32_t seed, uint32_t *random)
{
    bool worth = false;

    while (out->n) {
        size_t i = way->shuffled ? law_random(random) % out->n : 0;
        struct assay_question q = out->q[i];
        assay_fact *fact = law_answer(one, way, seed, &q);

        memmove(&out->q[i], &out->q[i + 1], (--out->n - i) * sizeof *out->q);
        worth |= assay_answer_question(eval, q.id, fact) == ASSAY_DONE;
        assay_fact_free(fact);
        out->answers++;
        if (way->one_by_one && (worth || way->every_step))
            return true;
    }
    return worth;
}

/** Step to the end. NEED always names something that is not answered yet. */
static inline void law_drive(const struct case_one *one, assay_eval *eval,
                             const struct law_way *way, uint32_t seed, uint32_t *random)
{
    struct law_out *out = calloc(1, sizeof *out);
    assay_status s;

    while ((s = assay_step(eval)) == ASSAY_NEED) {
        assert_true(++out->steps < 10 * LAW_QUESTIONS);
        law_take(eval, way, out);
        if (way->give_up && out->answers >= way->give_up) {
            assay_give_up(eval);
            continue;
        }
        assert_true(out->n > 0);
        while (!law_give(one, eval, way, out, seed, random))
            assert_true(out->n > 0);
    }
    assert_int_equal(s, ASSAY_DONE);
    free(out);
}

/** Judge a case in some way. NULL when its options cannot be set. */
static inline assay_eval *law_judge(assay_engine *engine, const assay_policy *policy,
                                    const struct case_one *one, const struct law_way *way,
                                    uint32_t *random)
{
    uint32_t seed = law_random(random);
    assay_eval *eval;

    assert_int_equal(case_begin(engine, one, policy, &eval), ASSAY_DONE);
    if (case_has_message(one))
        assert_int_equal(law_feed(one, eval, way->chunk), ASSAY_DONE);
    law_drive(one, eval, way, seed, random);
    return eval;
}

/* ---- a verdict as octets ---- */

/** Add a span and a separator. */
static inline void law_put(struct buf *out, assay_span s)
{
    buf_put(out, s);
    buf_putc(out, '|');
}

/** Add a check. */
static inline void law_put_check(struct buf *out, const struct assay_check *c)
{
    law_put(out, c->method);
    law_put(out, c->scope);
    law_put(out, c->result);
    law_put(out, c->reason);
    law_put(out, c->ref);
    for (size_t i = 0; i < c->nproperties; i++) {
        law_put(out, c->properties[i].name);
        law_put(out, c->properties[i].value);
    }
    for (size_t i = 0; i < c->ndetails; i++) {
        law_put(out, c->details[i].name);
        law_put(out, c->details[i].value);
    }
    buf_putc(out, '\n');
}

/** Add all that a verdict says. */
static inline void law_put_verdict(struct buf *out, const struct assay_verdict *v)
{
    buf_printf(out, "%d %d %d %d %d ", (int)v->what, (int)v->would, v->hold, v->code, v->malformed);
    law_put(out, v->override);
    law_put(out, v->override_note);
    law_put(out, v->policy);
    law_put(out, v->reason);
    law_put(out, v->cause);
    law_put(out, v->enhanced);
    law_put(out, v->text);
    law_put(out, v->authres);
    law_put(out, v->author);
    for (size_t i = 0; i < v->nchecks; i++)
        law_put_check(out, v->checks[i]);
    for (size_t i = 0; i < v->nedits; i++) {
        buf_printf(out, "%d %u ", v->edits[i].remove, v->edits[i].index);
        law_put(out, v->edits[i].value);
    }
}

/** Add a finding. */
static inline void law_put_finding(struct buf *out, const struct assay_finding *f)
{
    buf_printf(out, "\n%s %s ", f->kind->id, assay_outcome_text(f->outcome));
    law_put(out, f->subject);
    law_put(out, f->reason);
    law_put(out, f->text);
    for (size_t i = 0; i < f->nevidence; i++) {
        const struct assay_evidence *e = &f->evidence[i];

        buf_printf(out, "%zu-%zu ", e->begin, e->end);
        law_put(out, e->question);
        law_put(out, e->answer);
        law_put(out, e->note);
    }
    for (size_t i = 0; i < f->nfixes; i++) {
        const struct assay_fix *x = &f->fixes[i];

        law_put(out, x->type);
        law_put(out, x->name);
        law_put(out, x->before);
        law_put(out, x->after);
        law_put(out, x->text);
        law_put(out, x->undo);
        buf_putc(out, x->elsewhere ? '1' : '0');
    }
}

/** Add the score. */
static inline void law_put_score(struct buf *out, const struct assay_score *s)
{
    buf_printf(out, "\nscore %u %u %u %u %d %d %s", s->score, s->low, s->high, s->confidence,
               s->grade, s->provisional, s->cap ? s->cap : "");
    for (size_t i = 0; i < s->ngoals; i++)
        buf_printf(out, " %s %u %u %d", s->goals[i].id, s->goals[i].weight, s->goals[i].value,
                   s->goals[i].known);
}

/** Add all that was found of a domain. How many questions it took depends on the hints. */
static inline void law_put_posture(struct buf *out, const struct assay_posture *p)
{
    law_put(out, p->domain);
    law_put(out, p->profile_why);
    buf_printf(out, "%d %d %u ", (int)p->profile, p->inferred, p->spf_lookups);
    for (size_t i = 0; i < p->nfindings; i++)
        law_put_finding(out, &p->findings[i]);
    for (size_t i = 0; i < p->nareas; i++) {
        buf_printf(out, "\n%s %d %u ", p->areas[i].area, (int)p->areas[i].worst,
                   p->areas[i].passes);
        law_put(out, p->areas[i].text);
    }
    law_put_score(out, &p->score);
    for (size_t i = 0; i < 3; i++)
        buf_printf(out, "\n%s %u %d", p->phases[i].ladder ? p->phases[i].ladder : "",
                   p->phases[i].rung, p->phases[i].more_unknown);
    for (size_t i = 0; i < p->ntransports; i++) {
        const struct assay_transport *t = &p->transports[i];

        buf_printf(out, "\n%d %d %d %d %d ", (int)t->opportunistic, (int)t->sts, (int)t->dane,
                   (int)t->both, t->rollover_ready);
        law_put(out, t->host);
        law_put(out, t->sts_why);
        law_put(out, t->dane_why);
    }
    for (size_t i = 0; i < 2; i++) {
        buf_printf(out, "\n%d ", p->views[i].known);
        law_put(out, p->views[i].record_name);
        law_put(out, p->views[i].policy);
        law_put(out, p->views[i].org);
    }
}

/**
 * Everything that came out as octets, with the reasoning of a verdict. Topics of a domain do not
 * repeat the lines of what they know already, so those stand as the answers came.
 */
static inline struct buf law_octets(assay_eval *eval)
{
    const struct assay_trace_line *lines;
    struct buf out = buf_new(64 << 20);
    size_t n;

    if (assay_domain_result(eval)) {
        law_put_posture(&out, assay_domain_result(eval));
        assert_int_equal(out.status, ASSAY_DONE);
        return out;
    }
    law_put_verdict(&out, assay_result(eval));
    assert_int_equal(assay_trace(eval, &lines, &n), ASSAY_DONE);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&out, "\n%u ", lines[i].depth);
        law_put(&out, lines[i].what);
        law_put(&out, lines[i].gave);
        law_put(&out, lines[i].then);
        law_put(&out, lines[i].ref);
    }
    assert_int_equal(out.status, ASSAY_DONE);
    return out;
}

/** The same octets, or say where they differ. */
static inline void law_assert_same(const struct case_one *one, const char *law,
                                   const struct buf *wanted, const struct buf *got)
{
    assay_span a = buf_span(wanted), b = buf_span(got), x, y;

    if (span_eq(a, b))
        return;
    while (span_cut(&a, '\n', &x) && span_cut(&b, '\n', &y) && span_eq(x, y))
        ;
    fail_msg("%.*s: %s\n  wanted %.*s\n  got    %.*s", SPAN_ARG(one->name), law, SPAN_ARG(x),
             SPAN_ARG(y));
}

#endif

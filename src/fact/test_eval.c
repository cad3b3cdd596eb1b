/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machinery of evaluations, with evaluators that are short texts: each says what it asks and
 * notes, in order.
 */
#include "base/test_memory.h"

#include "base/arena.c"
#include "base/buf.c"

#include "base/limits.h"
#include "base/test_arena.h"
#include "base/test_random.h"
#include "fact/eval.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- evaluators as texts ---- */

enum { PARTS = 6, RUNS = 4000 };

/**
 * A part of a flow. Its text is a row of words:
 *
 *     ?name   ask for TXT of a name, and return early when it is not there
 *     &name   ask, and go on; the statuses are joined
 *     !name   hint it
 *     =line   note a line of reasoning, with the number of answers so far made for this pass
 *     (  )    the following lines are deeper, or less deep
 *     #n      run part n inside this one
 *     ~       go no further before the message has ended
 */
struct part {
    const char *text;
    struct branch branch;
};

/** A flow of parts, and what was seen of it. */
struct flow {
    struct assay_eval ev; /* first, so that it can be found by it */
    struct part parts[PARTS];
    size_t roots;    /* parts that the flow runs itself; the others are run by those */
    bool ended;      /* the message has */
    char runs[RUNS]; /* a letter for each part that was run, a dot behind each step */
    size_t nruns;
    struct buf results; /* what each part got, noted when it was done */
};

/** Note a letter. */
static void note(struct flow *f, char c)
{
    assert_true(f->nruns + 1 < RUNS);
    f->runs[f->nruns++] = c;
}

static assay_status run_part(struct assay_eval *ev, void *arg);

/** Take one word. \return its status; `*early` when the part is to return at once */
static assay_status take_word(struct flow *f, assay_span word, unsigned *answers, bool *early)
{
    struct assay_eval *ev = &f->ev;
    assay_span name = span_from(word, 1);
    const struct assay_fact *fact = NULL;
    assay_status s = ASSAY_DONE;

    switch (word.p[0]) {
    case '?':
    case '&':
        if ((s = ask_dns(ev, ASSAY_RR_TXT, name, &fact)) == ASSAY_DONE) {
            (*answers)++;
            trace_asked(ev, "RFC 1", ASSAY_RR_TXT, name, fact,
                        pass_printf(ev, "answer %u", *answers));
        }
        *early = word.p[0] == '?' && s != ASSAY_DONE;
        break;
    case '!': hint_dns(ev, ASSAY_RR_TXT, name); break;
    case '=': trace(ev, NULL, SPAN("%1\t%2\t"), name, pass_number(ev, *answers)); break;
    case '(': trace_in(ev); break;
    case ')': trace_out(ev); break;
    case '#':
        s = branch_run(ev, &f->parts[name.p[0] - '0'].branch, run_part, &f->parts[name.p[0] - '0']);
        break;
    default:
        *early = !f->ended;
        s = f->ended ? ASSAY_DONE : ASSAY_MORE;
        break;
    }
    return s;
}

static assay_status run_part(struct assay_eval *ev, void *arg)
{
    struct flow *f = (struct flow *)ev;
    struct part *part = arg;
    assay_span rest = span_of(part->text), word;
    assay_status all = ASSAY_DONE;
    unsigned answers = 0;
    bool early = false;

    note(f, (char)('0' + (part - f->parts)));
    while (!early && span_cut(&rest, ' ', &word))
        if (word.n)
            all = join(all, take_word(f, word, &answers, &early));
    return all;
}

/** The flow: every root part each time it is run. */
static assay_status step_flow(struct assay_eval *ev)
{
    struct flow *f = (struct flow *)ev;
    assay_status all = ASSAY_DONE;

    for (size_t i = 0; i < f->roots; i++)
        all = join(all, branch_run(ev, &f->parts[i].branch, run_part, &f->parts[i]));
    return all;
}

static const struct eval_ops OPS = {.step = step_flow};

/** Set up a flow. end() it. */
static void begin(struct flow *f, const char *const *texts, size_t n, size_t roots)
{
    memset(f, 0, sizeof *f);
    f->roots = roots;
    for (size_t i = 0; i < n; i++)
        f->parts[i].text = texts[i];
    eval_init(&f->ev, &OPS, NULL, 1000);
}

/** A flow of some parts, all of them run by the flow itself. */
#define BEGIN(f, ...)                                                                           \
    begin((f), (const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})), \
          COUNT(((const char *const[]){__VA_ARGS__})))

/** A flow whose first part runs the others. */
#define BEGIN_NESTED(f, ...) \
    begin((f), (const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})), 1)

static void end(struct flow *f)
{
    eval_done(&f->ev);
}

/** Step, and note it. */
static assay_status step(struct flow *f)
{
    assay_status s = assay_step(&f->ev);

    note(f, '.');
    return s;
}

/** The message has ended. */
static void end_message(struct flow *f)
{
    f->ended = true;
    f->ev.epoch++;
}

/* ---- answering ---- */

/** A fact of one TXT record, or of how it was not answered. */
static assay_fact *make_fact(enum assay_how how, const char *text)
{
    struct buf rdata = buf_new(300);
    struct assay_answer a = {.size = sizeof a, .how = how, .n = 1};
    assay_span data;
    assay_fact *fact = NULL;

    buf_putc(&rdata, (char)strlen(text));
    buf_puts(&rdata, text);
    data = buf_span(&rdata);
    a.data = &data;
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &a, &fact), ASSAY_DONE);
    buf_done(&rdata);
    return fact;
}

/** Answer a question by its number. \return what the evaluation says to it */
static assay_status answer(struct flow *f, uint32_t id, enum assay_how how)
{
    assay_fact *fact = make_fact(how, "text");
    assay_status s = assay_answer_question(&f->ev, id, fact);

    assay_fact_free(fact);
    return s;
}

/** Questions that are handed out now: their names in order, hints in brackets. */
static void must_ask(struct flow *f, const char *want)
{
    struct buf got = buf_new(1000);
    struct assay_question q;

    while (assay_next_question(&f->ev, &q)) {
        assert_int_equal(q.kind, ASSAY_DNS);
        assert_int_equal(q.rrtype, ASSAY_RR_TXT);
        buf_printf(&got, q.hint ? "%s[%.*s]" : "%s%.*s", got.n ? " " : "", SPAN_ARG(q.name));
    }
    if (!span_is(buf_span(&got), want))
        fail_msg("wanted the questions %s, got %.*s", want, SPAN_ARG(buf_span(&got)));
    buf_done(&got);
}

/** The question of a name, by its number; 0: there is none. */
static uint32_t id_of(const struct flow *f, const char *name)
{
    for (size_t i = 0; i < f->ev.questions.n; i++)
        if (span_is(f->ev.questions.all[i]->name, name))
            return (uint32_t)i + 1;
    return 0;
}

/** Answer the question of a name. */
static assay_status answer_name(struct flow *f, const char *name)
{
    return answer(f, id_of(f, name), ASSAY_OK);
}

/** Step and answer all that is asked until the flow is done. \return steps */
static size_t run_through(struct flow *f)
{
    struct assay_question q;
    size_t steps = 1;
    assay_status s;

    for (; (s = step(f)) != ASSAY_DONE; steps++) {
        assert_true(s == ASSAY_NEED || s == ASSAY_MORE);
        if (s == ASSAY_MORE)
            end_message(f);
        while (assay_next_question(&f->ev, &q))
            assert_true(answer(f, q.id, ASSAY_OK) >= 0);
    }
    return steps;
}

/** The runs so far. */
static void must_have_run(const struct flow *f, const char *want)
{
    assert_string_equal(f->runs, want);
}

/** The reasoning as one text: depth and the three columns of each line. */
static void write_trace(struct flow *f, struct buf *out)
{
    const struct assay_trace_line *lines;
    size_t n;

    assert_int_equal(assay_trace(&f->ev, &lines, &n), ASSAY_DONE);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%u:%.*s|%.*s|%.*s", i ? " / " : "", lines[i].depth,
                   SPAN_ARG(lines[i].what), SPAN_ARG(lines[i].gave), SPAN_ARG(lines[i].then));
}

/** The reasoning of a flow that is done. */
static void must_trace(struct flow *f, const char *want)
{
    struct buf got = buf_new(1 << 16);

    write_trace(f, &got);
    if (!span_is(buf_span(&got), want))
        fail_msg("wanted %s\n  got    %.*s", want, SPAN_ARG(buf_span(&got)));
    buf_done(&got);
}

/* ---- joining, freezing, waiting ---- */

static void statuses_join_to_the_one_that_matters_most(void **state)
{
    static const assay_status ORDER[] = {ASSAY_DONE, ASSAY_MORE,
                                         ASSAY_NEED}; /* each stronger than those before */
    static const assay_status ERRORS[] = {ASSAY_ENOMEM, ASSAY_EINVAL, ASSAY_EORDER};

    (void)state;
    for (size_t i = 0; i < COUNT(ORDER); i++) {
        for (size_t k = 0; k < COUNT(ORDER); k++)
            assert_int_equal(join(ORDER[i], ORDER[k]), ORDER[i > k ? i : k]);
        for (size_t k = 0; k < COUNT(ERRORS); k++) {
            assert_int_equal(join(ORDER[i], ERRORS[k]), ERRORS[k]);
            assert_int_equal(join(ERRORS[k], ORDER[i]), ERRORS[k]);
        }
    }
}

static void one_round_collects_the_questions_of_every_branch(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "?a ?b", "?c", "=x", "&d &e");
    assert_int_equal(step(&f), ASSAY_NEED);
    must_ask(&f, "a c d e"); /* b comes later: the first branch returned early */
    must_ask(&f, "");
    assert_null(assay_result(&f.ev));
    end(&f);
}

static void a_branch_that_is_done_never_runs_again(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "?a", "=x", "?b ?c");
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(answer_name(&f, "b"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(answer_name(&f, "c"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE); /* nothing is run any more */
    must_have_run(&f, "012.0.2.2..");
    end(&f);
}

static void a_branch_that_waits_is_not_run_before_one_of_its_answers_comes(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "&a &b", "?c");
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "01...");
    assert_int_equal(answer_name(&f, "b"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "01...0.");
    assert_int_equal(answer_name(&f, "c"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "01...0.1.");
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE);
    must_have_run(&f, "01...0.1.0.");
    end(&f);
}

static void a_branch_waits_for_what_those_inside_it_wait_for(void **state)
{
    struct flow f;

    (void)state;
    BEGIN_NESTED(&f, "#1 #2 =last", "?a #3", "?b", "?c");
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "012..");
    assert_int_equal(answer_name(&f, "b"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "012..02."); /* part 1 still waits, and is passed over */
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "012..02.013.");
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "012..02.013..");
    assert_int_equal(answer_name(&f, "c"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE);
    must_have_run(&f, "012..02.013..013.");
    end(&f);
}

static void a_branch_that_waits_for_more_than_it_can_remember_is_run_each_time(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "&a &b &c &d &e &f &g &h &i &j &k &l", "?m"); /* as many as it remembers */
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "01..");
    assert_int_equal(answer_name(&f, "l"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "01..0.");
    end(&f);
    BEGIN(&f, "&a &b &c &d &e &f &g &h &i &j &k &l &m", "?z");
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "01.0.");
    assert_int_equal(answer_name(&f, "m"), ASSAY_DONE); /* the one that is not remembered */
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "01.0.0.");
    end(&f);
}

static void a_branch_that_wants_more_of_the_message_runs_when_it_has_got_further(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "~ =end", "?a", "=x");
    assert_int_equal(step(&f), ASSAY_NEED); /* an answer is missing, which is more pressing */
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_MORE);
    assert_int_equal(step(&f), ASSAY_MORE);
    must_have_run(&f, "012.1..");
    end_message(&f);
    assert_int_equal(step(&f), ASSAY_DONE);
    must_have_run(&f, "012.1..0.");
    end(&f);
}

static void a_branch_whose_owner_says_so_is_run_in_every_step(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "?a", "?b");
    f.parts[1].branch.always = true;
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "01.1.");
    end(&f);
}

/* ---- questions, hints, answers ---- */

static void a_question_is_handed_out_once_however_often_it_is_asked(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "&a &a", "?a", "?b ?a");
    assert_int_equal(step(&f), ASSAY_NEED);
    must_ask(&f, "a b");
    assert_int_equal(answer_name(&f, "b"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_ask(&f, "");
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE);
    end(&f);
}

static void a_hint_is_handed_out_once_and_again_when_it_blocks(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "!h1 !h2 ?a ?h2 ?h1");
    assert_int_equal(step(&f), ASSAY_NEED);
    must_ask(&f, "[h1] [h2] a");
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_ask(&f, "h2");
    assert_int_equal(answer_name(&f, "h2"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_ask(&f, "h1");
    assert_int_equal(answer_name(&f, "h1"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE);
    end(&f);
}

static void a_hint_that_came_to_block_before_it_was_handed_out_is_handed_out_once(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "!h ?h", "!g ?a", "?g");
    assert_int_equal(step(&f), ASSAY_NEED);
    must_ask(&f, "h g a");
    must_ask(&f, "");
    end(&f);
}

static void an_answer_to_a_hint_is_noted_and_is_not_worth_a_step(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "!h ?a ?h");
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(answer_name(&f, "h"), ASSAY_NEED);
    assert_int_equal(step(&f), ASSAY_NEED);
    must_have_run(&f, "0..");
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE); /* h was there already */
    end(&f);
}

static void hints_that_are_never_answered_change_nothing(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "!h ?a !g =x", "!i");
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE);
    must_trace(&f, "0:asks TXT a|1 record|answer 1 / 0:x|1|");
    end(&f);
}

static void the_first_answer_stays(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "?a ?b");
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(answer(&f, 1, ASSAY_SERVFAIL), ASSAY_DONE);
    assert_int_equal(answer(&f, 1, ASSAY_OK), ASSAY_NEED);
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(answer(&f, 1, ASSAY_NXDOMAIN), ASSAY_NEED);
    assert_int_equal(answer_name(&f, "b"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE);
    must_trace(&f, "0:asks TXT a|SERVFAIL|answer 1 / 0:asks TXT b|1 record|answer 2");
    end(&f);
}

static void an_answer_must_be_of_the_question(void **state)
{
    struct assay_answer a = {.size = sizeof a, .how = ASSAY_NXDOMAIN};
    assay_fact *address = NULL, *page = NULL;
    struct flow f;

    (void)state;
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &address), ASSAY_DONE);
    assert_int_equal(assay_fact_new(ASSAY_GET, 0, &a, &page), ASSAY_DONE);
    BEGIN(&f, "?a");
    assert_int_equal(assay_answer_question(&f.ev, 1, address),
                     ASSAY_EINVAL); /* nothing is asked yet */
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(assay_answer_question(&f.ev, 0, address), ASSAY_EINVAL);
    assert_int_equal(assay_answer_question(&f.ev, 2, address), ASSAY_EINVAL);
    assert_int_equal(assay_answer_question(&f.ev, 1, address), ASSAY_EINVAL);
    assert_int_equal(assay_answer_question(&f.ev, 1, page), ASSAY_EINVAL);
    assert_int_equal(assay_answer_question(&f.ev, 1, NULL), ASSAY_EINVAL);
    assert_int_equal(step(&f), ASSAY_NEED);
    end(&f);
    assay_fact_free(address);
    assay_fact_free(page);
}

static void a_fact_lives_as_long_as_the_evaluation_that_has_it(void **state)
{
    assay_fact *fact = make_fact(ASSAY_OK, "shared");
    struct flow f, g;

    (void)state;
    BEGIN(&f, "?a");
    BEGIN(&g, "?b");
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(step(&g), ASSAY_NEED);
    assert_int_equal(assay_answer_question(&f.ev, 1, fact), ASSAY_DONE);
    assert_int_equal(assay_answer_question(&g.ev, 1, fact), ASSAY_DONE);
    assay_fact_free(fact); /* the giver's count */
    assert_int_equal(step(&f), ASSAY_DONE);
    end(&f);
    assert_int_equal(step(&g), ASSAY_DONE);
    must_trace(&g, "0:asks TXT b|1 record|answer 1");
    end(&g);
}

static void questions_of_every_kind_are_told_apart(void **state)
{
    static const enum assay_kind KINDS[] = {ASSAY_DNS,    ASSAY_GET,    ASSAY_PROBE,
                                            ASSAY_RECALL, ASSAY_SUFFIX, ASSAY_LIST};
    const struct assay_fact *fact;
    struct assay_question q;
    struct flow f;
    uint32_t id = 1;

    (void)state;
    BEGIN(&f, "=x");
    f.ev.branch = &f.ev.root;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < COUNT(KINDS); i++)
            for (uint16_t rrtype = 1; rrtype < 4; rrtype++)
                assert_int_equal(ask(&f.ev, KINDS[i], rrtype, SPAN("one.name"), &fact), ASSAY_NEED);
    assert_int_equal(f.ev.questions.n, 3 * COUNT(KINDS));
    for (size_t i = 0; i < COUNT(KINDS); i++)
        for (uint16_t rrtype = 1; rrtype < 4; rrtype++) {
            assert_true(assay_next_question(&f.ev, &q));
            assert_int_equal(q.id, id++);
            assert_int_equal(q.kind, KINDS[i]);
            assert_int_equal(q.rrtype, rrtype);
            assert_false(q.hint);
        }
    end(&f);
}

static void the_evidence_is_what_was_asked_in_order_with_its_answers(void **state)
{
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;
    struct flow f;

    (void)state;
    BEGIN(&f, "!h ?a ?b", "!i ?c");
    assert_false(assay_evidence(&f.ev, &cursor, &q, &fact));
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(answer_name(&f, "h"), ASSAY_NEED);
    assert_true(assay_evidence(&f.ev, &cursor, &q, &fact));
    assert_true(span_is(q.name, "a") && fact && fact->how == ASSAY_OK);
    assert_true(assay_evidence(&f.ev, &cursor, &q, &fact));
    assert_true(span_is(q.name, "c") && !fact); /* it is open; hints are left out */
    assert_false(assay_evidence(&f.ev, &cursor, &q, &fact));
    end(&f);
}

/* ---- giving up ---- */

static void out_of_time_all_that_is_open_or_comes_is_answered_by_timeout(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "?a ?b", "!h ?c ?h", "~ ?d");
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assay_give_up(&f.ev);
    must_ask(&f, "");
    assert_int_equal(step(&f), ASSAY_MORE); /* the message goes on all the same */
    assert_int_equal(answer_name(&f, "c"), ASSAY_NEED);
    end_message(&f);
    assert_int_equal(step(&f), ASSAY_DONE);
    must_ask(&f, "");
    must_trace(
        &f,
        "0:asks TXT a|1 record|answer 1 / 0:asks TXT b|TIMEOUT|answer 2 / 0:asks TXT c|TIMEOUT|answer 1 / "
        "0:asks TXT h|TIMEOUT|answer 2 / 0:asks TXT d|TIMEOUT|answer 1");
    end(&f);
}

/* ---- reasoning ---- */

static void reasoning_stands_in_the_order_of_the_flow_whatever_came_first(void **state)
{
    static const char *const ORDERS[][3] = {{"a", "b", "c"}, {"a", "c", "b"}, {"b", "a", "c"},
                                            {"b", "c", "a"}, {"c", "a", "b"}, {"c", "b", "a"}};
    static const char WANT[] =
        "0:zero|0| / 0:asks TXT a|1 record|answer 1 / 1:one|0| / 2:asks TXT b|1 record|answer 1 / "
        "2:deep|1| / 1:asks TXT c|1 record|answer 1 / 0:four|1|";

    (void)state;
    for (size_t i = 0; i < COUNT(ORDERS); i++) {
        struct flow f;

        BEGIN_NESTED(&f, "=zero &a ( #1 #2 ) =four", "=one ( &b =deep )", "&c");
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(step(&f), ASSAY_NEED);
            assert_int_equal(answer_name(&f, ORDERS[i][k]), ASSAY_DONE);
        }
        assert_int_equal(step(&f), ASSAY_DONE);
        must_trace(&f, WANT);
        end(&f);
    }
}

static void reasoning_is_there_when_the_verdict_is_and_is_rendered_once(void **state)
{
    const struct assay_trace_line *lines = NULL, *again;
    size_t n = 4711;
    struct flow f;

    (void)state;
    BEGIN(&f, "=x ?a");
    assert_int_equal(assay_trace(&f.ev, &lines, &n), ASSAY_EORDER);
    assert_int_equal(step(&f), ASSAY_NEED);
    assert_int_equal(assay_trace(&f.ev, &lines, &n), ASSAY_EORDER);
    assert_true(!lines && n == 4711);
    assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
    assert_int_equal(step(&f), ASSAY_DONE);
    assert_int_equal(assay_trace(&f.ev, &lines, &n), ASSAY_DONE);
    assert_int_equal(n, 2);
    assert_true(span_is(lines[1].ref, "RFC 1"));
    assert_int_equal(lines[0].ref.n, 0);
    assert_int_equal(assay_trace(&f.ev, &again, &n), ASSAY_DONE);
    assert_ptr_equal(lines, again);
    end(&f);
}

static void a_flow_without_reasoning_has_no_lines(void **state)
{
    const struct assay_trace_line *lines;
    size_t n;
    struct flow f;

    (void)state;
    BEGIN(&f, "", "");
    assert_int_equal(step(&f), ASSAY_DONE);
    assert_int_equal(assay_trace(&f.ev, &lines, &n), ASSAY_DONE);
    assert_int_equal(n, 0);
    end(&f);
}

/** Lines that one branch notes, for the tests of how they are shown. */
static assay_status note_lines(struct assay_eval *ev)
{
    assay_span odd = SPAN("a\tb\r\n\033[1m\177\0c\303\274%1\\");

    trace(ev, "RFC 2", SPAN("%1 and %2, then\t%3\t%4"), SPAN("one"), SPAN("two"), SPAN("three"),
          SPAN("four"));
    trace(ev, "RFC 2", SPAN("%4 %0 %9 %a % %%1 %1"), SPAN("x"));
    trace(ev, "RFC 2", SPAN("a%1\tb"), odd);
    trace(ev, "RFC 2", SPAN("a\tb\tc\td")); /* there are three columns */
    trace(ev, "RFC 2", SPAN(""));
    trace(ev, "RFC 2", SPAN("%1"), (assay_span){NULL, 0});
    trace(ev, "RFC 2", SPAN("%1%1"), pass_printf(ev, "%s-%d", "text", 5));
    trace(ev, "RFC 2", SPAN("%1"), pass_number(ev, UINT64_MAX));
    return ASSAY_DONE;
}

static void lines_are_filled_in_and_hold_nothing_that_disturbs_a_terminal(void **state)
{
    static const struct eval_ops NOTES = {.step = note_lines};
    static const char *const WANT[][3] = {
        {"one and two, then", "three", "four"},
        {"%4 %0 %9 %a % %x x", "", ""},
        {"aa\\011b\\015\\012\\033[1m\\177\\000c\303\274%1\\", "b", ""},
        {"a", "b", "c"},
        {"", "", ""},
        {"", "", ""},
        {"text-5text-5", "", ""},
        {"18446744073709551615", "", ""},
    };
    const struct assay_trace_line *lines;
    size_t n;
    struct flow f;

    (void)state;
    BEGIN(&f, "");
    f.ev.ops = &NOTES;
    assert_int_equal(step(&f), ASSAY_DONE);
    assert_int_equal(assay_trace(&f.ev, &lines, &n), ASSAY_DONE);
    assert_int_equal(n, COUNT(WANT));
    for (size_t i = 0; i < n; i++) {
        const assay_span got[] = {lines[i].what, lines[i].gave, lines[i].then};

        for (size_t k = 0; k < 3; k++)
            if (!span_is(got[k], WANT[i][k]))
                fail_msg("line %zu: wanted %s, got %.*s", i, WANT[i][k], SPAN_ARG(got[k]));
    }
    end(&f);
}

/** Ask for an address and a text, for how answers are shown. */
static assay_status ask_two(struct assay_eval *ev)
{
    const struct assay_fact *a = NULL, *txt = NULL;
    assay_status s = ask_dns(ev, ASSAY_RR_A, SPAN("a.example"), &a);

    s = join(s, ask_dns(ev, ASSAY_RR_TXT, SPAN("a.example"), &txt));
    if (s != ASSAY_DONE)
        return s;
    trace_asked(ev, "RFC 3", ASSAY_RR_A, SPAN("a.example"), a, SPAN_EMPTY);
    trace_asked(ev, "RFC 3", ASSAY_RR_TXT, SPAN("a\tb"), txt, SPAN("it\nfollows"));
    return ASSAY_DONE;
}

static void an_answer_is_shown_by_its_records_or_by_how_it_came(void **state)
{
    static const struct eval_ops ASKS = {.step = ask_two};
    static const assay_span A[] = {SPAN("\300\0\2\1"), SPAN("\300\0\2\2")};
    static const struct assay_link LINK = {SPAN("a.example"), SPAN("b.example"), ASSAY_INSECURE};
    struct assay_answer a = {
        .size = sizeof a, .how = ASSAY_OK, .data = A, .n = 2, .chain = &LINK, .nchain = 1};
    assay_fact *fact;
    struct flow f;

    (void)state;
    for (enum assay_how how = ASSAY_OK; how <= ASSAY_REFUSED; how++) {
        struct buf want = buf_new(300);

        BEGIN(&f, "");
        f.ev.ops = &ASKS;
        assert_int_equal(step(&f), ASSAY_NEED);
        assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_A, &a, &fact), ASSAY_DONE);
        assert_int_equal(assay_answer_question(&f.ev, 1, fact), ASSAY_DONE);
        assay_fact_free(fact);
        assert_int_equal(answer(&f, 2, how), ASSAY_DONE);
        assert_int_equal(step(&f), ASSAY_DONE);
        buf_printf(&want,
                   "0:asks A a.example|2 records by CNAME| / 0:asks TXT a\\011b|%s|it\\012follows",
                   how == ASSAY_OK ? "1 record" : fact_how_text(how));
        buf_putc(&want, '\0');
        must_trace(&f, want.p);
        buf_done(&want);
        end(&f);
    }
}

/** A line longer than any is shown. */
static assay_status note_long(struct assay_eval *ev)
{
    static char text[8000];

    memset(text, 'x', sizeof text);
    trace(ev, NULL, SPAN("%1\tgave"), (assay_span){text, sizeof text});
    trace(ev, NULL, SPAN("next"));
    return ASSAY_DONE;
}

static void a_line_of_any_length_is_cut_short(void **state)
{
    static const struct eval_ops NOTES = {.step = note_long};
    const struct assay_trace_line *lines;
    size_t n;
    struct flow f;

    (void)state;
    BEGIN(&f, "");
    f.ev.ops = &NOTES;
    assert_int_equal(step(&f), ASSAY_DONE);
    assert_int_equal(assay_trace(&f.ev, &lines, &n), ASSAY_DONE);
    assert_int_equal(n, 2);
    assert_int_equal(lines[0].what.n, 4096);
    assert_int_equal(lines[0].gave.n, 0);
    assert_true(span_is(lines[1].what, "next"));
    end(&f);
}

/* ---- limits ---- */

/** A flow that asks many questions, by number, in one branch or in several. */
struct asker {
    struct flow flow; /* first, so that it can be found by it */
    struct branch branches[4];
    size_t first[4], n[4]; /* of each branch: the number of its first question, and how many */
    size_t nbranches;
    size_t done[4], refused[4]; /* answered, and answered by TOOBIG, in the last run */
    bool hints;
};

static assay_status ask_many(struct assay_eval *ev, void *arg)
{
    struct asker *a = (struct asker *)ev;
    size_t which = (size_t)((size_t *)arg - a->n);
    assay_status all = ASSAY_DONE;

    a->done[which] = a->refused[which] = 0;
    for (size_t i = 0; i < a->n[which]; i++) {
        const struct assay_fact *fact;
        char name[32];
        assay_status s;

        snprintf(name, sizeof name, "n%zu.example", a->first[which] + i);
        if (a->hints) {
            hint_dns(ev, ASSAY_RR_TXT, span_of(name));
            continue;
        }
        s = ask_dns(ev, ASSAY_RR_TXT, span_of(name), &fact);
        a->done[which] += s == ASSAY_DONE;
        a->refused[which] += s == ASSAY_DONE && fact->how == ASSAY_TOOBIG;
        all = join(all, s);
    }
    return all;
}

static assay_status step_asker(struct assay_eval *ev)
{
    struct asker *a = (struct asker *)ev;
    assay_status all = ASSAY_DONE;

    for (size_t i = 0; i < a->nbranches; i++)
        all = join(all, branch_run(ev, &a->branches[i], ask_many, &a->n[i]));
    return all;
}

static const struct eval_ops ASKS_MANY = {.step = step_asker};

/** Set up an asker. */
static void begin_asker(struct asker *a, size_t nbranches)
{
    memset(a, 0, sizeof *a);
    a->nbranches = nbranches;
    eval_init(&a->flow.ev, &ASKS_MANY, NULL, 0);
}

/** Answer all that is asked, with records of so many octets in all. */
static void answer_all(struct asker *a, size_t octets)
{
    char rdata[256];
    assay_span data[256];
    struct assay_answer an = {.size = sizeof an, .how = ASSAY_OK, .data = data};
    struct assay_question q;
    assay_fact *fact = NULL;

    memset(rdata, 'x', sizeof rdata);
    rdata[0] = (char)255;
    for (an.n = 0; an.n * 256 < octets; an.n++)
        data[an.n] = (assay_span){memcpy(malloc(256), rdata, 256), 256},
        ((char *)(uintptr_t)data[an.n].p)[1] = (char)an.n;
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &an, &fact), ASSAY_DONE);
    while (assay_next_question(&a->flow.ev, &q))
        assert_int_equal(assay_answer_question(&a->flow.ev, q.id, fact), ASSAY_DONE);
    assay_fact_free(fact);
    for (size_t i = 0; i < an.n; i++)
        free((void *)(uintptr_t)data[i].p);
}

static void a_branch_may_ask_512_questions_in_a_pass_and_gets_toobig_for_the_next(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        static struct asker a;

        begin_asker(&a, 1);
        a.n[0] = LIMIT_BRANCH_ASKS + over;
        assert_int_equal(assay_step(&a.flow.ev), ASSAY_NEED);
        assert_int_equal(a.done[0], over);
        answer_all(&a, 0);
        assert_int_equal(assay_step(&a.flow.ev),
                         ASSAY_DONE); /* counted anew: it is the same again */
        assert_int_equal(a.done[0], LIMIT_BRANCH_ASKS + over);
        assert_int_equal(a.refused[0], over);
        eval_done(&a.flow.ev);
    }
}

static void the_budget_of_one_branch_is_none_of_anothers(void **state)
{
    static struct asker a;

    (void)state;
    begin_asker(&a, 3);
    a.n[0] = LIMIT_BRANCH_ASKS + 100;
    a.n[1] = LIMIT_BRANCH_ASKS; /* the same questions, to be answered once */
    a.n[2] = 10;
    a.first[2] = 600;
    assert_int_equal(assay_step(&a.flow.ev), ASSAY_NEED);
    answer_all(&a, 0);
    assert_int_equal(assay_step(&a.flow.ev), ASSAY_DONE);
    assert_int_equal(a.refused[0], 100);
    assert_int_equal(a.refused[1], 0);
    assert_int_equal(a.refused[2], 0);
    eval_done(&a.flow.ev);
}

static void a_branch_may_read_a_megabyte_in_a_pass(void **state)
{
    static struct asker a;

    (void)state;
    begin_asker(&a, 2);
    a.n[0] = 40;
    a.n[1] = 5;
    assert_int_equal(assay_step(&a.flow.ev), ASSAY_NEED);
    answer_all(&a, 50000); /* 196 records of 256 octets each time */
    assert_int_equal(assay_step(&a.flow.ev), ASSAY_DONE);
    assert_int_equal(a.done[0], 40);
    assert_int_equal(a.refused[0], 40 - LIMIT_BRANCH_BYTES / (196 * 256) - 1);
    assert_int_equal(a.refused[1], 0);
    eval_done(&a.flow.ev);
}

static void a_full_table_takes_no_more_questions_but_answers_those_it_holds(void **state)
{
    static struct asker a;

    (void)state;
    begin_asker(&a, 3);
    for (size_t i = 0; i < 3; i++) {
        a.first[i] = i * 400;
        a.n[i] = 400;
    }
    assert_int_equal(assay_step(&a.flow.ev), ASSAY_NEED);
    assert_int_equal(a.flow.ev.questions.n, LIMIT_QUESTIONS);
    assert_int_equal(a.refused[2], 1200 - LIMIT_QUESTIONS);
    answer_all(&a, 0);
    assert_int_equal(assay_step(&a.flow.ev), ASSAY_DONE);
    assert_int_equal(a.refused[0], 0);
    assert_int_equal(a.refused[1], 0);
    assert_int_equal(a.refused[2], 1200 - LIMIT_QUESTIONS); /* the same ones */
    eval_done(&a.flow.ev);
}

static void hints_fill_a_quarter_of_the_table_at_most(void **state)
{
    static struct asker a;

    (void)state;
    begin_asker(&a, 2);
    a.n[0] = 600;
    a.hints = true;
    assert_int_equal(assay_step(&a.flow.ev), ASSAY_DONE);
    assert_int_equal(a.flow.ev.questions.n, LIMIT_QUESTIONS / 4);
    eval_done(&a.flow.ev);
}

/** Notes more lines than are kept, above a branch and below one. */
static assay_status note_many(struct assay_eval *ev)
{
    for (size_t i = 0; i < LIMIT_TRACE + 10; i++)
        trace(ev, NULL, SPAN("line %1"), pass_number(ev, i));
    return ASSAY_DONE;
}

static void four_thousand_and_ninety_six_lines_of_a_branch_are_kept(void **state)
{
    static const struct eval_ops NOTES = {.step = note_many};
    const struct assay_trace_line *lines;
    size_t n;
    struct flow f;

    (void)state;
    BEGIN(&f, "");
    f.ev.ops = &NOTES;
    assert_int_equal(step(&f), ASSAY_DONE); /* the reasoning is cut short, the verdict is not */
    assert_int_equal(assay_trace(&f.ev, &lines, &n), ASSAY_DONE);
    assert_int_equal(n, LIMIT_TRACE);
    assert_true(span_is(lines[LIMIT_TRACE - 1].what, "line 4095"));
    end(&f);
}

/* ---- memory ---- */

/** Parts that use everything, and the reasoning they come to. */
#define EVERYTHING "=a ?q1 ( #1 #2 ) =b", "!h1 &q2 &q3 =c", "?h1 ~ #3 =d", "( ?q4 =e"

/**
 * Run with memory short at each step: room in both arenas, then `left` blocks. \return how often it
 * was
 */
static size_t run_scarcely(struct flow *f, size_t room, size_t left)
{
    struct assay_question q;
    size_t failures = 0;
    assay_status s;

    arena_leave(&f->ev.keep, room);
    for (;;) {
        arena_rewind(&f->ev.pass);
        memory_left = left;
        s = assay_step(&f->ev);
        memory_left = SIZE_MAX;
        if (s == ASSAY_ENOMEM) {
            failures++;
            s = assay_step(&f->ev);
        }
        assert_true(s >= 0);
        if (s == ASSAY_DONE)
            return failures;
        if (s == ASSAY_MORE)
            end_message(f);
        while (assay_next_question(&f->ev, &q))
            assert_true(answer(f, q.id, ASSAY_OK) >= 0);
    }
}

static void when_memory_is_short_a_step_can_be_repeated_and_comes_to_the_same(void **state)
{
    struct buf want = buf_new(4000);
    size_t failures = 0;
    struct flow f;

    (void)state;
    BEGIN_NESTED(&f, EVERYTHING);
    run_through(&f);
    write_trace(&f, &want);
    end(&f);
    for (size_t room = 0; room < 6000; room += 16)
        for (size_t left = 0; left < 3; left++) {
            struct buf got = buf_new(4000);

            BEGIN_NESTED(&f, EVERYTHING);
            failures += run_scarcely(&f, room, left);
            write_trace(&f, &got);
            assert_true(span_eq(buf_span(&want), buf_span(&got)));
            buf_done(&got);
            end(&f);
        }
    assert_in_range(failures, 300, 1000000);
    buf_done(&want);
}

/** Run with the pass arena nearly full in each step. */
static size_t run_with_short_pass(struct flow *f, size_t room)
{
    struct assay_question q;
    size_t failures = 0;
    assay_status s;

    do {
        char *filler;

        arena_done(&f->ev.pass);
        filler = arena_get(&f->ev.pass,
                           8192 - 64 - room); /* taken back by the step: it only makes a block */
        assert_non_null(filler);
        memory_left = room % 2;
        s = assay_step(&f->ev);
        memory_left = SIZE_MAX;
        failures += s == ASSAY_ENOMEM;
        while (s == ASSAY_ENOMEM)
            s = assay_step(&f->ev);
        if (s == ASSAY_MORE)
            end_message(f);
        while (assay_next_question(&f->ev, &q))
            assert_true(answer(f, q.id, ASSAY_OK) >= 0);
    } while (s != ASSAY_DONE);
    return failures;
}

/** Notes so much that a pass takes many blocks. */
static assay_status note_and_ask(struct assay_eval *ev)
{
    const struct assay_fact *fact;
    assay_status s;

    for (size_t i = 0; i < 2000; i++)
        trace(ev, NULL, SPAN("line %1"), pass_printf(ev, "%zu", i));
    if ((s = ask_dns(ev, ASSAY_RR_TXT, SPAN("a"), &fact)) != ASSAY_DONE)
        return s;
    trace_asked(ev, NULL, ASSAY_RR_TXT, SPAN("a"), fact, SPAN("end"));
    return ASSAY_DONE;
}

static void reasoning_that_finds_no_room_makes_the_step_fail_and_not_the_verdict(void **state)
{
    static const struct eval_ops NOTES = {.step = note_and_ask};
    size_t failures = 0;
    assay_status s = ASSAY_ENOMEM;

    (void)state;
    for (size_t left = 0; s != ASSAY_DONE; left++) {
        const struct assay_trace_line *lines;
        size_t n;
        struct flow f;

        BEGIN(&f, "");
        f.ev.ops = &NOTES;
        assert_int_equal(step(&f), ASSAY_NEED);
        assert_int_equal(answer_name(&f, "a"), ASSAY_DONE);
        arena_done(&f.ev.pass);
        memory_left = left;
        s = step(&f);
        memory_left = SIZE_MAX;
        if (s != ASSAY_DONE) {
            assert_int_equal(s, ASSAY_ENOMEM);
            assert_int_equal(assay_trace(&f.ev, &lines, &n), ASSAY_EORDER);
            assert_int_equal(step(&f), ASSAY_DONE);
            failures++;
        }
        assert_int_equal(assay_trace(&f.ev, &lines, &n), ASSAY_DONE);
        assert_int_equal(n, 2001);
        assert_true(span_is(lines[1999].what, "line 1999"));
        assert_true(span_is(lines[2000].then, "end"));
        end(&f);
    }
    assert_in_range(failures, 4, 40);
}

static void rendering_can_be_repeated_when_memory_is_short(void **state)
{
    const struct assay_trace_line *lines = NULL;
    size_t n = 4711, failures = 0;
    assay_status s = ASSAY_ENOMEM;
    struct flow f;

    (void)state;
    BEGIN_NESTED(&f, EVERYTHING);
    run_through(&f);
    for (size_t left = 0; s != ASSAY_DONE; left++) {
        memory_left = left;
        s = assay_trace(&f.ev, &lines, &n);
        memory_left = SIZE_MAX;
        failures += s != ASSAY_DONE;
        assert_true(s == ASSAY_DONE || (s == ASSAY_ENOMEM && !lines && n == 4711));
    }
    assert_in_range(failures, 5, 40);
    assert_int_equal(n, 10);
    end(&f);
}

static void a_short_pass_changes_nothing(void **state)
{
    struct buf want = buf_new(4000), got = buf_new(4000);
    struct flow f;

    (void)state;
    BEGIN_NESTED(&f, EVERYTHING);
    run_through(&f);
    write_trace(&f, &want);
    end(&f);
    for (size_t room = 0; room < 64; room++) {
        buf_clear(&got);
        BEGIN_NESTED(&f, EVERYTHING);
        run_with_short_pass(&f, room);
        write_trace(&f, &got);
        assert_true(span_eq(buf_span(&want), buf_span(&got)));
        end(&f);
    }
    buf_done(&want);
    buf_done(&got);
}

/* ---- the laws ---- */

/** Make a random part: words over a few names; those behind it may be run inside. */
static void random_part(char *out, size_t size, size_t self, size_t parts)
{
    static const char *const NAMES[] = {"a", "b", "c", "d", "e"};
    size_t at = 0;

    out[0] = '\0';
    for (size_t n = random_below(7); n > 0; n--) {
        size_t kind = random_below(8);
        const char *name = NAMES[random_below(COUNT(NAMES))];

        if (kind == 7 && self + 1 < parts)
            at += (size_t)snprintf(out + at, size - at, "#%zu ",
                                   self + 1 + random_below(parts - self - 1));
        else if (kind == 6)
            at += (size_t)snprintf(out + at, size - at, "~ ");
        else
            at += (size_t)snprintf(out + at, size - at, "%c%s ", "??&&!="[kind % 6], name);
    }
}

/**
 * Make a flow done by answers that arrive one by one in random order, some before they are asked
 * for, hints or not.
 */
static void run_at_random(struct flow *f)
{
    assay_status s;

    while ((s = step(f)) != ASSAY_DONE) {
        size_t open = 0;

        assert_true(s == ASSAY_NEED || s == ASSAY_MORE);
        if (random_below(3) == 0 || s == ASSAY_MORE)
            end_message(f);
        for (size_t i = 0; i < f->ev.questions.n; i++)
            open += f->ev.questions.all[i]->blocking && !f->ev.questions.all[i]->fact;
        assert_true(s == ASSAY_MORE || open > 0); /* a need names at least one question */
        for (size_t i = 0; i < f->ev.questions.n; i++)
            if (random_below(3) == 0)
                answer(f, (uint32_t)i + 1, ASSAY_OK);
    }
}

static void the_order_of_answers_changes_nothing(void **state)
{
    (void)state;
    for (size_t round = 0; round < 1500; round++) {
        char texts[PARTS][120];
        const char *pointers[PARTS];
        struct buf want = buf_new(1 << 16), got = buf_new(1 << 16);
        struct flow f;

        for (size_t i = 0; i < PARTS; i++) {
            random_part(texts[i], sizeof texts[i], i, PARTS);
            pointers[i] = texts[i];
        }
        begin(&f, pointers, PARTS, 1 + round % 3);
        run_through(&f);
        write_trace(&f, &want);
        end(&f);
        for (int again = 0; again < 3; again++) {
            buf_clear(&got);
            begin(&f, pointers, PARTS, 1 + round % 3);
            run_at_random(&f);
            write_trace(&f, &got);
            if (!span_eq(buf_span(&want), buf_span(&got)))
                fail_msg("%s | %s | %s | %s | %s | %s\n  wanted %.*s\n  got    %.*s", texts[0],
                         texts[1], texts[2], texts[3], texts[4], texts[5],
                         SPAN_ARG(buf_span(&want)), SPAN_ARG(buf_span(&got)));
            end(&f);
        }
        buf_done(&want);
        buf_done(&got);
    }
}

/* ---- the public calls ---- */

static void calls_that_a_flow_does_not_have_are_out_of_order(void **state)
{
    struct flow f;

    (void)state;
    BEGIN(&f, "");
    assert_int_equal(assay_rcpt(&f.ev, SPAN("a@b")), ASSAY_EORDER);
    assert_int_equal(assay_header(&f.ev, SPAN("a"), SPAN("b")), ASSAY_EORDER);
    assert_int_equal(assay_eoh(&f.ev), ASSAY_EORDER);
    assert_int_equal(assay_body(&f.ev, SPAN("a")), ASSAY_EORDER);
    assert_int_equal(assay_body_digest(&f.ev, SPAN("simple"), 0, SPAN("")), ASSAY_EORDER);
    assert_int_equal(assay_eom(&f.ev), ASSAY_EORDER);
    assert_int_equal(assay_feed(&f.ev, SPAN("a")), ASSAY_EORDER);
    end(&f);
    assay_eval_free(NULL);
}

static void every_status_has_its_words(void **state)
{
    static const assay_status ALL[] = {ASSAY_DONE,   ASSAY_NEED,   ASSAY_MORE,
                                       ASSAY_ENOMEM, ASSAY_EINVAL, ASSAY_EORDER};

    (void)state;
    for (size_t i = 0; i < COUNT(ALL); i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(assay_strstatus(ALL[i]), assay_strstatus(ALL[k]));
    assert_string_equal(assay_strstatus((assay_status)-99), "unknown status");
    assert_string_equal(assay_version(), ASSAY_VERSION);
}

/** What a caller of assay_run() does, and how often it was called. */
struct caller {
    size_t calls, questions, fail_at;
};

static assay_status answer_batch(void *arg, assay_eval *ev, const struct assay_question *q,
                                 size_t n)
{
    struct caller *c = arg;
    assay_fact *fact;

    if (++c->calls == c->fail_at)
        return ASSAY_EINVAL;
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        fact = make_fact(ASSAY_OK, "x");
        assert_true(assay_answer_question(ev, q[i].id, fact) >= 0);
        assay_fact_free(fact);
        c->questions++;
    }
    return ASSAY_DONE;
}

static void a_whole_evaluation_is_run_in_one_call(void **state)
{
    static struct asker a;
    struct caller c = {0};
    struct flow f;

    (void)state;
    BEGIN(&f, "?a ?b", "!h ?c");
    assert_int_equal(assay_run(&f.ev, SPAN_EMPTY, answer_batch, &c), ASSAY_DONE);
    assert_int_equal(c.questions, 4);
    assert_int_equal(c.calls, 2);
    must_trace(
        &f,
        "0:asks TXT a|1 record|answer 1 / 0:asks TXT b|1 record|answer 2 / 0:asks TXT c|1 record|answer 1");
    end(&f);
    c = (struct caller){.fail_at = 2};
    BEGIN(&f, "?a ?b");
    assert_int_equal(assay_run(&f.ev, SPAN_EMPTY, answer_batch, &c),
                     ASSAY_EINVAL); /* what the caller said */
    end(&f);
    c = (struct caller){0};
    begin_asker(&a, 1);
    a.n[0] = 200;
    assert_int_equal(assay_run(&a.flow.ev, SPAN_EMPTY, answer_batch, &c), ASSAY_DONE);
    assert_int_equal(c.questions, 200); /* in batches of 64 */
    assert_int_equal(c.calls, 4);
    eval_done(&a.flow.ev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_join_to_the_one_that_matters_most),
        cmocka_unit_test(one_round_collects_the_questions_of_every_branch),
        cmocka_unit_test(a_branch_that_is_done_never_runs_again),
        cmocka_unit_test(a_branch_that_waits_is_not_run_before_one_of_its_answers_comes),
        cmocka_unit_test(a_branch_waits_for_what_those_inside_it_wait_for),
        cmocka_unit_test(a_branch_that_waits_for_more_than_it_can_remember_is_run_each_time),
        cmocka_unit_test(a_branch_that_wants_more_of_the_message_runs_when_it_has_got_further),
        cmocka_unit_test(a_branch_whose_owner_says_so_is_run_in_every_step),
        cmocka_unit_test(a_question_is_handed_out_once_however_often_it_is_asked),
        cmocka_unit_test(a_hint_is_handed_out_once_and_again_when_it_blocks),
        cmocka_unit_test(a_hint_that_came_to_block_before_it_was_handed_out_is_handed_out_once),
        cmocka_unit_test(an_answer_to_a_hint_is_noted_and_is_not_worth_a_step),
        cmocka_unit_test(hints_that_are_never_answered_change_nothing),
        cmocka_unit_test(the_first_answer_stays),
        cmocka_unit_test(an_answer_must_be_of_the_question),
        cmocka_unit_test(a_fact_lives_as_long_as_the_evaluation_that_has_it),
        cmocka_unit_test(questions_of_every_kind_are_told_apart),
        cmocka_unit_test(the_evidence_is_what_was_asked_in_order_with_its_answers),
        cmocka_unit_test(out_of_time_all_that_is_open_or_comes_is_answered_by_timeout),
        cmocka_unit_test(reasoning_stands_in_the_order_of_the_flow_whatever_came_first),
        cmocka_unit_test(reasoning_is_there_when_the_verdict_is_and_is_rendered_once),
        cmocka_unit_test(a_flow_without_reasoning_has_no_lines),
        cmocka_unit_test(lines_are_filled_in_and_hold_nothing_that_disturbs_a_terminal),
        cmocka_unit_test(an_answer_is_shown_by_its_records_or_by_how_it_came),
        cmocka_unit_test(a_line_of_any_length_is_cut_short),
        cmocka_unit_test(a_branch_may_ask_512_questions_in_a_pass_and_gets_toobig_for_the_next),
        cmocka_unit_test(the_budget_of_one_branch_is_none_of_anothers),
        cmocka_unit_test(a_branch_may_read_a_megabyte_in_a_pass),
        cmocka_unit_test(a_full_table_takes_no_more_questions_but_answers_those_it_holds),
        cmocka_unit_test(hints_fill_a_quarter_of_the_table_at_most),
        cmocka_unit_test(four_thousand_and_ninety_six_lines_of_a_branch_are_kept),
        cmocka_unit_test(when_memory_is_short_a_step_can_be_repeated_and_comes_to_the_same),
        cmocka_unit_test(reasoning_that_finds_no_room_makes_the_step_fail_and_not_the_verdict),
        cmocka_unit_test(rendering_can_be_repeated_when_memory_is_short),
        cmocka_unit_test(a_short_pass_changes_nothing),
        cmocka_unit_test(the_order_of_answers_changes_nothing),
        cmocka_unit_test(calls_that_a_flow_does_not_have_are_out_of_order),
        cmocka_unit_test(every_status_has_its_words),
        cmocka_unit_test(a_whole_evaluation_is_run_in_one_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

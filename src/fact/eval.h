/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file eval.h
 * The evaluation: what every evaluator of Assay stands on.
 *
 * An evaluator is a plain function that reads like its RFC. When it must know something, it asks:
 *
 *     if ((s = ask_dns(ev, ASSAY_RR_TXT, name, &fact)) != ASSAY_DONE)
 *         return s;              // NEED: it will be called again, and this line will then fall through
 *
 * When facts arrive it is restarted from its top; what it asked before answers at once. One message
 * goes through it like this:
 *
 *     assay_step()            rewinds the pass arena and calls the flow's step
 *       branch_run(spf)       runs spf_check: it asks TXT example.com; absent: NEED. The branch notes what it waits for
 *       branch_run(dkim)      runs all the same: one round collects the questions of every branch
 *       ... returns NEED      the join of all branches
 *     assay_next_question()   hands the questions out; the door answers each with a fact
 *     assay_step()            runs again only the branches that got what they waited for
 *       branch_run(spf)       DONE: the branch is frozen, its lines of reasoning are kept; it never runs again
 *
 * Two arenas: `keep` holds what outlives a step (questions, frozen results), `pass` what does not;
 * keep never points into pass. Facts are write-once, and a frozen branch could only come out the
 * same.
 *
 * An evaluator may ask, hint, parse, count, trace and decide; nothing else.
 */
#ifndef FACT_EVAL_H
#define FACT_EVAL_H

#include "base/arena.h"
#include "fact/fact.h"

/** Questions a branch remembers to wait for; with more it is simply run each time. */
enum { BRANCH_WAITS = 12 };

/** A question in the table of an evaluation. */
struct question {
    enum assay_kind kind;
    uint16_t rrtype;
    uint32_t id; /**< its place in the table, from 1 */
    uint32_t hash;
    bool blocking;    /**< someone asked, not only hinted */
    bool awaited;     /**< a branch waits for the answer */
    bool handed_hint; /**< handed out as a hint */
    bool handed;      /**< handed out as blocking */
    assay_span name, data;
    struct assay_fact *fact; /**< NULL while open */
};

/** The questions of an evaluation: by number and by name. */
struct question_table {
    struct question **all; /**< in the order of asking */
    size_t n, cap;
    uint32_t *slots; /**< open addressing: id, or 0 */
    size_t nslots;
    size_t cursor; /**< the next one that may have to be handed out */
};

/** One line of reasoning, or a branch in its place. */
struct trace_node {
    struct trace_node *next;
    const struct branch *child; /**< NULL unless a branch stands here */
    /** NULL unless it was asked for; then args are its name and what follows */
    const struct assay_fact *fact;
    const char *ref;
    uint16_t rrtype; /**< of the fact */
    unsigned depth, nargs;
    assay_span args[5]; /**< the text with its %1 to %4, then what they stand for */
};

/** Lines in order. */
struct trace {
    struct trace_node *first, *last;
    size_t n;
};

/**
 * A part of an evaluation that is run until it is done, and then never again. All zero before its
 * first run.
 */
struct branch {
    bool frozen;
    bool always; /**< set by the owner: something else it looks at has changed, so it must run */
    bool ran, waits_over;
    uint8_t nwaits;
    unsigned epoch; /**< of the message when it last ran */
    assay_status status;
    struct branch *parent;
    struct question *waits[BRANCH_WAITS];
    struct trace trace;
    size_t asks, bytes; /**< spent in this pass */
    unsigned depth;     /**< of its lines */
};

/** What a flow does with the public calls. A NULL member: the call is out of order for it. */
struct eval_ops {
    assay_status (*step)(struct assay_eval *ev);
    void (*free)(struct assay_eval *ev);
    assay_status (*rcpt)(struct assay_eval *ev, assay_span address);
    assay_status (*header)(struct assay_eval *ev, assay_span name, assay_span value);
    assay_status (*eoh)(struct assay_eval *ev);
    assay_status (*body)(struct assay_eval *ev, assay_span chunk);
    assay_status (*body_digest)(struct assay_eval *ev, assay_span canonicalization, uint64_t length,
                                assay_span sha256);
    assay_status (*eom)(struct assay_eval *ev);
    assay_status (*feed)(struct assay_eval *ev, assay_span raw);
    void (*settle)(
        struct assay_eval *ev); /**< eval_settle() for a flow; NULL: nothing to give back */
    bool (*wants_body)(const struct assay_eval *ev);
};

struct assay_eval {
    const struct eval_ops *ops;
    struct assay_engine *engine;
    int64_t now; /**< seconds since 1970; belongs to the evaluation, not to a pass */
    struct arena keep, pass;
    struct question_table questions;
    struct branch root;
    struct branch *branch; /**< the innermost one running */
    unsigned epoch;        /**< raised when the message gets further */
    /** questions of all, and what one branch may ask and read in one pass: LIMIT_QUESTIONS,
     *  LIMIT_BRANCH_ASKS, LIMIT_BRANCH_BYTES unless the flow raises them */
    size_t most_questions, most_asks, most_bytes;
    bool gave_up, done;
    /** looked at before a question is handed out; see eval_at_hand() */
    struct assay_fact *(*at_hand)(void *arg, const struct assay_question *question);
    void *at_hand_arg;
    /** a line of reasoning found no room in this step: the step has to be repeated */
    bool no_memory;
    struct assay_fact timeout; /**< the answer to everything once given up */
    struct assay_fact toobig;  /**< the answer to a branch over its budget */
    const struct assay_verdict *verdict;
    const struct assay_trace_line *lines; /**< rendered once */
    size_t nlines;
};

/** Set up an evaluation whose memory is zeroed. */
void eval_init(struct assay_eval *ev, const struct eval_ops *ops, struct assay_engine *engine,
               int64_t now);

/** Free what eval_init() and the steps made, not `ev` itself. */
void eval_done(struct assay_eval *ev);

/**
 * The verdict is there and the evaluation is only kept to be looked at: give back what judging took
 * and looking does not.
 */
void eval_settle(struct assay_eval *ev);

/**
 * Have questions answered while they are asked, as far as their answers are at hand: what is known costs no
 * further pass. Nothing else changes by it.
 *
 * \param at_hand  returns the fact of a question that is being asked, counted for the evaluation; NULL: it is
 *                 not at hand, and is handed out as ever. It must not call the evaluation
 */
static inline void eval_at_hand(
    struct assay_eval *ev,
    struct assay_fact *(*at_hand)(void *arg, const struct assay_question *question), void *arg)
{
    ev->at_hand = at_hand;
    ev->at_hand_arg = arg;
}

/**
 * Ask, and wait for the answer.
 *
 * \param name  for ASSAY_DNS and ASSAY_SUFFIX a canonical name (dns/name.h); copied
 * \param ret   set on ASSAY_DONE; lives as long as the evaluation. Any answer may come, SERVFAIL
 *              and TIMEOUT too; a branch over its budget gets ASSAY_TOOBIG
 * \param data  further input, by kind: what is to be signed (ASSAY_SIGN, dkim/sign.h) or hashed
 *              (ASSAY_MAC, srs/srs.h); copied
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status ask_about(struct assay_eval *ev, enum assay_kind kind, uint16_t rrtype,
                                       assay_span name, assay_span data,
                                       const struct assay_fact **ret);

/** ask_about() a name alone. */
ASSAY_NODISCARD static inline assay_status ask(struct assay_eval *ev, enum assay_kind kind,
                                               uint16_t rrtype, assay_span name,
                                               const struct assay_fact **ret)
{
    return ask_about(ev, kind, rrtype, name, SPAN_EMPTY, ret);
}

/** ask() for an RRset. */
ASSAY_NODISCARD static inline assay_status ask_dns(struct assay_eval *ev, uint16_t rrtype,
                                                   assay_span name, const struct assay_fact **ret)
{
    return ask(ev, ASSAY_DNS, rrtype, name, ret);
}

/**
 * Say that an RRset may be wanted soon. Nothing comes back: no evaluator sees whether it was
 * answered. Dropped without a word when memory or the table is short.
 */
void hint_dns(struct assay_eval *ev, uint16_t rrtype, assay_span name);

/** Both together: an error of one, else NEED of one, else MORE of one, else DONE. */
static inline assay_status join(assay_status a, assay_status b)
{
    if (a < 0 || b < 0)
        return a < 0 ? a : b;
    if (a == ASSAY_NEED || b == ASSAY_NEED)
        return ASSAY_NEED;
    return a == ASSAY_MORE || b == ASSAY_MORE ? ASSAY_MORE : ASSAY_DONE;
}

/**
 * What a branch runs. It returns as a step does, and leaves its result in memory of its own or of
 * `keep`.
 */
typedef assay_status branch_fn(struct assay_eval *ev, void *arg);

/**
 * Run a branch, unless it is frozen or nothing it waits for has come; freeze it when it is done.
 *
 * Its lines of reasoning appear in the running branch's at this place.
 */
ASSAY_NODISCARD assay_status branch_run(struct assay_eval *ev, struct branch *b, branch_fn *fn,
                                        void *arg);

/** The function behind trace(). \param args  the text and what it names, 5 at most */
void trace_add(struct assay_eval *ev, const char *ref, const assay_span *args, size_t n);

/**
 * Note a line of reasoning: trace(ev, "RFC 7208 5.2", SPAN("include:%1\t%2\tmatches"), name,
 * result).
 *
 * Tabs part what was tested, what it gave and what follows; %1 to %4 stand for the spans behind the
 * text, which are copied when the branch is frozen. The text and the reference are static.
 */
#define trace(ev, ref, ...)                                   \
    trace_add((ev), (ref), (const assay_span[]){__VA_ARGS__}, \
              sizeof((const assay_span[]){__VA_ARGS__}) / sizeof(assay_span))

/** Note that an RRset was asked for, what came, and what follows. \param then  may be empty */
void trace_asked(struct assay_eval *ev, const char *ref, uint16_t rrtype, assay_span name,
                 const struct assay_fact *fact, assay_span then);

/** The following lines are one deeper. */
static inline void trace_in(struct assay_eval *ev)
{
    ev->branch->depth++;
}

/** The following lines are one less deep. */
static inline void trace_out(struct assay_eval *ev)
{
    ev->branch->depth--;
}

/** A number as text, for this pass. */
assay_span pass_number(struct assay_eval *ev, uint64_t number);

/** A formatted text for this pass, at most 1,023 octets. */
assay_span pass_printf(struct assay_eval *ev, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file check.h
 * `assay check`: what was found about domains, and the ways to write it.
 *
 *     cli_check()          check.c: options, domains; many.h drives the evaluations over one world
 *     check_judge()        check_judge.c: --baseline, --expect and --fail-on: marks on findings, the exit status
 *       baseline_...()     baseline.c; expect_...() expect.c
 *     check_writer         begin() once, one() for each domain in the order they were given, end() once
 *       check_show.c       for people, with check_views.c; check_text.c CSV and Markdown; check_html.c; check_sarif.c;
 *                          check_junit.c; check_json.c
 *
 * Every octet of a record may be chosen by somebody who wishes the reader ill: each writer has one
 * function that all of them go through.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "base/arena.h"
#include "base/json.h"
#include "cli/term.h"

#include <assay/posture.h>

/* ---- what was found ---- */

/** What the command line says of a finding. One bit each. */
enum check_mark {
    MARK_ADDED = 1,    /**< --baseline does not have it */
    MARK_ACCEPTED = 2, /**< --expect accepts it */
    MARK_FAILS = 4     /**< it makes the exit status 1 */
};

/** A finding of --baseline that is no more. */
struct check_gone {
    assay_span id, subject, outcome;
    bool unclear; /**< nobody can tell now */
};

/** A line of --expect that does not hold, or of which nobody can tell. */
struct check_missed {
    size_t line, column;
    assay_span text; /**< the line */
    assay_span got;  /**< what there is */
    bool unknown;
};

/** A domain with all that is told of it. */
struct check_report {
    const char *asked;                   /**< as it was typed */
    const struct assay_posture *posture; /**< NULL: `error` says why */
    assay_span error;
    int64_t took; /**< milliseconds; below 0: not measured, a replay */
    bool replay;
    uint8_t *marks; /**< of each finding: enum check_mark */
    /* --baseline */
    bool compared; /**< the next ones count */
    bool is_new;   /**< the baseline does not have the domain */
    size_t added, sustained;
    const struct check_gone *gone;
    size_t ngone;
    /* --expect */
    const char *expect_file;
    const struct check_missed *missed;
    size_t nmissed;
    assay_span too_little; /**< why the status is 75; empty: it is not */
    int status;            /**< the exit status it stands for */
};

/** How many findings came to what. */
struct check_counts {
    size_t of[ASSAY_ERROR + 1]; /**< by enum assay_outcome */
    size_t hits;                /**< notices, warnings and errors */
};

/** Count. */
struct check_counts check_count(const struct assay_posture *p);

/**
 * The finding is to be written: all with `verbose`, else those that are no pass; with --baseline
 * only those that were added.
 */
bool check_wanted(const struct check_report *r, size_t finding, bool verbose);

/** The sentence of a finding: what was found, or the title of its check. */
assay_span check_sentence(const struct assay_finding *f);

/** The sentence about what to do: of the fix, or of the check. */
assay_span check_advice(const struct assay_finding *f, const struct assay_fix *fix);

/** A profile as people say it: "sends and receives mail". */
const char *check_profile(enum assay_profile profile);

/** How an area stands, in a word: "good" "note" "?" "weak" "broken". */
const char *check_word(enum assay_outcome outcome);

/** The same for an area: "good?" where all that is known is well and something is not known. */
const char *check_area_word(const struct assay_area *a);

/** Append the headline's score: "82 B (70–85, confidence 85 %)". \param dash  between low and high */
void check_put_score(const struct assay_score *s, const char *dash, struct buf *out);

/** Append when, how long, how many questions. */
void check_put_when(const struct check_report *r, struct buf *out);

/** The two standards' receivers see different DMARC, and both are known. */
bool check_views_differ(const struct assay_posture *p);

/** Append what the other standard's receivers see, one sentence for each. */
void check_put_views(const struct assay_posture *p, struct buf *out);

/** A cause of not knowing, and the findings it stands behind. */
struct check_cause {
    assay_span text;
    size_t n;
    size_t first; /**< index of the first finding */
};

/** Unknown findings by cause, the most frequent first. \return how many there are in `ret`, at most `most` */
size_t check_causes(const struct check_report *r, struct check_cause *ret, size_t most);

/**
 * Findings that something can be done about, what matters most first; each record is named once.
 *
 * \return how many indexes are in `ret`, at most `most`
 */
size_t check_first(const struct check_report *r, size_t *ret, size_t most);

struct baseline;
struct expect;

/**
 * Judge a report by the command line: fills its marks, what it says of --baseline and --expect, and
 * its exit status.
 *
 * \param eval      tells which of the domain's own answers did not come
 * \param fail_on   see struct check_output
 * \param baseline  NULL: none; `expect` likewise
 * \param arena     what is listed lies there
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status check_judge(struct check_report *r, const assay_eval *eval,
                                         enum assay_outcome fail_on,
                                         const struct baseline *baseline,
                                         const struct expect *expect, struct arena *arena);

/* ---- writing ---- */

struct check_output;

/** A form of output. Any of them may be NULL. */
struct check_writer {
    void (*begin)(struct check_output *o);
    void (*one)(struct check_output *o, const struct check_report *r);
    void (*end)(struct check_output *o);
};

/** Where it goes. */
struct check_output {
    const struct check_writer *writer;
    struct term term; /**< for people, and what text goes through */
    bool verbose;
    enum assay_outcome fail_on; /**< from this on a finding fails; 0: none does */
    size_t total, done;         /**< domains */
    struct buf out;
    struct json json;   /**< of a form that is one document */
    struct arena arena; /**< check_sarif.c: artifacts */
    struct sarif_artifact *artifacts, **last_artifact, **buckets;
    size_t nartifacts;
    struct sarif_failure *failures, **last_failure;
};

extern const struct check_writer CHECK_SHOW; /**< for people */
extern const struct check_writer CHECK_JSON, CHECK_JSONL, CHECK_CSV, CHECK_MARKDOWN, CHECK_HTML,
    CHECK_SARIF, CHECK_JUNIT; /**< for programs, tickets and browsers */

/** Append for people where the domain is seen in several ways: by two standards, at MX hosts, with its logo. */
void check_show_views(struct check_output *o, const struct assay_posture *p);

/** Give back a text that was put together for an output, which remembers when there was no memory for it. */
static inline void check_done(struct buf *text, struct buf *out)
{
    if (text->status == ASSAY_ENOMEM)
        out->status = ASSAY_ENOMEM;
    buf_done(text);
}

/** check_done() of a text that is used again. */
static inline void check_clear(struct buf *text, struct buf *out)
{
    if (text->status == ASSAY_ENOMEM)
        out->status = ASSAY_ENOMEM;
    buf_clear(text);
}

/** The largest output of one domain. */
enum { CHECK_OUTPUT_MAX = 64 << 20 };

/** A terminal that shows everything in UTF-8 and no colour: what texts of files are cleaned for. */
struct term check_plain(void);

#endif

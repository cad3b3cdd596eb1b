/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file report.h
 * A message with its verdict, and the ways to show it.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/envelope.h"

/** What is shown. Nothing is owned. */
struct report {
    const struct cli *cli;
    const char *file;
    const struct header *header;
    const struct envelope *envelope;
    const struct case_one *context; /**< the case that gives the recipients, or NULL */
    bool replay;                    /**< a case answered, not the DNS */
    assay_span when;  /**< of whom and when, to stand behind the author; empty: as Received says */
    assay_eval *eval; /**< done */
    const struct assay_verdict *verdict;
};

/** A detail of a check, or an empty span. */
assay_span report_detail(const struct assay_check *c, const char *name);

/** A property of a check, or an empty span. */
assay_span report_property(const struct assay_check *c, const char *ptype, const char *name);

/** The first check of a method and scope; NULL: there is none. */
const struct assay_check *report_check(const struct assay_verdict *v, const char *method,
                                       const char *scope);

/** The DMARC check that decided. */
const struct assay_check *report_dmarc(const struct assay_verdict *v);

/** A disposition in a word. */
const char *report_word(enum assay_disposition what);

/** The exit status of a verdict. */
int report_status(const struct assay_verdict *v);

/** How a result of a check looks: good, bad, in doubt. */
enum term_style report_style(assay_span result);

/** Append the whole report for people. */
void report_show(const struct report *r, struct buf *out);

/** Append a row for each check. */
void report_show_checks(const struct report *r, struct buf *out);

/** Append a word, such as "accept", and beside it lines that say why: as of report_advise(). */
void report_put_decision(const struct term *t, assay_span word, assay_span lines, struct buf *out);

/** Append one line of several messages. */
void report_show_line(const struct report *r, struct buf *out);

/**
 * Append the reasoning for people. \param head  only checks whose first line begins so; NULL: all
 */
assay_status report_explain(const struct cli *cli, assay_eval *eval, const char *head,
                            struct buf *out);

/** Append how the envelope was read from the message, if it was. */
void report_explain_envelope(const struct report *r, struct buf *out);

/** Append what a person can do next, if anything: paragraphs parted by LF, not yet cleaned. */
void report_advise(const struct report *r, struct buf *out);

/** Append a line of JSON, with the reasoning if it is wanted. */
assay_status report_json(const struct report *r, bool trace, struct buf *out);

/** Append a line of JSON for a message that could not be judged, with the last complaint. */
void report_json_error(const struct cli *cli, const char *file, int status, struct buf *out);

/**
 * Append which questions were not answered, and who could be asked instead: lines as of
 * report_advise().
 *
 * \param replay  the answers came from a case
 */
void report_unanswered(assay_eval *eval, bool replay, struct buf *out);

/** Append the lines of a text as paragraphs. */
void report_put_lines(const struct term *t, unsigned indent, assay_span lines, struct buf *out);

struct json;

/** Write the member "checks". */
void json_checks(struct json *j, const struct assay_verdict *v);

/** Write the member "rewrite" (srs.c). */
void json_rewrite(struct json *j, const struct assay_srs_rewrite *r);

/** Write the members "disposition", "authentication_results" and "edits". */
void json_disposition(struct json *j, const struct assay_verdict *v);

/** Write the member "trace". \return as assay_trace() */
ASSAY_NODISCARD assay_status json_trace(struct json *j, assay_eval *eval);

/** A row of the report: label, result, text. */
struct report_row {
    const char *label;
    assay_span result, text;
};

/** Append a row of a check. */
void report_put_row(const struct term *t, const struct report_row *row, struct buf *out);

/** Append the row of an SPF check. \param label  "SPF" or "HELO" */
void report_put_spf(const struct term *t, const char *label, const struct assay_check *c,
                    struct buf *out);

#endif

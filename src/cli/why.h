/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file why.h The parts of `assay why`: why.c asks, these show.
 */
#ifndef CLI_WHY_H
#define CLI_WHY_H

#include "base/json_read.h"
#include "cli/report.h"
#include "store/row.h"

/** Octets of what is printed. */
enum { WHY_OUTPUT = 32 << 20 };

/** A message whose case was run here. */
struct why_message {
    struct case_set *set;
    const struct case_one *one;
    struct case_outcome outcome;
    assay_engine *engine;
    struct message_file message;
    struct envelope envelope;
    struct report report;
    struct buf when; /**< of the report */
};

/**
 * Run a case that the daemon has written, by the code that it judged by.
 *
 * \param name  of the message, for the report and for complaints
 * \param text  the case; it need not outlive the call
 * \param ret   free with why_message_done(), whatever is returned
 * \return 0, or a status that was complained of
 */
int why_message_run(const struct cli *cli, const char *name, assay_span text,
                    struct why_message *ret);

/** Give everything back. */
void why_message_done(struct why_message *m);

/** The exit status of what was done: as `assay verify`; of sent mail as `assay sign`. */
int why_status(const struct assay_verdict *v);

/** Append what the store has of a message, for people. */
void why_show_row(const struct cli *cli, const char *name, const struct store_row *row,
                  struct buf *out);

/** Append a list of messages, for people: the lines that the daemon has written. */
void why_show_list(const struct cli *cli, assay_span lines, struct buf *out);

/**
 * Append whether a message would be signed, for people.
 *
 * \param said  the daemon's line: which way each milter would take it
 */
assay_status why_show_signing(const struct why_message *m, const struct json_value *said,
                              struct buf *out);

/** A milter would have the message signed. */
bool why_is_outgoing(const struct json_value *said);

/** The text of a member, cleaned by nobody; empty when there is none. */
struct buf why_text(const struct json_value *object, const char *name);

#endif

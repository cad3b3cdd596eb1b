/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file envelope.h
 * The envelope that a message is judged by, and where each part of it comes from.
 *
 * An option stands above the case, the case above what is read from the message (guess.h). A case
 * with an envelope is complete: nothing is read from its message.
 */
#ifndef CLI_ENVELOPE_H
#define CLI_ENVELOPE_H

#include "case/case.h"
#include "cli/files.h"
#include "cli/guess.h"

/** An envelope. Spans lie in the command line, the case or the message's header. */
struct envelope {
    struct assay_envelope e;
    struct guess guess;
    bool guessed; /**< the message was looked at; the next ones tell what was taken from it */
    bool client_guessed; /**< ip, and helo unless it was given */
    bool sender_guessed;
    char system_name[256]; /**< of --pipe: ended by NUL */
};

/**
 * Make the envelope of a message.
 *
 * \param one  the case that gives what is not given on the command line, or NULL
 * \return 0, or EXIT_USAGE, complained of
 */
int envelope_make(const struct cli *cli, const struct message_file *m, const struct case_one *one,
                  struct envelope *ret);

/** Give an evaluation its recipients: those of the command line, else of the case. */
ASSAY_NODISCARD assay_status envelope_recipients(const struct cli *cli, const struct case_one *one,
                                                 assay_eval *eval);

/** The recipient at `i`, or an empty span behind the last. */
assay_span envelope_recipient(const struct cli *cli, const struct case_one *one, size_t i);

/** A reverse-path as it is given on the command line: with or without brackets. */
assay_span envelope_path(const char *value);

/** Read an address of the command line. \return 0 or EXIT_USAGE, complained of */
int envelope_ip(const struct cli *cli, const char *value, struct ip *ret);

/**
 * When the message was received, as its newest Received field says. \return false when it does not
 */
bool envelope_received(const struct header *h, int64_t *ret);

#endif

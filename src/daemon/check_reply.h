/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file check_reply.h What the check service answers: one line that Exim's ${extract{KEY}{...}} reads.
 *
 *     verdict="accept" code="" enhanced="" reply="" reason="" authres="mx.example.org; spf=pass ..."
 *         remove="Authentication-Results" add=":at_start:Authentication-Results: ..." hold="no"
 *
 *     verdict   accept quarantine reject defer tag discard
 *     code, enhanced, text
 *               of a reject or defer: what the client is told
 *     reply     all three as `message` of an ACL takes them: "550 5.7.1 TEXT"
 *     reason    why, in plain words
 *     authres   the value of Authentication-Results in one line
 *     remove    names of fields as remove_header takes them: it takes out all of a name. Those of the name that
 *               are to stay stand in `add` again
 *     add       fields as add_header takes them, a line each, continuation lines begin with a blank
 *     hold      yes: a message in quarantine is to be frozen, not marked
 *
 * Values are quoted, with \\ before \\ and ", \\n for the end of a line, and three octal digits for other
 * controls. remove and add are empty where the message does not go on.
 */
#ifndef DAEMON_CHECK_REPLY_H
#define DAEMON_CHECK_REPLY_H

#include "mail/header.h"

#include <assay/assay.h>

/** Append the reply to a message that has its verdict. \param header  of the message, as it was judged */
void check_reply(const struct assay_verdict *v, const struct header *header, struct buf *out);

/** Append a reply to what could not be judged. */
void check_reply_without(const char *verdict, int code, const char *enhanced, assay_span text,
                         struct buf *out);

/** Read a header as it was sent: fields up to an empty line. \return ASSAY_DONE; ASSAY_EINVAL: there are
 *  too many; ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status check_header_read(assay_span text, struct header *ret);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file message.h
 * A message read once: the header kept as received, the body turned into digests as it streams by.
 *
 * It comes as raw octets (message_feed) or in pieces as a milter has them (message_header,
 * message_eoh, message_body). Between header and body the owner looks at the fields and says which
 * digests it wants.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include "mail/body.h"
#include "mail/header.h"

/** Where the reading is. */
enum message_stage { MESSAGE_HEADER, MESSAGE_EOH, MESSAGE_BODY, MESSAGE_END };

/** What is odd about a message; flags. RFC 5322 2.1, 2.2, 2.3 forbid the first five. */
enum message_fault {
    MESSAGE_BARE_LF = 1,    /**< a LF that no CR stands before */
    MESSAGE_BARE_CR = 2,    /**< a CR that no LF follows */
    MESSAGE_NUL = 4,        /**< a NUL */
    MESSAGE_NO_COLON = 8,   /**< a header line that is no field */
    MESSAGE_LONG_LINE = 16, /**< a line over 998 octets */
    MESSAGE_LIMIT = 32      /**< the header is over a limit of ours; the rest of it was dropped */
};

/** A message being read. */
struct message {
    const struct assay_engine *engine;
    enum message_stage stage;
    unsigned faults; /**< seen so far */
    /** the faults that are looked for; MESSAGE_NO_COLON and MESSAGE_LIMIT are seen anyhow */
    unsigned looking;
    bool raw, first_line;
    bool skipping;   /* in a header line that is over the limit by itself */
    bool after_cr;   /* the last octet looked at was a CR */
    size_t line_n;   /* octets of the line being looked at */
    struct buf line; /* a header line whose end has not come */
    struct header header;
    struct body body;
};

/** Begin. `looking`: flags of enum message_fault that matter. */
void message_init(struct message *m, const struct assay_engine *engine, unsigned looking);

/** Give the memory back. */
void message_done(struct message *m);

/**
 * Add raw octets; reading stops at the end of the header.
 *
 * \param raw  advanced behind what was read
 * \return ASSAY_DONE; ASSAY_MORE: the header has just ended, say what is wanted and go on with
 *         message_body(); ASSAY_ENOMEM: nothing of the line at hand was lost, repeat with what is
 *         left of `raw`
 */
ASSAY_NODISCARD assay_status message_feed(struct message *m, assay_span *raw);

/** Add a field as a milter gives it. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status message_header(struct message *m, assay_span name, assay_span value);

/** The header is complete. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status message_eoh(struct message *m);

/**
 * Add a piece of the body; what is wanted of it was said. \return ASSAY_DONE, ASSAY_ENOMEM for good
 */
ASSAY_NODISCARD assay_status message_body(struct message *m, assay_span piece);

/** The message is complete. \return ASSAY_DONE, ASSAY_ENOMEM for good */
ASSAY_NODISCARD assay_status message_eom(struct message *m);

/** A fault in a few words, the first of several. "" when there is none. */
const char *message_fault_text(unsigned faults);

#endif

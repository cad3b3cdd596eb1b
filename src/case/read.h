/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file read.h
 * A file being read: what read.c and the readers of the sections share.
 */
#ifndef CASE_READ_H
#define CASE_READ_H

#include "case/model.h"

/** A file being read. */
struct case_reader {
    struct case_set *set;
    struct case_one *one; /**< the case that lines go to; at first what is shared */
    case_open_fn *open;
    void *arg;
    struct case_error *error;
    const char *section;   /**< the name of the section at hand; NULL: none yet */
    assay_span section_at; /**< its line */
    assay_span line;       /**< the line at hand, without blanks at both ends */
    assay_span unshared;   /**< above the first [case]: the first section that cannot be shared */
    size_t nrecords;       /**< of the file */
    struct buf message;    /**< of the case at hand */
    struct buf octets;     /**< a record or a file being read */
    struct buf pem;        /**< of [sign]: the key being read */
    struct case_signer *signer; /**< the line it belongs to, while | lines may follow */
    bool message_lines, message_file;
    unsigned state;             /**< of a section whose lines belong together; 0 at its beginning */
    struct case_thing *thing;   /**< of [web] and its like: the answer being gathered */
    struct buf body;            /**< its octets */
    struct case_lines probe;    /**< of [smtp]: the lines of it, for errors */
    struct case_server *server; /**< of [dns]: the server whose block is open; NULL: none */
    size_t nservers;            /**< of the file */
    int64_t recalled_at;        /**< of [recall] */
    struct buf evidence;        /**< of [evidence] */
};

/**
 * Read a line of a section.
 *
 * \param line  without the blanks it begins with; those at its end are there
 * \return ASSAY_DONE, ASSAY_EINVAL (the error is filled), ASSAY_ENOMEM
 */
typedef assay_status case_line_fn(struct case_reader *r, assay_span line);

case_line_fn case_read_envelope; /**< [envelope]: who sent, from where, when (fields.c) */
case_line_fn case_read_policy;  /**< [policy]: options; looked at when the case is run (fields.c) */
case_line_fn case_read_expect;  /**< [expect] (fields.c) */
case_line_fn case_read_dns;     /**< [dns]: records and marks (records.c) */
case_line_fn case_read_message; /**< [message]: | lines, or a file (body.c) */
case_line_fn case_read_digest;  /**< [digests] (body.c) */
case_line_fn case_read_sign;    /**< [sign]: keys and answers (sign.c) */
case_line_fn case_read_web;     /**< [web] (exchange.c) */
case_line_fn case_read_smtp;    /**< [smtp] (exchange.c) */
case_line_fn case_read_list;    /**< [lists] (exchange.c) */
case_line_fn case_read_evidence; /**< [evidence]: metrics of reports (body.c) */
case_line_fn case_read_recall;   /**< [recall] (recall.c) */
case_line_fn case_read_secret;   /**< [secret] (secret.c) */

/** Refuse a piece of the file. \return ASSAY_EINVAL */
#define CASE_REFUSE(r, at, ...) case_refuse((r)->set, (at), (r)->error, __VA_ARGS__)

/** Divide `key = value`, both trimmed. \return ASSAY_DONE, ASSAY_EINVAL */
ASSAY_NODISCARD assay_status case_key_value(struct case_reader *r, assay_span line, assay_span *key,
                                            assay_span *value);

/**
 * Take the next word off; blanks part words, a backslash takes its next octet with it. Empty at the
 * end.
 */
assay_span case_word(assay_span *rest);

/** Without a comment: a `;` outside quotes, as in a master file (RFC 1035 5.1) (records.c). */
assay_span case_without_comment(assay_span line);

/** Take one line of [dns] that is no mark into a table of `w` (records.c). */
ASSAY_NODISCARD assay_status case_read_record(struct case_reader *r, assay_span line,
                                              struct case_world *w, enum case_table_of table);

/** Take a line of a GET and its answer (exchange.c). \return ASSAY_MORE when it is none */
ASSAY_NODISCARD assay_status case_read_exchange(struct case_reader *r, assay_span line);

/** The answer at hand is complete; nothing when there is none (exchange.c). */
ASSAY_NODISCARD assay_status case_finish_thing(struct case_reader *r);

/** Read a time, or a date for its last second (exchange.c). */
ASSAY_NODISCARD assay_status case_read_until(struct case_reader *r, assay_span text, int64_t *ret);

/** Add the octets of a file the case names (body.c). \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status case_open(struct case_reader *r, assay_span path, struct buf *out);

/**
 * Put the message of the case at hand into its place (body.c). \return ASSAY_DONE, ASSAY_EINVAL,
 * ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status case_finish_message(struct case_reader *r);

/** Put the metrics of the case at hand into their place (body.c). \return as case_finish_message() */
ASSAY_NODISCARD assay_status case_finish_evidence(struct case_reader *r);

/** The key that [sign] ended with is complete (sign.c). \return as case_finish_message() */
ASSAY_NODISCARD assay_status case_finish_sign(struct case_reader *r);

/** Find out of what kind the case at hand is, and that nothing in it is of another (kind.c). */
ASSAY_NODISCARD assay_status case_finish_kind(struct case_reader *r);

/**
 * Where a key of [envelope] belongs: flags of enum case_kind; 0: there is no such key (fields.c).
 */
unsigned case_envelope_kinds(assay_span key);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file socketmap.h
 * Lookups of Postfix by the socketmap protocol (socketmap_table(5)): SRS as three maps.
 *
 *     sender_canonical_maps        = socketmap:unix:assay/srs.sock:forward
 *     sender_canonical_classes     = envelope_sender
 *     recipient_canonical_maps     = socketmap:unix:assay/srs.sock:reverse
 *     recipient_canonical_classes  = envelope_recipient, header_recipient
 *     smtpd_recipient_restrictions = check_recipient_access socketmap:unix:assay/srs.sock:check, ...
 *
 * A request is a netstring of the name of a map, a blank, and a key, which here is an address; the
 * reply is a netstring too. Both go over a connection that Postfix keeps, one behind the other.
 *
 *     forward   OK and the SRS address; NOTFOUND for an address that stays as it is; PERM where it
 *               would get too long, if so configured: Postfix does not take the message then
 *     reverse   OK and the address behind an SRS address of ours; NOTFOUND for all others, so that
 *               one that is forged or out of date is an unknown recipient
 *     check     OK and a line for access(5), such as `550 5.1.6 the time stamp is out of date`, for
 *               an SRS address of ours that is refused: the sender learns why at RCPT TO. NOTFOUND
 *               for all others
 *     all       TEMP where the holder of the secrets does not answer (`check` says 451)
 *
 * Postfix looks every result up again: what forward made is ours then, and stays as it is.
 *
 * Hostile or broken input has defined answers: a key over 320 octets, that is not UTF-8, or that is
 * no address is NOTFOUND; a map that does not exist, or a request without a blank, is PERM; what is
 * no netstring, or one over SOCKETMAP_LONGEST, is PERM and the end of the connection.
 *
 * This is a codec and a handler; it has no socket. The one who has does this:
 *
 *     octets came         socketmap_input() takes those of one request; the others come again later
 *     it has a question   assay_next_question(session.eval, ...), answer it, then socketmap_answered()
 *     out.n is not 0      write them, socketmap_sent(); then give what is left of the input
 *     session.closing     and all is sent: close
 *
 * No allocation here can fail but those of the evaluation, and that is a TEMP.
 */
#ifndef DAEMON_SOCKETMAP_H
#define DAEMON_SOCKETMAP_H

#include "base/limits.h"
#include "base/span.h"

#include <assay/assay.h>

enum {
    SOCKETMAP_LONGEST = 100000, /**< octets of a request, as Postfix's own limit */
    SOCKETMAP_KEPT = 400,       /**< octets of it that are kept; no longer one is answered OK */
    SOCKETMAP_REPLY = 768       /**< octets of a reply, its netstring counted */
};

/** The maps. */
enum socketmap_map { SOCKETMAP_FORWARD, SOCKETMAP_REVERSE, SOCKETMAP_CHECK, SOCKETMAP_MAPS };

/** Where a connection is in its netstring. */
enum socketmap_state { SOCKETMAP_LENGTH, SOCKETMAP_DATA, SOCKETMAP_COMMA };

/** A connection. */
struct socketmap_session {
    assay_engine *engine;
    /** how to rewrite: `now`, `address` and `reverse` are set for each request. Borrowed */
    const struct assay_srs *settings;
    enum socketmap_state state;
    size_t digits, length, seen; /**< of the length; what it says; octets of data so far */
    char in[SOCKETMAP_KEPT];     /**< the first of them */
    enum socketmap_map map;      /**< of the request at hand */
    assay_eval *eval;            /**< of the request at hand; NULL: there is none that waits */
    char out[SOCKETMAP_REPLY];   /**< what is to be sent */
    size_t nout;                 /**< octets of it */
    bool closing;                /**< once that is sent the connection ends */
};

/** Begin a connection. \param settings  outlive it */
void socketmap_init(struct socketmap_session *s, assay_engine *engine,
                    const struct assay_srs *settings);

/** End a connection at any point. */
void socketmap_done(struct socketmap_session *s);

/**
 * Take octets that came.
 *
 * \param now  seconds since 1970
 * \return how many were taken: up to the end of a request, and none while one waits for an answer or
 *         a reply is not sent; all once the connection is closing
 */
size_t socketmap_input(struct socketmap_session *s, assay_span octets, int64_t now);

/** Questions of the request at hand were answered, or given up: go on. */
void socketmap_answered(struct socketmap_session *s);

/** What is to be sent. */
static inline assay_span socketmap_output(const struct socketmap_session *s)
{
    return (assay_span){s->out, s->nout};
}

/** That many octets of it were sent. */
void socketmap_sent(struct socketmap_session *s, size_t n);

#endif

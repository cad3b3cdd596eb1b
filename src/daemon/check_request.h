/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file check_request.h What a mail server without milters asks of the check service: a pure reader.
 *
 * A request is lines `NAME=VALUE`, each name once, and ends with an empty line:
 *
 *     ip=192.0.2.7                 the client's address; empty: the message was made on this host
 *     helo="mail.shop.example"     what the client called itself
 *     from="a@shop.example"        the reverse-path; empty: the null one
 *     to="b@example.org, c@d.example"
 *     user=                        the authenticated user
 *     queue=1vP3xY-0001Ab-2C       the message's id at the mail server
 *     listener=submission          a word for the option when.listener
 *     direction=out                in, out or auto, as in a milter block
 *     header=412                   so many octets follow behind this line: the whole header
 *     spool=/var/spool/exim4/input/1vP3xY-0001Ab-2C-D
 *                                  where the body is; or body=LENGTH and so many octets
 *
 * ip, from, header and one of spool and body have to be there; the envelope stands before the header,
 * which stands before the body. A value goes up to the end of its line. One that begins with a quote is
 * quoted as Exim's ${quote:...} does it, so that no octet that a client chose can end its line. Lines end
 * with LF or CRLF.
 *
 * Why lengths: they leave octets as they are, no line in a message can end them, and Exim knows them
 * (${strlen:...}).
 */
#ifndef DAEMON_CHECK_REQUEST_H
#define DAEMON_CHECK_REQUEST_H

#include "daemon/lines.h"

/** The names. */
enum check_name {
    CHECK_IP,
    CHECK_HELO,
    CHECK_FROM,
    CHECK_TO,
    CHECK_USER,
    CHECK_QUEUE,
    CHECK_LISTENER,
    CHECK_DIRECTION,
    CHECK_HEADER,
    CHECK_SPOOL,
    CHECK_BODY,
    CHECK_N_NAMES
};

/** What a reading came to. */
enum check_event {
    CHECK_MORE,        /**< all is taken; the request goes on */
    CHECK_HAS_HEADER,  /**< the envelope and the header are complete */
    CHECK_HAS_BODY,    /**< a piece of the body */
    CHECK_IS_COMPLETE, /**< the request has ended; what follows is not looked at */
    CHECK_IS_TOO_LONG, /**< the header is over its limit; go on reading */
    CHECK_IS_BAD,      /**< it is no request: `why` */
    CHECK_NO_MEMORY
};

/** A request being read. */
struct check_request {
    struct lines lines;
    unsigned line;                    /**< the one being read, from 1 */
    unsigned given;                   /**< one bit for each name */
    struct buf values[CHECK_N_NAMES]; /**< of CHECK_HEADER: the header itself */
    enum check_name octets;           /**< whose octets come now: CHECK_HEADER, CHECK_BODY */
    uint64_t left;                    /**< how many */
    bool too_long;                    /**< the header is passed over */
    bool over;                        /**< nothing more is read */
    char why[160];                    /**< what is wrong, for people */
};

/** Begin. \param header_bytes  the longest header */
void check_request_init(struct check_request *r, size_t header_bytes);

/** Give its memory back. */
void check_request_done(struct check_request *r);

/**
 * Read on.
 *
 * \param in         what came; advanced behind what was read
 * \param ret_piece  set on CHECK_HAS_BODY; lies in `in`
 */
ASSAY_NODISCARD enum check_event check_request_read(struct check_request *r, assay_span *in,
                                                    assay_span *ret_piece);

/** The value of a name; empty when it is not there. */
static inline assay_span check_value(const struct check_request *r, enum check_name name)
{
    return buf_span(&r->values[name]);
}

/** A name was given. */
static inline bool check_given(const struct check_request *r, enum check_name name)
{
    return r->given >> name & 1;
}

/**
 * Take the next address off a list as $recipients of Exim has it: parted by commas that are in no quoted
 * string.
 *
 * \return false: there is none
 */
bool check_next_address(assay_span *rest, assay_span *ret);

#endif

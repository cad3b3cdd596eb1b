/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file milter_codec.h
 * The milter protocol's octets: packets cut out of a stream, their data read, replies written.
 *
 * A packet is a length (32 bits, network order, the command counted), a command letter, and data:
 * mostly texts that each end with NUL. The MTA sends commands, the filter replies. No document of
 * standards describes it; what is here is what libmilter's headers name and what Postfix and
 * Sendmail were seen to send.
 *
 * One connection:
 *
 *     MTA: OPTNEG           what it can do           filter: OPTNEG: what it wants
 *     MTA: MACRO, CONNECT   the client               filter: one reply, unless NR_CONN was agreed
 *     MTA: MACRO, HELO
 *     MTA: MACRO, MAIL; MACRO, RCPT for each recipient; MACRO, DATA
 *     MTA: MACRO, HEADER for each field; MACRO, EOH; MACRO, BODY for each chunk; MACRO, EOB
 *                                                    filter: PROGRESS any number of times, the
 *                                                    edits, then one final reply
 *     MTA: ABORT            the message is over or given up (Postfix: after every message);
 *                           no reply; the next is MAIL, HELO, ABORT or QUIT
 *     MTA: QUIT             no reply; or QUIT_NC: the next is CONNECT, what was agreed stays
 *
 * Nothing here reads a socket, keeps a state of the session or knows an order of commands: that is
 * the session's. Feed the reader whatever was read:
 *
 *     while ((s = milter_read(&reader, &in, &packet)) == ASSAY_DONE)
 *         act on packet.command and packet.data;
 *     ASSAY_MORE: wait for the socket; anything else: close it
 *
 * Every writer appends one whole packet, or fails and leaves the buffer as it was.
 */
#ifndef DAEMON_MILTER_CODEC_H
#define DAEMON_MILTER_CODEC_H

#include "base/buf.h"

/** Limits of the protocol. Lengths of packets count the command's octet, not the length's four. */
enum {
    MILTER_VERSION_MIN = 2,        /**< the oldest version of the protocol that is spoken */
    MILTER_VERSION = 6,            /**< the newest; there is none after it */
    MILTER_CHUNK = 65535,          /**< octets of data that either side sends at most */
    MILTER_MAX_FIRST = 257,        /**< a packet's length before the negotiation */
    MILTER_MAX = MILTER_CHUNK + 1, /**< a packet's length afterwards */
    MILTER_REPLY_LINES = 32,       /**< lines of a reply text */
    MILTER_REPLY_LINE = 480,       /**< octets of such a line's text (RFC 5321 4.5.3.1.5: 512) */
};

/** What the MTA sends. */
enum milter_command {
    MILTER_C_ABORT = 'A',   /**< the message is over or given up; no reply */
    MILTER_C_BODY = 'B',    /**< a chunk of the body, lines ended by CRLF */
    MILTER_C_CONNECT = 'C', /**< a client: name, family, port, address */
    MILTER_C_MACRO = 'D',   /**< macros for the command that follows; no reply */
    MILTER_C_EOB = 'E',     /**< the message is complete; Sendmail may put a last chunk in it */
    MILTER_C_HELO = 'H',    /**< the argument of HELO or EHLO */
    MILTER_C_QUIT_NC = 'K', /**< the client is gone, another follows on this socket; no reply */
    MILTER_C_HEADER = 'L',  /**< a header field: name, value */
    MILTER_C_MAIL = 'M',    /**< the reverse-path and its parameters */
    MILTER_C_EOH = 'N',     /**< the header is complete */
    MILTER_C_OPTNEG = 'O',  /**< the first packet: version, actions, steps */
    MILTER_C_QUIT = 'Q',    /**< the connection is over; no reply */
    MILTER_C_RCPT = 'R',    /**< a forward-path and its parameters */
    MILTER_C_DATA = 'T',    /**< DATA was said (version 4 and later) */
    MILTER_C_UNKNOWN = 'U'  /**< a command SMTP does not know (version 3 and later) */
};

/** What the filter sends. Edits are allowed in reply to EOB only, before its final reply. */
enum milter_reply {
    MILTER_R_ADDRCPT = '+',     /**< edit: one more recipient */
    MILTER_R_DELRCPT = '-',     /**< edit: one recipient less */
    MILTER_R_ADDRCPT_PAR = '2', /**< edit: one more recipient, with parameters */
    MILTER_R_SHUTDOWN = '4',    /**< final: 421, the MTA hangs up */
    MILTER_R_ACCEPT = 'a',      /**< final: the rest of the message (at CONNECT and HELO: of the
                                     connection) is not for this filter */
    MILTER_R_REPLBODY = 'b',    /**< edit: the body anew, by chunks */
    MILTER_R_CONTINUE = 'c',    /**< go on; at EOB: accept */
    MILTER_R_DISCARD = 'd',     /**< final: accept and throw away */
    MILTER_R_CHGFROM = 'e',     /**< edit: another reverse-path */
    MILTER_R_CONN_FAIL = 'f',   /**< make as if the connection failed (Sendmail) */
    MILTER_R_ADDHEADER = 'h',   /**< edit: a field at the end of the header */
    MILTER_R_INSHEADER = 'i',   /**< edit: a field at a place */
    MILTER_R_CHGHEADER = 'm',   /**< edit: a field gets another value, or goes */
    MILTER_R_PROGRESS = 'p',    /**< not final: the MTA's clock starts anew */
    MILTER_R_QUARANTINE = 'q',  /**< edit: hold the message */
    MILTER_R_REJECT = 'r',      /**< final: 550 5.7.1 (at RCPT: this recipient) */
    MILTER_R_SKIP = 's',        /**< no more of this kind; agreed as MILTER_P_SKIP */
    MILTER_R_TEMPFAIL = 't',    /**< final: 451 4.7.1 (at RCPT: this recipient) */
    MILTER_R_REPLYCODE = 'y'    /**< final: a reply with code and text */
};

/** What the filter may do; offered by the MTA, wanted by the filter. */
enum milter_action {
    MILTER_F_ADDHDRS = 0x1,      /**< ADDHEADER, INSHEADER */
    MILTER_F_CHGBODY = 0x2,      /**< REPLBODY */
    MILTER_F_ADDRCPT = 0x4,      /**< ADDRCPT */
    MILTER_F_DELRCPT = 0x8,      /**< DELRCPT */
    MILTER_F_CHGHDRS = 0x10,     /**< CHGHEADER */
    MILTER_F_QUARANTINE = 0x20,  /**< QUARANTINE */
    MILTER_F_CHGFROM = 0x40,     /**< CHGFROM */
    MILTER_F_ADDRCPT_PAR = 0x80, /**< ADDRCPT_PAR */
    MILTER_F_SETSYMLIST = 0x100, /**< name the macros it wants, in the negotiation */
    MILTER_F_ALL = 0x1FF         /**< what Postfix offers */
};

/**
 * How the steps go. NO: the MTA leaves the step out (Postfix sends its macros all the same, but for
 * HDRS, EOH and BODY). NR: it sends it and waits for no reply; then there must be none.
 */
enum milter_step {
    MILTER_P_NOCONNECT = 0x1,        /**< no CONNECT */
    MILTER_P_NOHELO = 0x2,           /**< no HELO */
    MILTER_P_NOMAIL = 0x4,           /**< no MAIL */
    MILTER_P_NORCPT = 0x8,           /**< no RCPT */
    MILTER_P_NOBODY = 0x10,          /**< no BODY */
    MILTER_P_NOHDRS = 0x20,          /**< no HEADER */
    MILTER_P_NOEOH = 0x40,           /**< no EOH */
    MILTER_P_NR_HDR = 0x80,          /**< no reply to HEADER */
    MILTER_P_NOUNKNOWN = 0x100,      /**< no UNKNOWN */
    MILTER_P_NODATA = 0x200,         /**< no DATA */
    MILTER_P_SKIP = 0x400,           /**< the MTA understands SKIP */
    MILTER_P_RCPT_REJ = 0x800,       /**< RCPT also of recipients that the MTA refused */
    MILTER_P_NR_CONN = 0x1000,       /**< no reply to CONNECT */
    MILTER_P_NR_HELO = 0x2000,       /**< no reply to HELO */
    MILTER_P_NR_MAIL = 0x4000,       /**< no reply to MAIL */
    MILTER_P_NR_RCPT = 0x8000,       /**< no reply to RCPT */
    MILTER_P_NR_DATA = 0x10000,      /**< no reply to DATA */
    MILTER_P_NR_UNKN = 0x20000,      /**< no reply to UNKNOWN */
    MILTER_P_NR_EOH = 0x40000,       /**< no reply to EOH */
    MILTER_P_NR_BODY = 0x80000,      /**< no reply to BODY */
    MILTER_P_HDR_LEADSPC = 0x100000, /**< header values with what follows the colon, space included,
                                          both ways; without it the MTA takes one space away, and
                                          puts one before what the filter writes */
    MILTER_P_ALL = 0x1FFFFF          /**< what Postfix offers */
};

/** Where the macros named in a list of the negotiation are sent. */
enum milter_stage {
    MILTER_M_CONNECT, /**< with CONNECT */
    MILTER_M_HELO,    /**< with HELO */
    MILTER_M_MAIL,    /**< with MAIL */
    MILTER_M_RCPT,    /**< with RCPT */
    MILTER_M_DATA,    /**< with DATA */
    MILTER_M_EOB,     /**< with EOB; Postfix: BODY too */
    MILTER_M_EOH,     /**< with EOH; Postfix: HEADER too */
    MILTER_STAGES     /**< how many there are */
};

/* ---- packets out of a stream ----------------------------------------------------------------- */

/** A stream that is being cut. Set `max`; the rest is private. All zero is a good beginning. */
struct milter_reader {
    uint32_t max;    /**< the longest packet: MILTER_MAX_FIRST, later MILTER_MAX; 0: the first */
    bool whole;      /**< what is kept was handed out */
    struct buf kept; /**< a packet that has begun, its length included */
};

/** One packet. */
struct milter_packet {
    char command;    /**< of enum milter_command, or anything */
    assay_span data; /**< in the input or in the reader; until the reader's next call */
};

/**
 * Take the next packet. One that lies whole in the input is not copied; the begin of one is kept,
 * so that all of the input is taken before ASSAY_MORE.
 *
 * \param in   what came, cut anywhere; advanced
 * \param ret  set on ASSAY_DONE
 * \return ASSAY_DONE; ASSAY_MORE: `in` is used up; ASSAY_EINVAL: a length of 0 or over `max`, known
 *         as soon as the four octets are there: nothing behind it can be read, the connection ends;
 *         ASSAY_ENOMEM: may be tried again with what is left of `in`
 */
ASSAY_NODISCARD assay_status milter_read(struct milter_reader *r, assay_span *in,
                                         struct milter_packet *ret);

/** A packet has begun that is not complete. */
static inline bool milter_read_begun(const struct milter_reader *r)
{
    return r->kept.n && !r->whole;
}

/** Give back its memory. */
void milter_reader_done(struct milter_reader *r);

/* ---- the data of packets: spans into it; false: malformed, `ret` is untouched ----------------- */

/** The data of OPTNEG, and of its reply. */
struct milter_offer {
    uint32_t version; /**< of the protocol */
    uint32_t actions; /**< enum milter_action, or bits that nobody knows */
    uint32_t steps;   /**< enum milter_step, or bits that nobody knows */
};

/** OPTNEG: 12 octets; what follows them is passed over. */
bool milter_offer_read(assay_span data, struct milter_offer *ret);

/**
 * What both can do: the lower version, and of what is wanted all that was offered.
 *
 * \param wanted  its version is not looked at
 * \return false: the MTA's version is below MILTER_VERSION_MIN
 */
bool milter_agree(const struct milter_offer *offered, const struct milter_offer *wanted,
                  struct milter_offer *ret);

/** The data of CONNECT. */
struct milter_connect {
    assay_span hostname; /**< the client's name as the MTA found it, or "[ADDRESS]" */
    char family;         /**< '4', '6', 'L' (local, a UNIX socket), 'U' (unknown) */
    uint16_t port;       /**< of '4' and '6'; 0: unknown */
    assay_span address;  /**< '4', '6': an address that ip_read() takes; 'L': a path; else empty */
};

/**
 * CONNECT. An "IPv6:" before the address goes; the address need not end with NUL.
 *
 * \return false: no family, one that nobody knows, or what should be an address is none
 */
bool milter_connect_read(assay_span data, struct milter_connect *ret);

/** The data of MAIL and RCPT. */
struct milter_path {
    assay_span address;    /**< without brackets; of MAIL: empty is the null reverse-path */
    assay_span parameters; /**< texts ended by NUL, for milter_text_cut(): "SIZE=4711" ... */
};

/** MAIL and RCPT. \return false: no text at all */
bool milter_path_read(assay_span data, struct milter_path *ret);

/** Cut the next text off, ended by NUL or by the end of the data. \return false: nothing is left */
bool milter_text_cut(assay_span *rest, assay_span *ret);

/** HELO, UNKNOWN: the text; what follows its NUL is passed over. */
assay_span milter_text(assay_span data);

/** The data of MACRO. */
struct milter_macros {
    char command;     /**< the command that follows */
    assay_span pairs; /**< for milter_macro_cut(); may be empty */
};

/** MACRO. \return false: it does not say for which command */
bool milter_macros_read(assay_span data, struct milter_macros *ret);

/**
 * Cut the next macro off.
 *
 * \param name   without braces: "i", "auth_authen"
 * \param value  empty too when the list ends behind the name
 * \return false: nothing is left
 */
bool milter_macro_cut(assay_span *pairs, assay_span *name, assay_span *value);

/** The data of HEADER. */
struct milter_header {
    assay_span name;  /**< at least one octet, of any kind */
    assay_span value; /**< lines ended by LF (Postfix) or CRLF; octets NUL are possible */
};

/** HEADER. The value ends with the data; its NUL goes, if it is there. \return false: no name */
bool milter_header_read(assay_span data, struct milter_header *ret);

/*
 * ---- replies: each appends one packet ---------------------------------------------------------
 *
 * All return ASSAY_DONE; ASSAY_EINVAL: something is not as described, the packet would be over
 * MILTER_MAX or the buffer over its maximum; ASSAY_ENOMEM. After an error nothing was appended and
 * the buffer can be used as before. No text may hold an octet NUL.
 */

/** A reply without data: CONTINUE, ACCEPT, REJECT, TEMPFAIL, DISCARD, SKIP, PROGRESS, SHUTDOWN. */
ASSAY_NODISCARD assay_status milter_put(struct buf *out, enum milter_reply reply);

/**
 * The reply to OPTNEG.
 *
 * \param agreed  of milter_agree()
 * \param macros  MILTER_STAGES lists of names parted by blanks, "i {auth_authen}", each in the place
 *                of the MTA's own list for that stage; an empty one leaves the MTA's. They are
 *                written when MILTER_F_SETSYMLIST is agreed. NULL: none
 */
ASSAY_NODISCARD assay_status milter_put_agreed(struct buf *out, const struct milter_offer *agreed,
                                               const assay_span *macros);

/**
 * A reply of SMTP. Lines are cut where the text has LF or CRLF, and at blanks where they are longer
 * than MILTER_REPLY_LINE; what is beyond MILTER_REPLY_LINES is left out. Octets that are not
 * printable ASCII become "?"; "%" is doubled, as both MTAs take the text for a format.
 *
 * \param code      400 to 599; 421 hangs up
 * \param enhanced  "5.7.1", of the code's class; or empty (RFC 3463 2)
 * \param text      for people; may be empty
 */
ASSAY_NODISCARD assay_status milter_put_reply(struct buf *out, unsigned code, assay_span enhanced,
                                              assay_span text);

/**
 * A field at the end of the header.
 *
 * \param steps  what was agreed: with MILTER_P_HDR_LEADSPC the space behind the colon is written
 *               here, without it the MTA writes it
 * \param name   printable ASCII without colon (RFC 5322 2.2)
 * \param value  without that space; lines ended by CRLF or LF, which is written as LF. A line that
 *               does not begin with a blank would end the field: ASSAY_EINVAL, as a CR alone
 */
ASSAY_NODISCARD assay_status milter_put_addheader(struct buf *out, uint32_t steps, assay_span name,
                                                  assay_span value);

/**
 * A field at a place: before the one that is at `index`, 0 the topmost. Postfix counts its own
 * Received field, which it does not show to filters, as the first: 0 is above it, 1 below.
 */
ASSAY_NODISCARD assay_status milter_put_insheader(struct buf *out, uint32_t steps, uint32_t index,
                                                  assay_span name, assay_span value);

/**
 * Another value for a field, or none.
 *
 * \param index  which of those of the name, 1 the topmost. Postfix counts what is left when several
 *               are deleted, Sendmail what there was: begin with the last
 * \param value  empty: the field goes
 */
ASSAY_NODISCARD assay_status milter_put_chgheader(struct buf *out, uint32_t steps, uint32_t index,
                                                  assay_span name, assay_span value);

/**
 * Another reverse-path.
 *
 * \param address     without brackets; they are written; empty: the null reverse-path
 * \param parameters  of ESMTP, parted by blanks; empty: none
 */
ASSAY_NODISCARD assay_status milter_put_chgfrom(struct buf *out, assay_span address,
                                                assay_span parameters);

/** One more recipient; without brackets, not empty. */
ASSAY_NODISCARD assay_status milter_put_addrcpt(struct buf *out, assay_span address);

/** One recipient less: as the MTA gave it, without brackets, not empty. */
ASSAY_NODISCARD assay_status milter_put_delrcpt(struct buf *out, assay_span address);

/** Hold the message. \param reason  one line, for the MTA's log, not empty */
ASSAY_NODISCARD assay_status milter_put_quarantine(struct buf *out, assay_span reason);

#endif

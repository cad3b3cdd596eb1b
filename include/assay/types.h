/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file types.h
 * The few types that every part of Assay shares: bytes, statuses, questions and answers.
 *
 * Included by assay.h; include that one.
 */
#ifndef ASSAY_TYPES_H
#define ASSAY_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ASSAY_NODISCARD __attribute__((warn_unused_result)) /**< the status must be looked at */
#define ASSAY_PURE      __attribute__((pure)) /**< the same arguments, the same result */
#else
#define ASSAY_NODISCARD
#define ASSAY_PURE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Borrowed octets: `n` of them at `p`. Not ended by NUL; `p` may be NULL only when `n` is 0. */
typedef struct assay_span {
    const char *p;
    size_t n;
} assay_span;

/** What a call came to. Zero and above are answers; below zero the call did nothing. */
typedef enum assay_status {
    ASSAY_DONE = 0,    /**< finished; for a step: the verdict is there */
    ASSAY_NEED = 1,    /**< a step: an answer is missing, see assay_next_question() */
    ASSAY_MORE = 2,    /**< a step: nothing is asked, only more of the message helps */
    ASSAY_ENOMEM = -1, /**< memory ran out; nothing changed, the call may be repeated */
    ASSAY_EINVAL = -2, /**< an argument is not what the call takes; nothing changed */
    ASSAY_EORDER = -3  /**< the call does not belong here in the sequence; nothing changed */
} assay_status;

/** What is asked. */
enum assay_kind {
    ASSAY_DNS = 1, /**< an RRset: name and type */
    ASSAY_GET,     /**< an HTTPS resource: name is the URL */
    ASSAY_PROBE,   /**< an SMTP server's TLS: name is host:port */
    ASSAY_SIGN,    /**< a signature over data by the key of name */
    ASSAY_MAC,     /**< a keyed hash of data */
    ASSAY_RECALL,  /**< what was stored under name */
    ASSAY_SUFFIX,  /**< the public suffix of name */
    ASSAY_LIST     /**< a list that changes, by its name */
};

/**
 * How a question was answered. What is not OK, NODATA or NXDOMAIN is no answer: it decides nothing.
 */
enum assay_how {
    ASSAY_OK = 1,   /**< there are data */
    ASSAY_NODATA,   /**< the name exists, this type does not */
    ASSAY_NXDOMAIN, /**< the name does not exist (RFC 8020) */
    ASSAY_SERVFAIL, /**< the servers failed */
    ASSAY_TIMEOUT,  /**< no reply in time */
    ASSAY_BOGUS,    /**< DNSSEC validation failed: data, if any, must not be used */
    ASSAY_TOOBIG,   /**< the answer is over a limit */
    ASSAY_REFUSED, /**< the asked one will not answer; ASSAY_GET, ASSAY_PROBE: refuses the connection */
    /** ASSAY_GET: the server could not be authenticated, the reason says why: "name", "expired",
     *  "untrusted", or what the handshake failed with. An answer: nobody else gets further */
    ASSAY_TLSERROR
};

/** Whether DNSSEC vouches for an answer. */
enum assay_secure {
    ASSAY_UNKNOWN = 1, /**< this resolver does not validate */
    ASSAY_INSECURE,    /**< validated: the zone is not signed */
    ASSAY_SECURE       /**< validated: signed, and the signatures are good */
};

/** DNS types that Assay asks for (RFC 1035, 3596, 6698, 8659). Host byte order. */
enum assay_rrtype {
    ASSAY_RR_A = 1,
    ASSAY_RR_NS = 2,
    ASSAY_RR_CNAME = 5,
    ASSAY_RR_SOA = 6,
    ASSAY_RR_PTR = 12,
    ASSAY_RR_MX = 15,
    ASSAY_RR_TXT = 16,
    ASSAY_RR_AAAA = 28,
    ASSAY_RR_DS = 43,
    ASSAY_RR_TLSA = 52,
    ASSAY_RR_SPF = 99,
    ASSAY_RR_ANY = 255,
    ASSAY_RR_CAA = 257
};

#ifdef __cplusplus
}
#endif
#endif

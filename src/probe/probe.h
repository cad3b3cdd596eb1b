/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file probe.h
 * What a probe of an SMTP server found (ASSAY_PROBE, name "host:25"): its STARTTLS and its certificates.
 *
 * The fact is text, the lines that a .case file has in [smtp] behind PROBE (assay-case(5)), so that what was
 * recorded is what was seen:
 *
 *     554 go away                               a greeting other than 220; nothing else then
 *     starttls = yes | no | CODE                offered; not offered; STARTTLS was answered by CODE
 *     tls = 1.3 | FAILED reason                 the best version agreed; or why the handshake failed
 *     tls.min = 1.0                             the lowest version that is still accepted
 *     tls.weak = rc4 export anonymous compression
 *                                               what of these was agreed when asked for; left out: none
 *     cert = leaf|ca names=a.example,*.b.example from=2026-01-01 to=2026-12-31 key=rsa:2048 sig=sha256
 *            spki256=HEX cert256=HEX [spki512=HEX cert512=HEX]
 *                                               one line each, in the order sent; names: DNS-IDs, `-` for none;
 *                                               `to` is the last second of that day, or a time with its zone
 *     trust = yes | self-signed | incomplete | unknown
 *                                               names and dates aside, does the chain lead to a web root
 *
 * How a fact is answered: ASSAY_OK with such text; ASSAY_REFUSED: every address refuses the connection;
 * ASSAY_TIMEOUT: nobody knows.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "base/arena.h"
#include "fact/fact.h"

/** TLS versions, comparable. */
enum probe_tls { PROBE_TLS_NONE, PROBE_SSL3, PROBE_TLS10, PROBE_TLS11, PROBE_TLS12, PROBE_TLS13 };

/** Where a chain leads, names and dates aside. */
enum probe_trust {
    PROBE_TRUST_NOT_TOLD,
    PROBE_TRUST_YES,
    PROBE_TRUST_SELF_SIGNED,
    PROBE_TRUST_INCOMPLETE,
    PROBE_TRUST_UNKNOWN
};

/** What of old was agreed. Bits. */
enum probe_weak {
    PROBE_WEAK_RC4 = 1,
    PROBE_WEAK_EXPORT = 2,
    PROBE_WEAK_ANONYMOUS = 4,
    PROBE_WEAK_COMPRESSION = 8
};

/** A certificate that was sent. */
struct probe_cert {
    bool leaf;         /**< the first one; else one that issues */
    assay_span names;  /**< DNS-IDs parted by commas; empty: none */
    int64_t from, to;  /**< valid from and to, seconds since 1970, both included */
    assay_span key;    /**< "rsa", "ec", "ed25519" ... */
    unsigned key_bits; /**< 0: not told */
    assay_span sig;    /**< the digest of its signature, such as "sha256" */
    assay_span spki256, cert256, spki512, cert512; /**< octets; empty: not told */
};

/** A probe. Spans lie beside the fact. */
struct probe {
    unsigned greeting;              /**< 220, or the code that refused */
    assay_span greeting_text;       /**< the whole line of a greeting other than 220 */
    bool starttls;                  /**< offered, and answered by 220 */
    bool offered;                   /**< offered */
    unsigned starttls_code;         /**< offered but answered by this; else 0 */
    enum probe_tls best;            /**< NONE: no handshake succeeded */
    enum probe_tls least;           /**< NONE: not told */
    assay_span failure;             /**< why the handshake failed; empty: it did not */
    unsigned weak;                  /**< of enum probe_weak */
    const struct probe_cert *certs; /**< in the order sent */
    size_t ncerts;
    enum probe_trust trust;
};

/**
 * The probe of a fact.
 *
 * \param fact  ASSAY_OK, ASSAY_PROBE
 * \param ret   lives as long as the fact
 * \return ASSAY_DONE, ASSAY_EINVAL (the text is not what is written above), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status probe_of(const struct assay_fact *fact, const struct probe **ret);

/**
 * Read the text of a probe.
 *
 * \param text       must outlive the probe
 * \param ret_where  on ASSAY_EINVAL the piece that is wrong
 * \param ret_why    and what is wrong with it; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status probe_read(struct arena *a, assay_span text, struct probe *ret,
                                        assay_span *ret_where, const char **ret_why);

/**
 * A host name matches one of the DNS-IDs of a certificate (RFC 6125 6.4, RFC 8461 4.1): without case, a
 * wildcard only as the whole left-most label and for exactly one.
 */
bool probe_name_matches(assay_span names, assay_span host) ASSAY_PURE;

/** A version as people write it: "1.2". */
const char *probe_tls_text(enum probe_tls version);

#endif

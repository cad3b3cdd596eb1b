/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mark_own.h What the files of the check of mark certificates share. */
#ifndef BIMI_MARK_OWN_H
#define BIMI_MARK_OWN_H

#include "bimi/mark.h"
#include "crypto/der.h"

#include <openssl/x509.h>

/* Object identifiers as DER content. */

/** basicConstraints (RFC 5280 4.2.1.9). */
#define OID_BASIC_CONSTRAINTS "\x55\x1D\x13"
/** subjectAltName (4.2.1.6). */
#define OID_ALT_NAME "\x55\x1D\x11"
/** keyUsage (4.2.1.3). */
#define OID_KEY_USAGE "\x55\x1D\x0F"
/** nameConstraints (4.2.1.10). */
#define OID_NAME_CONSTRAINTS "\x55\x1D\x1E"
/** cRLDistributionPoints (4.2.1.13). */
#define OID_CRL_POINTS "\x55\x1D\x1F"
/** certificatePolicies (4.2.1.4). */
#define OID_POLICIES "\x55\x1D\x20"
/** extKeyUsage (4.2.1.12). */
#define OID_EXT_KEY_USAGE "\x55\x1D\x25"
/** logotype (RFC 3709 4.1). */
#define OID_LOGOTYPE "\x2B\x06\x01\x05\x05\x07\x01\x0C"
/** id-kp-BrandIndicatorforMessageIdentification (VMC 4.4). */
#define OID_FOR_BIMI "\x2B\x06\x01\x05\x05\x07\x03\x1F"
/** The list of signed certificate timestamps (RFC 6962 3.3). */
#define OID_SCTS "\x2B\x06\x01\x04\x01\xD6\x79\x02\x04\x02"
/** 1.3.6.1.4.1.53087: what the mark certificate profile names. */
#define OID_MARKS "\x2B\x06\x01\x04\x01\x83\x9E\x5F"
/** The type of the mark, in the subject. */
#define OID_MARK_TYPE OID_MARKS "\x01\x0D"
/** The pilot extension. */
#define OID_PILOT OID_MARKS "\x04\x01"

/** A certificate of the chain. Spans lie in the arena. */
struct mark_cert {
    assay_span der;
    assay_span tbs;             /**< content of TBSCertificate */
    assay_span serial;          /**< content of the INTEGER */
    assay_span issuer, subject; /**< content of Name */
    assay_span spki;            /**< SubjectPublicKeyInfo, whole */
    assay_span extensions;      /**< content of Extensions; empty: none */
    int64_t from, to;
    bool ca; /**< basicConstraints says so */
    X509 *x; /**< OpenSSL's; NULL: not made yet */
};

/** The certificates of a file. */
struct mark_chain {
    struct mark_cert certs[LIMIT_MARK_CERTS];
    size_t n;
    size_t unreadable;   /**< blocks that hold none */
    const char *problem; /**< it holds none that can be read, or more than are looked at */
    size_t leaf;         /**< which one is the mark certificate */
    const struct mark_cert *issuer; /**< of the leaf, by name and signature; NULL: not there */
};

/** A check in progress. */
struct mark_run {
    struct assay_engine *engine;
    struct arena *arena;
    const struct mark_request *request;
    struct mark_chain chain;
    struct mark_report *report;
    struct mark_lint *lints;
    bool no_memory;
};

/* ---- mark_cert.c ---- */

/**
 * Find the next certificate of a PEM text.
 *
 * \param rest    advanced behind it
 * \param before  set to the text in front of it
 * \param ret     its octets, in the arena; empty when its base64 is broken
 * \return ASSAY_DONE; ASSAY_MORE: there is none; ASSAY_ENOMEM
 */
assay_status mark_next_pem(struct arena *a, const char *label, assay_span *rest, assay_span *before,
                           assay_span *ret);

/** Take a certificate's DER apart. \return false when it is none */
bool mark_cert_read(assay_span der, struct mark_cert *ret);

/** OpenSSL's object for a certificate. \return ASSAY_DONE, ASSAY_EINVAL: it refuses it, ASSAY_ENOMEM */
assay_status mark_cert_open(const struct assay_engine *engine, struct mark_cert *cert);

/** All certificates of a file, and which is the leaf. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status mark_chain_read(const struct assay_engine *engine, struct arena *a, assay_span pem,
                             struct mark_chain *ret);

/** Give OpenSSL's objects back. */
void mark_chain_done(struct mark_chain *chain);

/** Take one element of any tag off the front. \param whole  with its head; may be NULL */
bool mark_take_any(assay_span *in, unsigned char *tag, assay_span *whole, assay_span *content);

/** An extension's value. \param critical  may be NULL \return false when there is none */
bool mark_extension(const struct mark_cert *cert, assay_span oid, assay_span *value,
                    bool *critical);

/** The n-th extension. \return false behind the last */
bool mark_next_extension(assay_span *rest, assay_span *oid, assay_span *value, bool *critical);

/** A SEQUENCE of object identifiers has that one. \param others  set when it has others; may be NULL */
bool mark_has_oid(assay_span value, assay_span oid, bool *others);

/** The first value of an attribute of a name; empty: none. */
assay_span mark_attribute(assay_span name, assay_span oid);

/** A time of X.509 (RFC 5280 4.1.2.5). \return false when it is none */
bool mark_time_read(unsigned char tag, assay_span content, int64_t *ret);

/** OpenSSL failed for want of memory, and noted it. */
bool mark_memory_is_out(void);

/**
 * There is memory just now. When OpenSSL gets none it often says no without a word of why, so a no counts
 * only when it is said twice, with memory to spare after each.
 */
bool mark_memory_to_spare(void);

/** A name as people read it: "Example VMC CA, Example Inc.". */
assay_span mark_name_text(struct mark_run *run, assay_span name);

/** A formatted text in the arena; empty, and no_memory set, when memory is out. */
assay_span mark_printf(struct mark_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- the steps; each fills its part of the report ---- */

assay_status mark_path(struct mark_run *run);     /**< mark_path.c */
assay_status mark_scts(struct mark_run *run);     /**< mark_sct.c */
void mark_domains(struct mark_run *run);          /**< mark_domain.c */
assay_status mark_logotype(struct mark_run *run); /**< mark_logo.c */
void mark_profile(struct mark_run *run);          /**< mark_profile.c */

/** What a logotype extension holds. */
struct mark_logo {
    assay_span media_type;   /**< of the image that is an SVG, else of the first one */
    assay_span sha1, sha256; /**< listed digests; empty: not listed */
    size_t nhashes;          /**< of all algorithms */
    assay_span uri;          /**< the first one */
    size_t nimages;          /**< in it */
    const char *problem;     /**< NULL; else why there is no image */
};

/** Read a logotype extension (RFC 3709 4.1 and its ASN.1 module). */
void mark_logo_read(assay_span value, struct mark_logo *ret);

#endif

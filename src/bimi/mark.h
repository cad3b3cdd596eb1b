/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file mark.h
 * Mark certificates, VMC and CMC: do they prove a logo? (draft-fetch-validation-vmc-wchuang-11)
 *
 * mark_check() takes the PEM chain of `a=`, the roots, the logs and the record's names, and tells each step of
 * section 5.1 to 5.3 apart:
 *
 *     mark_cert.c     3.3: the certificates of a file; a strict reader of their DER (RFC 5280 4.1)
 *     mark_path.c     5.1(1): the path to a root, by OpenSSL, at the time given; 4.4: the key usage
 *     mark_sct.c      5.1(4): signed certificate timestamps, verified with the keys of known logs (RFC 6962 3.2)
 *     mark_domain.c   5.2: the names
 *     mark_logo.c     5.3(6): the logotype, its document and its digests (RFC 3709)
 *     mark_profile.c  5.3(8): the rest of the profile
 *     mark_crl.c      5.1(3): revocation, which wants the CRL that the certificate names: mark.crl_url is fetched by
 *                     the caller and given to mark_revoked()
 */
#ifndef BIMI_MARK_H
#define BIMI_MARK_H

#include "base/arena.h"
#include "bimi/svg.h"
#include "crypto/engine.h"

/** Yes, no, could not tell. */
enum mark_truth { MARK_NO, MARK_YES, MARK_UNKNOWN };

/** What is checked against. */
struct mark_request {
    assay_span pem;      /**< the chain, leaf first or not */
    assay_span roots;    /**< PEM with comment lines, as data/mark-roots.pem; empty: not known */
    assay_span logs;     /**< lines `NAME BASE64-SPKI`, as data/ct-logs; empty: not known */
    assay_span selector; /**< "default" */
    assay_span record_domain, author,
        org; /**< canonical; empty: not asked for (assay bimi vmc without --domain) */
    int64_t now;
};

/** One thing outside the profile. */
struct mark_lint {
    assay_span text; /**< one sentence */
    const char *ref;
};

/** What was found. Spans live as long as the arena. */
struct mark_report {
    bool is_chain;         /**< at least one certificate could be read */
    const char *problem;   /**< else why not */
    enum mark_truth chain; /**< it leads to a root, and leaf and issuer are for marks (4.4, 5.1) */
    assay_span chain_problem;
    assay_span root; /**< the subject of the root that it leads to */
    bool cut_off;    /**< issued behind the date up to which some receivers trust that root */
    assay_span cut_off_text; /**< the date and what else the list says of it */
    int64_t from, to;        /**< of the leaf */
    assay_span subject, issuer;
    assay_span serial;   /**< hexadecimal */
    enum mark_truth sct; /**< an SCT of a known log verifies (4.6) */
    assay_span sct_log, sct_problem;
    enum mark_truth domain; /**< a name of the certificate is for this record (5.2) */
    assay_span names;       /**< dNSNames, parted by commas */
    enum mark_truth logo;   /**< the logotype holds an SVG whose listed hash is right (5.3) */
    assay_span logo_problem;
    struct svg_report drawing;     /**< of the embedded document; all zero: none */
    assay_span svg;                /**< the same as drawing.document; empty: none */
    assay_span mark_type;          /**< "Registered Mark" ...; empty: none, as before 2023 */
    bool common;                   /**< a Common Mark Certificate: prior use, modified mark */
    bool pilot;                    /**< the pilot extension is there */
    assay_span crl_url;            /**< empty: none named */
    bool sha1_only;                /**< only the SHA-1 of the logo is listed */
    const struct mark_lint *lints; /**< outside the profile (4, 5.3(8)); LIMIT_MARK_LINTS at most */
    size_t nlints;
};

/** Check a chain. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status mark_check(struct assay_engine *engine, struct arena *a,
                                        const struct mark_request *request,
                                        struct mark_report *ret);

/**
 * Whether a CRL, DER or PEM, signed by the issuer in the chain and not out of date, lists the leaf.
 *
 * \param ret  MARK_UNKNOWN: it is no CRL of that issuer, or out of date, or not for all reasons and certificates
 */
ASSAY_NODISCARD assay_status mark_revoked(struct assay_engine *engine, assay_span pem,
                                          assay_span crl, int64_t now, enum mark_truth *ret);

/**
 * Two documents are the same, octet for octet but for their line ends (5.3(7)).
 */
bool mark_same_logo(assay_span a, assay_span b) ASSAY_PURE;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file body.h Digests of a body that streams by: one for each canonicalization, with snapshots for
 * l= (RFC 6376 3.4, 3.5).
 *
 * Which digests are wanted is fixed at the end of the header; then the body arrives in pieces of
 * any cut and nothing of it is kept.
 */
#ifndef MAIL_BODY_H
#define MAIL_BODY_H

#include "base/limits.h"
#include "crypto/digest.h"

/** Canonicalizations of RFC 6376 3.4. */
enum canon { CANON_SIMPLE, CANON_RELAXED };

/** The length that means the whole body. */
#define BODY_WHOLE UINT64_MAX

/** A digest of the first `length` canonical octets. */
struct body_digest {
    uint64_t length;
    bool known;
    uint8_t sha256[SHA256_SIZE];
};

/** Octets that gather before they are hashed. */
enum { BODY_STAGE = 2048 };

/** One canonicalization of the body, streaming. */
struct body_stream {
    bool wanted;
    bool blank, cr;     /* a blank run, a CR: read but not passed on */
    size_t staged;      /* of `stage` */
    uint64_t octets;    /* canonical octets so far */
    uint64_t line_ends; /* CRLFs held back: they vanish at the end of the body */
    size_t n, next;     /* of `snapshots`: all, and those taken */
    struct digest digest;
    struct body_digest
        snapshots[LIMIT_BODY_LENGTHS + 1]; /* by length, ascending; the whole body last */
    char stage[BODY_STAGE +
               64]; /* canonical octets; whole blocks are copied, so there is room for one more */
};

/** All of a body that is wanted. */
struct body {
    struct body_stream streams[2];
    bool begun, ended;
    bool given;  /* the digests came from outside, not from a body */
    bool failed; /* memory ran out on the way: no digest of this body will ever be known */
};

/** Set up, with nothing wanted. */
void body_init(struct body *b);

/**
 * Want a digest; before the body begins.
 *
 * \param length  canonical octets, or BODY_WHOLE
 * \return ASSAY_DONE; ASSAY_EINVAL: too many different lengths
 */
ASSAY_NODISCARD assay_status body_want(struct body *b, enum canon canon, uint64_t length);

/** Begin, once nothing more is wanted. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status body_begin(struct body *b, const struct assay_engine *engine);

/**
 * Add a piece, cut anywhere. A bare LF counts as CRLF, a bare CR as any octet.
 *
 * \return ASSAY_DONE; ASSAY_ENOMEM, and from then on always: a piece half read cannot be read again
 */
ASSAY_NODISCARD assay_status body_add(struct body *b, assay_span piece);

/** The body is complete. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status body_end(struct body *b);

/** Take a digest from outside in place of the body. \return ASSAY_DONE, ASSAY_EINVAL (too many) */
ASSAY_NODISCARD assay_status body_give(struct body *b, enum canon canon, uint64_t length,
                                       const uint8_t sha256[SHA256_SIZE]);

/** Canonical octets of the whole body; after body_end(). */
uint64_t body_length(const struct body *b, enum canon canon);

/**
 * The digest of a length, or NULL when the body is shorter or it was not wanted; after body_end().
 */
const struct body_digest *body_find(const struct body *b, enum canon canon, uint64_t length);

/** Give the memory back. */
void body_done(struct body *b);

#endif

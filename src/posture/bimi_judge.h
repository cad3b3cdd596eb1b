/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file bimi_judge.h
 * The checks of BIMI, in the order of docs/findings.md: bimi_record.c the record and DMARC, bimi_logo.c the
 * logo, bimi_mark.c the certificate, bimi_views.c what large receivers do with all that.
 */
#ifndef POSTURE_BIMI_JUDGE_H
#define POSTURE_BIMI_JUDGE_H

#include "posture/emit.h"

/** There is one record, and it does not decline. */
bool bimi_asks_for_logo(const struct posture *p);

/** The body of a GET that gave 200; else empty. */
assay_span bimi_document(const struct asked *q);

/** BIMI-DMARC: sets dmarc_ok. */
void bimi_judge_dmarc(struct posture *p);

/** BIMI-FETCH of the logo, BIMI-SVG, -ACTIVE, -SHAPE: sets logo_ok. */
void bimi_judge_logo(struct posture *p);

/** BIMI-FETCH of the evidence, BIMI-CERT-..., BIMI-LOGO-DIFFERS: sets mark_ok. */
void bimi_judge_mark(struct posture *p);

/** The views of receivers. */
void bimi_judge_views(struct posture *p);

/**
 * BIMI-FETCH of one document.
 *
 * \param what    "logo" or "evidence": the reason word
 * \param wrong   why what came is none; NULL: it is one
 * \return YES: it was had, and is one
 */
enum truth bimi_judge_fetch(struct posture *p, const struct asked *q, assay_span uri,
                            const char *what, const char *wrong);

#endif

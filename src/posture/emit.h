/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file emit.h
 * How an area says what a check came to.
 *
 *     if (lookups > 10) {
 *         struct finding *f = hit(p, F_SPF_LOOKUPS, ASSAY_ERROR, p->domain, NULL);
 *
 *         say(p, f, "%u terms ask the DNS; receivers stop at 10", lookups);
 *         show(p, f, &p->apex.txt, record, SPAN_EMPTY);
 *         publish(p, f, "TXT", p->domain, record, better);
 *     } else {
 *         judged(p, F_SPF_LOOKUPS, known ? NO : UNKNOWN, p->domain, &missing);
 *     }
 *
 * Memory that is out sticks in the evaluation: the step ends with ASSAY_ENOMEM and judging is done
 * again. So nothing here has to be checked. Spans that are handed in live as long as the evaluation
 * (facts, keep), or come from posture_printf().
 *
 * Checks of areas that do not apply to the profile are dropped here (docs/findings.md 4); so is, in a
 * scan, what is unknown because it was not asked.
 */
#ifndef POSTURE_EMIT_H
#define POSTURE_EMIT_H

#include "posture/posture.h"

/**
 * The condition holds.
 *
 * \param reason  a word of the row's reasons, or NULL
 * \return never NULL; something to write into even when the check does not apply to the profile
 */
struct finding *hit(struct posture *p, enum finding_id id, enum assay_outcome severity,
                    assay_span subject, const char *reason);

/** The condition does not hold. */
void pass(struct posture *p, enum finding_id id, assay_span subject);

/**
 * It could not be told.
 *
 * \param missing  the answer that was missed; NULL: `cause` says it
 * \param cause    a few words; NULL: what the answer says
 */
void unknown(struct posture *p, enum finding_id id, assay_span subject, const struct asked *missing,
             const char *cause);

/** pass() for NO, unknown() for UNKNOWN; YES does nothing: the caller hits. */
void judged(struct posture *p, enum finding_id id, enum truth holds, assay_span subject,
            const struct asked *missing);

/** Set the sentence: what was found, with its figures. */
void say(struct posture *p, struct finding *f, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Add a piece of evidence: an answer.
 *
 * \param record  the record of the answer it is about; empty: the answer as a whole
 * \param part    a span inside `record`; empty: all of it
 */
void show(struct posture *p, struct finding *f, const struct asked *q, assay_span record,
          assay_span part);

/** Set the note of the last piece of evidence: the sum that was done. */
void note(struct posture *p, struct finding *f, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Add a record to publish. `before` empty: there is none yet; `after` empty: remove it. */
void publish(struct posture *p, struct finding *f, const char *type, assay_span name,
             assay_span before, assay_span after);

/** Add something to do that is no record. */
void advise(struct posture *p, struct finding *f, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Some finding of this id hit, for any subject; or for `subject` where it is not empty. */
bool has_hit(const struct posture *p, enum finding_id id, assay_span subject);

/** Some finding of this id is unknown, for any subject; or for `subject` where it is not empty. */
bool has_unknown(const struct posture *p, enum finding_id id, assay_span subject);

/** A formatted text that lives as long as the evaluation; empty when memory is out. */
assay_span posture_printf(struct posture *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** `n` zeroed objects of `size` in keep, or NULL with the evaluation marked out of memory. */
void *posture_get(struct posture *p, size_t n, size_t size);

/** Data of an answer as people read it: the record, or NXDOMAIN and such. */
assay_span asked_answer(struct posture *p, const struct asked *q);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file intake.h
 * A message on its way into a flow, by the calls of assay.h: which of them is in order, and what is
 * lost for good when memory runs out. All flows take their messages in by these.
 */
#ifndef MAIL_INTAKE_H
#define MAIL_INTAKE_H

#include "mail/message.h"

#include <assay/assay.h>

/** Looks at a header that is complete and wants digests. \return ASSAY_DONE, ASSAY_ENOMEM */
typedef assay_status intake_prepare_fn(void *arg);

/** A message coming in. */
struct intake {
    struct message message;
    intake_prepare_fn *prepare; /**< called until it is done once */
    void *arg;
    bool prepared;     /**< that was */
    bool header_given; /**< by intake_header(), or none: by intake_eoh() */
    bool broken;       /**< memory ran out in the middle of the message: there will be no verdict */
};

/** Begin. `looking`: flags of enum message_fault that matter. */
void intake_init(struct intake *in, const struct assay_engine *engine, unsigned looking,
                 intake_prepare_fn *prepare, void *arg);

/** All of the message has come: give back what only reading took. */
void intake_settle(struct intake *in);

/** Give the memory back. */
void intake_done(struct intake *in);

/** Nothing of the header has come. */
static inline bool intake_begins(const struct intake *in)
{
    return !in->message.header.n && in->message.stage == MESSAGE_HEADER;
}

/** All of the message has come. */
static inline bool intake_complete(const struct intake *in)
{
    return in->message.stage == MESSAGE_END;
}

/** Octets of the body are looked at: a digest is wanted, or faults are. */
bool intake_wants_body(const struct intake *in);

/** A field: assay_header(). */
assay_status intake_header(struct intake *in, assay_span name, assay_span value);

/** The header is complete: assay_eoh(). */
assay_status intake_eoh(struct intake *in);

/** A piece of the body: assay_body(). */
assay_status intake_body(struct intake *in, assay_span chunk);

/** A digest in place of the body: assay_body_digest(). */
assay_status intake_body_digest(struct intake *in, assay_span canonicalization, uint64_t length,
                                assay_span sha256);

/** The message is complete: assay_eom(). */
assay_status intake_eom(struct intake *in);

/** Raw octets: assay_feed(). */
assay_status intake_feed(struct intake *in, assay_span raw);

#endif

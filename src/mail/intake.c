/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/intake.h"

void intake_init(struct intake *in, const struct assay_engine *engine, unsigned looking,
                 intake_prepare_fn *prepare, void *arg)
{
    message_init(&in->message, engine, looking);
    in->prepare = prepare;
    in->arg = arg;
    in->prepared = in->header_given = in->broken = false;
}

void intake_settle(struct intake *in)
{
    buf_done(&in->message.line);
    body_done(&in->message.body);
}

void intake_done(struct intake *in)
{
    message_done(&in->message);
}

bool intake_wants_body(const struct intake *in)
{
    const struct message *m = &in->message;

    return m->looking || m->body.streams[CANON_SIMPLE].wanted ||
           m->body.streams[CANON_RELAXED].wanted;
}

/** Look at the header, once. */
static assay_status prepare(struct intake *in)
{
    assay_status s = in->prepared ? ASSAY_DONE : in->prepare(in->arg);

    in->prepared |= s == ASSAY_DONE;
    return s;
}

assay_status intake_header(struct intake *in, assay_span name, assay_span value)
{
    if (in->message.stage != MESSAGE_HEADER || in->message.raw)
        return ASSAY_EORDER;
    in->header_given = true;
    return message_header(&in->message, name, value);
}

/** The header ends, whoever says so. */
static assay_status end_header(struct intake *in)
{
    assay_status s = message_eoh(&in->message);

    return s == ASSAY_DONE ? prepare(in) : s;
}

assay_status intake_eoh(struct intake *in)
{
    if (in->message.stage > MESSAGE_EOH || in->message.raw)
        return ASSAY_EORDER;
    in->header_given = true;
    return end_header(in);
}

/** What is lost in the middle of the message is lost for good. */
static assay_status lasting(struct intake *in, assay_status s)
{
    in->broken |= s == ASSAY_ENOMEM;
    return s;
}

assay_status intake_body(struct intake *in, assay_span chunk)
{
    if (!in->prepared || in->message.raw || intake_complete(in) || in->message.body.given)
        return ASSAY_EORDER;
    return in->broken ? ASSAY_ENOMEM : lasting(in, message_body(&in->message, chunk));
}

assay_status intake_body_digest(struct intake *in, assay_span canonicalization, uint64_t length,
                                assay_span sha256)
{
    bool relaxed = span_iis(canonicalization, "relaxed");

    if (!in->prepared || in->message.stage != MESSAGE_EOH)
        return ASSAY_EORDER;
    if (sha256.n != SHA256_SIZE || (!relaxed && !span_iis(canonicalization, "simple")))
        return ASSAY_EINVAL;
    return body_give(&in->message.body, relaxed ? CANON_RELAXED : CANON_SIMPLE, length,
                     (const uint8_t *)sha256.p);
}

assay_status intake_eom(struct intake *in)
{
    assay_status s;

    if (in->broken)
        return ASSAY_ENOMEM;
    if (intake_complete(in) || (!in->prepared && in->header_given))
        return ASSAY_EORDER;
    if ((s = end_header(in)) != ASSAY_DONE)
        return s;
    return lasting(in, message_eom(&in->message));
}

/** Read raw octets: of the header until it ends, then of the body. */
static assay_status read_raw(struct intake *in, assay_span raw)
{
    assay_status s = ASSAY_DONE;

    if (in->message.stage == MESSAGE_HEADER && (s = message_feed(&in->message, &raw)) < 0)
        return s;
    if (in->message.stage == MESSAGE_HEADER)
        return ASSAY_DONE;
    if ((s = prepare(in)) != ASSAY_DONE)
        return s;
    return raw.n ? message_body(&in->message, raw) : ASSAY_DONE;
}

assay_status intake_feed(struct intake *in, assay_span raw)
{
    if (in->header_given || intake_complete(in) || in->message.body.given)
        return ASSAY_EORDER;
    return in->broken ? ASSAY_ENOMEM : lasting(in, read_raw(in, raw));
}

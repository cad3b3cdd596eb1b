/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file socketmap_stream.c The socketmap service on a stream: socketmap.h's session, driven.
 *
 * One request at a time is answered; what a peer sends ahead is held back, up to a limit.
 */
#include "daemon/socketmap.h"

#include "daemon/drive.h"
#include "daemon/protocols.h"

enum { HELD_MAX = 65536, OUT_MAX = 65536, ANSWER_MS = 5000 };

/** One connection. */
struct service {
    struct stream *stream;
    struct socketmap_session session;
    struct assay_srs settings;
    struct drive drive;
    struct buf held; /* octets that came while a request was waiting for its answer */
};

/** Which count belongs to an answer (socketmap_table(5)); the map `check` says OK where it refuses. */
static enum metric metric_of(const struct service *s, assay_span out)
{
    assay_span data = span_from(out, span_find(out, ':') + 1);
    bool check = s->session.map == SOCKETMAP_CHECK;

    if (span_starts(data, SPAN("NOTFOUND")))
        return METRIC_SRS_KEPT;
    if (span_starts(data, SPAN("TEMP")) || (check && span_starts(data, SPAN("OK 4"))))
        return METRIC_SRS_UNKNOWN;
    return span_starts(data, SPAN("OK ")) && !check ? METRIC_SRS_REWRITTEN : METRIC_SRS_REFUSED;
}

/** Count what was answered, and put it where it is sent. */
static void take_output(struct service *s)
{
    assay_span out = socketmap_output(&s->session);

    if (!out.n)
        return;
    metrics_add(s->stream->worker->metrics, metric_of(s, out), 1);
    buf_put(&s->stream->out, out);
    socketmap_sent(&s->session, out.n);
}

/** The driver is done with the request. What it could not ask, for want of memory, stays unanswered. */
static void conclude(struct service *s, assay_status status)
{
    (void)drive_take(&s->drive);
    if (status < 0)
        assay_give_up(s->session.eval);
    socketmap_answered(&s->session);
}

/** Take octets, as far as no request waits. \return false: the connection ends */
static bool serve(struct service *s, assay_span octets)
{
    while (octets.n && !s->session.eval && !s->session.closing) {
        octets = span_from(octets, socketmap_input(&s->session, octets, s->stream->worker->now));
        if (s->session.eval) {
            assay_status status;

            drive_begin(&s->drive, s->session.eval);
            if ((status = drive_step(&s->drive)) == ASSAY_NEED)
                drive_hurry(&s->drive, ANSWER_MS);
            else
                conclude(s, status);
        }
        take_output(s);
    }
    buf_put(&s->held, octets);
    return !s->session.closing && s->held.status == ASSAY_DONE;
}

/** The answer of a request has come. */
static void ready(void *arg, assay_status status)
{
    struct service *s = arg;
    struct stream *stream = s->stream;
    struct buf held;
    bool goes_on;

    conclude(s, status);
    take_output(s);
    held = s->held;
    s->held = buf_new(HELD_MAX);
    goes_on = serve(s, buf_span(&held));
    buf_done(&held);
    if (goes_on)
        stream_flush(stream);
    else
        stream_finish(stream);
}

static bool input(struct stream *stream, assay_span octets)
{
    struct service *s = stream->state;

    if (!s->session.eval)
        return serve(s, octets);
    buf_put(&s->held, octets);
    return s->held.status == ASSAY_DONE;
}

static void opened(struct stream *stream)
{
    struct service *s = stream->state;

    s->stream = stream;
    s->held = buf_new(HELD_MAX);
    s->settings = config_srs_request(stream->config);
    socketmap_init(&s->session, stream->worker->engine, &s->settings);
    drive_init(&s->drive, stream->worker, ready, s);
}

static void closed(struct stream *stream)
{
    struct service *s = stream->state;

    (void)drive_take(&s->drive);
    socketmap_done(&s->session);
    buf_done(&s->held);
}

const struct stream_protocol socketmap_protocol = {.size = sizeof(struct service),
                                                   .most_out = OUT_MAX,
                                                   .opened = opened,
                                                   .input = input,
                                                   .closed = closed};

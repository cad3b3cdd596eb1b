/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file milter_session.c One milter connection: an MTA tells of clients and their messages, and is
 * told what to do with each.
 *
 * One message:
 *
 *     CONNECT, HELO      noted
 *     MAIL               outbound (authenticated, an internal client, or the listener says so) or inbound: an evaluation
 *                        begins, and its first step asks what SPF wants to know
 *     RCPT, HEADER       handed on; no reply is waited for (NR_...)
 *     EOH                a step: keys and policies are asked for, all at once
 *     BODY               streams through; where nobody wants it, SKIP
 *     EOB                the last steps; while answers are missing, PROGRESS; then the edits and the reply in one write
 *     ABORT              whatever there is of a message is thrown away
 *
 * What comes out of order, cannot be read or is over a limit ends this connection, which the MTA
 * takes for a filter that is not there (milter_default_action). What fails on our side - memory, time
 * - is a TEMPFAIL of this message.
 */
#include "base/ip.h"
#include "base/limits.h"
#include "daemon/drive.h"
#include "daemon/front.h"
#include "daemon/log.h"
#include "daemon/milter_answer.h"
#include "daemon/outcome.h"
#include "daemon/protocols.h"
#include "world/clock.h"

#include <stdlib.h>
#include <time.h>

/** Where a connection is. */
enum state {
    STATE_NEW,     /**< nothing agreed */
    STATE_AGREED,  /**< no client yet */
    STATE_CLIENT,  /**< a client, and no message */
    STATE_MAIL,    /**< the envelope */
    STATE_HEADER,  /**< fields */
    STATE_BODY,    /**< behind the header */
    STATE_WAITING, /**< the message is complete, answers are missing */
    STATE_OVER     /**< this message was answered before its end; the rest is passed over */
};

/** Texts of the envelope and of the client; each is replaced by the next. */
enum { TEXT_MAX = 1024, OUT_MAX = 1 << 20 };

/** How long answers may take once the message is there (RFC 7208 4.6.4: 20 s), and between two signs of life. */
enum { ANSWERS_MS = 20000, PROGRESS_MS = 10000 };

/** One connection. */
struct session {
    struct stream *stream;
    const struct config_listener *listener; /**< of facts.config, once there is a message */
    struct milter_reader reader;
    struct milter_offer agreed;
    enum state state;
    struct drive drive;
    struct drive srs; /**< the sender's address being rewritten; no evaluation: it stays */
    struct event progress;
    bool body_wanted;
    bool lacking; /**< a fact of the client or the message found no memory: nothing can be judged */
    size_t header_bytes, header_count;
    const char *refusal;        /**< STATE_OVER: why it is refused for good; NULL: for now */
    struct message_facts facts; /**< what outcome.c is told */
    struct buf host, address, helo, mail_from, user, queue_id,
        recipient; /* what `facts` points to */
};

/* ---- what is agreed ---- */

/** What we may do, and how the steps are to go: every reply that is not waited for is a round trip less. */
static const struct milter_offer WANTED = {
    .version = MILTER_VERSION,
    .actions = MILTER_F_ADDHDRS | MILTER_F_CHGHDRS | MILTER_F_QUARANTINE | MILTER_F_CHGFROM |
               MILTER_F_SETSYMLIST,
    .steps = MILTER_P_NOUNKNOWN | MILTER_P_NODATA | MILTER_P_NR_CONN | MILTER_P_NR_HELO |
             MILTER_P_NR_MAIL | MILTER_P_NR_RCPT | MILTER_P_NR_HDR | MILTER_P_NR_EOH |
             MILTER_P_NR_BODY | MILTER_P_SKIP | MILTER_P_HDR_LEADSPC,
};

/** The macros that are used; there is no other way to learn these. */
static const assay_span MACROS[MILTER_STAGES] = {
    [MILTER_M_CONNECT] = {"j", 1},
    [MILTER_M_HELO] = {"j", 1},
    [MILTER_M_MAIL] = {"i {auth_authen}", 15},
    [MILTER_M_RCPT] = {"i", 1},
    [MILTER_M_DATA] = {"i", 1},
    [MILTER_M_EOB] = {"i", 1},
    [MILTER_M_EOH] = {"i", 1},
};

static bool on_offer(struct session *s, assay_span data)
{
    struct milter_offer offered;

    if (s->state != STATE_NEW || !milter_offer_read(data, &offered) ||
        !milter_agree(&offered, &WANTED, &s->agreed))
        return false;
    if (s->stream->over) /* CONNECT will be answered */
        s->agreed.steps &= ~(uint32_t)MILTER_P_NR_CONN;
    s->reader.max = MILTER_MAX;
    s->state = STATE_AGREED;
    return milter_put_agreed(&s->stream->out, &s->agreed, MACROS) == ASSAY_DONE;
}

/** Go on: a reply, unless it was agreed that there is none. */
static bool go_on(struct session *s, uint32_t no_reply)
{
    return s->agreed.steps & no_reply ||
           milter_put(&s->stream->out, MILTER_R_CONTINUE) == ASSAY_DONE;
}

/* ---- what is kept ---- */

/**
 * Keep a text in place of the one before. When memory is out it is empty, which must not be taken for
 * a null sender, a local client, a user who is not authenticated: `lacking` says so.
 */
static assay_span keep(struct session *s, struct buf *b, assay_span text)
{
    if (!b->max)
        *b = buf_new(TEXT_MAX);
    buf_clear(b);
    buf_put(b, span_first(text, TEXT_MAX));
    s->lacking |= b->status != ASSAY_DONE;
    return buf_span(b);
}

/** Forget the message, not the client. */
static void forget_message(struct session *s)
{
    drive_end(&s->drive);
    drive_end(&s->srs);
    event_del(&s->progress);
    s->header_bytes = s->header_count = 0;
    s->refusal = NULL;
    s->facts.queue_id = s->facts.user = s->facts.mail_from = s->facts.recipient_domain = SPAN_EMPTY;
    s->facts.nrecipients = 0;
    if (s->state > STATE_CLIENT)
        s->state = STATE_CLIENT;
}

/** Macros: the queue id and the authenticated user matter. */
static bool on_macros(struct session *s, assay_span data)
{
    struct milter_macros macros;
    assay_span name, value;

    if (!milter_macros_read(data, &macros))
        return false;
    if (macros.command == MILTER_C_MAIL) /* absent: nobody is authenticated (any more) */
        s->facts.user = SPAN_EMPTY;
    while (milter_macro_cut(&macros.pairs, &name, &value)) {
        if (span_is(name, "i") && value.n)
            s->facts.queue_id = keep(s, &s->queue_id, value);
        if (span_is(name, "auth_authen"))
            s->facts.user = keep(s, &s->user, value);
        if (span_is(name, "j") && value.n)
            s->facts.hostname = keep(s, &s->host, value);
    }
    return true;
}

/* ---- the client ---- */

static bool on_connect(struct session *s, assay_span data)
{
    struct milter_connect c;

    if (s->state < STATE_AGREED || !milter_connect_read(data, &c))
        return false;
    forget_message(s);
    s->lacking = false;
    s->facts.ip = c.family == '4' || c.family == '6' ? keep(s, &s->address, c.address) : SPAN_EMPTY;
    s->facts.local = c.family == 'L';
    s->facts.helo = SPAN_EMPTY;
    s->state = STATE_CLIENT;
    if (s->stream->over)
        return milter_put(&s->stream->out, MILTER_R_TEMPFAIL) == ASSAY_DONE;
    return go_on(s, MILTER_P_NR_CONN);
}

static bool on_helo(struct session *s, assay_span data)
{
    if (s->state < STATE_CLIENT)
        return false;
    forget_message(s);
    s->facts.helo = keep(s, &s->helo, milter_text(data));
    return go_on(s, MILTER_P_NR_HELO);
}

/* ---- a message that cannot go on ---- */

/** Answer the message before its end: what comes of it is passed over, EOB gets the reply. */
static bool give_up(struct session *s, enum metric why)
{
    drive_end(&s->drive);
    drive_end(&s->srs);
    metrics_add(s->stream->worker->metrics, why, 1);
    s->state = STATE_OVER;
    return true;
}

/** A call into the library came to nothing good. */
static bool went_wrong(struct session *s, assay_status status)
{
    return status == ASSAY_EORDER || status == ASSAY_EINVAL ? false
                                                            : give_up(s, METRIC_NO_VERDICT_FAILURE);
}

/* ---- the envelope ---- */

/**
 * Take the newest configuration, or that of the connection where the newest does not listen here. The
 * message has it to its end, and so has what is kept of it: its policy is of that configuration too.
 */
static void choose_config(struct session *s)
{
    struct config *c = s->stream->worker->config;

    if (!(s->listener = config_listener_like(c, s->stream->listener))) {
        c = s->stream->config;
        s->listener = s->stream->listener;
    }
    config_free(s->facts.config);
    s->facts.config = config_ref(c);
    s->facts.listener = span_of(s->listener->name);
}

static bool on_mail(struct session *s, assay_span data)
{
    struct milter_path path;
    assay_status status;

    if (s->state != STATE_CLIENT || !milter_path_read(data, &path))
        return false;
    choose_config(s);
    s->facts.mail_from = keep(s, &s->mail_from, path.address);
    s->facts.outbound = config_direction(s->facts.config, s->listener->direction, s->facts.ip,
                                         s->facts.user, s->facts.local, NULL) == DIRECTION_OUT;
    s->facts.began = world_now();
    s->state = STATE_MAIL;
    status = s->lacking ? ASSAY_ENOMEM : message_begin(&s->drive, s->listener->policy, &s->facts);
    if (status == ASSAY_DONE && (status = drive_step(&s->drive)) >= 0)
        return go_on(s, MILTER_P_NR_MAIL);
    return went_wrong(s, status == ASSAY_EINVAL ? ASSAY_ENOMEM : status) &&
           go_on(s, MILTER_P_NR_MAIL);
}

/**
 * Begin to rewrite the sender, when the message goes on to somebody who is not here (SRS). One sender
 * stands for all recipients, so one of them elsewhere is enough.
 */
static assay_status rewrite_sender(struct session *s, assay_span recipient)
{
    const struct config *c = s->facts.config;
    struct assay_srs request;
    assay_eval *eval;
    assay_status status;

    if (!c->srs.on || !c->srs.milter || s->srs.eval || !s->facts.mail_from.n ||
        config_is_local(c, recipient))
        return ASSAY_DONE;
    request = config_srs_request(c);
    request.now = s->stream->worker->now;
    request.address = s->facts.mail_from;
    if ((status = assay_srs_new(s->stream->worker->engine, &request, &eval)) != ASSAY_DONE)
        return status;
    drive_begin(&s->srs, eval);
    status = drive_step(&s->srs);
    return status < 0 ? status : ASSAY_DONE;
}

static bool on_rcpt(struct session *s, assay_span data)
{
    struct milter_path path;
    assay_status status;

    if (s->state == STATE_OVER)
        return go_on(s, MILTER_P_NR_RCPT);
    if (s->state != STATE_MAIL || !milter_path_read(data, &path))
        return false;
    if (s->facts.nrecipients >= LIMIT_RECIPIENTS)
        return give_up(s, METRIC_NO_VERDICT_LIMIT) && go_on(s, MILTER_P_NR_RCPT);
    if (s->facts.nrecipients++ == 0) {
        size_t at = span_rfind(path.address, '@');

        s->facts.recipient_domain =
            keep(s, &s->recipient,
                 at < path.address.n ? span_from(path.address, at + 1) : SPAN_EMPTY);
    }
    if ((status = assay_rcpt(s->drive.eval, path.address)) == ASSAY_DONE)
        status = rewrite_sender(s, path.address);
    if (status != ASSAY_DONE && !went_wrong(s, status))
        return false;
    return go_on(s, MILTER_P_NR_RCPT);
}

/* ---- the message ---- */

/** The header is over what is configured: the message is refused, and the rest of it passed over. */
static bool is_over(struct session *s, size_t n)
{
    const struct config *c = s->facts.config;

    s->header_bytes += n;
    s->header_count++;
    if (s->header_bytes <= c->header_bytes && s->header_count <= c->header_count)
        return false;
    give_up(s, METRIC_NO_VERDICT_LIMIT);
    s->refusal = "The header is over a limit";
    return true;
}

static bool on_header(struct session *s, assay_span data)
{
    struct milter_header h;
    assay_status status;

    if (s->state == STATE_OVER)
        return go_on(s, MILTER_P_NR_HDR);
    if (s->state == STATE_MAIL)
        s->state = STATE_HEADER;
    if (s->state != STATE_HEADER || !milter_header_read(data, &h))
        return false;
    if (is_over(s, data.n))
        return go_on(s, MILTER_P_NR_HDR);
    if (!(s->agreed.steps & MILTER_P_HDR_LEADSPC) && h.value.n &&
        h.value.p[0] != '\n') { /* one blank was taken away */
        char *value = malloc(h.value.n + 1);

        if (!value)
            return give_up(s, METRIC_NO_VERDICT_FAILURE) && go_on(s, MILTER_P_NR_HDR);
        value[0] = ' ';
        memcpy(value + 1, h.value.p, h.value.n);
        status = assay_header(s->drive.eval, h.name, (assay_span){value, h.value.n + 1});
        free(value);
    } else {
        status = assay_header(s->drive.eval, h.name, h.value);
    }
    if (status != ASSAY_DONE && !went_wrong(s, status))
        return false;
    return go_on(s, MILTER_P_NR_HDR);
}

static bool on_eoh(struct session *s)
{
    assay_status status;

    if (s->state == STATE_OVER)
        return go_on(s, MILTER_P_NR_EOH);
    if (s->state != STATE_MAIL && s->state != STATE_HEADER)
        return false;
    s->state = STATE_BODY;
    if ((status = assay_eoh(s->drive.eval)) == ASSAY_DONE && (status = drive_step(&s->drive)) >= 0)
        s->body_wanted = assay_wants_body(s->drive.eval);
    else if (!went_wrong(s, status))
        return false;
    return go_on(s, MILTER_P_NR_EOH);
}

/** A piece of the body. */
static bool take_body(struct session *s, assay_span data)
{
    assay_status status;

    if (s->state != STATE_BODY)
        return s->state == STATE_OVER;
    if (!data.n || !s->body_wanted)
        return true;
    if ((status = assay_body(s->drive.eval, data)) == ASSAY_DONE)
        return true;
    return went_wrong(s, status);
}

static bool on_body(struct session *s, assay_span data)
{
    bool skip;

    if (!take_body(s, data))
        return false;
    skip = s->agreed.steps & MILTER_P_SKIP && (s->state == STATE_OVER || !s->body_wanted);
    if (skip && !(s->agreed.steps & MILTER_P_NR_BODY))
        return milter_put(&s->stream->out, MILTER_R_SKIP) == ASSAY_DONE;
    return go_on(s, MILTER_P_NR_BODY);
}

/* ---- the end of the message ---- */

/** What is to be answered. */
static struct milter_answer answer_of(const struct session *s)
{
    return (struct milter_answer){.out = &s->stream->out,
                                  .agreed = &s->agreed,
                                  .worker = s->stream->worker,
                                  .facts = &s->facts,
                                  .verdict = assay_result(s->drive.eval),
                                  .sender = s->srs.eval ? assay_srs_result(s->srs.eval) : NULL};
}

/** Answer a message that was given up. */
static bool refuse(struct session *s)
{
    const char *refusal = s->refusal;

    forget_message(s);
    if (refusal)
        return milter_put_reply(&s->stream->out, 552, SPAN("5.3.4"), span_of(refusal)) ==
               ASSAY_DONE;
    return milter_put(&s->stream->out, MILTER_R_TEMPFAIL) == ASSAY_DONE;
}

/** No verdict can be had: try again later. */
static bool tempfail(struct session *s)
{
    give_up(s, METRIC_NO_VERDICT_FAILURE);
    return refuse(s);
}

/** The verdict is there: keep it, answer, and be ready for the next message. */
static bool finish(struct session *s)
{
    const struct milter_answer answer = answer_of(s);

    if (milter_answer(&answer) != ASSAY_DONE)
        return tempfail(s); /* no row: the message will come again */
    outcome_keep(s->stream->worker, &s->facts, s->drive.eval); /* before the answer is sent */
    outcome_remember(s->stream->worker, &s->facts, drive_take(&s->drive));
    forget_message(s);
    return true;
}

/** Both evaluations are there. */
static bool is_complete(const struct session *s)
{
    return assay_result(s->drive.eval) && (!s->srs.eval || assay_srs_result(s->srs.eval));
}

/** Wait for what is missing, not for ever. */
static void wait_for_answers(struct session *s)
{
    struct timeval wait = world_wait(PROGRESS_MS);

    s->state = STATE_WAITING;
    if (!assay_result(s->drive.eval))
        drive_hurry(&s->drive, ANSWERS_MS);
    if (s->srs.eval && !assay_srs_result(s->srs.eval))
        drive_hurry(&s->srs, ANSWERS_MS);
    evtimer_add(&s->progress, &wait);
}

/** What a step came to, when the message is complete. */
static bool stepped(struct session *s, assay_status status)
{
    if (status < 0 || status == ASSAY_MORE)
        return tempfail(s);
    if (is_complete(s))
        return finish(s);
    if (s->state != STATE_WAITING)
        wait_for_answers(s);
    return true;
}

static bool on_eob(struct session *s, assay_span data)
{
    assay_status status;

    if (!take_body(s, data))
        return false;
    if (s->state == STATE_OVER)
        return refuse(s);
    if (s->lacking)
        return tempfail(s);
    s->facts.came = world_now_us();
    status = assay_eom(s->drive.eval);
    return status == ASSAY_DONE ? stepped(s, drive_step(&s->drive)) : tempfail(s);
}

/** The MTA would take silence for a filter that hangs. */
static void progress(evutil_socket_t fd, short what, void *arg)
{
    struct session *s = arg;
    struct timeval wait = world_wait(PROGRESS_MS);

    (void)fd;
    (void)what;
    evtimer_add(&s->progress, &wait);
    if (milter_put(&s->stream->out, MILTER_R_PROGRESS) == ASSAY_DONE)
        stream_flush(s->stream);
    else
        stream_close(s->stream);
}

/** Answers have come while the message was on its way, or waited for at its end. */
static void ready(void *arg, assay_status status)
{
    struct session *s = arg;
    struct stream *stream = s->stream;

    if (s->state != STATE_WAITING) {
        if (status < 0)
            give_up(s, METRIC_NO_VERDICT_FAILURE);
        return;
    }
    if (stepped(s, status))
        stream_flush(stream);
    else
        stream_close(stream);
}

/* ---- packets ---- */

static bool on_abort(struct session *s)
{
    forget_message(s);
    return true;
}

static bool on_quit_nc(struct session *s)
{
    forget_message(s);
    if (s->state > STATE_AGREED)
        s->state = STATE_AGREED;
    return true;
}

/** Act on one packet. \return false: the connection ends */
static bool act(struct session *s, const struct milter_packet *p)
{
    if (s->state == STATE_WAITING && p->command != MILTER_C_ABORT && p->command != MILTER_C_QUIT &&
        p->command != MILTER_C_QUIT_NC)
        return false; /* nothing may come before our reply */
    if (s->state == STATE_NEW && p->command != MILTER_C_OPTNEG)
        return false;
    switch (p->command) {
    case MILTER_C_OPTNEG: return on_offer(s, p->data);
    case MILTER_C_MACRO: return on_macros(s, p->data);
    case MILTER_C_CONNECT: return on_connect(s, p->data);
    case MILTER_C_HELO: return on_helo(s, p->data);
    case MILTER_C_MAIL: return on_mail(s, p->data);
    case MILTER_C_RCPT: return on_rcpt(s, p->data);
    case MILTER_C_HEADER: return on_header(s, p->data);
    case MILTER_C_EOH: return on_eoh(s);
    case MILTER_C_BODY: return on_body(s, p->data);
    case MILTER_C_EOB: return on_eob(s, p->data);
    case MILTER_C_ABORT: return on_abort(s);
    case MILTER_C_QUIT_NC: return on_quit_nc(s);
    case MILTER_C_DATA: return go_on(s, MILTER_P_NR_DATA);
    case MILTER_C_UNKNOWN: return go_on(s, MILTER_P_NR_UNKN);
    default: return false; /* QUIT, and what nobody knows */
    }
}

/** A message takes longer to come than it may. */
static bool is_late(const struct session *s)
{
    return s->state > STATE_CLIENT && s->state != STATE_WAITING &&
           world_now() - s->facts.began > (int64_t)s->facts.config->message_ms;
}

/** Act on all packets that have come. \return false: the connection ends */
static bool act_on_all(struct session *s, assay_span octets)
{
    struct metrics *m = s->stream->worker->metrics;
    struct milter_packet packet;
    assay_status status;

    if (is_late(s)) {
        metrics_add(m, METRIC_CLOSED_LATE, 1);
        return false;
    }
    while ((status = milter_read(&s->reader, &octets, &packet)) == ASSAY_DONE) {
        if (act(s, &packet))
            continue;
        if (packet.command != MILTER_C_QUIT)
            metrics_add(m, METRIC_CLOSED_PROTOCOL, 1);
        return false;
    }
    if (status != ASSAY_MORE)
        metrics_add(m, METRIC_CLOSED_PROTOCOL, 1);
    return status == ASSAY_MORE;
}

static bool input(struct stream *stream, assay_span octets)
{
    int64_t began = world_now_us();
    bool goes_on = act_on_all(stream->state, octets);

    metrics_add(stream->worker->metrics, METRIC_STAGE_WORK, world_now_us() - began);
    return goes_on;
}

static void opened(struct stream *stream)
{
    struct session *s = stream->state;

    s->stream = stream;
    s->facts.listener = s->facts.hostname = s->facts.ip = s->facts.helo = s->facts.mail_from =
        s->facts.user = s->facts.queue_id = s->facts.recipient_domain = SPAN_EMPTY;
    drive_init(&s->drive, stream->worker, ready, s);
    drive_init(&s->srs, stream->worker, ready, s);
    evtimer_assign(&s->progress, stream->worker->loop, progress, s);
}

static void closed(struct stream *stream)
{
    struct session *s = stream->state;
    struct buf *texts[] = {&s->host, &s->address,  &s->helo,     &s->mail_from,
                           &s->user, &s->queue_id, &s->recipient};

    forget_message(s);
    milter_reader_done(&s->reader);
    config_free(s->facts.config);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        buf_done(texts[i]);
}

const struct stream_protocol milter_protocol = {.size = sizeof(struct session),
                                                .most_out = OUT_MAX,
                                                .opened = opened,
                                                .input = input,
                                                .closed = closed};

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file check.c The check service: mail servers without milters, such as Exim, ask by lines what a milter
 * would be told by packets.
 *
 * One connection is one message:
 *
 *     check_request.c    octets are a request: the envelope, the header, where the body is
 *     check_spool.c      the body, where it is a file
 *     check.c            an evaluation is begun when the header is there, and fed; when it has its verdict,
 *                        outcome.c keeps what is kept of every message
 *     check_reply.c      one line; the connection ends
 *
 * What cannot be read or judged is answered too, by verdict="defer" and why.
 *
 * SECURITY: who may write to this socket may have messages judged, and signed. Its permissions decide
 * that (check.mode, check.group).
 */
#include "base/ip.h"
#include "base/limits.h"
#include "daemon/check_reply.h"
#include "daemon/check_request.h"
#include "daemon/check_spool.h"
#include "daemon/drive.h"
#include "daemon/front.h"
#include "daemon/log.h"
#include "daemon/outcome.h"
#include "daemon/protocols.h"
#include "world/clock.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/**
 * How long answers may take once the message is there (RFC 7208 4.6.4: 20 s); octets of a reply; and those of a body that
 * are read in a turn of the loop, so that others have theirs.
 */
enum { ANSWERS_MS = 20000, OUT_MAX = 16 << 20, PIECE = 64 << 10 };

/** Where a connection is. */
enum state {
    STATE_REQUEST, /**< the request comes */
    STATE_OVER,    /**< it comes, and is passed over: what it gets is known */
    STATE_SPOOL,   /**< the body is read from its file */
    STATE_WAITING, /**< the message is complete, answers are missing */
    STATE_ANSWERED
};

/** One connection. */
struct check {
    struct stream *stream;
    struct check_request request;
    struct message_facts facts;
    struct buf domain; /* of the first recipient */
    struct header header;
    struct drive drive;
    enum state state;
    struct event late;   /* the request takes longer to come than it may */
    struct event more;   /* the next piece of the file */
    int spool;           /* -1: none */
    bool after_cr;       /* the last octet fed was a CR */
    const char *refusal; /* STATE_OVER: why it is refused for good; NULL: for now */
};

/* ---- answers ---- */

/** Nothing is to come any more. */
static void conclude(struct check *c)
{
    c->state = STATE_ANSWERED;
    event_del(&c->late);
    event_del(&c->more);
}

/** Answer that no verdict can be had now. */
static bool defer(struct check *c, const char *text)
{
    metrics_add(c->stream->worker->metrics, METRIC_NO_VERDICT_FAILURE, 1);
    check_reply_without("defer", 451, "4.3.0", span_of(text), &c->stream->out);
    conclude(c);
    return false;
}

/** Answer what is no request, and tell whoever looks after the mail server. */
static bool refuse_request(struct check *c, const char *why)
{
    struct worker *w = c->stream->worker;

    log_words(front_log(w->front), LOG_IS_WARNING, "check", "a request is refused: %s", why);
    metrics_add(w->metrics, METRIC_CLOSED_PROTOCOL, 1);
    check_reply_without("defer", 451, "4.3.0", span_of(why), &c->stream->out);
    conclude(c);
    return false;
}

/** Answer with the verdict. */
static bool finish(struct check *c)
{
    struct worker *w = c->stream->worker;
    struct buf *out = &c->stream->out;

    outcome_keep(w, &c->facts, c->drive.eval);
    check_reply(assay_result(c->drive.eval), &c->header, out);
    if (out->status != ASSAY_DONE) { /* nothing half done */
        buf_clear(out);
        check_reply_without("defer", 451, "4.3.0", SPAN("out of memory"), out);
    }
    outcome_remember(w, &c->facts, drive_take(&c->drive));
    conclude(c);
    return false;
}

/** What a step came to, when the message is complete. */
static bool stepped(struct check *c, assay_status s)
{
    if (s < 0 || s == ASSAY_MORE)
        return defer(c, "out of memory");
    if (assay_result(c->drive.eval))
        return finish(c);
    if (c->state != STATE_WAITING)
        drive_hurry(&c->drive, ANSWERS_MS);
    c->state = STATE_WAITING;
    return true;
}

/* ---- the message ---- */

/** Is the message one that this site sends, not one that it receives? */
static bool is_outbound(const struct check *c)
{
    assay_span word = check_value(&c->request, CHECK_DIRECTION);
    enum direction said = span_is(word, "in")    ? DIRECTION_IN
                          : span_is(word, "out") ? DIRECTION_OUT
                                                 : DIRECTION_AUTO;

    return config_direction(c->facts.config, said, c->facts.ip, c->facts.user, c->facts.local,
                            NULL) == DIRECTION_OUT;
}

/** Take what the request says of the envelope. */
static void take_envelope(struct check *c)
{
    struct message_facts *f = &c->facts;
    const struct check_request *r = &c->request;

    f->config = config_ref(c->stream->worker->config);
    f->ip = check_value(r, CHECK_IP);
    f->local = !f->ip.n;
    f->helo = check_value(r, CHECK_HELO);
    f->mail_from = check_value(r, CHECK_FROM);
    f->user = check_value(r, CHECK_USER);
    f->queue_id = check_value(r, CHECK_QUEUE);
    if (check_value(r, CHECK_LISTENER).n)
        f->listener = check_value(r, CHECK_LISTENER);
    f->outbound = is_outbound(c);
    f->hostname = f->config->hostname.n ? f->config->hostname : f->config->system_name;
}

/** Name the recipients. */
static assay_status give_recipients(struct check *c)
{
    assay_span rest = check_value(&c->request, CHECK_TO), address;
    assay_status s = ASSAY_DONE;

    while (s == ASSAY_DONE && check_next_address(&rest, &address)) {
        if (c->facts.nrecipients++ == 0) {
            size_t at = span_rfind(address, '@');

            buf_put(&c->domain, at < address.n ? span_from(address, at + 1) : SPAN_EMPTY);
            c->facts.recipient_domain = buf_span(&c->domain);
        }
        s = assay_rcpt(c->drive.eval, address);
    }
    return s;
}

/** Feed octets, each line end a CRLF: Exim's is LF, which is no fault of the message. */
static assay_status feed(struct check *c, assay_span octets)
{
    struct buf wire = buf_new(2 * octets.n + 2);
    assay_status s;

    while (octets.n) {
        size_t n = span_find(octets, '\n');
        assay_span line = span_first(octets, n);

        buf_put(&wire, line);
        if (line.n)
            c->after_cr = line.p[line.n - 1] == '\r';
        if (n == octets.n)
            break;
        buf_puts(&wire, c->after_cr ? "\n" : "\r\n");
        c->after_cr = false;
        octets = span_from(octets, n + 1);
    }
    s = wire.status == ASSAY_DONE ? assay_feed(c->drive.eval, buf_span(&wire)) : ASSAY_ENOMEM;
    buf_done(&wire);
    return s < 0 ? s : ASSAY_DONE;
}

/** The message is refused for its header; the rest of the request is passed over. */
static bool pass_over(struct check *c)
{
    c->state = STATE_OVER;
    c->refusal = "The header is over a limit";
    metrics_add(c->stream->worker->metrics, METRIC_NO_VERDICT_LIMIT, 1);
    return true;
}

/** Envelope and header are there: ask all that can be asked. */
static bool on_header(struct check *c)
{
    assay_span header = check_value(&c->request, CHECK_HEADER);
    bool ended = header.n && header.p[header.n - 1] == '\n';
    assay_status s;

    take_envelope(c);
    s = check_header_read(header, &c->header);
    if (s == ASSAY_EINVAL || (s == ASSAY_DONE && c->header.n > c->facts.config->header_count))
        return pass_over(c);
    if (s == ASSAY_DONE &&
        (s = message_begin(&c->drive, c->facts.config->policy, &c->facts)) == ASSAY_DONE &&
        (s = give_recipients(c)) == ASSAY_DONE && (s = feed(c, header)) == ASSAY_DONE &&
        (s = feed(c, ended || !header.n ? SPAN("\n") : SPAN("\n\n"))) == ASSAY_DONE)
        s = drive_step(&c->drive);
    return s >= 0 || defer(c, "out of memory");
}

/** The message is complete. */
static bool on_end(struct check *c)
{
    assay_status s;

    event_del(&c->late);
    c->facts.came = world_now_us();
    if ((s = assay_eom(c->drive.eval)) != ASSAY_DONE)
        return defer(c, "out of memory");
    return stepped(c, drive_step(&c->drive));
}

/* ---- the file ---- */

/** Send what is to be sent, from outside input(); the connection goes on, or ends. */
static void settle(struct check *c, bool goes_on)
{
    if (goes_on)
        stream_flush(c->stream);
    else
        stream_finish(c->stream);
}

/** Read a piece of the file. */
static bool read_piece(struct check *c)
{
    char room[PIECE];
    ssize_t n;

    do
        n = read(c->spool, room, sizeof room);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return refuse_request(c, "spool: it cannot be read");
    if (n == 0)
        return on_end(c);
    if (feed(c, (assay_span){room, (size_t)n}) != ASSAY_DONE)
        return defer(c, "out of memory");
    event_active(&c->more, EV_TIMEOUT, 1);
    return true;
}

static void more(evutil_socket_t fd, short what, void *arg)
{
    struct check *c = arg;

    (void)fd;
    (void)what;
    settle(c, read_piece(c));
}

/** Begin to read the file. */
static bool open_spool(struct check *c)
{
    const char *folder = c->stream->listener->spool, *why = "no folder is configured: check.spool";
    char text[256];

    if (folder)
        c->spool = check_spool_open(folder, check_value(&c->request, CHECK_SPOOL), &why);
    if (c->spool < 0) {
        snprintf(text, sizeof text, "spool: %s", why);
        return refuse_request(c, text);
    }
    c->state = STATE_SPOOL;
    if (!assay_wants_body(c->drive.eval))
        return on_end(c);
    event_active(&c->more, EV_TIMEOUT, 1);
    return true;
}

/* ---- the request ---- */

/** The request has come to its end. */
static bool on_complete(struct check *c)
{
    if (c->state == STATE_OVER && !c->refusal)
        return defer(c, "too many connections");
    if (c->state == STATE_OVER) {
        check_reply_without("reject", 552, "5.3.4", span_of(c->refusal), &c->stream->out);
        conclude(c);
        return false;
    }
    return check_given(&c->request, CHECK_SPOOL) ? open_spool(c) : on_end(c);
}

/** Act on what was read. \return false: the connection ends */
static bool act(struct check *c, enum check_event event, assay_span piece)
{
    switch (event) {
    case CHECK_MORE: return true;
    case CHECK_HAS_HEADER: return c->state == STATE_OVER || on_header(c);
    case CHECK_HAS_BODY:
        return c->state == STATE_OVER || feed(c, piece) == ASSAY_DONE || defer(c, "out of memory");
    case CHECK_IS_COMPLETE: return on_complete(c);
    case CHECK_IS_TOO_LONG: return c->state == STATE_OVER || pass_over(c);
    case CHECK_IS_BAD: return refuse_request(c, c->request.why);
    case CHECK_NO_MEMORY: break;
    }
    return defer(c, "out of memory");
}

static bool input(struct stream *stream, assay_span octets)
{
    struct check *c = stream->state;
    int64_t began = world_now_us();
    bool goes_on = true;

    while (goes_on && octets.n && c->state <= STATE_OVER) {
        assay_span piece = SPAN_EMPTY;
        enum check_event event = check_request_read(&c->request, &octets, &piece);

        goes_on = act(c, event, piece);
    }
    metrics_add(stream->worker->metrics, METRIC_STAGE_WORK, world_now_us() - began);
    return goes_on;
}

/** The client says no more: an answer that is on its way is still wanted. */
static bool ended(struct stream *stream)
{
    const struct check *c = stream->state;

    return c->state >= STATE_SPOOL;
}

/** Answers have come. */
static void ready(void *arg, assay_status s)
{
    struct check *c = arg;

    if (c->state == STATE_WAITING)
        settle(c, stepped(c, s));
    else if (s < 0)
        settle(c, defer(c, "out of memory"));
}

static void late(evutil_socket_t fd, short what, void *arg)
{
    struct check *c = arg;

    (void)fd;
    (void)what;
    settle(c, defer(c, "the request took too long to come"));
}

static void opened(struct stream *stream)
{
    struct check *c = stream->state;
    struct timeval wait = world_wait(stream->config->message_ms);

    c->stream = stream;
    c->state = stream->over ? STATE_OVER : STATE_REQUEST;
    c->spool = -1;
    c->domain = buf_new(LIMIT_CHECK_LINE);
    check_request_init(&c->request, stream->config->header_bytes);
    header_init(&c->header);
    c->facts = (struct message_facts){.listener = span_of(stream->listener->name),
                                      .recipient_domain = SPAN_EMPTY,
                                      .began = world_now()};
    drive_init(&c->drive, stream->worker, ready, c);
    evtimer_assign(&c->late, stream->worker->loop, late, c);
    event_assign(&c->more, stream->worker->loop, -1, 0, more, c);
    evtimer_add(&c->late, &wait);
}

static void closed(struct stream *stream)
{
    struct check *c = stream->state;

    drive_end(&c->drive);
    event_del(&c->late);
    event_del(&c->more);
    if (c->spool >= 0)
        close(c->spool);
    check_request_done(&c->request);
    header_done(&c->header);
    buf_done(&c->domain);
    config_free(c->facts.config);
}

const struct stream_protocol check_protocol = {.size = sizeof(struct check),
                                               .most_out = OUT_MAX,
                                               .opened = opened,
                                               .input = input,
                                               .ended = ended,
                                               .closed = closed};

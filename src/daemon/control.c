/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file control.c The control socket: what `assay why` and `assay reload` talk to.
 *
 * One line asks, one answer comes, `OK LENGTH` or `NO LENGTH` and so many octets:
 *
 *     why ID                    the newest message of that queue id or Message-ID, as a .case
 *     not-signed ADDRESS [CLIENT [USER]]
 *                               what signing would come to for a message of that author from that client, as a .case
 *     reload                    read the configuration anew
 *     metrics                   as /metrics
 *     version
 *
 * SECURITY: who may write to this socket sees envelopes and headers of messages. Its permissions
 * decide that (control.mode, control.group).
 */
#include "base/ip.h"
#include "daemon/drive.h"
#include "daemon/front.h"
#include "daemon/http.h"
#include "daemon/lines.h"
#include "daemon/protocols.h"
#include "daemon/why.h"

enum { LINE_MAX_OCTETS = 4096, ANSWER_MAX = 16 << 20, SIGN_MS = 20000 };

/** One connection. */
struct control {
    struct stream *stream;
    struct lines lines;
    struct drive drive; /* of not-signed */
    bool waiting;       /* an answer is on its way */
};

/** Answer. */
static void answer(struct control *c, bool ok, assay_span text)
{
    struct buf *out = &c->stream->out;

    buf_printf(out, "%s %zu\n", ok ? "OK" : "NO", text.n);
    buf_put(out, text);
}

/* ---- why ---- */

/** Find a message among the last of all workers. */
static void why(struct control *c, assay_span id)
{
    struct buf text = buf_new(ANSWER_MAX);
    bool found = false;
    struct worker *w;

    for (unsigned i = 0; !found && (w = front_worker(c->stream->worker->front, i)); i++) {
        buf_clear(&text);
        found = why_find(w->why, span_trim(id), &text);
    }
    if (found)
        answer(c, true, buf_span(&text));
    else
        answer(c, false, SPAN("it is not among the messages that are kept (why.keep)"));
    buf_done(&text);
}

/** Takes the text of a case. */
static assay_status put(void *out, assay_span text)
{
    buf_put(out, text);
    return ((struct buf *)out)->status;
}

/** The evaluation of not-signed is over. */
static void signed_or_not(void *arg, assay_status status)
{
    struct control *c = arg;
    struct buf text = buf_new(ANSWER_MAX);
    bool fine =
        status == ASSAY_DONE &&
        assay_case_write(c->drive.eval, SPAN_EMPTY, ASSAY_CASE_DIGESTS, put, &text) == ASSAY_DONE;

    answer(c, fine, fine ? buf_span(&text) : SPAN("out of memory"));
    buf_done(&text);
    drive_end(&c->drive);
    if (c->waiting) {
        c->waiting = false;
        stream_flush(c->stream);
    }
}

/** Sign a message that has nothing but its author, and throw it away. */
static assay_status try_to_sign(struct control *c, assay_span address, assay_span ip,
                                assay_span user)
{
    struct worker *w = c->stream->worker;
    const struct config *config = c->stream->config; /* lives until the answer, reload or not */
    struct assay_envelope envelope = {.size = sizeof envelope,
                                      .now = w->now,
                                      .ip = ip,
                                      .helo = SPAN_EMPTY,
                                      .mail_from = address,
                                      .hostname = config->hostname,
                                      .listener = SPAN_EMPTY,
                                      .user = user};
    assay_eval *eval;
    assay_status s = assay_send_new(w->engine, config->policy, &envelope, &eval);
    struct buf from = buf_new(LINE_MAX_OCTETS);

    if (s != ASSAY_DONE)
        return s;
    drive_begin(&c->drive, eval);
    buf_puts(&from, " <");
    buf_put(&from, address);
    buf_putc(&from, '>');
    if ((s = assay_header(eval, SPAN("From"), buf_span(&from))) == ASSAY_DONE &&
        (s = assay_eoh(eval)) == ASSAY_DONE && (s = assay_eom(eval)) == ASSAY_DONE)
        s = drive_step(&c->drive);
    buf_done(&from);
    return s;
}

/** not-signed ADDRESS [CLIENT [USER]] */
static void not_signed(struct control *c, assay_span rest)
{
    assay_span address, client = SPAN_EMPTY, user = SPAN_EMPTY;
    struct ip ip;
    assay_status s;

    span_cut(&rest, ' ', &address);
    if (span_cut(&rest, ' ', &client))
        (void)span_cut(&rest, ' ', &user);
    if (span_find(address, '@') == address.n || (client.n && !ip_read(client, &ip))) {
        answer(c, false, SPAN("not-signed takes ADDRESS [CLIENT [USER]]"));
        return;
    }
    if ((s = try_to_sign(c, address, client, user)) == ASSAY_NEED) {
        c->waiting = true;
        drive_hurry(&c->drive, SIGN_MS);
    } else {
        signed_or_not(c, s);
    }
}

/* ---- reload ---- */

/** The master has said what it came to. The connection may be gone: it is found again by its number. */
static void reloaded(void *arg, assay_span text)
{
    struct worker *w = arg;
    struct stream *s;

    LIST_FOREACH(s, &w->streams, link)
    {
        struct control *c = s->state;

        if (s->protocol != &control_protocol || !c->waiting || c->drive.eval)
            continue;
        answer(c, !text.n, text);
        c->waiting = false;
        stream_flush(s);
        return;
    }
}

/* ---- commands ---- */

/** Have the configuration read anew. */
static void reload(struct control *c)
{
    struct worker *w = c->stream->worker;
    const char *why = front_reload(w->front, w, reloaded, w);

    c->waiting = !why;
    if (why)
        answer(c, false, span_of(why));
}

/** /metrics, as text. */
static void metrics(struct control *c)
{
    struct buf text = buf_new(ANSWER_MAX);

    http_metrics(c->stream->worker->front, &text);
    answer(c, true, buf_span(&text));
    buf_done(&text);
}

/** Act on one line. */
static void act(struct control *c, assay_span line)
{
    assay_span rest = line, command;

    span_cut(&rest, ' ', &command);
    if (span_is(command, "why"))
        why(c, rest);
    else if (span_is(command, "not-signed"))
        not_signed(c, span_trim(rest));
    else if (span_is(command, "metrics"))
        metrics(c);
    else if (span_is(command, "version"))
        answer(c, true, span_of(assay_version()));
    else if (span_is(command, "reload"))
        reload(c);
    else
        answer(c, false,
               SPAN("why ID, not-signed ADDRESS [CLIENT [USER]], reload, metrics, version"));
}

static bool input(struct stream *stream, assay_span octets)
{
    struct control *c = stream->state;
    assay_status s = ASSAY_MORE;
    assay_span line;

    while (!c->waiting && (s = lines_next(&c->lines, &octets, &line)) == ASSAY_DONE)
        act(c, line);
    return s == ASSAY_MORE || (c->waiting && !octets.n); /* who asks waits for the answer */
}

static void opened(struct stream *stream)
{
    struct control *c = stream->state;

    c->stream = stream;
    c->lines.held = buf_new(LINE_MAX_OCTETS);
    drive_init(&c->drive, stream->worker, signed_or_not, c);
}

static void closed(struct stream *stream)
{
    struct control *c = stream->state;

    drive_end(&c->drive);
    buf_done(&c->lines.held);
}

const struct stream_protocol control_protocol = {.size = sizeof(struct control),
                                                 .most_out = ANSWER_MAX + 64,
                                                 .opened = opened,
                                                 .input = input,
                                                 .closed = closed};

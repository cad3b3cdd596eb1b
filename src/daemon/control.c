/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file control.c The control socket: what `assay why`, `assay status` and `assay reload` talk to.
 *
 * One line asks (request.h), one answer comes, `OK LENGTH` or `NO LENGTH` and so many octets:
 *
 *     why ID                    the newest message of that queue id or Message-ID, as a .case
 *     list [N]                  the last N messages, the newest first, a line of JSON each (20)
 *     not-signed ADDRESS [CLIENT [USER]]
 *                               what signing would come to for a message of that author from that client: a line of
 *                               JSON that says which way each milter would take it, then a .case
 *     status                    how the daemon is, as a line of JSON
 *     reload                    read the configuration anew; NO: complaints, a line each
 *     metrics                   as /metrics
 *     version
 *
 * Questions are answered one after the other; who sends another one while an answer is on its way
 * is cut off.
 *
 * SECURITY: who may write to this socket sees envelopes and headers of messages, and gets a signature
 * of a message that says what it is for. Its permissions decide that (control.mode, control.group).
 */
#include "base/json.h"
#include "daemon/drive.h"
#include "daemon/front.h"
#include "daemon/http.h"
#include "daemon/lines.h"
#include "daemon/protocols.h"
#include "daemon/request.h"
#include "daemon/status.h"
#include "daemon/why.h"

#include <stdlib.h>

enum { ANSWER_MAX = 16 << 20, SIGN_MS = 20000 };

/** One connection. */
struct control {
    struct stream *stream;
    struct lines lines;
    struct drive drive;    /* of not-signed */
    struct config *config; /* of not-signed: it outlives the evaluation */
    struct buf said;       /* of not-signed: the line of JSON */
    bool waiting;          /* an answer is on its way */
    bool ended;            /* nothing more is asked */
    uint64_t reload;       /* the number of the reload that is waited for; 0: none */
};

/** Answer. */
static void answer(struct control *c, bool ok, assay_span text)
{
    struct buf *out = &c->stream->out;

    buf_printf(out, "%s %zu\n", ok ? "OK" : "NO", text.n);
    buf_put(out, text);
}

/** An answer that was waited for is there: send it. May free the connection. */
static void send_answer(struct control *c)
{
    c->waiting = false;
    c->reload = 0;
    if (c->ended)
        stream_finish(c->stream);
    else
        stream_flush(c->stream);
}

/** Answer with a text that was made, or say that it was not. */
static void answer_made(struct control *c, struct buf *text)
{
    bool fine = text->status == ASSAY_DONE;

    answer(c, fine, fine ? buf_span(text) : SPAN("out of memory"));
    buf_done(text);
}

/* ---- why, list ---- */

/** The worker that keeps the newest message of that id, and its place. \return NULL: none does */
static struct worker *seek(const struct control *c, assay_span id, uint64_t before,
                           uint64_t *ret_place)
{
    struct worker *w, *best = NULL;

    *ret_place = 0;
    for (unsigned i = 0; (w = front_worker(c->stream->worker->front, i)); i++) {
        uint64_t place = why_seek(w->why, id, before);

        if (place > *ret_place) {
            *ret_place = place;
            best = w;
        }
    }
    return best;
}

/** why ID */
static void why(struct control *c, assay_span id)
{
    struct buf text = buf_new(ANSWER_MAX);
    uint64_t place;
    const struct worker *w = seek(c, id, UINT64_MAX, &place);

    if (w && why_case(w->why, place, &text))
        answer_made(c, &text);
    else
        answer(c, false, SPAN("it is not among the messages that are kept (why.keep)"));
    buf_done(&text);
}

/** list [N] */
static void list(struct control *c, unsigned most)
{
    struct buf text = buf_new(ANSWER_MAX);
    uint64_t place = UINT64_MAX;
    const struct worker *w;

    for (unsigned i = 0; i < most && (w = seek(c, SPAN_EMPTY, place, &place)); i++)
        (void)why_line(w->why, place, &text);
    answer_made(c, &text);
}

/* ---- not-signed ---- */

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

    buf_put(&text, buf_span(&c->said));
    if (status == ASSAY_DONE)
        status = assay_case_write(c->drive.eval, SPAN_EMPTY, ASSAY_CASE_DIGESTS, put, &text);
    if (status != ASSAY_DONE)
        text.status = status;
    answer_made(c, &text);
    drive_end(&c->drive);
    config_free(c->config);
    c->config = NULL;
    buf_done(&c->said);
    if (c->waiting)
        send_answer(c);
}

/** The milter is one where such a message may come in. */
static bool is_milter(const struct config_listener *l)
{
    return l->protocol == &milter_protocol;
}

/**
 * Say which way each milter would take the message.
 *
 * \return the first that would have it signed; else the first; NULL: there is no milter
 */
static const struct config_listener *tell_directions(struct control *c, const struct request *r)
{
    const struct config_listener *first = NULL, *out = NULL;
    struct json j;

    buf_done(&c->said);
    c->said = buf_new(ANSWER_MAX);
    j = json_new(&c->said);
    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "address", r->address);
    json_text(&j, "client", r->client);
    json_text(&j, "user", r->user);
    json_array(&j, "listeners");
    for (size_t i = 0; i < c->config->nlisteners; i++) {
        const struct config_listener *l = &c->config->listeners[i];
        enum direction direction;
        const char *because;

        if (!is_milter(l))
            continue;
        direction = config_direction(c->config, l->direction, r->client, r->user, false, &because);
        first = first ? first : l;
        out = out || direction == DIRECTION_IN ? out : l;
        json_object(&j, NULL);
        json_text(&j, "name", span_of(l->name));
        json_text(&j, "address", span_of(l->address));
        json_text(&j, "direction", direction == DIRECTION_OUT ? SPAN("out") : SPAN("in"));
        json_text(&j, "why", span_of(because));
        json_end(&j);
    }
    json_end(&j);
    json_text(&j, "listener", out || first ? span_of((out ? out : first)->name) : SPAN_EMPTY);
    json_end(&j);
    buf_putc(&c->said, '\n');
    return out ? out : first;
}

/** Give it a message that has an author, and says what it is for: nobody can use its signature. */
static assay_status feed(assay_eval *eval, assay_span address)
{
    struct buf from = buf_new(REQUEST_LINE + 8);
    assay_status s;

    buf_puts(&from, " <");
    buf_put(&from, address);
    buf_putc(&from, '>');
    if ((s = from.status) == ASSAY_DONE)
        s = assay_header(eval, SPAN("From"), buf_span(&from));
    if (s == ASSAY_DONE)
        s = assay_header(eval, SPAN("Subject"), SPAN(" assay why --not-signed"));
    if (s == ASSAY_DONE && (s = assay_eoh(eval)) == ASSAY_DONE && assay_wants_body(eval))
        s = assay_body(eval,
                       SPAN("This was never sent: it was to tell whether it would be signed.\r\n"));
    buf_done(&from);
    return s == ASSAY_DONE ? assay_eom(eval) : s;
}

/** Sign a message of that author, and throw it away. */
static assay_status try_to_sign(struct control *c, const struct request *r,
                                const struct config_listener *l)
{
    const struct worker *w = c->stream->worker;
    struct assay_envelope envelope = {.size = sizeof envelope,
                                      .now = w->now,
                                      .ip = r->client,
                                      .helo = SPAN_EMPTY,
                                      .mail_from = r->address,
                                      .hostname = c->config->hostname,
                                      .listener = l ? span_of(l->name) : SPAN_EMPTY,
                                      .user = r->user};
    assay_eval *eval;
    assay_status s = assay_send_new(w->engine, l ? l->policy : c->config->policy, &envelope, &eval);

    if (s != ASSAY_DONE)
        return s;
    drive_begin(&c->drive, eval);
    s = feed(eval, r->address);
    return s == ASSAY_DONE ? drive_step(&c->drive) : s;
}

/** not-signed ADDRESS [CLIENT [USER]] */
static void not_signed(struct control *c, const struct request *r)
{
    assay_status s;

    config_free(c->config);
    c->config = config_ref(c->stream->worker->config);
    s = try_to_sign(c, r, tell_directions(c, r));
    if (s == ASSAY_NEED) {
        c->waiting = true;
        drive_hurry(&c->drive, SIGN_MS);
    } else {
        signed_or_not(c, s);
    }
}

/* ---- reload ---- */

/** Who waits for a reload: a connection that may be gone before it is over. */
struct asker {
    struct worker *worker;
    uint64_t number;
};

/** The master has said what it came to. */
static void reloaded(void *arg, assay_span text)
{
    struct asker asker = *(struct asker *)arg;
    struct stream *s;

    free(arg);
    LIST_FOREACH(s, &asker.worker->streams, link)
    {
        struct control *c = s->state;

        if (s->protocol != &control_protocol || c->reload != asker.number)
            continue;
        answer(c, !text.n, text);
        send_answer(c);
        return;
    }
}

/** reload */
static void reload(struct control *c)
{
    struct worker *w = c->stream->worker;
    struct asker *asker = malloc(sizeof *asker);
    const char *why;

    if (!asker) {
        answer(c, false, SPAN("out of memory"));
        return;
    }
    *asker = (struct asker){w, ++w->reloads};
    if ((why = front_reload(w->front, w, reloaded, asker))) {
        free(asker);
        answer(c, false, span_of(why));
        return;
    }
    c->waiting = true;
    c->reload = w->reloads;
}

/* ---- commands ---- */

/** Answer with what is made in a buffer. */
static void made(struct control *c, enum request_what what)
{
    struct buf text = buf_new(ANSWER_MAX);

    if (what == REQUEST_METRICS)
        http_metrics(c->stream->worker->front, &text);
    else
        status_write(c->stream->worker, &text);
    answer_made(c, &text);
}

/** Act on one line. */
static void act(struct control *c, assay_span line)
{
    struct request r;
    const char *wrong = request_read(line, &r);

    if (wrong) {
        answer(c, false, span_of(wrong));
        return;
    }
    switch (r.what) {
    case REQUEST_WHY: why(c, r.id); break;
    case REQUEST_LAST: list(c, r.most); break;
    case REQUEST_NOT_SIGNED: not_signed(c, &r); break;
    case REQUEST_STATUS:
    case REQUEST_METRICS: made(c, r.what); break;
    case REQUEST_RELOAD: reload(c); break;
    case REQUEST_VERSION: answer(c, true, span_of(assay_version())); break;
    }
}

static bool input(struct stream *stream, assay_span octets)
{
    struct control *c = stream->state;
    assay_status s = ASSAY_MORE;
    assay_span line;

    if (c->waiting)
        return false; /* who asks waits for the answer */
    while (!c->waiting && stream->out.status == ASSAY_DONE &&
           (s = lines_next(&c->lines, &octets, &line)) == ASSAY_DONE)
        act(c, line);
    return s == ASSAY_MORE || (c->waiting && !octets.n);
}

/** Who has asked, and will ask no more, still waits for the answer. */
static bool ended(struct stream *stream)
{
    struct control *c = stream->state;

    c->ended = true;
    return c->waiting;
}

static void opened(struct stream *stream)
{
    struct control *c = stream->state;

    c->stream = stream;
    c->lines.held = buf_new(REQUEST_LINE);
    drive_init(&c->drive, stream->worker, signed_or_not, c);
}

static void closed(struct stream *stream)
{
    struct control *c = stream->state;

    drive_end(&c->drive);
    config_free(c->config);
    buf_done(&c->said);
    buf_done(&c->lines.held);
}

const struct stream_protocol control_protocol = {.size = sizeof(struct control),
                                                 .most_out = ANSWER_MAX + 64,
                                                 .opened = opened,
                                                 .input = input,
                                                 .ended = ended,
                                                 .closed = closed};

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file write_things.c What was answered by others than the DNS: [web], [smtp], [lists], [recall] of a domain case.
 */
#include "base/base64.h"
#include "base/time.h"
#include "case/write.h"
#include "dns/rdata.h"
#include "fact/fact.h"
#include "probe/probe.h"

#include <stdio.h>

enum { BASE64_LINE = 57 };

/** Facts of one kind becoming lines. */
struct teller {
    struct case_writer *w;
    enum assay_kind kind;
    const char *section;
    size_t n;   /* that were told */
    int64_t at; /* of [recall]: the time that was told last */
};

/** Tell one fact. */
typedef void tell_fn(struct teller *t, const struct assay_question *q,
                     const struct assay_answer *a);

/* ---- documents ---- */

/** The document is lines, ended by LF, or by CRLF; with no other CR. */
static bool is_lines(assay_span body, bool crlf)
{
    for (size_t i = 0; i < body.n; i++) {
        if (body.p[i] == '\n' && crlf && (i == 0 || body.p[i - 1] != '\r'))
            return false;
        if (body.p[i] == '\r' && (!crlf || i + 1 == body.n || body.p[i + 1] != '\n'))
            return false;
    }
    return !body.n || body.p[body.n - 1] == '\n';
}

/** Write lines behind bars. */
static void put_lines(struct case_writer *w, assay_span body, bool crlf)
{
    while (body.n) {
        size_t n = span_find(body, '\n');

        case_puts(w, "| ");
        case_put(w, span_first(body, crlf ? n - 1 : n));
        case_puts(w, "\n");
        body = span_from(body, n + 1);
    }
}

/** Write octets in base64. */
static void put_octets(struct case_writer *w, assay_span body)
{
    char text[(BASE64_LINE + 2) / 3 * 4];

    while (body.n) {
        assay_span piece = span_first(body, BASE64_LINE);

        base64_encode((const uint8_t *)piece.p, piece.n, text);
        case_puts(w, "base64 ");
        case_put(w, (assay_span){text, base64_encoded(piece.n)});
        case_puts(w, "\n");
        body = span_from(body, piece.n);
    }
}

/** Write a document so that it comes back octet for octet. */
static void put_body(struct case_writer *w, assay_span body, bool may_be_crlf)
{
    if (is_lines(body, false)) {
        put_lines(w, body, false);
    } else if (may_be_crlf && is_lines(body, true)) {
        case_puts(w, "lines = crlf\n");
        put_lines(w, body, true);
    } else {
        put_octets(w, body);
    }
}

/* ---- [web] ---- */

/** Words of an answer as a line can hold them. */
static void put_words(struct case_writer *w, assay_span text)
{
    struct buf words = buf_new(text.n + 1);

    for (size_t i = 0; i < text.n; i++)
        buf_putc(&words, text.p[i] > 0 && text.p[i] < ' ' ? '?'
                         : text.p[i] == '\0'              ? '?'
                                                          : text.p[i]);
    if (words.status != ASSAY_DONE)
        w->status = ASSAY_ENOMEM;
    case_put(w, span_trim(buf_span(&words)));
    buf_done(&words);
}

/** Write the line below a GET. */
static void put_status(struct case_writer *w, const struct assay_answer *a)
{
    char text[TIME_TEXT];
    struct buf line = buf_new(64);

    if (a->how == ASSAY_OK)
        buf_printf(&line, "%03d ", a->http < 0 || a->http > 999 ? 0 : a->http);
    else
        buf_printf(&line, "%s ", fact_how_text(a->how));
    if (line.status == ASSAY_ENOMEM)
        w->status = ASSAY_ENOMEM;
    case_put(w, buf_span(&line));
    buf_done(&line);
    put_words(w, a->how == ASSAY_OK ? a->media_type : a->reason);
    if (a->until) {
        case_puts(w, " until=");
        case_put(w, time_text(a->until, text));
    }
    case_puts(w, "\n");
}

/** A URL that a line can hold. */
static bool is_url(assay_span s)
{
    return (span_istarts(s, SPAN("https://")) || span_istarts(s, SPAN("http://"))) &&
           span_printable(s) && span_eq(span_trim(s), s);
}

/** Write a GET with what came. */
static void put_get(struct case_writer *w, assay_span url, const struct assay_answer *a)
{
    if (!is_url(url)) {
        case_puts(w, "; not as it was answered: a URL that no line can hold\n");
        return;
    }
    case_puts(w, "GET ");
    case_put(w, url);
    case_puts(w, "\n");
    put_status(w, a);
    if (a->n)
        put_body(w, a->data[0], true);
}

static void tell_get(struct teller *t, const struct assay_question *q, const struct assay_answer *a)
{
    put_get(t->w, q->name, a);
}

/* ---- [smtp] ---- */

/** Every line of a probe is one of [smtp]. */
static bool is_probe(struct case_writer *w, assay_span text)
{
    assay_span rest = text, line, where;
    const char *why;
    struct probe probe;
    assay_status s;

    if (!is_lines(text, false) || !text.n)
        return false;
    if ((s = probe_read(&w->arena, text, &probe, &where, &why)) != ASSAY_DONE) {
        w->status = s == ASSAY_ENOMEM ? s : w->status;
        return false;
    }
    while (rest.n && span_cut(&rest, '\n', &line))
        if (!line.n || !span_eq(span_trim(line), line) || line.p[0] == ';' || line.p[0] == '[')
            return false;
    return true;
}

static void tell_probe(struct teller *t, const struct assay_question *q,
                       const struct assay_answer *a)
{
    case_puts(t->w, "PROBE ");
    case_put(t->w, q->name);
    case_puts(t->w, "\n");
    if (a->how == ASSAY_OK && a->n && is_probe(t->w, a->data[0])) {
        case_put(t->w, a->data[0]);
        return;
    }
    if (a->how == ASSAY_OK)
        case_puts(t->w, "; not as it was answered: no lines of a probe\n");
    case_puts(t->w, a->how == ASSAY_OK ? "TIMEOUT" : fact_how_text(a->how));
    case_puts(t->w, a->reason.n ? " " : "");
    put_words(t->w, a->reason);
    case_puts(t->w, "\n");
}

/* ---- [lists] ---- */

static void tell_list(struct teller *t, const struct assay_question *q,
                      const struct assay_answer *a)
{
    case_put(t->w, q->name);
    case_puts(t->w, " = ");
    if (a->how == ASSAY_OK && a->n) {
        case_puts(t->w, "lines\n");
        put_body(t->w, a->data[0], false);
        return;
    }
    case_puts(t->w, fact_how_text(a->how));
    case_puts(t->w, a->reason.n ? " " : "");
    put_words(t->w, a->reason);
    case_puts(t->w, "\n");
}

/* ---- [recall] ---- */

void case_put_string(struct case_writer *w, assay_span octets)
{
    char escape[8];

    for (size_t i = 0; i < octets.n; i++) {
        unsigned char c = (unsigned char)octets.p[i];

        if (c == '"' || c == '\\')
            snprintf(escape, sizeof escape, "\\%c", c);
        else if (c < ' ' || c > '~')
            snprintf(escape, sizeof escape, "\\%03u", c);
        else
            snprintf(escape, sizeof escape, "%c", c);
        case_puts(w, escape);
    }
}

/** Write the text of records, one on each line. */
static void put_records(struct case_writer *w, assay_span name, assay_span type, assay_span text)
{
    bool txt = span_is(type, "TXT") || span_is(type, "SPF");
    assay_span line;

    while (span_cut(&text, '\n', &line)) {
        case_put(w, name);
        case_puts(w, ". IN ");
        case_put(w, type);
        case_puts(w, txt ? " \"" : " ");
        if (txt)
            case_put_string(w, line);
        else
            case_put(w, line);
        case_puts(w, txt ? "\"\n" : "\n");
    }
}

static void tell_recall(struct teller *t, const struct assay_question *q,
                        const struct assay_answer *a)
{
    assay_span type = span_first(q->name, span_find(q->name, ' '));
    assay_span name = span_from(q->name, type.n + 1);
    char text[TIME_TEXT];

    if (case_is_lasting(q->name)) {
        case_put_lasting(t->w, q, a);
        return;
    }
    if (a->until != t->at) {
        case_puts(t->w, "at = ");
        case_put(t->w, time_text(t->at = a->until, text));
        case_puts(t->w, "\n");
    }
    if (span_is(type, "GET")) {
        struct assay_answer seen = *a;

        seen.until = 0; /* `at` says it */
        put_get(t->w, name, &seen);
    } else if (a->how == ASSAY_OK && a->n) {
        put_records(t->w, name, type, a->data[0]);
    } else {
        case_put(t->w, name);
        case_puts(t->w, ". IN ");
        case_put(t->w, type);
        case_puts(t->w, " ");
        case_puts(t->w, fact_how_text(a->how));
        case_puts(t->w, "\n");
    }
}

/** What [recall] of a domain can say. */
static bool is_recalled(const struct assay_question *q, const struct assay_answer *a)
{
    assay_span type = span_first(q->name, span_find(q->name, ' '));

    if (a->how == ASSAY_NODATA && !a->until)
        return false; /* so it is without a line */
    return type.n < q->name.n &&
           (span_is(type, "GET") || dns_type_read(type) || case_is_lasting(q->name));
}

/* ---- all of a kind ---- */

/** Write the section of a kind. */
static void tell(struct teller *t, tell_fn *fn)
{
    struct assay_question q;
    struct assay_answer a;
    assay_fact *fact;
    size_t cursor = 0;

    while (assay_evidence(t->w->ev, &cursor, &q, &fact) && t->w->status == ASSAY_DONE) {
        if (q.kind != t->kind || !fact)
            continue;
        assay_fact_read(fact, &a);
        if (t->kind == ASSAY_RECALL && !is_recalled(&q, &a))
            continue;
        case_puts(t->w, t->n++ ? "" : t->section);
        fn(t, &q, &a);
    }
}

void case_write_things(struct case_writer *w)
{
    struct teller web = {.w = w, .kind = ASSAY_GET, .section = "\n[web]\n"},
                  smtp = {.w = w, .kind = ASSAY_PROBE, .section = "\n[smtp]\n"},
                  lists = {.w = w, .kind = ASSAY_LIST, .section = "\n[lists]\n"},
                  recall = {.w = w, .kind = ASSAY_RECALL, .section = "\n[recall]\n"};

    tell(&web, tell_get);
    tell(&smtp, tell_probe);
    tell(&lists, tell_list);
    tell(&recall, tell_recall);
}

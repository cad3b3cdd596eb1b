/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file exchange.c [web], [smtp], [lists]: questions to others than the DNS, each with its answer.
 *
 *     GET https://a.example/x        PROBE mx.a.example:25      providers file = PATH
 *     200 text/plain until=DATE      starttls = yes             roots = builtin
 *     | a line                       ...                        logs = lines
 *     base64 AAAA                                               | a line
 *
 * An answer is complete when the next question, section or case begins.
 */
#include "base/base64.h"
#include "base/time.h"
#include "case/read.h"
#include "dns/alabel.h"
#include "probe/probe.h"

/** Inside [web] and [smtp]: what may come next. */
enum state {
    STATE_FREE,
    STATE_STATUS,
    STATE_BODY,
    STATE_LINES,
    STATE_CRLF, /* lines, each of which gets CRLF */
    STATE_FILE
};

/** Words that stand in place of an answer. */
static const struct {
    const char *text;
    enum assay_how how;
} WORDS[] = {{"TIMEOUT", ASSAY_TIMEOUT},    {"REFUSED", ASSAY_REFUSED},
             {"TLS-ERROR", ASSAY_TLSERROR}, {"TOOBIG", ASSAY_TOOBIG},
             {"NXDOMAIN", ASSAY_NXDOMAIN},  {"NODATA", ASSAY_NODATA},
             {"SERVFAIL", ASSAY_SERVFAIL},  {"BOGUS", ASSAY_BOGUS}};

/* ---- pieces ---- */

/** The line begins with this word. */
static bool begins(assay_span line, const char *word)
{
    assay_span rest = line;

    return span_is(case_word(&rest), word);
}

/** The line is `key = value` with this key. */
static bool has_key(assay_span line, const char *key)
{
    size_t equals = span_find(line, '=');

    return equals < line.n && span_is(span_trim(span_first(line, equals)), key);
}

/** Three digits, then a blank or the end: a status line or a greeting. */
static bool is_status(assay_span line)
{
    return line.n >= 3 && ascii_digit(line.p[0]) && ascii_digit(line.p[1]) &&
           ascii_digit(line.p[2]) && (line.n == 3 || ascii_wsp(line.p[3]) || line.p[3] == '-');
}

/** The word that stands in place of an answer, or ASSAY_OK. */
static enum assay_how how_of(assay_span line)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (begins(line, WORDS[i].text))
            return WORDS[i].how;
    return ASSAY_OK;
}

assay_status case_read_until(struct case_reader *r, assay_span text, int64_t *ret)
{
    if (!time_read(text, ret))
        return CASE_REFUSE(r, text, "%s: a time is 2026-11-23T12:00:00Z (RFC 3339), or a date",
                           case_shown(text).text);
    if (text.n == 10 && text.p[4] == '-') /* a date: its last second */
        *ret += 86399;
    return ASSAY_DONE;
}

/* ---- an answer being gathered ---- */

/** Begin the answer to a question. */
static assay_status begin(struct case_reader *r, enum assay_kind kind, assay_span name)
{
    struct case_thing *thing;
    assay_status s = case_finish_thing(r);

    if (s != ASSAY_DONE)
        return s;
    if (r->nrecords++ >= LIMIT_CASE_RECORDS)
        return CASE_REFUSE(r, r->line, "more than %d answers in one file", LIMIT_CASE_RECORDS);
    if (!(thing = ARENA_NEW(&r->set->arena, struct case_thing)) ||
        !arena_copy(&r->set->arena, name, &name))
        return ASSAY_ENOMEM;
    *thing = (struct case_thing){.kind = kind,
                                 .name = name,
                                 .media_type = SPAN_EMPTY,
                                 .reason = SPAN_EMPTY,
                                 .data = SPAN_EMPTY,
                                 .at = r->line};
    r->thing = thing;
    buf_clear(&r->body);
    return ASSAY_DONE;
}

/** Where in the file a piece of a probe stands: its lines were copied one by one. */
static assay_span place_of(const struct case_reader *r, assay_span text, assay_span where)
{
    const struct case_line *line = r->probe.first;
    size_t at = where.p >= text.p && where.p < text.p + text.n ? (size_t)(where.p - text.p) : 0;

    for (; line && line->next && at > line->key.n; line = line->next)
        at -= line->key.n + 1;
    return line ? span_from(line->key, at) : r->thing->at;
}

/** What stands below PROBE is what a probe can be (probe/probe.h). */
static assay_status check_probe(struct case_reader *r)
{
    struct arena a = {0};
    struct probe probe;
    assay_span where = SPAN_EMPTY;
    const char *why = "it is not what a probe says";
    assay_status s = probe_read(&a, r->thing->data, &probe, &where, &why);

    if (s == ASSAY_EINVAL)
        s = CASE_REFUSE(r, place_of(r, r->thing->data, where), "%s: %s",
                        case_shown(where.n ? where : r->thing->at).text, why);
    arena_done(&a);
    return s;
}

assay_status case_finish_thing(struct case_reader *r)
{
    assay_status s;

    struct case_thing *thing = r->thing;

    if (!thing)
        return ASSAY_DONE;
    if (thing->how == 0)
        return CASE_REFUSE(r, thing->at, "no answer stands below %s", case_shown(thing->at).text);
    if (!arena_copy(&r->set->arena, buf_span(&r->body), &thing->data))
        return ASSAY_ENOMEM;
    if (thing->kind == ASSAY_PROBE && thing->how == ASSAY_OK && (s = check_probe(r)) != ASSAY_DONE)
        return s;
    r->thing = NULL;
    r->probe = (struct case_lines){0};
    return case_things_add(&r->set->arena, &r->one->world.things, thing);
}

/** Read the file of `file = PATH` into the answer. */
static assay_status read_file(struct case_reader *r, assay_span path)
{
    assay_status s = case_open(r, path, &r->body);

    r->state = STATE_FILE;
    return s;
}

/** Add a line behind a bar. */
static assay_status read_bar(struct case_reader *r, assay_span line)
{
    assay_span text = span_from(line, 1);
    size_t cr = span_find(text, '\r');

    if (cr < text.n)
        return CASE_REFUSE(r, span_from(text, cr),
                           "a CR inside a line; for exact octets use file = PATH");
    buf_put(&r->body, text.n && text.p[0] == ' ' ? span_from(text, 1) : text);
    buf_puts(&r->body, r->state == STATE_CRLF ? "\r\n" : "\n");
    if (r->state != STATE_CRLF)
        r->state = STATE_LINES;
    return r->body.status == ASSAY_DONE ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Add the octets of `base64 TEXT`. */
static assay_status read_base64(struct case_reader *r, assay_span text)
{
    char *room = buf_room(&r->body, base64_decoded_max(text.n) + 1);
    size_t n;

    if (!room)
        return ASSAY_ENOMEM;
    if (!text.n || !base64_decode(text, (uint8_t *)room, &n))
        return CASE_REFUSE(r, text.n ? text : r->line, "%s is not base64", case_shown(text).text);
    r->body.n += n;
    if (r->state == STATE_BODY)
        r->state = STATE_LINES;
    return ASSAY_DONE;
}

/** Read a line of a document. \return ASSAY_MORE when it is none */
static assay_status read_body(struct case_reader *r, assay_span line)
{
    assay_span rest = line;

    if (line.p[0] == '|')
        return read_bar(r, line);
    if (span_is(case_word(&rest), "base64"))
        return read_base64(r, span_trim(rest));
    if (r->state != STATE_BODY)
        return ASSAY_MORE;
    if (has_key(line, "file"))
        return read_file(r, span_trim(span_from(line, span_find(line, '=') + 1)));
    if (!has_key(line, "lines") ||
        !span_is(span_trim(span_from(line, span_find(line, '=') + 1)), "crlf"))
        return ASSAY_MORE;
    r->state = STATE_CRLF;
    return ASSAY_DONE;
}

/* ---- [web] ---- */

/** Take `until=DATE` off the end. */
static assay_status take_until(struct case_reader *r, assay_span *text)
{
    size_t at = span_rfind(*text, ' ');
    assay_span last = at < text->n ? span_from(*text, at + 1) : *text;

    if (!span_starts(last, SPAN("until=")))
        return ASSAY_DONE;
    *text = span_trim(span_first(*text, text->n - last.n));
    return case_read_until(r, span_from(last, 6), &r->thing->until);
}

/** Words that go with an answer: as they are written, so no control characters. */
static assay_status read_words(struct case_reader *r, assay_span words, assay_span *ret)
{
    words = span_trim(words);
    for (size_t i = 0; i < words.n; i++)
        if ((unsigned char)words.p[i] < ' ')
            return CASE_REFUSE(r, span_from(words, i), "a control character stands here");
    *ret = words;
    return ASSAY_DONE;
}

/** Read a status line, or the word in its place. */
static assay_status read_status(struct case_reader *r)
{
    struct case_thing *thing = r->thing;
    assay_span rest = r->line, word = case_word(&rest);
    assay_status s;

    rest = span_trim(rest);
    if ((s = take_until(r, &rest)) != ASSAY_DONE)
        return s;
    thing->how = how_of(r->line);
    if (thing->how != ASSAY_OK) {
        r->state = STATE_FREE;
        return read_words(r, rest, &thing->reason);
    }
    thing->http = (word.p[0] - '0') * 100 + (word.p[1] - '0') * 10 + (word.p[2] - '0');
    r->state = STATE_BODY;
    return read_words(r, span_first(rest, span_find(rest, ';')), &thing->media_type);
}

/** Begin what was seen before at a URL. */
static assay_status begin_recall(struct case_reader *r, assay_span url)
{
    struct buf name = buf_new(url.n + 4);
    assay_status s;

    buf_puts(&name, "GET ");
    buf_put(&name, url);
    s = name.status == ASSAY_DONE ? begin(r, ASSAY_RECALL, buf_span(&name)) : ASSAY_ENOMEM;
    if (s == ASSAY_DONE)
        r->thing->until = r->recalled_at;
    buf_done(&name);
    return s;
}

/** Read the question of a GET. */
static assay_status read_get(struct case_reader *r, assay_span line)
{
    bool recall = r->section && strcmp(r->section, "recall") == 0;
    assay_span rest = line, url;
    assay_status s;

    case_word(&rest);
    url = span_trim(rest);
    if (!span_istarts(url, SPAN("https://")) && !span_istarts(url, SPAN("http://"))) /* a CRL */
        return CASE_REFUSE(r, r->line, "GET https://... is expected");
    s = recall ? begin_recall(r, url) : begin(r, ASSAY_GET, url);
    r->state = STATE_STATUS;
    return s;
}

assay_status case_read_exchange(struct case_reader *r, assay_span line)
{
    if (begins(line, "GET"))
        return read_get(r, line);
    if (r->state == STATE_STATUS && (is_status(line) || how_of(line) != ASSAY_OK))
        return read_status(r);
    if (r->state == STATE_BODY || r->state == STATE_LINES || r->state == STATE_CRLF)
        return read_body(r, line);
    return ASSAY_MORE;
}

assay_status case_read_web(struct case_reader *r, assay_span line)
{
    assay_status s = case_read_exchange(r, line);

    if (s != ASSAY_MORE)
        return s;
    return CASE_REFUSE(r, r->line, "%s: %s is expected", case_shown(r->line).text,
                       r->state == STATE_STATUS  ? "a status line, TIMEOUT, TLS-ERROR or TOOBIG"
                       : r->state == STATE_BODY  ? "a | line, file = PATH or the next GET"
                       : r->state >= STATE_LINES ? "a | line or the next GET"
                                                 : "GET https://...");
}

/* ---- [smtp] ---- */

/** The keys of [smtp]. */
static const char *smtp_key(size_t i)
{
    static const char *const KEYS[] = {"starttls", "tls", "tls.min", "tls.weak", "cert", "trust"};

    return i < sizeof KEYS / sizeof *KEYS ? KEYS[i] : NULL;
}

/** Read `PROBE host:25`. What stands behind it is for people. */
static assay_status read_probe(struct case_reader *r)
{
    assay_span rest = r->line, host;
    char text[DNS_NAME_TEXT + 8];
    struct dns_name name;
    size_t colon;
    assay_status s;

    case_word(&rest);
    host = case_word(&rest);
    colon = span_rfind(host, ':');
    if (colon == host.n || host.n - colon > 6)
        return CASE_REFUSE(r, host.n ? host : r->line, "PROBE host:25 is expected");
    s = dns_to_alabels(span_first(host, colon), &name);
    if (s == ASSAY_EINVAL)
        return CASE_REFUSE(r, host, "%s is no domain name",
                           case_shown(span_first(host, colon)).text);
    if (s != ASSAY_DONE)
        return s;
    memcpy(text, dns_name_span(&name).p, name.n);
    memcpy(text + name.n, host.p + colon, host.n - colon);
    r->state = STATE_LINES;
    return begin(r, ASSAY_PROBE, (assay_span){text, name.n + host.n - colon});
}

/** A line of a probe that was answered: it is kept as it stands. */
static assay_status keep_line(struct case_reader *r)
{
    struct case_line *line;

    if (r->probe.n++ >= LIMIT_CASE_LINES)
        return CASE_REFUSE(r, r->line, "more than %d lines of one probe", LIMIT_CASE_LINES);
    if (!(line = ARENA_NEW(&r->set->arena, struct case_line)))
        return ASSAY_ENOMEM;
    line->key = r->line;
    if (r->probe.last)
        r->probe.last->next = line;
    else
        r->probe.first = line;
    r->probe.last = line;
    r->thing->how = ASSAY_OK;
    buf_put(&r->body, r->line);
    buf_putc(&r->body, '\n');
    return r->body.status == ASSAY_DONE ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** A word in place of a probe. */
static assay_status read_no_probe(struct case_reader *r)
{
    assay_span rest = r->line;

    if (r->thing->how)
        return CASE_REFUSE(r, r->line, "a probe has either lines or one word in their place");
    r->thing->how = how_of(r->line);
    case_word(&rest);
    return read_words(r, rest, &r->thing->reason);
}

assay_status case_read_smtp(struct case_reader *r, assay_span line)
{
    assay_span key, value;
    assay_status s;

    if (begins(line, "PROBE"))
        return read_probe(r);
    if (r->state != STATE_LINES)
        return CASE_REFUSE(r, r->line, "PROBE host:25 is expected");
    if (how_of(line) != ASSAY_OK)
        return read_no_probe(r);
    if (r->thing->how > ASSAY_OK)
        return CASE_REFUSE(r, r->line, "a probe has either lines or one word in their place");
    if (is_status(line))
        return keep_line(r);
    if ((s = case_key_value(r, line, &key, &value)) != ASSAY_DONE)
        return s;
    for (size_t i = 0; smtp_key(i); i++)
        if (span_is(key, smtp_key(i)))
            return keep_line(r);
    return CASE_REFUSE(r, key, "unknown key %s in [smtp]%s", case_shown(key).text,
                       case_hint(key, smtp_key).text);
}

/* ---- [lists] ---- */

/** What a door's function opens for `builtin`. */
static assay_status read_builtin(struct case_reader *r, assay_span name)
{
    struct buf path = buf_new(256);
    assay_status s;

    buf_puts(&path, "builtin:");
    buf_put(&path, name);
    s = path.status == ASSAY_ENOMEM ? ASSAY_ENOMEM
        : path.status != ASSAY_DONE ? CASE_REFUSE(r, name, "no such list")
                                    : ASSAY_DONE;
    if (s == ASSAY_DONE && r->open) {
        s = r->open(r->arg, buf_span(&path), &r->body);
        if (s == ASSAY_EINVAL || s == ASSAY_EORDER)
            s = CASE_REFUSE(r, name, "there is no list %s built in", case_shown(name).text);
    } else if (s == ASSAY_DONE) {
        s = CASE_REFUSE(r, r->line, "no list is built in here");
    }
    buf_done(&path);
    return s;
}

/** Read what stands for a list; its lines may follow. */
static assay_status read_list(struct case_reader *r, assay_span name, assay_span value, bool file)
{
    assay_status s = begin(r, ASSAY_LIST, name);

    if (s != ASSAY_DONE)
        return s;
    r->thing->how = file ? ASSAY_OK : how_of(value);
    if (r->thing->how != ASSAY_OK) {
        case_word(&value);
        if ((s = read_words(r, value, &r->thing->reason)) != ASSAY_DONE)
            return s;
    }
    r->state = !file && span_is(value, "lines") ? STATE_LINES : STATE_FREE;
    if (r->thing->how != ASSAY_OK || r->state == STATE_LINES)
        return ASSAY_DONE;
    return file ? case_open(r, value, &r->body) : read_builtin(r, name);
}

assay_status case_read_list(struct case_reader *r, assay_span line)
{
    assay_span key, value;
    assay_status s = r->state == STATE_LINES ? read_body(r, line) : ASSAY_MORE;
    bool file;

    if (s != ASSAY_MORE || (s = case_key_value(r, line, &key, &value)) != ASSAY_DONE)
        return s;
    file = span_iends(key, SPAN(" file"));
    if (!file && !span_is(value, "builtin") && !span_is(value, "lines") &&
        how_of(value) == ASSAY_OK)
        return CASE_REFUSE(r, r->line, "NAME = builtin or NAME file = PATH is expected");
    return read_list(r, file ? span_trim(span_first(key, key.n - 5)) : key, value, file);
}

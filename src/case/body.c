/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/base64.h"
#include "base/number.h"
#include "case/read.h"

assay_status case_open(struct case_reader *r, assay_span path, struct buf *out)
{
    assay_status s;

    if (!r->open || !path.n)
        return CASE_REFUSE(r, path.n ? path : r->line,
                           path.n ? "no file may be named here" : "file = PATH is expected");
    s = r->open(r->arg, path, out);
    if (s == ASSAY_ENOMEM || out->status == ASSAY_ENOMEM)
        return ASSAY_ENOMEM;
    if (s < 0 || out->status != ASSAY_DONE)
        return CASE_REFUSE(r, path, "%s cannot be read", case_shown(path).text);
    return ASSAY_DONE;
}

/* ---- [message] ---- */

/** A line behind a bar: one blank after the bar goes, CRLF comes. */
static assay_status read_bar(struct case_reader *r, assay_span line)
{
    assay_span text = span_from(line, 1);
    size_t cr;

    if (text.n && text.p[0] == ' ')
        text = span_from(text, 1);
    cr = span_find(text, '\r');
    if (cr < text.n)
        return CASE_REFUSE(r, span_from(text, cr),
                           "a CR inside a line; for exact octets use file = PATH");
    if (r->message_file)
        return CASE_REFUSE(r, r->line, "[message] has either | lines or file = PATH");
    buf_put(&r->message, text);
    buf_puts(&r->message, "\r\n");
    r->message_lines = true;
    return r->message.status == ASSAY_DONE ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** `file = PATH`: octets as they are. */
static assay_status read_file(struct case_reader *r, assay_span line)
{
    assay_span key, path;
    assay_status s = case_key_value(r, line, &key, &path);

    if (s != ASSAY_DONE)
        return s;
    if (!span_is(key, "file"))
        return CASE_REFUSE(r, key, "%s is no line of [message]: | TEXT or file = PATH is expected",
                           case_shown(r->line).text);
    if (r->message_lines || r->message_file)
        return CASE_REFUSE(r, key, "[message] has either | lines or one file = PATH");
    r->message_file = true;
    return case_open(r, path, &r->message);
}

assay_status case_read_message(struct case_reader *r, assay_span line)
{
    if (line.p[0] == '|')
        return read_bar(r, line);
    if (span_find(line, '=') == line.n)
        return CASE_REFUSE(r, r->line,
                           "%s is no line of [message]: | TEXT or file = PATH is expected",
                           case_shown(r->line).text);
    return read_file(r, line);
}

/* ---- [digests] ---- */

/** Refuse a line of [digests]. */
static assay_status refuse_digest(struct case_reader *r, assay_span at, const char *why)
{
    return CASE_REFUSE(r, at.n ? at : r->line,
                       "%s; relaxed|simple sha256 BASE64 length=N is expected", why);
}

/** Decode a SHA-256 digest. */
static bool read_sha256(assay_span text, uint8_t out[SHA256_SIZE])
{
    uint8_t octets[48];
    size_t n;

    if (text.n != base64_encoded(SHA256_SIZE) || !base64_decode(text, octets, &n) ||
        n != SHA256_SIZE)
        return false;
    memcpy(out, octets, SHA256_SIZE);
    return true;
}

/** Put a digest behind the others: those of l=, and the whole body's, of each canonicalization. */
static assay_status add_digest(struct case_reader *r, const struct case_digest *digest)
{
    struct case_digest **end = &r->one->digests, *kept;
    size_t n = 0;

    for (; *end; end = &(*end)->next)
        n += span_eq((*end)->canonicalization, digest->canonicalization);
    if (n > LIMIT_BODY_LENGTHS)
        return CASE_REFUSE(r, r->line, "more than %d digests of one canonicalization",
                           LIMIT_BODY_LENGTHS + 1);
    if (!(kept = arena_get(&r->set->arena, sizeof *kept)))
        return ASSAY_ENOMEM;
    *kept = *digest;
    *end = kept;
    return ASSAY_DONE;
}

assay_status case_read_digest(struct case_reader *r, assay_span line)
{
    assay_span rest = line, canon = case_word(&rest), hash = case_word(&rest),
               text = case_word(&rest);
    assay_span length = case_word(&rest), more = span_trim(rest);
    struct case_digest digest = {.canonicalization = canon};

    if (!span_is(canon, "relaxed") && !span_is(canon, "simple"))
        return refuse_digest(r, canon, "unknown canonicalization");
    if (!span_is(hash, "sha256"))
        return refuse_digest(r, hash, "unknown hash");
    if (!read_sha256(text, digest.sha256))
        return refuse_digest(r, text, "not 32 octets in base64");
    if (!span_starts(length, SPAN("length=")) ||
        !number_read(span_from(length, 7), INT64_MAX, &digest.length))
        return refuse_digest(r, length, "no length");
    if (more.n)
        return refuse_digest(r, more, "text behind the length");
    return add_digest(r, &digest);
}

/* ---- [evidence] ---- */

assay_status case_read_evidence(struct case_reader *r, assay_span line)
{
    assay_span text = span_from(line, 1), key, path;
    assay_status s;

    if (line.p[0] != '|') {
        if ((s = case_key_value(r, line, &key, &path)) != ASSAY_DONE)
            return s;
        if (!span_is(key, "file") || r->one->evidence.n || r->evidence.n)
            return CASE_REFUSE(r, key, "[evidence] has either | lines or one file = PATH");
        return case_open(r, path, &r->evidence);
    }
    buf_put(&r->evidence, text.n && text.p[0] == ' ' ? span_from(text, 1) : text);
    buf_putc(&r->evidence, '\n');
    return r->evidence.status == ASSAY_DONE ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status case_finish_evidence(struct case_reader *r)
{
    assay_status s = ASSAY_DONE;

    if (r->evidence.n && !arena_copy(&r->set->arena, buf_span(&r->evidence), &r->one->evidence))
        s = ASSAY_ENOMEM;
    buf_clear(&r->evidence);
    return s;
}

/* ---- the message as it is fed ---- */

/**
 * Octets of the header with the empty line that ends it; `*ret_ended` tells whether that is there.
 */
static size_t header_size(assay_span message, bool *ret_ended)
{
    assay_span rest = message;

    *ret_ended = false;
    while (rest.n && !*ret_ended) {
        assay_span line = span_first(rest, span_find(rest, '\n') + 1);

        *ret_ended = span_is(line, "\n") || span_is(line, "\r\n");
        rest = span_from(rest, line.n);
    }
    return message.n - rest.n;
}

/** With digests there is only a header, ended by its empty line. */
static assay_status finish_header(struct case_reader *r)
{
    bool ended;
    size_t n = header_size(buf_span(&r->message), &ended);

    if (n < r->message.n)
        return CASE_REFUSE(r, r->one->digests_at,
                           "[digests] stand for the body, but [message] has one");
    if (!ended && n && r->message.p[n - 1] != '\n')
        buf_puts(&r->message, "\r\n");
    if (!ended)
        buf_puts(&r->message, "\r\n");
    return r->message.status == ASSAY_DONE ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status case_finish_message(struct case_reader *r)
{
    assay_status s = r->one->digests_at.n ? finish_header(r) : ASSAY_DONE;

    if (s == ASSAY_DONE && !arena_copy(&r->set->arena, buf_span(&r->message), &r->one->message))
        s = ASSAY_ENOMEM;
    buf_clear(&r->message);
    r->message_lines = r->message_file = false;
    return s;
}

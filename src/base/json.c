/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json.h"

#include "base/utf8.h"

/** The calls do not make JSON. */
static void misuse(struct json *j)
{
    if (j->out->status == ASSAY_DONE)
        j->out->status = ASSAY_EINVAL;
}

/** Write one character of a string (RFC 8259 7). */
static void put_character(struct buf *out, uint32_t code)
{
    static const char SHORT[] = "btnvfr"; /* 0x08 to 0x0D; \v is none of JSON's */
    char octets[4];

    if (code == '"' || code == '\\')
        buf_putc(out, '\\');
    if (code >= '\b' && code <= '\r' && code != '\v')
        buf_printf(out, "\\%c", SHORT[code - '\b']);
    else if (utf8_harmful(code) && code > 0xFFFF) /* a surrogate pair */
        buf_printf(out, "\\u%04x\\u%04x", 0xD800 + ((unsigned)code - 0x10000) / 0x400,
                   0xDC00 + ((unsigned)code - 0x10000) % 0x400);
    else if (utf8_harmful(code))
        buf_printf(out, "\\u%04x", (unsigned)code);
    else
        buf_put(out, (assay_span){octets, utf8_put(code, octets)});
}

/** Octets at the front that stand in a string as they are. */
static size_t plain(assay_span s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= ' ' && s.p[n] < 0x7F && s.p[n] != '"' && s.p[n] != '\\')
        n++;
    return n;
}

/** Write a string. */
static void put_string(struct buf *out, assay_span text)
{
    buf_putc(out, '"');
    while (text.n) {
        size_t n = plain(text);
        uint32_t code;

        buf_put(out, span_first(text, n));
        text = span_from(text, n);
        if (!text.n)
            break;
        n = utf8_next(text, &code);
        put_character(out, code);
        text = span_from(text, n);
    }
    buf_putc(out, '"');
}

/** The innermost container is an object. */
static bool in_object(const struct json *j)
{
    return j->depth > 0 && j->in_object >> (j->depth - 1) & 1;
}

/** What stands before a value: a comma, its key. \return false when no value may stand here */
static bool begin_value(struct json *j, const assay_span *key)
{
    if (j->ended || in_object(j) != (key != NULL)) {
        misuse(j);
        return false;
    }
    if (j->follows)
        buf_putc(j->out, ',');
    if (key) {
        put_string(j->out, *key);
        buf_putc(j->out, ':');
    }
    j->follows = true;
    j->ended = j->depth == 0;
    return true;
}

/** begin_value() for a key ended by NUL, or none. */
static bool begin(struct json *j, const char *key)
{
    assay_span text = span_of(key);

    return begin_value(j, key ? &text : NULL);
}

/** Open a container. */
static void open_container(struct json *j, const char *key, bool object)
{
    uint32_t bit = 1u << j->depth % JSON_DEPTH;

    if (j->depth == JSON_DEPTH)
        misuse(j);
    if (j->depth == JSON_DEPTH || !begin(j, key))
        return;
    buf_putc(j->out, object ? '{' : '[');
    j->in_object = object ? j->in_object | bit : j->in_object & ~bit;
    j->depth++;
    j->follows = j->ended = false;
}

void json_object(struct json *j, const char *key)
{
    open_container(j, key, true);
}

void json_array(struct json *j, const char *key)
{
    open_container(j, key, false);
}

void json_end(struct json *j)
{
    if (j->depth == 0) {
        misuse(j);
        return;
    }
    buf_putc(j->out, in_object(j) ? '}' : ']');
    j->depth--;
    j->follows = true;
    j->ended = j->depth == 0;
}

void json_text(struct json *j, const char *key, assay_span text)
{
    if (begin(j, key))
        put_string(j->out, text);
}

void json_text_at(struct json *j, assay_span key, assay_span text)
{
    if (begin_value(j, &key))
        put_string(j->out, text);
}

void json_number(struct json *j, const char *key, int64_t number)
{
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    if (!begin(j, key))
        return;
    if (number < 0)
        buf_putc(j->out, '-');
    buf_putu(j->out, size);
}

void json_bool(struct json *j, const char *key, bool value)
{
    if (begin(j, key))
        buf_puts(j->out, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
    if (begin(j, key))
        buf_puts(j->out, "null");
}

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file later.c Sections of cases that this version reads but has no flow for: their lines are
 * looked at, so that a mistake is found, and not kept.
 */
#include "case/read.h"

/** Inside [web] and [smtp]: what may come next. */
enum state { STATE_FREE, STATE_STATUS, STATE_BODY };

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

/** A word that stands in place of a web answer. */
static bool is_web_failure(assay_span line)
{
    return begins(line, "TIMEOUT") || begins(line, "TLS-ERROR") || begins(line, "TOOBIG");
}

assay_status case_read_exchange(struct case_reader *r, assay_span line)
{
    if (begins(line, "GET")) {
        assay_span rest = line;

        case_word(&rest);
        if (!span_istarts(span_trim(rest), SPAN("https://")))
            return CASE_REFUSE(r, r->line, "GET https://... is expected");
        r->state = STATE_STATUS;
        return ASSAY_DONE;
    }
    if (r->state == STATE_STATUS && (is_status(line) || is_web_failure(line))) {
        r->state = is_status(line) ? STATE_BODY : STATE_FREE;
        return ASSAY_DONE;
    }
    if (r->state == STATE_BODY && (line.p[0] == '|' || has_key(line, "file")))
        return ASSAY_DONE;
    return ASSAY_MORE;
}

assay_status case_read_web(struct case_reader *r, assay_span line)
{
    assay_status s = case_read_exchange(r, line);

    if (s != ASSAY_MORE)
        return s;
    return CASE_REFUSE(r, r->line, "%s: %s is expected", case_shown(r->line).text,
                       r->state == STATE_STATUS ? "a status line, TIMEOUT, TLS-ERROR or TOOBIG"
                       : r->state == STATE_BODY ? "a | line, file = PATH or the next GET"
                                                : "GET https://...");
}

/** The keys of [smtp]. */
static const char *smtp_key(size_t i)
{
    static const char *const KEYS[] = {"starttls", "tls", "tls.min", "cert", "trust"};

    return i < sizeof KEYS / sizeof *KEYS ? KEYS[i] : NULL;
}

assay_status case_read_smtp(struct case_reader *r, assay_span line)
{
    assay_span key, value;
    assay_status s;

    if (begins(line, "PROBE")) {
        r->state = STATE_BODY;
        return ASSAY_DONE;
    }
    if (r->state != STATE_BODY)
        return CASE_REFUSE(r, r->line, "PROBE host:25 is expected");
    if (begins(line, "TIMEOUT") || begins(line, "REFUSED") || is_status(line))
        return ASSAY_DONE;
    if ((s = case_key_value(r, line, &key, &value)) != ASSAY_DONE)
        return s;
    for (size_t i = 0; smtp_key(i); i++)
        if (span_is(key, smtp_key(i)))
            return ASSAY_DONE;
    return CASE_REFUSE(r, key, "unknown key %s in [smtp]%s", case_shown(key).text,
                       case_hint(key, smtp_key).text);
}

assay_status case_read_list(struct case_reader *r, assay_span line)
{
    assay_span key, value;
    assay_status s = case_key_value(r, line, &key, &value);

    if (s != ASSAY_DONE)
        return s;
    if (!span_is(value, "builtin") && !span_iends(key, SPAN(" file")))
        return CASE_REFUSE(r, r->line, "NAME = builtin or NAME file = PATH is expected");
    return ASSAY_DONE;
}

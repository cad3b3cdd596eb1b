/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file recall.c [recall]: what the receiver remembered, read and written.
 *
 *     deferred example.org since 2026-11-23T00:00:00Z
 *     deferred example.net TIMEOUT
 *     unmatched _25._tcp.mx.example.org 3 1 1 ab12... since 2026-09-01T00:00:00Z
 *
 * Of a domain: when it was looked at before, and what was seen, as [dns] and [web] have it:
 *
 *     at = 2026-11-20T00:00:00Z
 *     _mta-sts.example.org TXT "v=STSv1; id=1;"
 *     GET https://mta-sts.example.org/.well-known/mta-sts.txt
 *     200 text/plain
 *     | version: STSv1
 *
 * What stands nowhere is not remembered (NODATA).
 */
#include "base/number.h"
#include "base/time.h"
#include "case/read.h"
#include "case/write.h"
#include "dns/alabel.h"

/** Words for what the memory did not answer. */
static const struct {
    const char *text;
    enum assay_how how;
} WORDS[] = {{"NODATA", ASSAY_NODATA},   {"SERVFAIL", ASSAY_SERVFAIL}, {"TIMEOUT", ASSAY_TIMEOUT},
             {"REFUSED", ASSAY_REFUSED}, {"BOGUS", ASSAY_BOGUS},       {"TOOBIG", ASSAY_TOOBIG}};

enum { N_WORDS = sizeof WORDS / sizeof *WORDS };

/** Words that begin what has been so since a time. */
static const char DEFERRED[] = "deferred", UNMATCHED[] = "unmatched";

/** Octets of a digest of a TLSA record in hexadecimal, with its three numbers and blanks. */
enum { TLSA_TEXT = 160 };

/* ---- reading ---- */

/** Read `since TIME`, or a word that stands in its place. */
static assay_status read_since(struct case_reader *r, assay_span rest, struct case_thing *thing)
{
    assay_span word = case_word(&rest), time = span_trim(rest);
    char digits[NUMBER_DIGITS];
    int64_t t;

    for (size_t i = 0; i < N_WORDS && !time.n; i++)
        if (span_is(word, WORDS[i].text)) {
            thing->how = WORDS[i].how;
            return ASSAY_DONE;
        }
    if (!span_is(word, "since"))
        return CASE_REFUSE(r, word, "since TIME is expected, or TIMEOUT and such");
    if (!time_read(time, &t) || t < 0)
        return CASE_REFUSE(r, time, "since %s: a time is 2026-11-23T12:00:00Z (RFC 3339)",
                           case_shown(time).text);
    thing->how = ASSAY_OK;
    return arena_copy(&r->set->arena, number_text((uint64_t)t, digits), &thing->data)
               ? ASSAY_DONE
               : ASSAY_ENOMEM;
}

/** Read the data of a TLSA record as it stands in a question: "3 1 1 HEX", lower case. */
static bool put_tlsa(assay_span *rest, struct buf *out)
{
    for (int i = 0; i < 4; i++) {
        assay_span word = case_word(rest);

        if (!word.n || word.n > TLSA_TEXT - 12)
            return false;
        buf_putc(out, ' ');
        for (size_t k = 0; k < word.n; k++) {
            if (ascii_hex(word.p[k]) < 0)
                return false;
            buf_putc(out, ascii_lower(word.p[k]));
        }
    }
    return true;
}

/** Read a line of what has been so since a time: `deferred DOMAIN ...`, `unmatched NAME 3 1 1 HEX ...`. */
static assay_status read_lasting(struct case_reader *r, const char *what, assay_span rest)
{
    assay_span domain = case_word(&rest);
    struct case_thing *thing = ARENA_NEW(&r->set->arena, struct case_thing);
    struct buf key = buf_new(sizeof UNMATCHED + DNS_NAME_TEXT + TLSA_TEXT);
    struct dns_name name;
    bool kept, good;
    assay_status s = thing ? ASSAY_DONE : ASSAY_ENOMEM;

    if (s == ASSAY_DONE && !dns_name_read(domain, &name) &&
        (s = dns_to_alabels(domain, &name)) == ASSAY_EINVAL)
        return CASE_REFUSE(r, domain.n ? domain : r->line, "%s is no domain name",
                           case_shown(domain).text);
    if (s != ASSAY_DONE)
        return s;
    if (r->nrecords++ >= LIMIT_CASE_RECORDS)
        return CASE_REFUSE(r, r->line, "more than %d lines of [dns] and [recall] in one file",
                           LIMIT_CASE_RECORDS);
    buf_puts(&key, what);
    buf_putc(&key, ' ');
    buf_put(&key, dns_name_span(&name));
    good = what != UNMATCHED || put_tlsa(&rest, &key);
    kept = key.status == ASSAY_DONE && arena_copy(&r->set->arena, buf_span(&key), &thing->name);
    buf_done(&key);
    if (!good)
        return CASE_REFUSE(r, r->line, "unmatched NAME 3 1 1 HEX since TIME is expected");
    thing->kind = ASSAY_RECALL;
    thing->data = thing->media_type = SPAN_EMPTY;
    thing->reason = SPAN("as the case says");
    thing->at = r->line;
    if (!kept)
        return ASSAY_ENOMEM;
    if ((s = read_since(r, rest, thing)) != ASSAY_DONE)
        return s;
    return case_things_add(&r->set->arena, &r->one->world.things, thing);
}

assay_status case_read_recall(struct case_reader *r, assay_span line)
{
    assay_span rest = line, word = case_word(&rest), key, value;
    size_t equals = span_find(line, '=');
    assay_status s;

    if (span_is(word, DEFERRED) || span_is(word, UNMATCHED))
        return read_lasting(r, span_is(word, DEFERRED) ? DEFERRED : UNMATCHED, rest);
    if ((s = case_read_exchange(r, line)) != ASSAY_MORE)
        return s;
    if (equals == line.n || !span_is(span_trim(span_first(line, equals)), "at"))
        return case_read_record(r, case_without_comment(line), &r->one->world, CASE_RECALLS);
    if ((s = case_key_value(r, line, &key, &value)) == ASSAY_DONE &&
        !time_read(value, &r->recalled_at))
        s = CASE_REFUSE(r, value, "at = %s: a time is 2026-11-23T12:00:00Z (RFC 3339)",
                        case_shown(value).text);
    return s;
}

/* ---- writing ---- */

bool case_is_lasting(assay_span name)
{
    assay_span word = span_first(name, span_find(name, ' '));

    return span_is(word, DEFERRED) || span_is(word, UNMATCHED);
}

void case_put_lasting(struct case_writer *w, const struct assay_question *q,
                      const struct assay_answer *a)
{
    uint64_t since;
    char text[TIME_TEXT];

    if (a->how == ASSAY_OK && (a->n != 1 || !number_read(a->data[0], INT64_MAX, &since)))
        return; /* no time: as if nothing were remembered */
    case_put(w, q->name);
    if (a->how == ASSAY_OK) {
        case_puts(w, " since ");
        case_put(w, time_text((int64_t)since, text));
    }
    for (size_t i = 0; i < N_WORDS; i++)
        if (a->how == WORDS[i].how) {
            case_puts(w, " ");
            case_puts(w, WORDS[i].text);
        }
    case_puts(w, "\n");
}

void case_write_recall(struct case_writer *w)
{
    struct assay_question q;
    struct assay_answer a;
    assay_fact *fact;
    size_t cursor = 0, n = 0;

    while (assay_evidence(w->ev, &cursor, &q, &fact)) {
        if (q.kind != ASSAY_RECALL || !fact)
            continue;
        assay_fact_read(fact, &a);
        if (!case_is_lasting(q.name) || a.how == ASSAY_NODATA)
            continue;
        case_puts(w, n++ ? "" : "\n[recall]\n");
        case_put_lasting(w, &q, &a);
    }
}

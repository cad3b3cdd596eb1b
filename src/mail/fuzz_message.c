/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_message.c Any message in any cut: the same fields, faults and digests as the whole;
 * every octet of the header is in a field.
 *
 * The input begins with four octets that say how the message is cut; the rest is the message.
 */
#include "crypto/fuzz_engine.h"
#include "mail/message.h"
#include "mail/test_naive.h"

#include <stdlib.h>

enum { CUTS = 4, MOST = 1 << 16, LENGTH = 5 };

static const unsigned ALL = MESSAGE_BARE_LF | MESSAGE_BARE_CR | MESSAGE_NUL | MESSAGE_LONG_LINE;

/** Want digests at the end of the header. */
static void want(struct message *m)
{
    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
        must(body_want(&m->body, (enum canon)canon, LENGTH) == ASSAY_DONE);
        must(body_want(&m->body, (enum canon)canon, BODY_WHOLE) == ASSAY_DONE);
    }
}

/** Add a piece. */
static void add(struct message *m, assay_span piece)
{
    if (m->stage == MESSAGE_HEADER) {
        assay_status s = message_feed(m, &piece);

        must(s == (m->stage == MESSAGE_EOH ? ASSAY_MORE : ASSAY_DONE));
        must(s == ASSAY_MORE || piece.n == 0);
        if (s == ASSAY_MORE)
            want(m);
    }
    if (piece.n)
        must(message_body(m, piece) == ASSAY_DONE);
}

/** Read a message in pieces, their sizes taken in turn; 0 is all that is left. */
static void read_message(struct message *m, assay_span raw, const uint8_t cuts[CUTS])
{
    message_init(m, the_engine(), ALL);
    for (size_t i = 0; raw.n; i++) {
        size_t n = cuts[i % CUTS] ? cuts[i % CUTS] : raw.n;

        add(m, span_first(raw, n));
        raw = span_from(raw, n);
    }
    if (m->stage == MESSAGE_HEADER) {
        must(message_eoh(m) == ASSAY_DONE);
        want(m);
    }
    must(message_eom(m) == ASSAY_DONE);
}

/** Two readings came to the same. */
static void must_be_same(const struct message *a, const struct message *b)
{
    must(a->faults == b->faults && a->header.n == b->header.n);
    must(span_eq(buf_span(&a->header.text), buf_span(&b->header.text)));
    for (size_t i = 0; i < a->header.n; i++)
        must(memcmp(&a->header.fields[i], &b->header.fields[i], sizeof(struct field)) == 0);
    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++)
        for (int whole = 0; whole < 2; whole++) {
            uint64_t length = whole ? BODY_WHOLE : LENGTH;
            const struct body_digest *x = body_find(&a->body, (enum canon)canon, length);
            const struct body_digest *y = body_find(&b->body, (enum canon)canon, length);

            must(!x == !y && (!x || memcmp(x->sha256, y->sha256, SHA256_SIZE) == 0));
        }
}

/**
 * Fields follow one another without a gap; each is its name, blanks, a colon and its value, or has
 * no name.
 */
static void check_fields(const struct header *h)
{
    size_t at = 0;

    for (size_t i = 0; i < h->n; i++) {
        const struct field *f = &h->fields[i];
        assay_span raw = field_raw(h, i), name = field_name(h, i), value = field_value(h, i);

        must(f->at == at && f->end > at && (raw.n == 0 || i == 0 || !ascii_wsp(raw.p[0])));
        must(value.p >= raw.p && value.p + value.n <= raw.p + raw.n);
        must(raw.p + raw.n - (value.p + value.n) <= 2);
        must(f->hash == span_hash(name) && header_find(h, name, i) == i);
        must(name.n == 0 || (!ascii_wsp(name.p[name.n - 1]) && value.p[-1] == ':'));
        must(span_find(name, ':') == name.n && span_find(name, '\n') == name.n);
        at = f->end;
    }
    must(at == h->text.n);
}

/** Where the body begins: behind the first empty line. */
static size_t body_at(assay_span raw)
{
    for (size_t at = 0; at < raw.n;) {
        assay_span line = span_first(span_from(raw, at), span_find(span_from(raw, at), '\n') + 1);

        at += line.n;
        if (span_is(line, "\n") || span_is(line, "\r\n"))
            return at;
    }
    return raw.n;
}

/**
 * The header's octets are those of the message up to its empty line, but for a separator of mbox.
 */
static void check_text(const struct message *m, assay_span raw)
{
    size_t end = body_at(raw);
    assay_span head = span_first(raw, end), text = buf_span(&m->header.text);

    if (span_starts(head, SPAN("From ")) && !span_starts(span_trim(span_from(head, 4)), SPAN(":")))
        head = span_from(head, span_find(head, '\n') + 1);
    if (span_iends(head, SPAN("\r\n")) && m->header.text.n + 2 == head.n)
        head.n -= 2;
    else if (span_iends(head, SPAN("\n")) && m->header.text.n + 1 == head.n)
        head.n -= 1;
    must(m->faults & MESSAGE_LIMIT || span_eq(text, head));
}

/** The digests are those of the naive forms. */
static void check_body(const struct message *m, assay_span body)
{
    for (int canon = CANON_SIMPLE; canon <= CANON_RELAXED; canon++) {
        struct buf form = buf_new(2 * body.n + 4);
        uint8_t sha256[SHA256_SIZE];

        naive_body((enum canon)canon, body, &form);
        naive_sha256(buf_span(&form), sha256);
        must(memcmp(body_find(&m->body, (enum canon)canon, BODY_WHOLE)->sha256, sha256,
                    SHA256_SIZE) == 0);
        buf_done(&form);
    }
}

/** The faults are those that can be seen in the octets. */
static void check_faults(const struct message *m, assay_span raw)
{
    bool nul = span_find(raw, '\0') < raw.n, bare_lf = false;

    for (size_t i = 0; i < raw.n; i++)
        bare_lf |= raw.p[i] == '\n' && (i == 0 || raw.p[i - 1] != '\r');
    must(m->faults & MESSAGE_LIMIT || !(m->faults & MESSAGE_NUL) == !nul);
    must(m->faults & MESSAGE_LIMIT || !(m->faults & MESSAGE_BARE_LF) == !bare_lf);
    must(!message_fault_text(m->faults)[0] == !m->faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t WHOLE[CUTS] = {0}, DRIBBLE[CUTS] = {1, 1, 1, 1};
    struct message whole, cut, dribble;
    assay_span raw;

    if (n < CUTS || n > MOST)
        return 0;
    raw = (assay_span){(const char *)data + CUTS, n - CUTS};
    read_message(&whole, raw, WHOLE);
    read_message(&cut, raw, data);
    read_message(&dribble, raw, DRIBBLE);
    must_be_same(&whole, &cut);
    must_be_same(&whole, &dribble);
    check_fields(&whole.header);
    check_text(&whole, raw);
    check_faults(&whole, raw);
    check_body(&whole, span_from(raw, body_at(raw)));
    message_done(&whole);
    message_done(&cut);
    message_done(&dribble);
    return 0;
}

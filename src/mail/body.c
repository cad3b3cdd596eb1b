/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/body.h"

#include "mail/scan.h"

/* ---- what is wanted ---- */

assay_status body_want(struct body *b, enum canon canon, uint64_t length)
{
    struct body_stream *s = &b->streams[canon];
    size_t at = 0;

    while (at < s->n && s->snapshots[at].length < length)
        at++;
    s->wanted = true;
    if (at < s->n && s->snapshots[at].length == length)
        return ASSAY_DONE;
    if (s->n == LIMIT_BODY_LENGTHS)
        return ASSAY_EINVAL;
    memmove(&s->snapshots[at + 1], &s->snapshots[at], (s->n - at) * sizeof *s->snapshots);
    s->snapshots[at] = (struct body_digest){.length = length};
    s->n++;
    return ASSAY_DONE;
}

assay_status body_begin(struct body *b, const struct assay_engine *engine)
{
    for (int i = 0; i < 2; i++) {
        struct body_stream *s = &b->streams[i];

        if (s->wanted && !s->digest.ctx && digest_begin(&s->digest, engine) != ASSAY_DONE)
            return ASSAY_ENOMEM;
    }
    b->begun = true;
    return ASSAY_DONE;
}

/* ---- canonical octets ---- */

/** Take the snapshot at the present length. */
static assay_status snapshot(struct body_stream *s)
{
    struct body_digest *d = &s->snapshots[s->next];

    if (digest_so_far(&s->digest, d->sha256) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    d->known = true;
    s->next++;
    return ASSAY_DONE;
}

/** Hash canonical octets, with a snapshot at each wanted length on the way. */
static assay_status hash(struct body_stream *s, assay_span octets)
{
    while (s->next < s->n && s->snapshots[s->next].length - s->octets <= octets.n) {
        size_t part = (size_t)(s->snapshots[s->next].length - s->octets);

        if (digest_add(&s->digest, span_first(octets, part)) != ASSAY_DONE || snapshot(s) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        s->octets += part;
        octets = span_from(octets, part);
    }
    s->octets += octets.n;
    return s->next < s->n ? digest_add(&s->digest, octets) : ASSAY_DONE;
}

/** Hash the line ends that were held back: more of the body followed them. */
static assay_status release_line_ends(struct body_stream *s)
{
    static const char CRLFS[] = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
    const uint64_t most = (sizeof CRLFS - 1) / 2;

    while (s->line_ends) {
        uint64_t n = s->line_ends < most ? s->line_ends : most;

        if (hash(s, (assay_span){CRLFS, (size_t)n * 2}) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        s->line_ends -= n;
    }
    return ASSAY_DONE;
}

/** Pass canonical octets on; they end in no half of a CRLF. Line ends at their end are held back. */
static assay_status pass(struct body_stream *s, assay_span octets)
{
    uint64_t ends = 0;

    while (octets.n >= 2 && octets.p[octets.n - 1] == '\n' && octets.p[octets.n - 2] == '\r') {
        octets.n -= 2;
        ends++;
    }
    if (octets.n && (release_line_ends(s) != ASSAY_DONE || hash(s, octets) != ASSAY_DONE))
        return ASSAY_ENOMEM;
    s->line_ends += ends;
    return ASSAY_DONE;
}

/* ---- relaxed (RFC 6376 3.4.4) ---- */

/** Pass on a blank and a CR that turned out not to end a line. */
static assay_status pass_held(struct body_stream *s)
{
    assay_status status = ASSAY_DONE;

    if (s->blank)
        status = pass(s, SPAN(" "));
    if (status == ASSAY_DONE && s->cr)
        status = pass(s, SPAN("\r"));
    s->blank = s->cr = false;
    return status;
}

/** Read octet by octet until one that is none of blank, CR, LF stands first and nothing is held. */
static assay_status relaxed_careful(struct body_stream *s, assay_span *piece)
{
    for (; piece->n; *piece = span_from(*piece, 1)) {
        char c = piece->p[0];

        if (c == '\n') {
            s->blank = s->cr = false;
            s->line_ends++;
        } else if (s->cr) {
            if (pass_held(s) != ASSAY_DONE)
                return ASSAY_ENOMEM;
        }
        if (c == '\r')
            s->cr = true;
        else if (ascii_wsp(c))
            s->blank = true;
        else if (c != '\n')
            return pass_held(s);
    }
    return ASSAY_DONE;
}

/** Pass on what stands as it is; a blank or CR at its end is held. */
static assay_status relaxed_run(struct body_stream *s, assay_span *piece)
{
    size_t n = scan_relaxed(*piece), held = n && (ascii_wsp(piece->p[n - 1]) || piece->p[n - 1] == '\r');
    assay_span run = span_first(*piece, n - held);

    if (held) {
        s->blank = ascii_wsp(piece->p[n - 1]);
        s->cr = !s->blank;
    }
    *piece = span_from(*piece, n);
    return pass(s, run);
}

static assay_status relaxed_add(struct body_stream *s, assay_span piece)
{
    while (piece.n) {
        if (relaxed_careful(s, &piece) != ASSAY_DONE || (piece.n && relaxed_run(s, &piece) != ASSAY_DONE))
            return ASSAY_ENOMEM;
    }
    return ASSAY_DONE;
}

/* ---- simple (RFC 6376 3.4.3) ---- */

static assay_status simple_add(struct body_stream *s, assay_span piece)
{
    while (piece.n) {
        if (s->cr) { /* the last piece ended in it */
            s->cr = false;
            if (piece.p[0] == '\n') {
                s->line_ends++;
                piece = span_from(piece, 1);
                continue;
            }
            if (pass(s, SPAN("\r")) != ASSAY_DONE)
                return ASSAY_ENOMEM;
        }
        size_t n = scan_bare_lf(piece, false), held = n == piece.n && piece.p[n - 1] == '\r';

        if (pass(s, span_first(piece, n - held)) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        s->cr = held;
        if (n < piece.n)
            s->line_ends++; /* the bare LF */
        piece = span_from(piece, n + 1);
    }
    return ASSAY_DONE;
}

assay_status body_add(struct body *b, assay_span piece)
{
    struct body_stream *simple = &b->streams[CANON_SIMPLE], *relaxed = &b->streams[CANON_RELAXED];

    if (simple->wanted && !b->failed)
        b->failed = simple_add(simple, piece) != ASSAY_DONE;
    if (relaxed->wanted && !b->failed)
        b->failed = relaxed_add(relaxed, piece) != ASSAY_DONE;
    return b->failed ? ASSAY_ENOMEM : ASSAY_DONE;
}

/* ---- the end ---- */

/** End a stream: a body that is not empty ends in one CRLF, and so does an empty one when simple. */
static assay_status end_stream(struct body_stream *s, enum canon canon)
{
    struct body_digest *whole = s->n ? &s->snapshots[s->n - 1] : NULL;

    if (s->cr && (canon == CANON_SIMPLE ? pass(s, SPAN("\r")) : pass_held(s)) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    s->line_ends = s->octets || canon == CANON_SIMPLE;
    if (release_line_ends(s) != ASSAY_DONE || hash(s, SPAN_EMPTY) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if (!whole || whole->length != BODY_WHOLE)
        return ASSAY_DONE;
    whole->known = digest_so_far(&s->digest, whole->sha256) == ASSAY_DONE;
    return whole->known ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status body_end(struct body *b)
{
    for (int i = 0; i < 2 && !b->given && !b->failed; i++)
        if (b->streams[i].wanted)
            b->failed = end_stream(&b->streams[i], (enum canon)i) != ASSAY_DONE;
    b->ended = !b->failed;
    return b->failed ? ASSAY_ENOMEM : ASSAY_DONE;
}

assay_status body_give(struct body *b, enum canon canon, uint64_t length, const uint8_t sha256[SHA256_SIZE])
{
    struct body_stream *s = &b->streams[canon];

    if (!b->given)
        b->streams[0].n = b->streams[1].n = 0;
    b->given = true;
    if (body_want(b, canon, length) != ASSAY_DONE)
        return ASSAY_EINVAL;
    for (size_t i = 0; i < s->n; i++) {
        if (s->snapshots[i].length != length)
            continue;
        memcpy(s->snapshots[i].sha256, sha256, SHA256_SIZE);
        s->snapshots[i].known = true;
    }
    if (length > s->octets)
        s->octets = length;
    return ASSAY_DONE;
}

uint64_t body_length(const struct body *b, enum canon canon)
{
    return b->streams[canon].octets;
}

const struct body_digest *body_find(const struct body *b, enum canon canon, uint64_t length)
{
    const struct body_stream *s = &b->streams[canon];

    for (size_t i = 0; i < s->n; i++) {
        const struct body_digest *d = &s->snapshots[i];

        if (d->known && (d->length == length || (length == BODY_WHOLE && b->given && d->length == s->octets)))
            return d;
    }
    return NULL;
}

void body_done(struct body *b)
{
    digest_done(&b->streams[0].digest);
    digest_done(&b->streams[1].digest);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/body.h"

#include "mail/scan.h"

/* ---- what is wanted ---- */

void body_init(struct body *b)
{
    for (int i = 0; i < 2; i++) {
        struct body_stream *s = &b->streams[i];

        s->wanted = s->blank = s->cr = false;
        s->staged = s->n = s->next = 0;
        s->octets = s->line_ends = 0;
        s->digest.ctx = s->digest.copy = NULL;
        s->digest.staged = 0;
    }
    b->begun = b->ended = b->given = b->failed = false;
}

/** Another length finds a place: LIMIT_BODY_LENGTHS of l=, and always that of the whole body. */
static bool has_place(const struct body *b, const struct body_stream *s, uint64_t length)
{
    bool whole =
        length == BODY_WHOLE || b->given || (s->n && s->snapshots[s->n - 1].length == BODY_WHOLE);

    return s->n < (size_t)LIMIT_BODY_LENGTHS + whole;
}

assay_status body_want(struct body *b, enum canon canon, uint64_t length)
{
    struct body_stream *s = &b->streams[canon];
    size_t at = 0;

    while (at < s->n && s->snapshots[at].length < length)
        at++;
    s->wanted = true;
    if (at < s->n && s->snapshots[at].length == length)
        return ASSAY_DONE;
    if (!has_place(b, s, length))
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

        if (digest_add(&s->digest, span_first(octets, part)) != ASSAY_DONE ||
            snapshot(s) != ASSAY_DONE)
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

/**
 * Pass canonical octets on; they end in no half of a CRLF. Line ends at their end are held back.
 */
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

/* ---- gathering ---- */

/** Pass on what has gathered. */
static assay_status pass_stage(struct body_stream *s)
{
    assay_span stage = {s->stage, s->staged};

    s->staged = 0;
    return pass(s, stage);
}

/** Make room for `n` octets, few. */
static assay_status make_room(struct body_stream *s, size_t n)
{
    return s->staged + n > BODY_STAGE ? pass_stage(s) : ASSAY_DONE;
}

/** Gather a few octets, no half of a CRLF. */
static assay_status put(struct body_stream *s, assay_span octets)
{
    if (make_room(s, octets.n) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    memcpy(s->stage + s->staged, octets.p, octets.n);
    s->staged += octets.n;
    return ASSAY_DONE;
}

/** Take a run that stands as it is, no half of a CRLF; a long one is passed on without a copy. */
static assay_status put_run(struct body_stream *s, assay_span run)
{
    if (run.n <= BODY_STAGE / 4)
        return run.n ? put(s, run) : ASSAY_DONE;
    return pass_stage(s) == ASSAY_DONE ? pass(s, run) : ASSAY_ENOMEM;
}

/* ---- relaxed (RFC 6376 3.4.4) ---- */

/** A blank and a CR were held and turned out not to end a line. */
static assay_status put_held(struct body_stream *s)
{
    assay_status status = ASSAY_DONE;

    if (s->blank)
        status = put(s, SPAN(" "));
    if (status == ASSAY_DONE && s->cr)
        status = put(s, SPAN("\r"));
    s->blank = s->cr = false;
    return status;
}

/** Take one octet, whatever it is. */
static assay_status take_octet(struct body_stream *s, char c)
{
    if (c == '\n') {
        s->blank = s->cr = false;
        return put(s, SPAN("\r\n"));
    }
    if (s->cr && put_held(s) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if (c == '\r')
        s->cr = true;
    else if (ascii_wsp(c))
        s->blank = true;
    else
        return put_held(s) == ASSAY_DONE ? put(s, (assay_span){&c, 1}) : ASSAY_ENOMEM;
    return ASSAY_DONE;
}

/**
 * How many octets from the front stand as they are: no line end, no tab, and blanks only one by
 * one.
 */
static size_t plain_octets(assay_span piece)
{
    size_t n = 0;

    while (n < piece.n && (piece.p[n] > ' ' || !(ascii_fws(piece.p[n]))))
        if (++n + 1 < piece.n && piece.p[n] == ' ' && !ascii_fws(piece.p[n + 1]))
            n++;
    return n;
}

/** Take octets one by one: `least` of them, then on until nothing is held. */
static assay_status take_octets(struct body_stream *s, assay_span *piece, size_t least)
{
    const char *stop = piece->p + least;

    while (piece->n && (piece->p < stop || s->blank || s->cr)) {
        size_t n = s->blank || s->cr ? 0 : plain_octets(*piece);

        if ((n ? put_run(s, span_first(*piece, n)) : take_octet(s, piece->p[0])) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        *piece = span_from(*piece, n ? n : 1);
    }
    return ASSAY_DONE;
}

/**
 * Take a block without the octets that have to go; a tab that stays becomes a space. The stage has
 * room for it.
 */
static void take_block(struct body_stream *s, assay_span block, const struct scan_block *found)
{
    char *to = s->stage + s->staged;
    size_t from = 0;

    for (uint64_t stops = found->drop | found->tabs; stops; stops &= stops - 1) {
        size_t at = (size_t)__builtin_ctzll(stops);

        memcpy(to, block.p + from,
               SCAN_BLOCK); /* more than is wanted, which is quicker than to count */
        to += at - from;
        if (!(found->drop >> at & 1))
            *to++ = ' ';
        from = at + 1;
    }
    memcpy(to, block.p + from, SCAN_BLOCK);
    s->staged = (size_t)(to - s->stage) + block.n - from;
}

/** What lies between two points, without a CR at its end: that goes with what follows. */
static assay_span run_between(const char *from, const char *to)
{
    return span_between(from, to > from && to[-1] == '\r' ? to - 1 : to);
}

/**
 * Take a block that has to be changed. \param from  where it begins, or the CR before it \return
 * where to go on
 */
static const char *change_block(struct body_stream *s, const char *from, const char *at,
                                const struct scan_block *found)
{
    assay_span block = run_between(at, at + SCAN_BLOCK);

    if (make_room(s, SCAN_BLOCK + 1) != ASSAY_DONE)
        return NULL;
    if (from < at)
        s->stage[s->staged++] = '\r';
    take_block(s, block, found);
    return block.p + block.n;
}

/** Take what can be taken in blocks; `*piece` begins where nothing is held, and is advanced. */
static assay_status take_blocks(struct body_stream *s, assay_span *piece)
{
    const char *from = piece->p, *end = piece->p + piece->n;
    struct scan_block found;
    size_t at = scan_relaxed(*piece, 0, &found);

    while (piece->n - at >= SCAN_AHEAD) {
        assay_span run = run_between(from, piece->p + at);

        if (put_run(s, run) != ASSAY_DONE)
            return ASSAY_ENOMEM;
        from = run.p + run.n;
        if (found.odd) {
            *piece = span_between(from, end);
            return take_octets(s, piece, SCAN_BLOCK + 1);
        }
        if (!(from = change_block(s, from, piece->p + at, &found)))
            return ASSAY_ENOMEM;
        at = scan_relaxed(*piece, at + SCAN_BLOCK, &found);
    }
    *piece = run_between(from, piece->p + at);
    if (put_run(s, *piece) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    *piece = span_between(piece->p + piece->n, end);
    return take_octets(s, piece, piece->n);
}

static assay_status relaxed_add(struct body_stream *s, assay_span piece)
{
    assay_status status = take_octets(s, &piece, 0);

    while (piece.n && status == ASSAY_DONE)
        status = take_blocks(s, &piece);
    return status;
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

/**
 * End a stream: a body that is not empty ends in one CRLF, and so does an empty one when simple.
 */
static assay_status end_stream(struct body_stream *s, enum canon canon)
{
    struct body_digest *whole = s->n ? &s->snapshots[s->n - 1] : NULL;

    if (s->cr && (canon == CANON_SIMPLE ? pass(s, SPAN("\r")) : put_held(s)) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if (pass_stage(s) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    s->line_ends = s->octets || canon == CANON_SIMPLE;
    if (release_line_ends(s) != ASSAY_DONE || hash(s, SPAN_EMPTY) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if (!whole || whole->length != BODY_WHOLE)
        return ASSAY_DONE;
    whole->known = digest_end(&s->digest, whole->sha256) == ASSAY_DONE;
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

assay_status body_give(struct body *b, enum canon canon, uint64_t length,
                       const uint8_t sha256[SHA256_SIZE])
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

        if (d->known &&
            (d->length == length || (length == BODY_WHOLE && b->given && d->length == s->octets)))
            return d;
    }
    return NULL;
}

void body_done(struct body *b)
{
    digest_done(&b->streams[0].digest);
    digest_done(&b->streams[1].digest);
}

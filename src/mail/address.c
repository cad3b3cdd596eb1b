/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/address.h"

#include "mail/address_token.h"

/*
 * One pass. address_token() parts the field into words and specials, comments and folding left out.
 * read_run() takes tokens up to one that may part addresses (, ; : < > or the end); on the way what
 * has an @ becomes a mailbox, whatever comes of it later. end_run() then looks at what parted:
 * words before < are a display name, before : the name of a group, and so on; what does not fit is
 * a fault.
 *
 * Where the grammar is broken, programs differ in what they show. Each address that one of them may
 * come to is given: every @ of several divides, and an address may end, or go on, at an octet that
 * has no place there.
 */

/* ---- an addr-spec ---- */

/** What may be an addr-spec (3.4.1), while it is read: words, dots, @. */
struct spec {
    size_t begin;         /* where in the reader's text it begins */
    size_t domain;        /* where its domain begins, behind the last @; 0: there is no @ yet */
    size_t given;         /* where the text ended when a mailbox was made of it */
    size_t first;         /* mailboxes there were before */
    enum token_kind last; /* its last token; END: it is empty */
    bool gap;             /* blanks stood before an octet without meaning, behind `last` */
    bool bad;             /* as an addr-spec it breaks the grammar */
};

/** What stands between two tokens that part addresses. */
struct run {
    bool any;          /* there is a token */
    bool dot;          /* the first one is a dot */
    size_t addresses;  /* of its specs those with an @ */
    size_t words;      /* and those without */
    assay_span word;   /* the last one of these */
    struct lexer from; /* it again, as written */
};

/** A field being read. A failed allocation sticks in `status`. */
struct reader {
    struct arena *arena;
    struct lexer in;
    struct address_list list;
    size_t cap;
    assay_status status;
    char *text; /* local parts and domains, one behind the other; never longer than the field */
    size_t n;
    struct spec spec;
    struct run run;
    assay_span display;
    bool angle; /* inside < > */
    bool group; /* inside a group */
    bool full;  /* behind > or the ; of a group: only a separator may follow */
};

/** Room for one more mailbox. */
static bool make_room(struct reader *r)
{
    size_t cap = r->cap ? r->cap * 2 : 4;
    struct mailbox *wider;

    if (r->list.n < r->cap)
        return true;
    if (!(wider = arena_get(r->arena, cap * sizeof *wider))) {
        r->status = ASSAY_ENOMEM;
        return false;
    }
    if (r->list.n)
        memcpy(wider, r->list.boxes, r->list.n * sizeof *wider);
    r->list.boxes = wider;
    r->cap = cap;
    return true;
}

/** Add a mailbox. */
static void add(struct reader *r, assay_span local, assay_span domain)
{
    if (r->list.n == LIMIT_ADDRESSES)
        r->list.over = true;
    else if (r->status == ASSAY_DONE && make_room(r))
        r->list.boxes[r->list.n++] = (struct mailbox){r->display, local, domain};
}

/** Make a mailbox of the spec as it stands, if it has a domain that was not given yet. */
static void give(struct reader *r)
{
    struct spec *s = &r->spec;

    if (s->domain == 0 || r->n == s->domain || r->n == s->given)
        return;
    add(r, span_between(r->text + s->begin, r->text + s->domain - 1),
        span_between(r->text + s->domain, r->text + r->n));
    s->given = r->n;
}

/** What follows may be an addr-spec of its own. */
static void begin_spec(struct reader *r)
{
    r->spec = (struct spec){.begin = r->n, .first = r->list.n};
}

/**
 * The spec, which has an @, ends: give it. Its last reading, divided by the last @, comes before
 * the others.
 */
static void end_address(struct reader *r)
{
    struct spec *s = &r->spec;

    r->run.addresses++;
    r->list.fault |= s->bad || !(is_word(s->last) || s->last == LITERAL);
    give(r);
    if (r->list.n == s->first && s->domain > s->begin + 1)
        add(r, span_between(r->text + s->begin, r->text + s->domain - 1), SPAN_EMPTY);
    if (r->list.n > s->first + 1) {
        struct mailbox *first = &r->list.boxes[s->first], *last = &r->list.boxes[r->list.n - 1];
        struct mailbox box = *first;

        *first = *last;
        *last = box;
    }
}

/** The spec ends; another one begins. */
static void end_spec(struct reader *r)
{
    if (r->spec.last == END)
        return;
    if (r->spec.domain) {
        end_address(r);
    } else {
        r->run.words++;
        r->run.word = span_between(r->text + r->spec.begin, r->text + r->n);
    }
    begin_spec(r);
}

/**
 * Copy what was written, folding left out; `undo` quoted-pairs (3.2.1) as well. \return octets
 * written
 */
static size_t copy(char *out, assay_span s, bool undo)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        size_t fold;

        if (undo && s.p[i] == '\\' && i + 1 < s.n)
            i++;
        if ((fold = address_fold_size(span_from(s, i))))
            i += fold - 1;
        else
            out[n++] = s.p[i];
    }
    return n;
}

/**
 * An atom or quoted string. Behind another word, with no dot between, it begins a spec of its own.
 */
static void take_word(struct reader *r, const struct token *t)
{
    struct spec *s = &r->spec;
    assay_span text = t->text;

    if (s->last == LITERAL || (is_word(s->last) && (t->gap || s->gap))) {
        end_spec(r);
    } else if (is_word(s->last) || (t->kind == QUOTED && s->domain)) {
        s->bad = true;
        give(r);
    }
    if (t->kind == QUOTED)
        text = (assay_span){text.p + 1, text.n - 2};
    r->n += copy(r->text + r->n, text, t->kind == QUOTED);
    s->last = t->kind;
    s->gap = false;
}

/** A dot. It joins words, with blanks around it too (4.4); behind a literal it joins nothing. */
static void take_dot(struct reader *r)
{
    if (r->spec.last == LITERAL)
        end_spec(r);
    r->spec.bad |= !is_word(r->spec.last);
    r->text[r->n++] = '.';
    r->spec.last = DOT;
    r->spec.gap = false;
}

/** An @. At a second one the address might have ended; the last one divides. */
static void take_at(struct reader *r)
{
    struct spec *s = &r->spec;

    s->bad |= s->domain || !is_word(s->last);
    give(r);
    r->text[r->n++] = '@';
    s->domain = r->n;
    s->last = AT;
    s->gap = false;
}

/** An octet without meaning: some programs end an address here, others leave it out. */
static void take_stray(struct reader *r, const struct token *t)
{
    r->list.fault = true;
    r->spec.gap |= t->gap;
    give(r);
}

/**
 * A domain literal. Anywhere but behind @ its brackets mean nothing, and its inside is read like
 * all else.
 */
static void take_literal(struct reader *r, const struct token *t)
{
    if (r->spec.last != AT) {
        r->in.rest = span_between(t->text.p + 1, r->in.rest.p + r->in.rest.n);
        take_stray(r, t);
        return;
    }
    for (size_t i = 0; i < t->text.n; i++) {
        if (t->text.p[i] == '\\' && i + 1 < t->text.n)
            i++;
        if (!ascii_fws(t->text.p[i]))
            r->text[r->n++] = t->text.p[i];
    }
    r->spec.last = LITERAL;
    r->spec.gap = false;
}

/** A token that may be a piece of an address. */
static void take(struct reader *r, const struct token *t)
{
    if (!r->run.any)
        r->run.dot = t->kind == DOT;
    r->run.any = true;
    switch (t->kind) {
    case DOT: take_dot(r); break;
    case AT: take_at(r); break;
    case LITERAL: take_literal(r, t); break;
    case STRAY: take_stray(r, t); break;
    default: take_word(r, t); break;
    }
}

/* ---- lists ---- */

/** Read up to the next token that parts addresses. \return that token */
static enum token_kind read_run(struct reader *r)
{
    struct token t;

    r->run = (struct run){.from = r->in};
    begin_spec(r);
    while (t = address_token(&r->in), !is_part(t.kind))
        take(r, &t);
    end_spec(r);
    r->run.from.rest = span_between(r->run.from.rest.p, t.text.p);
    return t.kind;
}

/** A mailbox, if the run is one, is complete. */
static void end_mailbox(struct reader *r)
{
    const struct run *run = &r->run;

    if (run->addresses == 0 && run->words == 1 && run->word.n && !r->full)
        add(r, run->word, SPAN_EMPTY);
    r->list.fault |= run->words > 0 || run->addresses > 1 || (r->angle && !run->any);
    r->display = SPAN_EMPTY;
}

/** What the run is as a phrase, as written: comments, folding and controls left out. */
static assay_span phrase(struct reader *r)
{
    struct lexer in = r->run.from;
    char *out = r->list.n < LIMIT_ADDRESSES ? arena_get(r->arena, in.rest.n) : NULL;
    struct token t;
    size_t n = 0;

    if (!out) {
        if (r->list.n < LIMIT_ADDRESSES)
            r->status = ASSAY_ENOMEM;
        return SPAN_EMPTY;
    }
    while (t = address_token(&in), t.kind != END) {
        if (t.kind == STRAY && ((unsigned char)t.text.p[0] < ' ' || t.text.p[0] == 0x7F))
            continue;
        if (t.gap && n)
            out[n++] = ' ';
        n += copy(out + n, t.text, false);
    }
    return (assay_span){out, n};
}

/**
 * obs-route behind < (4.4): commas, and domains each behind an @, up to a colon; it is no part of
 * the address. What is not quite a route is left to be read as addresses.
 */
static void skip_route(struct reader *r)
{
    struct lexer in = r->in;
    struct token t = address_token(&in);
    bool any = false;

    while (t.kind == AT || t.kind == COMMA) {
        if (t.kind == COMMA) {
            t = address_token(&in);
            continue;
        }
        t = address_token(&in);
        if (t.kind != ATOM && t.kind != LITERAL)
            return;
        for (bool atom = t.kind == ATOM; (t = address_token(&in)).kind == DOT && atom;)
            if (address_token(&in).kind != ATOM)
                return;
        if (t.kind != COMMA && t.kind != COLON)
            return;
        any = true;
    }
    if (any && t.kind == COLON)
        r->in = in;
}

/** Behind <. The run before it is a display name. */
static void open_angle(struct reader *r)
{
    r->list.fault |= r->angle || r->run.addresses > 0 || r->run.dot;
    if (r->run.any)
        r->display = phrase(r);
    r->angle = true;
    r->full = false;
    skip_route(r);
}

/** Behind >. */
static void close_angle(struct reader *r)
{
    end_mailbox(r);
    r->list.fault |= !r->angle;
    r->angle = false;
    r->full = true;
}

/**
 * Behind a colon. The run before it is the name of a group; that is no address, but what has an @
 * was given.
 */
static void open_group(struct reader *r)
{
    if (r->angle) {
        r->list.fault = true;
        return;
    }
    r->list.fault |= r->group || !r->run.any || r->run.addresses > 0 || r->run.dot;
    r->group = r->list.group = true;
    r->full = false;
}

/** Behind a comma, a semicolon or at the end. A semicolon that ends no group stands for a comma. */
static void end_entry(struct reader *r, enum token_kind kind)
{
    bool ends_group = kind == SEMICOLON && r->group;

    end_mailbox(r);
    r->list.fault |= r->angle || (kind == SEMICOLON && !r->group) || (kind == END && r->group);
    r->angle = false;
    r->full = ends_group;
    r->group &= !ends_group;
}

/** Look at what a run came to, by the token behind it. */
static void end_run(struct reader *r, enum token_kind kind)
{
    if (r->full && (r->run.any || kind == OPEN || kind == COLON))
        r->list.fault = true; /* a comma is missing */
    switch (kind) {
    case OPEN: open_angle(r); break;
    case CLOSE: close_angle(r); break;
    case COLON: open_group(r); break;
    default: end_entry(r, kind); break;
    }
}

assay_status address_list_read(struct arena *a, assay_span value, struct address_list *ret)
{
    struct reader r = {.arena = a, .in.rest = value.n ? value : SPAN_EMPTY, .display = SPAN_EMPTY};
    enum token_kind kind;

    if (!(r.text = arena_get(a, value.n)))
        return ASSAY_ENOMEM;
    r.list.fault = !address_is_text(r.in.rest);
    do {
        kind = read_run(&r);
        end_run(&r, kind);
    } while (kind != END && r.status == ASSAY_DONE);
    if (r.status != ASSAY_DONE)
        return r.status;
    r.list.fault |= r.list.n == 0 && !r.list.group;
    *ret = r.list;
    return ASSAY_DONE;
}

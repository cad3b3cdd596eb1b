/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/expect.h"

#include "base/number.h"
#include "receive/verdict.h"

enum { GOT_MAX = 4096 };

assay_span expect_keep(struct expecter *e, struct buf *text)
{
    assay_span kept = SPAN_EMPTY;

    if (text->status == ASSAY_ENOMEM || !arena_copy(&e->outcome->arena, buf_span(text), &kept))
        e->no_memory = true;
    buf_done(text);
    return kept;
}

/* ---- the checks ---- */

/** The nth check of a key's method and scope, or NULL. */
static const struct assay_check *find_check(const struct expecter *e, const struct expect_key *key,
                                            size_t nth)
{
    for (size_t i = 0; i < e->verdict->nchecks; i++) {
        const struct assay_check *c = e->verdict->checks[i];

        if (span_is(c->method, key->method) && (!key->scope || span_is(c->scope, key->scope)) &&
            nth-- == 0)
            return c;
    }
    return NULL;
}

/** A detail of a check, or `absent`. */
static assay_span detail_of(const struct assay_check *c, assay_span name, assay_span absent)
{
    for (size_t i = 0; c && i < c->ndetails; i++)
        if (span_eq(c->details[i].name, name))
            return c->details[i].value;
    return absent;
}

/** A property is called `name`, or `ptype.name`. */
static bool is_called(const struct assay_property *p, assay_span name)
{
    if (name.n > p->ptype.n && name.p[p->ptype.n] == '.' && span_istarts(name, p->ptype))
        name = span_from(name, p->ptype.n + 1);
    return span_ieq(p->name, name);
}

/** A property, else a detail, else nothing. */
static assay_span property_of(const struct assay_check *c, assay_span name)
{
    for (size_t i = 0; i < c->nproperties; i++)
        if (is_called(&c->properties[i], name))
            return c->properties[i].value;
    return detail_of(c, name, SPAN_EMPTY);
}

/* ---- results: RESULT NAME=VALUE ... ---- */

assay_span expect_got_result(struct expecter *e, const struct expect_key *key, size_t nth)
{
    const struct assay_check *c = find_check(e, key, nth);
    struct buf text = buf_new(GOT_MAX);

    if (!c)
        return nth == 0 ? span_of(key->absent) : SPAN("nothing");
    buf_put(&text, c->result);
    for (size_t i = 0; i < c->nproperties; i++) {
        buf_putc(&text, ' ');
        buf_put(&text, c->properties[i].name);
        buf_putc(&text, '=');
        buf_put(&text, c->properties[i].value);
    }
    if (c->reason.n) {
        buf_puts(&text, " reason=\"");
        buf_put(&text, c->reason);
        buf_putc(&text, '"');
    }
    return expect_keep(e, &text);
}

/** A property is as wanted: b= exactly, of the reason a part, the others without case. */
static bool has_property(const struct assay_check *c, assay_span name, assay_span value)
{
    assay_span got;

    if (span_is(name, "reason"))
        return span_contains(c->reason, value);
    got = property_of(c, name);
    return span_is(name, "b") ? span_eq(got, value) : span_ieq(got, value);
}

bool expect_holds_result(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    const struct assay_check *c = find_check(e, line->key, line->nth);
    size_t blank = span_find(wanted, ' ');
    assay_span rest = span_from(wanted, blank), name, value;

    if (!c)
        return span_eq(wanted, line->got);
    if (!span_eq(c->result, span_first(wanted, blank)))
        return false;
    while (expect_property(&rest, &name, &value))
        if (!has_property(c, name, value))
            return false;
    return true;
}

/* ---- single values ---- */

assay_span expect_got_detail(struct expecter *e, const struct expect_key *key, size_t nth)
{
    if (e->posture)
        return expect_got_domain(e, key, nth);
    return detail_of(find_check(e, key, nth), span_of(key->detail), span_of(key->absent));
}

assay_span expect_got_fixed(struct expecter *e, const struct expect_key *key, size_t nth)
{
    (void)e;
    (void)nth;
    return span_of(key->absent);
}

assay_span expect_got_disposition(struct expecter *e, const struct expect_key *key, size_t nth)
{
    (void)key;
    (void)nth;
    return span_of(verdict_word(e->verdict->what));
}

assay_span expect_got_would(struct expecter *e, const struct expect_key *key, size_t nth)
{
    (void)key;
    (void)nth;
    return span_of(verdict_word(e->verdict->would));
}

assay_span expect_got_cause(struct expecter *e, const struct expect_key *key, size_t nth)
{
    (void)key;
    (void)nth;
    return e->verdict->cause;
}

assay_span expect_got_override(struct expecter *e, const struct expect_key *key, size_t nth)
{
    const struct assay_verdict *v = e->verdict;
    struct buf text = buf_new(GOT_MAX);

    (void)key;
    (void)nth;
    buf_put(&text, v->override.n ? v->override : SPAN("none"));
    buf_puts(&text, v->override_note.n ? " " : "");
    buf_put(&text, v->override_note);
    return expect_keep(e, &text);
}

assay_span expect_got_policy(struct expecter *e, const struct expect_key *key, size_t nth)
{
    (void)key;
    (void)nth;
    return e->verdict->policy;
}

assay_span expect_got_reply(struct expecter *e, const struct expect_key *key, size_t nth)
{
    const struct assay_verdict *v = e->verdict;
    struct buf text = buf_new(GOT_MAX);

    (void)key;
    (void)nth;
    if (v->code)
        buf_printf(&text, "%d %.*s ", v->code, SPAN_ARG(v->enhanced));
    else
        buf_puts(&text, "none");
    buf_put(&text, v->text);
    return expect_keep(e, &text);
}

assay_span expect_got_message(struct expecter *e, const struct expect_key *key, size_t nth)
{
    (void)key;
    (void)nth;
    return e->verdict->malformed ? SPAN("malformed") : SPAN("ok");
}

bool expect_holds_value(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    uint64_t a, b;

    (void)e;
    if (number_read(line->got, UINT64_MAX, &a) && number_read(wanted, UINT64_MAX, &b))
        return a == b;
    return span_ieq(line->got, wanted);
}

bool expect_holds_domain(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    if (wanted.n && wanted.p[wanted.n - 1] == '.')
        wanted.n--;
    return expect_holds_value(e, line, wanted);
}

/* ---- texts ---- */

/** Take one octet of folded text: a run of white space is one space. `s` is trimmed. */
static char next_folded(assay_span *s)
{
    char c = s->p[0];

    *s = span_from(*s, 1);
    if (!ascii_fws(c))
        return c;
    while (s->n && ascii_fws(s->p[0]))
        *s = span_from(*s, 1);
    return ' ';
}

/** Equal, white space folded. */
static bool folded_eq(assay_span a, assay_span b)
{
    a = span_trim(a);
    b = span_trim(b);
    while (a.n && b.n)
        if (next_folded(&a) != next_folded(&b))
            return false;
    return a.n == b.n;
}

/** Add text with its white space folded. */
static void put_folded(struct buf *out, assay_span s)
{
    for (s = span_trim(s); s.n;)
        buf_putc(out, next_folded(&s));
}

assay_span expect_got_authres(struct expecter *e, const struct expect_key *key, size_t nth)
{
    struct buf text = buf_new(e->verdict->authres.n + 1);

    (void)key;
    (void)nth;
    put_folded(&text, e->verdict->authres);
    return expect_keep(e, &text);
}

bool expect_holds_folded(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    (void)e;
    return folded_eq(line->got, wanted);
}

assay_span expect_got_edits(struct expecter *e, const struct expect_key *key, size_t nth)
{
    struct buf text = buf_new(GOT_MAX);

    (void)key;
    (void)nth;
    for (size_t i = 0; i < e->verdict->nedits; i++) {
        const struct assay_edit *edit = &e->verdict->edits[i];

        buf_puts(&text, i ? " | " : "");
        buf_puts(&text, edit->remove ? "remove " : "insert ");
        buf_put(&text, edit->name);
        buf_puts(&text, edit->value.n ? ": " : "");
        put_folded(&text, edit->value);
    }
    if (!e->verdict->nedits)
        buf_puts(&text, "no edit");
    return expect_keep(e, &text);
}

assay_span expect_got_signature(struct expecter *e, const struct expect_key *key, size_t nth)
{
    for (size_t i = e->verdict->nedits; i > 0; i--) { /* the last one inserted is on top */
        const struct assay_edit *edit = &e->verdict->edits[i - 1];
        struct buf text = buf_new(edit->value.n + 1);

        if (edit->remove || !span_iis(edit->name, "DKIM-Signature") || nth-- > 0)
            continue;
        put_folded(&text, edit->value);
        return expect_keep(e, &text);
    }
    return span_of(key->absent);
}

/** An edit is as wanted: `VERB NAME` or `VERB NAME: VALUE`. */
static bool is_edit(const struct assay_edit *edit, assay_span wanted)
{
    assay_span verb = span_first(wanted, span_find(wanted, ' ')), rest = span_from(wanted, verb.n);
    size_t colon = span_find(rest, ':');

    if (edit->remove ? !span_is(verb, "remove") : !span_is(verb, "insert") && !span_is(verb, "add"))
        return false;
    return span_ieq(edit->name, span_trim(span_first(rest, colon))) &&
           (colon == rest.n || folded_eq(edit->value, span_from(rest, colon + 1)));
}

bool expect_holds_edit(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    (void)line;
    for (size_t i = e->next_edit; i < e->verdict->nedits; i++) {
        if (!is_edit(&e->verdict->edits[i], wanted))
            continue;
        e->next_edit = i + 1;
        return true;
    }
    return false;
}

/** A line of reasoning as one text. */
static assay_span trace_text(struct expecter *e, const struct assay_trace_line *line)
{
    const assay_span parts[] = {line->what, line->gave, line->then, line->ref};
    struct buf text = buf_new(SIZE_MAX / 2);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_puts(&text, text.n && parts[i].n ? " " : "");
        buf_put(&text, parts[i]);
    }
    return expect_keep(e, &text);
}

/** Make the texts of all lines of reasoning, once. */
static bool make_traces(struct expecter *e)
{
    const struct assay_trace_line *lines;
    size_t n;

    if (e->traces)
        return true;
    if (assay_trace(e->outcome->eval, &lines, &n) != ASSAY_DONE ||
        !(e->traces = arena_get(&e->outcome->arena, (n + 1) * sizeof *e->traces)))
        return false;
    for (size_t i = 0; i < n; i++)
        e->traces[e->ntraces++] = trace_text(e, &lines[i]);
    return true;
}

bool expect_holds_trace(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    (void)line;
    if (!make_traces(e))
        e->no_memory = true;
    for (size_t i = 0; i < e->ntraces; i++)
        if (span_contains(e->traces[i], wanted))
            return true;
    return false;
}

/* ---- SRS ---- */

assay_span expect_got_address(struct expecter *e, const struct expect_key *key, size_t nth)
{
    (void)key;
    (void)nth;
    return e->srs->address;
}

assay_span expect_got_error(struct expecter *e, const struct expect_key *key, size_t nth)
{
    (void)key;
    (void)nth;
    return e->srs->error;
}

/* ---- questions ---- */

assay_span expect_got_questions(struct expecter *e, const struct expect_key *key, size_t nth)
{
    struct buf text = buf_new(NUMBER_DIGITS);
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0, n = 0;

    (void)key;
    (void)nth;
    while (assay_evidence(e->outcome->eval, &cursor, &q, &fact))
        n++;
    buf_putu(&text, n);
    return expect_keep(e, &text);
}

bool expect_holds_asked(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    size_t blank = span_find(wanted, ' '), cursor = 0;
    assay_span text = span_trim(span_from(wanted, blank));
    enum assay_kind kind;
    uint16_t rrtype;
    struct dns_name name;
    struct assay_question q;
    assay_fact *fact;

    (void)line;
    if (!case_question_read(span_first(wanted, blank), &kind, &rrtype))
        return false;
    if ((kind == ASSAY_DNS || kind == ASSAY_SUFFIX) && dns_name_read(text, &name))
        text = dns_name_span(&name);
    while (assay_evidence(e->outcome->eval, &cursor, &q, &fact))
        if (q.kind == kind && q.rrtype == rrtype && span_eq(q.name, text))
            return true;
    return false;
}

bool expect_holds_not_asked(struct expecter *e, const struct expect_line *line, assay_span wanted)
{
    return !expect_holds_asked(e, line, wanted);
}

/* ---- the lines ---- */

/** The whole value of a text, else any alternative of a value, holds. */
static bool holds(struct expecter *e, const struct expect_line *line, assay_span value)
{
    assay_span rest = value, one;

    if (line->key->text && line->key->holds(e, line, value))
        return true;
    while (expect_alternative(&rest, line->key->text, &one))
        if (line->key->holds(e, line, one))
            return true;
    return false;
}

/** How many lines above this one have its key. */
static size_t count_above(const struct case_lines *lines, const struct case_line *line)
{
    size_t n = 0;

    for (const struct case_line *above = lines->first; above != line; above = above->next)
        n += span_eq(above->key, line->key);
    return n;
}

/** Compare one line. */
static void compare(struct expecter *e, const struct case_line *line)
{
    struct expect_line l = {.key = expect_key_find(line->key)};
    struct case_outcome *o = e->outcome;

    if (!l.key->holds)
        return;
    l.nth = l.key->numbered ? count_above(&e->one->expect, line) : 0;
    l.got = l.key->got(e, l.key, l.nth);
    if (holds(e, &l, line->value))
        return;
    if (l.key->got == expect_got_finding)
        l.got = expect_got_instead(e, &l, line->value);
    o->misses[o->nmisses++] = (struct case_miss){line->key, line->value, l.got};
}

assay_status case_expect(const struct case_one *one, struct case_outcome *ret)
{
    struct expecter e = {.one = one,
                         .outcome = ret,
                         .verdict = assay_result(ret->eval),
                         .srs = assay_srs_result(ret->eval),
                         .posture = assay_domain_result(ret->eval)};

    if (!(ret->misses = arena_get(&ret->arena, (one->expect.n + 1) * sizeof *ret->misses)))
        return ASSAY_ENOMEM;
    for (const struct case_line *line = one->expect.first; line; line = line->next)
        compare(&e, line);
    return e.no_memory ? ASSAY_ENOMEM : ASSAY_DONE;
}

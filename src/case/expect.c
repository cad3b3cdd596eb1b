/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"
#include "case/model.h"

/** [expect] being compared. */
struct expecter {
    const struct case_one *one;
    struct case_outcome *outcome;
    const struct assay_verdict *verdict;
    size_t next_edit; /* edits are matched in order */
    bool no_memory;
};

struct row;

/** What there is for the `nth` line of a key, from 0. */
typedef assay_span got_fn(struct expecter *e, const struct row *row, size_t nth);

/** A value, or one of its alternatives, holds. */
typedef bool holds_fn(struct expecter *e, const struct row *row, size_t nth, assay_span wanted);

/** One key of [expect]. */
struct row {
    const char *name;
    unsigned kinds;
    got_fn *got;
    holds_fn *holds;
    const char *method, *scope; /**< of the checks that a result or detail is looked for in */
    const char *detail;
    const char *absent; /**< what there is when there is no such check or detail */
};

/* ---- the checks ---- */

/** The nth check of a row's method and scope, or NULL. */
static const struct assay_check *find_check(const struct expecter *e, const struct row *row, size_t nth)
{
    for (size_t i = 0; i < e->verdict->nchecks; i++) {
        const struct assay_check *c = e->verdict->checks[i];

        if (span_is(c->method, row->method) && (!row->scope || span_is(c->scope, row->scope)) && nth-- == 0)
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

/** A property by `name` or `ptype.name`, else a detail, or `absent`. */
static assay_span property_of(const struct assay_check *c, assay_span name, assay_span absent)
{
    size_t dot = span_find(name, '.');

    for (size_t i = 0; i < c->nproperties; i++) {
        const struct assay_property *p = &c->properties[i];

        if (span_ieq(p->name, name) || (dot < name.n && span_ieq(p->ptype, span_first(name, dot)) &&
                                        span_ieq(p->name, span_from(name, dot + 1))))
            return p->value;
    }
    return detail_of(c, name, absent);
}

/** Keep what a buffer holds for the outcome. */
static assay_span keep(struct expecter *e, struct buf *text)
{
    assay_span kept = SPAN_EMPTY;

    if (text->status == ASSAY_ENOMEM || !arena_copy(&e->outcome->arena, buf_span(text), &kept))
        e->no_memory = true;
    buf_done(text);
    return kept;
}

/* ---- results: RESULT NAME=VALUE ... ---- */

enum { GOT_MAX = 4096 };

static assay_span got_result(struct expecter *e, const struct row *row, size_t nth)
{
    const struct assay_check *c = find_check(e, row, nth);
    struct buf text = buf_new(GOT_MAX);

    if (!c)
        return nth == 0 ? span_of(row->absent) : SPAN("there is no such check");
    buf_put(&text, c->result);
    for (size_t i = 0; i < c->nproperties; i++) {
        buf_putc(&text, ' ');
        buf_put(&text, c->properties[i].name);
        buf_putc(&text, '=');
        buf_put(&text, c->properties[i].value);
    }
    if (c->reason.n) {
        buf_puts(&text, " (");
        buf_put(&text, c->reason);
        buf_putc(&text, ')');
    }
    return keep(e, &text);
}

/** Take `NAME=VALUE` off: the value is quoted, or goes on to the next word that has a `=`. */
static bool take_property(assay_span *rest, assay_span *name, assay_span *value)
{
    assay_span s = span_trim(*rest), end;
    size_t equals = span_find(s, '=');

    if (equals == s.n)
        return false;
    *name = span_trim(span_first(s, equals));
    s = span_from(s, equals + 1);
    if (s.n && s.p[0] == '"') {
        s = span_from(s, 1);
        *value = span_first(s, span_find(s, '"'));
        *rest = span_from(s, value->n + 1);
        return true;
    }
    for (end = s; end.n;) {
        assay_span blank = span_from(end, span_find(end, ' ')), word = span_trim(blank);

        end = blank;
        if (!word.n || span_find(span_first(word, span_find(word, ' ')), '=') < span_find(word, ' '))
            break;
        end = word;
    }
    *value = span_trim(span_between(s.p, end.p));
    *rest = end;
    return true;
}

/** A property is as wanted. The value of b= is exact, `reason` is contained, the others are names and words. */
static bool has_property(const struct assay_check *c, assay_span name, assay_span value)
{
    assay_span got;

    if (span_is(name, "reason"))
        return span_contains(c->reason, value);
    got = property_of(c, name, SPAN_EMPTY);
    return span_is(name, "b") ? span_eq(got, value) : span_ieq(got, value);
}

static bool holds_result(struct expecter *e, const struct row *row, size_t nth, assay_span wanted)
{
    const struct assay_check *c = find_check(e, row, nth);
    size_t blank = span_find(wanted, ' ');
    assay_span result = span_first(wanted, blank), rest = span_from(wanted, blank), name, value;

    if (!c)
        return nth == 0 && row->absent && span_is(wanted, row->absent);
    if (!span_eq(c->result, result))
        return false;
    while (take_property(&rest, &name, &value))
        if (!has_property(c, name, value))
            return false;
    return true;
}

/* ---- single values ---- */

/** The values are equal: without case, numbers as numbers. */
static bool holds_value(struct expecter *e, const struct row *row, size_t nth, assay_span wanted)
{
    assay_span got = row->got(e, row, nth);
    uint64_t a, b;

    if (number_read(got, UINT64_MAX, &a) && number_read(wanted, UINT64_MAX, &b))
        return a == b;
    return span_ieq(got, wanted);
}

static assay_span got_detail(struct expecter *e, const struct row *row, size_t nth)
{
    return detail_of(find_check(e, row, nth), span_of(row->detail), span_of(row->absent));
}

/** A domain: the final dot may be there. */
static bool holds_domain(struct expecter *e, const struct row *row, size_t nth, assay_span wanted)
{
    if (wanted.n && wanted.p[wanted.n - 1] == '.')
        wanted.n--;
    return holds_value(e, row, nth, wanted);
}

static assay_span got_fixed(struct expecter *e, const struct row *row, size_t nth)
{
    (void)e;
    (void)nth;
    return span_of(row->absent);
}

static assay_span got_disposition(struct expecter *e, const struct row *row, size_t nth)
{
    static const char *const WORDS[] = {"accept", "quarantine", "reject", "defer"};

    (void)row;
    (void)nth;
    return span_of(WORDS[e->verdict->what]);
}

static assay_span got_message(struct expecter *e, const struct row *row, size_t nth)
{
    (void)row;
    (void)nth;
    return e->verdict->malformed ? SPAN("malformed") : SPAN("ok");
}

/* ---- texts ---- */

/** Runs of white space become one space, those at the ends go. */
static assay_span fold(struct expecter *e, assay_span s)
{
    struct buf text = buf_new(s.n + 1);

    s = span_trim(s);
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_fws(s.p[i]))
            buf_putc(&text, s.p[i]);
        else if (!ascii_fws(s.p[i + 1])) /* white space is never last */
            buf_putc(&text, ' ');
    }
    return keep(e, &text);
}

static assay_span got_authres(struct expecter *e, const struct row *row, size_t nth)
{
    (void)row;
    (void)nth;
    return fold(e, e->verdict->authres);
}

static bool holds_folded(struct expecter *e, const struct row *row, size_t nth, assay_span wanted)
{
    return span_eq(row->got(e, row, nth), fold(e, wanted));
}

static assay_span got_edits(struct expecter *e, const struct row *row, size_t nth)
{
    struct buf text = buf_new(GOT_MAX);

    (void)row;
    (void)nth;
    for (size_t i = 0; i < e->verdict->nedits; i++) {
        const struct assay_edit *edit = &e->verdict->edits[i];

        buf_puts(&text, i ? "; " : "");
        buf_puts(&text, edit->remove ? "remove " : "insert ");
        buf_put(&text, edit->name);
        buf_puts(&text, edit->value.n ? ": " : "");
        buf_put(&text, fold(e, edit->value));
    }
    if (!e->verdict->nedits)
        buf_puts(&text, "no edit");
    return keep(e, &text);
}

/** An edit is as wanted: `VERB NAME` or `VERB NAME: VALUE`. */
static bool is_edit(struct expecter *e, const struct assay_edit *edit, assay_span wanted)
{
    assay_span rest = wanted, verb = span_first(rest, span_find(rest, ' ')), name, value;

    rest = span_trim(span_from(rest, verb.n));
    name = span_trim(span_first(rest, span_find(rest, ':')));
    value = span_from(rest, span_find(rest, ':'));
    if (edit->remove ? !span_is(verb, "remove") : !span_is(verb, "insert") && !span_is(verb, "add"))
        return false;
    return span_ieq(edit->name, name) &&
           (!value.n || span_eq(fold(e, edit->value), fold(e, span_from(value, 1))));
}

static bool holds_edit(struct expecter *e, const struct row *row, size_t nth, assay_span wanted)
{
    (void)row;
    (void)nth;
    for (size_t i = e->next_edit; i < e->verdict->nedits; i++) {
        if (!is_edit(e, &e->verdict->edits[i], wanted))
            continue;
        e->next_edit = i + 1;
        return true;
    }
    return false;
}

static assay_span got_trace(struct expecter *e, const struct row *row, size_t nth)
{
    (void)e;
    (void)row;
    (void)nth;
    return SPAN("no line of the trace contains it");
}

/** A line of reasoning as one text. */
static assay_span trace_text(struct expecter *e, const struct assay_trace_line *line)
{
    const assay_span parts[] = {line->what, line->gave, line->then, line->ref};
    struct buf text = buf_new(SIZE_MAX / 2);

    for (size_t i = 0; i < 4; i++) {
        buf_puts(&text, text.n && parts[i].n ? " " : "");
        buf_put(&text, parts[i]);
    }
    return keep(e, &text);
}

static bool holds_trace(struct expecter *e, const struct row *row, size_t nth, assay_span wanted)
{
    const struct assay_trace_line *lines;
    size_t n;

    (void)row;
    (void)nth;
    if (assay_trace(e->outcome->eval, &lines, &n) != ASSAY_DONE) {
        e->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (span_contains(trace_text(e, &lines[i]), wanted))
            return true;
    return false;
}

/* ---- questions ---- */

static assay_span got_questions(struct expecter *e, const struct row *row, size_t nth)
{
    struct buf text = buf_new(NUMBER_DIGITS);
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0, n = 0;

    (void)row;
    (void)nth;
    while (assay_evidence(e->outcome->eval, &cursor, &q, &fact))
        n++;
    buf_putu(&text, n);
    return keep(e, &text);
}

/** `TYPE NAME` was asked. */
static bool was_asked(struct expecter *e, assay_span wanted)
{
    size_t blank = span_find(wanted, ' ');
    assay_span text = span_trim(span_from(wanted, blank));
    enum assay_kind kind;
    uint16_t rrtype;
    struct dns_name name;
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;

    if (!case_question_read(span_first(wanted, blank), &kind, &rrtype))
        return false;
    if ((kind == ASSAY_DNS || kind == ASSAY_SUFFIX) && dns_name_read(text, &name))
        text = dns_name_span(&name);
    while (assay_evidence(e->outcome->eval, &cursor, &q, &fact))
        if (q.kind == kind && q.rrtype == rrtype && span_eq(q.name, text))
            return true;
    return false;
}

static bool holds_asked(struct expecter *e, const struct row *row, size_t nth, assay_span wanted)
{
    (void)row;
    (void)nth;
    return was_asked(e, wanted);
}

static bool holds_not_asked(struct expecter *e, const struct row *row, size_t nth, assay_span wanted)
{
    (void)row;
    (void)nth;
    return !was_asked(e, wanted);
}

/* ---- the keys ---- */

enum { RECEIVED = CASE_MESSAGE | CASE_SPF, DOMAIN_TOO = RECEIVED | CASE_DOMAIN, ALL = CASE_ANY };

static const struct row ROWS[] = {
    {"spf", RECEIVED, got_result, holds_result, "spf", "mfrom", NULL, "none"},
    {"spf.helo", RECEIVED, got_result, holds_result, "spf", "helo", NULL, "none"},
    {"spf.exp", RECEIVED, got_detail, holds_value, "spf", "mfrom", "exp", ""},
    {"spf.lookups", DOMAIN_TOO, got_detail, holds_value, "spf", "mfrom", "lookups", "0"},
    {"spf.void", RECEIVED, got_detail, holds_value, "spf", "mfrom", "void", "0"},
    {"dkim", RECEIVED, got_result, holds_result, "dkim", NULL, NULL, "none"},
    {"dmarc", RECEIVED, got_result, holds_result, "dmarc", NULL, NULL, "none"},
    {"dmarc.policy", DOMAIN_TOO, got_detail, holds_value, "dmarc", NULL, "policy", "none"},
    {"dmarc.org", DOMAIN_TOO, got_detail, holds_domain, "dmarc", NULL, "org", ""},
    {"arc", RECEIVED, got_result, holds_result, "arc", NULL, NULL, "none"},
    {"arc.sealer", RECEIVED, got_detail, holds_domain, "arc", NULL, "sealer", ""},
    {"bimi", RECEIVED, got_fixed, holds_value, NULL, NULL, NULL, "none"},
    {"iprev", RECEIVED, got_result, holds_result, "iprev", NULL, NULL, "none"},
    {"disposition", RECEIVED, got_disposition, holds_value, NULL, NULL, NULL, NULL},
    {"ar", RECEIVED, got_authres, holds_folded, NULL, NULL, NULL, NULL},
    {"edit", RECEIVED | CASE_SENDING, got_edits, holds_edit, NULL, NULL, NULL, NULL},
    {"trace", ALL, got_trace, holds_trace, NULL, NULL, NULL, NULL},
    {"questions", ALL, got_questions, holds_value, NULL, NULL, NULL, NULL},
    {"asked", ALL, got_fixed, holds_asked, NULL, NULL, NULL, "not asked"},
    {"not_asked", ALL, got_fixed, holds_not_asked, NULL, NULL, NULL, "asked"},
    {"message", RECEIVED | CASE_SENDING, got_message, holds_value, NULL, NULL, NULL, NULL},
    {"signature", CASE_SENDING, NULL, NULL, NULL, NULL, NULL, NULL},
    {"finding", CASE_DOMAIN, NULL, NULL, NULL, NULL, NULL, NULL},
    {"not_finding", CASE_DOMAIN, NULL, NULL, NULL, NULL, NULL, NULL},
    {"score", CASE_DOMAIN, NULL, NULL, NULL, NULL, NULL, NULL},
    {"grade", CASE_DOMAIN, NULL, NULL, NULL, NULL, NULL, NULL},
    {"tls_policy", CASE_DESTINATION, NULL, NULL, NULL, NULL, NULL, NULL},
    {"tls_failure", CASE_DESTINATION, NULL, NULL, NULL, NULL, NULL, NULL},
    {"address", CASE_SRS, NULL, NULL, NULL, NULL, NULL, NULL},
    {"error", CASE_SRS, NULL, NULL, NULL, NULL, NULL, NULL},
};

enum { N_ROWS = sizeof ROWS / sizeof *ROWS };

/** The row of a key, or NULL. */
static const struct row *find_row(assay_span key)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (span_is(key, ROWS[i].name))
            return &ROWS[i];
    return NULL;
}

const char *case_expect_name(size_t i)
{
    return i < N_ROWS ? ROWS[i].name : NULL;
}

unsigned case_expect_kinds(assay_span key)
{
    const struct row *row = find_row(key);

    return row ? row->kinds : 0;
}

/** What is wrong with `TYPE NAME`. */
static const char *question_fault(assay_span value)
{
    size_t blank = span_find(value, ' ');
    enum assay_kind kind;
    uint16_t rrtype;
    struct dns_name name;

    if (!span_trim(span_from(value, blank)).n)
        return "TYPE NAME is expected, such as TXT example.com";
    if (!case_question_read(span_first(value, blank), &kind, &rrtype))
        return "no type of a question; A AAAA MX TXT SPF PTR CNAME TLSA NS SOA DS CAA, or SUFFIX, GET and such";
    if (kind == ASSAY_DNS && !dns_name_read(span_trim(span_from(value, blank)), &name))
        return "not a domain name behind the type";
    return NULL;
}

/** What is wrong with `VERB NAME[: VALUE]`. */
static const char *edit_fault(assay_span value)
{
    static const char *const VERBS[] = {"add", "insert", "change", "remove"};
    size_t blank = span_find(value, ' ');

    for (size_t i = 0; i < 4; i++)
        if (span_is(span_first(value, blank), VERBS[i]))
            return span_trim(span_from(value, blank)).n ? NULL : "the name of a field is missing";
    return "add, insert, change or remove NAME[: VALUE] is expected";
}

const char *case_expect_fault(assay_span key, assay_span value)
{
    uint64_t n;

    if (span_is(key, "asked") || span_is(key, "not_asked"))
        return question_fault(value);
    if (span_is(key, "edit"))
        return edit_fault(value);
    if (span_is(key, "questions") && span_find(value, '|') == value.n && !number_read(value, UINT64_MAX, &n))
        return "a number is expected";
    if (!value.n && !span_is(key, "spf.exp") && !span_is(key, "arc.sealer") && !span_is(key, "dmarc.org"))
        return "a value is expected";
    return NULL;
}

/* ---- the lines ---- */

/** The row's values may hold a bar: there it needs blanks at both sides, and the whole is tried first. */
static bool is_text(const struct row *row)
{
    return row->holds == holds_folded || row->holds == holds_edit || row->holds == holds_trace ||
           (row->detail && strcmp(row->detail, "exp") == 0);
}

/** Where the alternative at the front ends. */
static size_t alternative_size(assay_span s, bool text)
{
    bool quoted = false;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' && !text)
            quoted = !quoted;
        if (s.p[i] != '|' || quoted)
            continue;
        if (!text || (i && s.p[i - 1] == ' ' && i + 1 < s.n && s.p[i + 1] == ' '))
            return i;
    }
    return s.n;
}

/** Any alternative of a value holds. */
static bool any_holds(struct expecter *e, const struct row *row, size_t nth, assay_span value)
{
    bool text = is_text(row), last = false;

    if (text && row->holds(e, row, nth, value))
        return true;
    while (!last) {
        size_t n = alternative_size(value, text);

        last = n == value.n;
        if (!(text && last && n == 0) && row->holds(e, row, nth, span_trim(span_first(value, n))))
            return true;
        value = span_from(value, n + 1);
    }
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
    const struct row *row = find_row(line->key);
    size_t nth = row->holds == holds_result || row->got == got_detail ? count_above(&e->one->expect, line) : 0;
    struct case_outcome *o = e->outcome;

    if (!row->holds || any_holds(e, row, nth, line->value))
        return;
    o->misses[o->nmisses++] = (struct case_miss){line->key, line->value, row->got(e, row, nth)};
}

assay_status case_expect(const struct case_one *one, struct case_outcome *ret)
{
    struct expecter e = {.one = one, .outcome = ret, .verdict = assay_result(ret->eval)};

    if (!(ret->misses = arena_get(&ret->arena, (one->expect.n + 1) * sizeof *ret->misses)))
        return ASSAY_ENOMEM;
    for (const struct case_line *line = one->expect.first; line; line = line->next)
        compare(&e, line);
    return e.no_memory ? ASSAY_ENOMEM : ASSAY_DONE;
}

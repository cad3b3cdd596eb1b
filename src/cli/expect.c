/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/expect.h"

#include "base/near.h"
#include "base/number.h"
#include "base/time.h"
#include "dns/alabel.h"
#include "posture/posture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** What a line compares. */
enum subject_kind { IS_NUMBER, IS_WORD, IS_GRADE, IS_FINDING };

/** How. */
enum comparison { EQ, NE, LE, GE, LT, GT };

/** A value of a domain, or that nobody can tell it. */
struct value {
    bool known;
    uint64_t number;
    assay_span word;
};

/** A key of a line. */
struct key {
    const char *name;
    enum subject_kind kind;
    const char *words; /* those it may be compared with; "": any */
    struct value (*get)(const struct assay_posture *p);
};

/** One line. */
struct wish {
    assay_span text, domain; /* the whole line; its section, canonical; empty: for all */
    size_t line, column;
    const struct key *key; /* NULL: a finding */
    const struct assay_check_kind *kind;
    assay_span subject; /* of a finding; empty: any */
    enum comparison how;
    uint64_t number;
    assay_span word;
    int64_t until; /* of `accepted`; INT64_MAX: for good */
};

struct expect {
    struct arena arena;
    struct wish *wishes;
    size_t n;
};

/* ---- what a domain has ---- */

/** A number that is known. */
static struct value number(uint64_t n)
{
    return (struct value){.known = true, .number = n};
}

/** A word; an empty one is not known. */
static struct value word(assay_span w)
{
    return (struct value){.known = w.n > 0, .word = w};
}

static struct value get_score(const struct assay_posture *p)
{
    return (struct value){.known = p->score.grade != 0, .number = p->score.score};
}

static struct value get_confidence(const struct assay_posture *p)
{
    return number(p->score.confidence);
}

static struct value get_grade(const struct assay_posture *p)
{
    return (struct value){.known = p->score.grade != 0,
                          .number = 100 - (uint64_t)(unsigned char)p->score.grade,
                          .word = {&p->score.grade, 1}};
}

static struct value get_profile(const struct assay_posture *p)
{
    return word(span_of(assay_profile_text(p->profile)));
}

static struct value get_lookups(const struct assay_posture *p)
{
    for (size_t i = 0; i < p->nfindings; i++)
        if (strcmp(p->findings[i].kind->id, "SPF-LOOKUPS") == 0 &&
            p->findings[i].outcome == ASSAY_UNKNOWN_OUTCOME)
            return (struct value){0};
    return number(p->spf_lookups);
}

/** What one standard's receivers see. */
static struct value view(const struct assay_dmarc_view *v, assay_span seen)
{
    if (!v->known)
        return (struct value){0};
    return word(v->record_name.n && seen.n ? seen : SPAN("missing"));
}

static struct value get_policy(const struct assay_posture *p)
{
    return view(&p->views[0], p->views[0].policy);
}

static struct value get_policy_7489(const struct assay_posture *p)
{
    return view(&p->views[1], p->views[1].policy);
}

static struct value get_record(const struct assay_posture *p)
{
    return view(&p->views[0], p->views[0].record_name);
}

/** The first outcome of a check that says something, or NULL. */
static const struct assay_finding *find(const struct assay_posture *p, const char *id)
{
    for (size_t i = 0; i < p->nfindings; i++)
        if (strcmp(p->findings[i].kind->id, id) == 0)
            return &p->findings[i];
    return NULL;
}

static struct value get_mode(const struct assay_posture *p)
{
    const struct assay_finding *mode = find(p, "MTASTS-MODE"), *missing = find(p, "MTASTS-MISSING");

    if (missing && missing->outcome >= ASSAY_NOTICE)
        return word(SPAN("missing"));
    if (!mode || mode->outcome == ASSAY_UNKNOWN_OUTCOME)
        return (struct value){0};
    return word(mode->outcome == ASSAY_PASS ? SPAN("enforce") : mode->reason);
}

/** The rung of a ladder. */
static struct value rung(const struct assay_posture *p, const char *ladder)
{
    for (size_t i = 0; i < 3; i++)
        if (p->phases[i].ladder && strcmp(p->phases[i].ladder, ladder) == 0)
            return number(p->phases[i].rung);
    return (struct value){0};
}

static struct value get_auth(const struct assay_posture *p)
{
    return rung(p, "auth");
}

static struct value get_transport(const struct assay_posture *p)
{
    return rung(p, "transport");
}

static struct value get_brand(const struct assay_posture *p)
{
    return rung(p, "brand");
}

static struct value get_errors(const struct assay_posture *p)
{
    return number(check_count(p).of[ASSAY_ERROR]);
}

static struct value get_warnings(const struct assay_posture *p)
{
    return number(check_count(p).of[ASSAY_WARNING]);
}

static struct value get_notices(const struct assay_posture *p)
{
    return number(check_count(p).of[ASSAY_NOTICE]);
}

static struct value get_unknown(const struct assay_posture *p)
{
    return number(check_count(p).of[ASSAY_UNKNOWN_OUTCOME]);
}

static const struct key KEYS[] = {
    {"score", IS_NUMBER, "", get_score},
    {"confidence", IS_NUMBER, "", get_confidence},
    {"grade", IS_GRADE, "A B C D E F", get_grade},
    {"profile", IS_WORD, "mail send receive parked", get_profile},
    {"spf.lookups", IS_NUMBER, "", get_lookups},
    {"dmarc.policy", IS_WORD, "none quarantine reject missing", get_policy},
    {"dmarc.policy.7489", IS_WORD, "none quarantine reject missing", get_policy_7489},
    {"dmarc.record", IS_WORD, "", get_record},
    {"mtasts.mode", IS_WORD, "enforce testing none missing", get_mode},
    {"phase.auth", IS_NUMBER, "", get_auth},
    {"phase.transport", IS_NUMBER, "", get_transport},
    {"phase.brand", IS_NUMBER, "", get_brand},
    {"errors", IS_NUMBER, "", get_errors},
    {"warnings", IS_NUMBER, "", get_warnings},
    {"notices", IS_NUMBER, "", get_notices},
    {"unknown", IS_NUMBER, "", get_unknown},
};

enum { N_KEYS = sizeof KEYS / sizeof *KEYS };

/* ---- reading ---- */

/** A file being read. */
struct reader {
    struct expect *e;
    struct expect_error *error;
    size_t line;
    assay_span whole;  /* the line */
    assay_span domain; /* the section */
};

/** Say what is wrong, and where. */
static assay_status refuse(struct reader *r, assay_span at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static assay_status refuse(struct reader *r, assay_span at, const char *format, ...)
{
    va_list args;

    r->error->line = r->line;
    r->error->column =
        at.p >= r->whole.p && at.p <= r->whole.p + r->whole.n ? (size_t)(at.p - r->whole.p) + 1 : 1;
    va_start(args, format);
    vsnprintf(r->error->text, sizeof r->error->text, format, args);
    va_end(args);
    return ASSAY_EINVAL;
}

/** The next word: an operator, or up to a blank or an operator. */
static assay_span next_word(assay_span *rest)
{
    size_t n = 0;
    assay_span w;

    *rest = span_trim(*rest);
    while (n < rest->n && strchr("<>=!", rest->p[n]) && rest->p[n])
        n++;
    while (!(n && strchr("<>=!", rest->p[0])) && n < rest->n && !ascii_fws(rest->p[n]) &&
           !(strchr("<>=!", rest->p[n]) && rest->p[n]))
        n++;
    w = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return w;
}

/** The word is one of a list. */
static bool is_one_of(const char *list, assay_span w)
{
    assay_span rest = span_of(list), one;

    if (!rest.n)
        return w.n > 0;
    while (span_cut(&rest, ' ', &one))
        if (span_eq(one, w))
            return true;
    return false;
}

/** Read a comparison. */
static assay_status read_comparison(struct reader *r, assay_span w, const struct key *key,
                                    enum comparison *ret)
{
    static const char *const TEXTS[] = {"=", "!=", "<=", ">=", "<", ">"};

    for (int i = 0; i < 6; i++)
        if (span_is(w, TEXTS[i])) {
            *ret = (enum comparison)i;
            if (i > NE && key && key->kind == IS_WORD)
                return refuse(r, w, "\"%s\" is a word: compare it by = or !=", key->name);
            return ASSAY_DONE;
        }
    return refuse(r, w, "here stands one of = != <= >= < >, not \"%.*s\"",
                  SPAN_ARG(span_first(w, 40)));
}

/** Nothing but blanks may follow. */
static assay_status read_end(struct reader *r, assay_span rest)
{
    rest = span_trim(rest);
    if (!rest.n)
        return ASSAY_DONE;
    return refuse(r, rest, "nothing may follow here: \"%.*s\"", SPAN_ARG(span_first(rest, 40)));
}

/** Read what stands behind a key. */
static assay_status read_key_line(struct reader *r, assay_span rest, struct wish *w)
{
    assay_span op = next_word(&rest), value;
    assay_status s = read_comparison(r, op, w->key, &w->how);

    if (s != ASSAY_DONE)
        return s;
    value = next_word(&rest);
    if (w->key->kind == IS_NUMBER && !number_read(value, 1000000, &w->number))
        return refuse(r, value, "\"%s\" is compared with a number, not \"%.*s\"", w->key->name,
                      SPAN_ARG(span_first(value, 40)));
    if (w->key->kind != IS_NUMBER && !is_one_of(w->key->words, value))
        return refuse(r, value, "\"%s\" is one of: %s; not \"%.*s\"", w->key->name,
                      w->key->words[0] ? w->key->words : "a name", SPAN_ARG(span_first(value, 40)));
    w->word = value;
    if (w->key->kind == IS_GRADE)
        w->number = 100 - (uint64_t)(unsigned char)value.p[0];
    return read_end(r, rest);
}

/** Read `accepted [until DATE]`. */
static assay_status read_accepted(struct reader *r, assay_span rest, struct wish *w)
{
    assay_span until = next_word(&rest), date;

    w->until = INT64_MAX;
    if (!until.n)
        return ASSAY_DONE;
    if (!span_is(until, "until"))
        return refuse(r, until, "behind \"accepted\" stands `until DATE`, or nothing");
    date = next_word(&rest);
    if (!time_read(date, &w->until))
        return refuse(r, date, "\"%.*s\" is no date, such as 2027-01-01",
                      SPAN_ARG(span_first(date, 40)));
    return read_end(r, rest);
}

/** Read `finding ID [SUBJECT] = OUTCOME`. */
static assay_status read_finding(struct reader *r, assay_span rest, struct wish *w)
{
    assay_span id = next_word(&rest), next;
    char text[64];
    enum finding_id found = FINDING_IDS;
    assay_status s;

    if (id.n && id.n < sizeof text) {
        memcpy(text, id.p, id.n);
        text[id.n] = '\0';
        found = finding_find(text);
    }
    if (!(w->kind = assay_check_kind_at((size_t)found)))
        return refuse(r, id, "there is no check \"%.*s\"; docs/findings.md lists them",
                      SPAN_ARG(span_first(id, 40)));
    next = next_word(&rest);
    if (next.n && !strchr("<>=!", next.p[0])) {
        w->subject = next;
        next = next_word(&rest);
    }
    if ((s = read_comparison(r, next, NULL, &w->how)) != ASSAY_DONE)
        return s;
    if (w->how > NE)
        return refuse(r, next, "an outcome is compared by = or !=");
    w->word = next_word(&rest);
    if (!is_one_of("pass unknown notice warning error none accepted", w->word))
        return refuse(
            r, w->word,
            "an outcome is one of: pass unknown notice warning error none accepted; not \"%.*s\"",
            SPAN_ARG(span_first(w->word, 40)));
    if (!span_is(w->word, "accepted"))
        return read_end(r, rest);
    if (w->how != EQ)
        return refuse(r, next, "what is accepted stands behind =");
    return read_accepted(r, rest, w);
}

/** Find a key. */
static assay_status read_key(struct reader *r, assay_span name, struct wish *w)
{
    char text[64] = "";
    struct near near;

    for (size_t i = 0; i < N_KEYS; i++)
        if (span_is(name, KEYS[i].name)) {
            w->key = &KEYS[i];
            return ASSAY_DONE;
        }
    if (name.n && name.n < sizeof text)
        memcpy(text, name.p, name.n);
    near = near_new(text);
    for (size_t i = 0; i < N_KEYS; i++)
        near_try(&near, KEYS[i].name);
    near_try(&near, "finding");
    if (near.best)
        return refuse(r, name, "nothing is known of \"%s\"; did you mean \"%s\"?", text, near.best);
    return refuse(r, name, "nothing is known of \"%.*s\"; man assay-check lists what is",
                  SPAN_ARG(span_first(name, 40)));
}

/** Read `[DOMAIN]`. */
static assay_status read_section(struct reader *r, assay_span line)
{
    assay_span inside = span_trim(span_first(span_from(line, 1), line.n - 2));
    struct dns_name name;
    assay_status s;

    if (line.n < 3 || line.p[line.n - 1] != ']')
        return refuse(r, line, "a section is [DOMAIN]");
    s = dns_to_alabels(inside, &name);
    if (s == ASSAY_EINVAL)
        return refuse(r, inside, "\"%.*s\" is no domain name", SPAN_ARG(span_first(inside, 40)));
    if (s == ASSAY_DONE && !arena_copy(&r->e->arena, dns_name_span(&name), &r->domain))
        s = ASSAY_ENOMEM;
    return s;
}

/** Read one line without comment and blanks. */
static assay_status read_line(struct reader *r, assay_span line)
{
    struct wish w = {.text = line, .domain = r->domain, .line = r->line, .subject = SPAN_EMPTY};
    assay_span rest = line, name;
    assay_status s;

    if (line.p[0] == '[')
        return read_section(r, line);
    if (r->e->n == EXPECT_LINES_MAX)
        return refuse(r, line, "more than %d lines", EXPECT_LINES_MAX);
    w.column = (size_t)(line.p - r->whole.p) + 1;
    name = next_word(&rest);
    if (span_is(name, "finding"))
        s = read_finding(r, rest, &w);
    else if ((s = read_key(r, name, &w)) == ASSAY_DONE)
        s = read_key_line(r, rest, &w);
    if (s == ASSAY_DONE)
        r->e->wishes[r->e->n++] = w;
    return s;
}

/** A line without its comment. */
static assay_span without_comment(assay_span line)
{
    return span_first(line, span_find(line, '#'));
}

/** Count the lines that are not empty, up to the limit. */
static size_t count_lines(assay_span text)
{
    size_t n = 0;
    assay_span line;

    while (n <= EXPECT_LINES_MAX && span_line(&text, &line))
        n += span_trim(line).n > 0;
    return n;
}

/** Read all lines. */
static assay_status read_lines(struct expect *e, assay_span text, struct expect_error *error)
{
    struct reader r = {.e = e, .error = error, .domain = SPAN_EMPTY};
    assay_span rest;
    assay_status s = ASSAY_DONE;

    if (!arena_copy(&e->arena, text, &rest) ||
        !(e->wishes = arena_zero(&e->arena, (count_lines(rest) + 1) * sizeof *e->wishes)))
        return ASSAY_ENOMEM;
    while (s == ASSAY_DONE && span_line(&rest, &r.whole)) {
        assay_span line = span_trim(without_comment(r.whole));

        r.line++;
        if (line.n)
            s = read_line(&r, line);
    }
    return s;
}

assay_status expect_read(assay_span text, struct expect **ret, struct expect_error *ret_error)
{
    struct expect *e = calloc(1, sizeof *e);
    assay_status s;

    if (!e)
        return ASSAY_ENOMEM;
    if ((s = read_lines(e, text, ret_error)) != ASSAY_DONE)
        expect_free(e);
    else
        *ret = e;
    return s;
}

void expect_free(struct expect *e)
{
    if (!e)
        return;
    arena_done(&e->arena);
    free(e);
}

/* ---- comparing ---- */

/** Two numbers compare so. */
static bool holds(uint64_t a, enum comparison how, uint64_t b)
{
    switch (how) {
    case EQ: return a == b;
    case NE: return a != b;
    case LE: return a <= b;
    case GE: return a >= b;
    case LT: return a < b;
    default: return a > b;
    }
}

/** A list of lines that do not hold. */
struct missed {
    struct check_report *r;
    struct check_missed *all;
    struct arena *arena;
    assay_status status;
};

/** Note that a line does not hold. \param got  empty: nobody can tell */
static void miss(struct missed *m, const struct wish *w, assay_span got)
{
    assay_span copy = SPAN_EMPTY;

    if (got.n && !arena_copy(m->arena, got, &copy))
        m->status = ASSAY_ENOMEM;
    m->all[m->r->nmissed++] = (struct check_missed){w->line, w->column, w->text, copy, !got.n};
}

/** Hold one value against a line. */
static void compare_key(struct missed *m, const struct wish *w)
{
    struct value v = w->key->get(m->r->posture);
    char digits[NUMBER_DIGITS];

    if (!v.known)
        miss(m, w, SPAN_EMPTY);
    else if (w->key->kind == IS_WORD && span_ieq(v.word, w->word) != (w->how == EQ))
        miss(m, w, v.word);
    else if (w->key->kind == IS_GRADE && !holds(v.number, w->how, w->number))
        miss(m, w, v.word);
    else if (w->key->kind == IS_NUMBER && !holds(v.number, w->how, w->number))
        miss(m, w, number_text(v.number, digits));
}

/** A finding is one that the line speaks of. */
static bool speaks_of(const struct wish *w, const struct assay_finding *f)
{
    return w->kind == f->kind && (!w->subject.n || span_ieq(w->subject, f->subject));
}

/** Mark what is accepted, while it is. */
static void accept(struct missed *m, const struct wish *w)
{
    const struct assay_posture *p = m->r->posture;

    for (size_t i = 0; i < p->nfindings && p->now < w->until; i++)
        if (speaks_of(w, &p->findings[i]) && p->findings[i].outcome >= ASSAY_NOTICE)
            m->r->marks[i] |= MARK_ACCEPTED;
}

/** Hold the outcomes of a check against a line: `none` is that it does not hit. */
static void compare_finding(struct missed *m, const struct wish *w)
{
    const struct assay_posture *p = m->r->posture;
    const struct assay_finding *worst = NULL;
    bool none = span_is(w->word, "none"), same;
    assay_span got;

    if (span_is(w->word, "accepted")) {
        accept(m, w);
        return;
    }
    for (size_t i = 0; i < p->nfindings; i++)
        if (speaks_of(w, &p->findings[i]) && (!worst || p->findings[i].outcome > worst->outcome))
            worst = &p->findings[i];
    got = worst ? span_of(assay_outcome_text(worst->outcome)) : SPAN("none");
    if (worst && worst->outcome == ASSAY_UNKNOWN_OUTCOME && !span_is(w->word, "unknown")) {
        miss(m, w, SPAN_EMPTY);
        return;
    }
    same = none ? !worst || worst->outcome == ASSAY_PASS : span_eq(got, w->word);
    if (same != (w->how == EQ))
        miss(m, w, got);
}

assay_status expect_compare(const struct expect *e, struct check_report *r, struct arena *arena)
{
    struct missed m = {.r = r, .arena = arena};

    if (!(m.all = arena_zero(arena, (e->n + 1) * sizeof *m.all)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < e->n; i++) {
        const struct wish *w = &e->wishes[i];

        if (w->domain.n && !span_eq(w->domain, r->posture->domain))
            continue;
        if (w->key)
            compare_key(&m, w);
        else
            compare_finding(&m, w);
    }
    r->missed = m.all;
    return m.status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/spf_text.h"

#include "base/buf.h"
#include "base/near.h"
#include "posture/emit.h"

static const char *const MECHANISMS[] = {"all", "include", "a",   "mx",
                                         "ptr", "ip4",     "ip6", "exists"};

/** Terms that one repair may touch. */
enum { REPAIRS = 64, TERM = 1024 /* octets of one that is mended */ };

/** Copy what was written into keep. */
static assay_span keep(struct posture *p, struct buf *out)
{
    assay_span ret = SPAN_EMPTY;

    if (out->status == ASSAY_ENOMEM ||
        (out->status == ASSAY_DONE && !arena_copy(&p->ev.keep, buf_span(out), &ret)))
        p->no_memory = true;
    buf_done(out);
    return ret;
}

bool spf_is_record(assay_span text)
{
    return span_istarts(text, SPAN("v=spf1")) && (text.n == 6 || text.p[6] == ' ');
}

assay_span spf_edited(struct posture *p, assay_span text, const struct spf_edit *edits, size_t n)
{
    struct buf out = buf_new(2 * LIMIT_TXT);
    const char *at = text.p;

    for (size_t i = 0; i < n; i++) {
        const char *end = edits[i].at.p;

        while (!edits[i].with.n && end > at && end[-1] == ' ')
            end--;
        buf_put(&out, span_between(at, end));
        buf_put(&out, edits[i].with);
        at = edits[i].at.p + edits[i].at.n;
    }
    buf_put(&out, span_between(at, text.p + text.n));
    return keep(p, &out);
}

/** Parse, noting that memory is out. */
static struct spf_record *parse(struct posture *p, assay_span text)
{
    struct spf_record *r = spf_record_parse(text);

    p->no_memory |= !r;
    return r;
}

bool spf_is_valid(struct posture *p, assay_span record)
{
    struct spf_record *r = parse(p, record);
    bool valid = r && r->found == SPF_RECORD_OK;

    spf_record_free(r);
    return valid;
}

/* ---- mending one term ---- */

/** Octets that people leave at the ends of a term. */
static bool is_litter(char c)
{
    return c == ',' || c == ';' || c == '"' || c == '\'' || c == '\t' || c == '\\' || c == '.';
}

/** The mechanism that a name is meant for. \return NULL: none */
static const char *meant(assay_span name)
{
    char word[16];
    struct near near;

    if (span_iis(name, "ip") || span_iis(name, "ipv4"))
        return "ip4";
    if (span_iis(name, "ipv6"))
        return "ip6";
    if (name.n < 3 || name.n >= sizeof word || memchr(name.p, '\0', name.n))
        return NULL;
    for (size_t i = 0; i < name.n; i++)
        word[i] = ascii_lower(name.p[i]);
    word[name.n] = '\0';
    near = near_new(word);
    for (size_t i = 0; i < sizeof MECHANISMS / sizeof *MECHANISMS; i++)
        near_try(&near, MECHANISMS[i]);
    return near.best;
}

/** ip4 or ip6 by what kind of address stands in it. \return false: it is no address */
static bool network_text(struct posture *p, assay_span address, assay_span *ret)
{
    size_t slash = span_find(address, '/');
    struct ip ip;

    if (ip4_read(span_first(address, slash), &ip))
        *ret = posture_printf(p, "ip4:%.*s", SPAN_ARG(address));
    else if (ip6_read(span_first(address, slash), &ip))
        *ret = posture_printf(p, "ip6:%.*s", SPAN_ARG(address));
    else
        return false;
    return true;
}

/** One term, mended; empty: nothing can be made of it. */
static assay_span mend(struct posture *p, assay_span term)
{
    assay_span was = term, body, name, mended, qualifier;
    const char *word;
    size_t colon;

    if (term.n > TERM)
        return SPAN_EMPTY;
    while (term.n && is_litter(term.p[term.n - 1]))
        term.n--;
    while (term.n && is_litter(term.p[0]))
        term = span_from(term, 1);
    if (span_starts(term, SPAN("\xE2\x88\x92")) || span_starts(term, SPAN("\xE2\x80\x93"))) {
        return posture_printf(p, "-%.*s", SPAN_ARG(span_from(term, 3))); /* typographic minus */
    }
    if (term.n != was.n)
        return term;
    qualifier = span_first(term, term.n && memchr("+-~?", term.p[0], 4) != NULL);
    body = span_from(term, qualifier.n);
    if (qualifier.n && body.n && memchr("+-~?", body.p[0], 4))
        return body; /* two of them */
    if (network_text(p, body, &mended))
        return posture_printf(p, "%.*s%.*s", SPAN_ARG(qualifier), SPAN_ARG(mended));
    colon = span_find(body, ':');
    name = span_first(body, colon);
    if (colon < body.n && (span_iis(name, "ip4") || span_iis(name, "ip6")) &&
        network_text(p, span_from(body, colon + 1), &mended) && !span_ieq(mended, body))
        return posture_printf(p, "%.*s%.*s", SPAN_ARG(qualifier), SPAN_ARG(mended));
    word = meant(name);
    if (!word || span_iis(name, word))
        return SPAN_EMPTY;
    return posture_printf(p, "%.*s%s%.*s", SPAN_ARG(qualifier), word,
                          SPAN_ARG(span_from(body, colon)));
}

/** What follows a term that ends with a colon, when that is what was meant: `include: example.com`. */
static bool take_next(assay_span record, assay_span *term, assay_span *with, struct posture *p)
{
    assay_span rest = span_between(term->p + term->n, record.p + record.n), next;
    const char *begin = term->p;

    if (!term->n || term->p[term->n - 1] != ':')
        return false;
    while (rest.n && rest.p[0] == ' ')
        rest = span_from(rest, 1);
    next = span_first(rest, span_find(rest, ' '));
    if (term->n + next.n > TERM || !next.n || span_find(next, ':') < next.n ||
        span_find(next, '.') == next.n)
        return false;
    *with = posture_printf(p, "%.*s%.*s", SPAN_ARG(*term), SPAN_ARG(next));
    *term = span_between(begin, next.p + next.n);
    return true;
}

assay_span spf_repaired(struct posture *p, assay_span record, assay_span *left_out)
{
    *left_out = SPAN_EMPTY;
    for (int i = 0; i < REPAIRS && !p->no_memory; i++) {
        struct spf_record *r = parse(p, record);
        struct spf_edit edit;
        bool good = r && r->found == SPF_RECORD_OK;

        if (!r || good || r->found != SPF_RECORD_SYNTAX || !r->where.n) {
            spf_record_free(r);
            return good ? record : SPAN_EMPTY;
        }
        edit = (struct spf_edit){r->where, SPAN_EMPTY};
        if (!take_next(record, &edit.at, &edit.with, p))
            edit.with = mend(p, r->where);
        if (!edit.with.n && !left_out->n)
            *left_out = r->where;
        spf_record_free(r);
        record = spf_edited(p, record, &edit, 1);
    }
    return SPAN_EMPTY;
}

/* ---- near misses ---- */

/** What people leave before a record. */
static assay_span skip_lead(assay_span text)
{
    for (;;) {
        if (span_starts(text, SPAN("\xEF\xBB\xBF")))
            text = span_from(text, 3);
        else if (text.n && (ascii_fws(text.p[0]) || memchr("\"'\\`", text.p[0], 4)))
            text = span_from(text, 1);
        else
            return text;
    }
}

/** Skip `v`, blanks, `=`, blanks and `spf1` as far as they are there. \return false: it was meant as no record */
static bool skip_version(assay_span *text)
{
    assay_span rest = *text;

    if (rest.n && (rest.p[0] | 0x20) == 'v') {
        rest = span_from(rest, 1);
        while (rest.n && ascii_wsp(rest.p[0]))
            rest = span_from(rest, 1);
        if (!rest.n || rest.p[0] != '=')
            return false;
        rest = span_from(rest, 1);
        while (rest.n && ascii_wsp(rest.p[0]))
            rest = span_from(rest, 1);
    }
    if (!span_istarts(rest, SPAN("spf1")) || (rest.n > 4 && ascii_digit(rest.p[4])))
        return false;
    *text = span_from(rest, 4);
    return true;
}

bool spf_is_near_miss(assay_span text)
{
    assay_span rest = skip_lead(text);

    return !spf_is_record(text) && skip_version(&rest);
}

assay_span spf_near_repaired(struct posture *p, assay_span text)
{
    struct buf out = buf_new(2 * LIMIT_TXT);
    assay_span rest = skip_lead(text), left_out;

    if (!skip_version(&rest)) {
        buf_done(&out);
        return SPAN_EMPTY;
    }
    while (rest.n && (is_litter(rest.p[0]) || rest.p[0] == ' '))
        rest = span_from(rest, 1);
    while (rest.n && (is_litter(rest.p[rest.n - 1]) || ascii_fws(rest.p[rest.n - 1])))
        rest.n--;
    buf_puts(&out, rest.n ? "v=spf1 " : "v=spf1");
    for (size_t i = 0; i < rest.n; i++) /* tabs and line ends part terms for people */
        buf_putc(&out, ascii_fws(rest.p[i]) ? ' ' : rest.p[i]);
    return spf_repaired(p, keep(p, &out), &left_out);
}

/* ---- several records in one ---- */

/** Records being merged: the terms that name someone, then what stands last. */
struct merge {
    struct buf terms;
    assay_span all, redirect, exp;
    bool several_ends;
};

/** The term stands among those written already. */
static bool is_written(const struct buf *terms, assay_span term)
{
    assay_span rest = buf_span(terms), piece;

    while (span_cut(&rest, ' ', &piece))
        if (span_ieq(piece, term))
            return true;
    return false;
}

/** How much a final `all` lets through: `+` the most. */
static size_t laxness(assay_span all)
{
    return 4 -
           span_find(SPAN("+?~-"), all.n && all.p[0] != 'a' && all.p[0] != 'A' ? all.p[0] : '+');
}

/** Take the terms of one record. */
static void merge_record(struct merge *m, const struct spf_record *r)
{
    for (size_t i = 0; i < r->n; i++) {
        assay_span text = r->terms[i].text;

        if (r->terms[i].mechanism == SPF_ALL) {
            if (!m->all.n || laxness(text) > laxness(m->all))
                m->all = text; /* nobody that may send now is shut out by the other record */
            break;
        }
        if (!is_written(&m->terms, text)) {
            buf_putc(&m->terms, ' ');
            buf_put(&m->terms, text);
        }
    }
    if (r->redirect.spec.n && !span_ieq(m->redirect, r->redirect.spec)) {
        m->several_ends |= m->redirect.n > 0;
        m->redirect = r->redirect.spec;
    }
    if (r->exp.spec.n && !m->exp.n)
        m->exp = r->exp.spec;
}

/** Write it. */
static assay_span write_merged(struct posture *p, struct merge *m)
{
    struct buf out = buf_new(4 * LIMIT_TXT);

    buf_puts(&out, "v=spf1");
    buf_put(&out, buf_span(&m->terms));
    if (m->redirect.n) { /* beside all it would be ignored */
        buf_puts(&out, m->all.n ? " include:" : " redirect=");
        buf_put(&out, m->redirect);
    }
    if (m->all.n) {
        buf_putc(&out, ' ');
        buf_put(&out, m->all);
    }
    if (m->exp.n) {
        buf_puts(&out, " exp=");
        buf_put(&out, m->exp);
    }
    return keep(p, &out);
}

assay_span spf_merged(struct posture *p, const struct assay_fact *fact)
{
    struct merge m = {.terms = buf_new(4 * LIMIT_TXT),
                      .all = SPAN_EMPTY,
                      .redirect = SPAN_EMPTY,
                      .exp = SPAN_EMPTY};
    assay_span ret = SPAN_EMPTY, left_out;
    bool good = true;

    for (size_t i = 0; i < fact->n; i++) {
        assay_span text = fact->records[i].text;
        struct spf_record *r;

        if (!spf_is_record(text))
            continue;
        text = spf_repaired(p, text, &left_out);
        if (!text.n || !(r = parse(p, text))) {
            good = false;
            continue;
        }
        merge_record(&m, r); /* its spans lie in text, which is in the fact or in keep */
        spf_record_free(r);
    }
    if (good && !m.several_ends)
        ret = write_merged(p, &m);
    p->no_memory |= m.terms.status == ASSAY_ENOMEM;
    buf_done(&m.terms);
    return ret.n && spf_is_valid(p, ret) ? ret : SPAN_EMPTY;
}

/* ---- modifiers ---- */

size_t spf_modifier_typos(assay_span record, assay_span *ret, size_t max)
{
    assay_span rest = record, term;
    size_t n = 0;

    while (n < max && span_cut(&rest, ' ', &term)) {
        size_t equals = span_find(term, '=');

        for (size_t i = 0; equals < term.n && i < sizeof MECHANISMS / sizeof *MECHANISMS; i++)
            if (span_iis(span_first(term, equals), MECHANISMS[i])) {
                ret[n++] = term;
                break;
            }
    }
    return n;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "mtasts/mtasts.h"

#include "base/fields.h"
#include "base/number.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { MAX_AGE_DIGITS = 10, NAMES_SEEN = 32 };
static const uint64_t MAX_AGE = 31557600; /* RFC 8461 3.2 */

/** Reading one policy. */
struct reader {
    struct mtasts_policy *p;
    size_t line;
    bool version, mode, max_age, mx; /**< the key was there */
    assay_span seen[NAMES_SEEN];     /**< other keys */
    size_t nseen;
};

bool mtasts_policy_url(assay_span domain, struct buf *out)
{
    struct dns_name host;

    if (!dns_prepend("mta-sts", domain, &host))
        return false;
    buf_puts(out, "https://");
    buf_put(out, dns_name_span(&host));
    buf_puts(out, "/.well-known/mta-sts.txt");
    return true;
}

const char *mtasts_mode_text(enum mtasts_mode mode)
{
    static const char *const TEXTS[] = {"", "none", "testing", "enforce"};

    return TEXTS[mode];
}

/** Note what is wrong. \param text  the line, or the key that is absent */
static void fault(struct reader *r, size_t line, assay_span text, const char *reason,
                  const char *problem)
{
    if (r->p->nfaults < LIMIT_MTASTS_FAULTS)
        r->p->faults[r->p->nfaults++] = (struct mtasts_fault){line, text, problem, reason};
}

/* ---- patterns ---- */

/** A label of a host name: letters, digits and inner hyphens (RFC 5321 4.1.2). */
static bool is_label(assay_span s)
{
    if (!s.n || s.n > DNS_LABEL || s.p[0] == '-' || s.p[s.n - 1] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    return true;
}

/** Digits alone. */
static bool is_number(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_digit(s.p[i]))
            return false;
    return true;
}

/** A name, or `*.` and a name, in A-labels (RFC 8461 3.2 sts-policy-mx-value). An address is none. */
static bool is_pattern(assay_span s)
{
    assay_span label = SPAN_EMPTY;

    if (span_starts(s, SPAN("*.")))
        s = span_from(s, 2);
    if (!s.n || s.n > DNS_NAME_WIRE - 2)
        return false;
    while (span_cut(&s, '.', &label))
        if (!is_label(label))
            return false;
    return !is_number(label);
}

bool mtasts_mx_matches(assay_span pattern, assay_span host)
{
    const size_t dot = span_find(host, '.');

    if (span_starts(pattern, SPAN("*.")))
        return dot > 0 && dot < host.n && pattern.n > 2 &&
               span_ieq(span_from(pattern, 1), span_from(host, dot));
    return pattern.n > 0 && span_ieq(pattern, host);
}

bool mtasts_policy_names(const struct mtasts_policy *policy, assay_span host)
{
    for (size_t i = 0; i < policy->nmx; i++)
        if (mtasts_mx_matches(policy->mx[i], host))
            return true;
    return false;
}

/* ---- keys ---- */

/** A key that may stand once stands again: the first one counts (RFC 8461 3.2). */
static bool again(struct reader *r, assay_span key, bool *seen)
{
    if (*seen && !r->p->duplicate.n)
        r->p->duplicate = key;
    if (*seen)
        return true;
    *seen = true;
    return false;
}

/** version: STSv1. */
static void take_version(struct reader *r, assay_span line, assay_span value)
{
    if (!span_is(value, "STSv1"))
        fault(r, r->line, line, "version", "the version is not STSv1");
}

/** mode: enforce, testing or none. */
static void take_mode(struct reader *r, assay_span line, assay_span value)
{
    for (enum mtasts_mode m = MTASTS_NONE; m <= MTASTS_ENFORCE; m++)
        if (span_is(value, mtasts_mode_text(m)))
            r->p->mode = m;
    if (r->p->mode == MTASTS_NO_MODE)
        fault(r, r->line, line, "mode", "the mode is not enforce, testing or none");
}

/** max_age: seconds, 1 to 10 digits. */
static void take_max_age(struct reader *r, assay_span line, assay_span value)
{
    if (value.n > MAX_AGE_DIGITS || !number_read(value, UINT64_MAX, &r->p->max_age)) {
        fault(r, r->line, line, "max_age", "max_age is not a number of 1 to 10 digits");
        return;
    }
    r->p->has_max_age = true;
    r->p->over = r->p->max_age > MAX_AGE;
}

/** The pattern stands in the policy already. */
static bool is_known(const struct mtasts_policy *p, assay_span pattern)
{
    for (size_t i = 0; i < p->nmx; i++)
        if (span_ieq(p->mx[i], pattern))
            return true;
    return false;
}

/** mx: a pattern. */
static void take_mx(struct reader *r, assay_span line, assay_span value)
{
    r->mx = true;
    if (!is_pattern(value))
        fault(r, r->line, line, "mx", "mx is not a host name, or *. and a domain");
    else if (is_known(r->p, value))
        return; /* twice is once */
    else if (r->p->nmx < LIMIT_MTASTS_MX)
        r->p->mx[r->p->nmx++] = value;
    else
        r->p->more_mx = true;
}

/** Another key is ignored; that it stands twice is noted. Beyond NAMES_SEEN of them nobody looks. */
static void take_other(struct reader *r, assay_span key)
{
    for (size_t i = 0; i < r->nseen; i++)
        if (span_eq(r->seen[i], key)) {
            bool seen = true;

            again(r, key, &seen);
            return;
        }
    if (r->nseen < NAMES_SEEN)
        r->seen[r->nseen++] = key;
}

/** Take one `key: value`. */
static void take(struct reader *r, assay_span line, assay_span key, assay_span value)
{
    if (span_is(key, "mx")) {
        take_mx(r, line, value);
    } else if (span_is(key, "version")) {
        if (!again(r, key, &r->version))
            take_version(r, line, value);
    } else if (span_is(key, "mode")) {
        if (!again(r, key, &r->mode))
            take_mode(r, line, value);
    } else if (span_is(key, "max_age")) {
        if (!again(r, key, &r->max_age))
            take_max_age(r, line, value);
    } else {
        take_other(r, key);
    }
}

/* ---- lines ---- */

/** sts-policy-ext-value: UTF-8 without control characters, not empty (RFC 8461 3.2). */
static bool is_value(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    return s.n > 0 && utf8_ok(s);
}

/** Read one line. */
static void read_line(struct reader *r, assay_span line)
{
    const size_t colon = span_find(line, ':');
    assay_span key = span_first(line, colon), value = span_from(line, colon + 1);

    while (value.n && ascii_wsp(value.p[0]))
        value = span_from(value, 1);
    if (colon == line.n || !field_is_name(key) || !is_value(value))
        fault(r, r->line, line, "line", "the line is not key: value");
    else
        take(r, line, key, value);
}

/** What has to be there and is not. */
static void check_absent(struct reader *r)
{
    if (!r->version)
        fault(r, 0, SPAN("version"), "version", "there is no version");
    if (!r->mode)
        fault(r, 0, SPAN("mode"), "mode", "there is no mode");
    if (!r->max_age)
        fault(r, 0, SPAN("max_age"), "max_age", "there is no max_age");
    if (!r->mx && r->p->mode != MTASTS_NONE)
        fault(r, 0, SPAN("mx"), "mx-absent", "there is no mx");
}

void mtasts_policy_read(assay_span text, struct mtasts_policy *ret)
{
    struct reader r = {.p = ret};
    assay_span line;
    size_t empty = 0; /* Robustness: empty lines at the end take nothing from what was said */

    memset(ret, 0, sizeof *ret);
    ret->duplicate = SPAN_EMPTY;
    while (span_line(&text, &line)) {
        r.line++;
        while (line.n && ascii_wsp(line.p[line.n - 1]))
            line.n--;
        if (!line.n) {
            empty = empty ? empty : r.line;
            continue;
        }
        if (empty)
            fault(&r, empty, SPAN_EMPTY, "line", "the line is empty");
        empty = 0;
        read_line(&r, line);
    }
    check_absent(&r);
    ret->valid = !ret->nfaults;
}

static assay_status make(const struct assay_fact *fact, void **ret)
{
    struct mtasts_policy *p = malloc(sizeof *p);

    if (!p)
        return ASSAY_ENOMEM;
    mtasts_policy_read(fact->n ? fact->data[0] : SPAN_EMPTY, p);
    *ret = p;
    return ASSAY_DONE;
}

assay_status mtasts_policy_of(const struct assay_fact *fact, const struct mtasts_policy **ret)
{
    static const struct memo_type TYPE = {make, free};
    const void *made;
    assay_status s = fact_memo(fact, &TYPE, &made);

    if (s == ASSAY_DONE)
        *ret = made;
    return s;
}

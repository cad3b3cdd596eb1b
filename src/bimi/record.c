/* SPDX-License-Identifier: BSD-2-Clause */
#include "bimi/bimi.h"
#include "dns/name.h"
#include "mail/taglist.h"

#include <stdlib.h>

enum { PREFIX_MOST = 63 };

/** Note a fault; the place of the first stays. */
static void fault(struct bimi_record *r, enum bimi_fault what, assay_span where)
{
    if (!r->faults)
        r->where = where;
    r->faults |= what;
}

/* ---- URIs (BIMI 4.3: https, a domain name, commas encoded) ---- */

/** What stands behind `https://`, or an empty span. */
static assay_span behind_scheme(assay_span uri)
{
    return span_istarts(uri, SPAN("https://")) ? span_from(uri, 8) : SPAN_EMPTY;
}

/** The octets up to the first one of `ends`. */
static assay_span up_to(assay_span s, const char *ends)
{
    size_t n = 0, nends = strlen(ends);

    while (n < s.n && !memchr(ends, s.p[n], nends))
        n++;
    return span_first(s, n);
}

/** A port is digits, five at most; none at all will do (RFC 3986 3.2.3). */
static bool is_port(assay_span port)
{
    for (size_t i = 0; i < port.n; i++)
        if (!ascii_digit(port.p[i]))
            return false;
    return port.n <= 5;
}

/** Labels of letters, digits and hyphens, two at least, the last one no number: no address. */
static bool is_domain_name(assay_span host)
{
    struct dns_name name;
    size_t dot;

    for (size_t i = 0; i < host.n; i++)
        if (!ascii_alnum(host.p[i]) && host.p[i] != '-' && host.p[i] != '.')
            return false;
    if (span_iends(host, SPAN(".")))
        host = span_first(host, host.n - 1);
    dot = span_rfind(host, '.');
    return host.n && dot < host.n && dot + 1 < host.n && !ascii_digit(host.p[host.n - 1]) &&
           dns_name_raw(host, &name);
}

/** An https URI with a domain name, without what has to be encoded (BIMI 4.3, RFC 3986 2). */
static bool is_uri(assay_span uri)
{
    assay_span authority = up_to(behind_scheme(uri), "/?#"), host = up_to(authority, ":");

    for (size_t i = 0; i < uri.n; i++)
        if ((unsigned char)uri.p[i] <= ' ' || (unsigned char)uri.p[i] > '~' ||
            strchr(",\"<>\\^`{|}", uri.p[i]))
            return false;
    return is_domain_name(host) && is_port(span_from(authority, host.n + 1));
}

/** The path ends as a picture that is no SVG (BIMI 4.3.2). */
static bool is_other_picture(assay_span uri)
{
    static const char *const SUFFIXES[] = {".png",  ".jpg", ".jpeg", ".jpe",  ".gif",
                                           ".webp", ".bmp", ".ico",  ".tif",  ".tiff",
                                           ".avif", ".jxl", ".heic", ".heif", ".apng"};
    assay_span path = up_to(uri, "?#");

    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++)
        if (span_iends(path, span_of(SUFFIXES[i])))
            return true;
    return false;
}

/* ---- tags ---- */

/** A value, or an empty span. */
static assay_span value_of(const struct taglist *tags, const char *name)
{
    const assay_span *value = taglist_find(tags, name);

    return value ? *value : SPAN_EMPTY;
}

/** l= and a=: which of them are there, and what they name. */
static void read_places(struct bimi_record *r, const struct taglist *tags)
{
    r->has_l = taglist_find(tags, "l") != NULL;
    r->has_a = taglist_find(tags, "a") != NULL;
    r->l = value_of(tags, "l");
    r->a = value_of(tags, "a");
    if (!r->has_l && !(r->faults & BIMI_FAULT_LIST)) /* else it may stand behind what is wrong */
        fault(r, BIMI_FAULT_NO_L, r->text);
    r->declined = r->has_l && !r->l.n && !r->a.n && !r->faults; /* 4.3.1 */
    if (r->has_l && !r->l.n && r->a.n)
        fault(r, BIMI_FAULT_EMPTY_L, r->a);
    if (r->l.n && !is_uri(r->l))
        fault(r, BIMI_FAULT_L, r->l);
    if (r->l.n && is_other_picture(r->l))
        fault(r, BIMI_FAULT_SUFFIX, r->l);
    if (r->a.n && !is_uri(r->a))
        fault(r, BIMI_FAULT_A, r->a);
}

/** A prefix of local-parts. */
static bool is_prefix(assay_span prefix)
{
    for (size_t i = 0; i < prefix.n; i++)
        if (!ascii_alnum(prefix.p[i]) && prefix.p[i] != '-')
            return false;
    return prefix.n >= 1 && prefix.n <= PREFIX_MOST;
}

/** lps=: empty, or prefixes parted by commas. */
static void read_prefixes(struct bimi_record *r, assay_span lps)
{
    assay_span prefix;

    r->lps = lps;
    if (!lps.n)
        return;
    while (span_cut(&lps, ',', &prefix))
        if (!is_prefix(span_trim(prefix))) {
            fault(r, BIMI_FAULT_LPS, span_trim(prefix));
            return;
        }
}

void bimi_record_read(assay_span text, struct bimi_record *ret)
{
    struct bimi_record r = {.found = BIMI_RECORD_ONE, .text = text, .where = SPAN_EMPTY};
    struct taglist tags;
    assay_span where;

    if (taglist_read(text, &tags, &where) != TAGLIST_OK)
        fault(&r, BIMI_FAULT_LIST, where);
    if (!tags.n || !span_is(tags.tags[0].name, "v") || !span_is(tags.tags[0].value, "BIMI1"))
        fault(&r, BIMI_FAULT_VERSION, tags.n ? tags.tags[0].value : text);
    read_places(&r, &tags);
    r.avp = value_of(&tags, "avp");
    if (taglist_find(&tags, "avp") && !span_is(r.avp, "brand") && !span_is(r.avp, "personal"))
        fault(&r, BIMI_FAULT_AVP, r.avp);
    read_prefixes(&r, value_of(&tags, "lps"));
    *ret = r;
}

/* ---- answers ---- */

/** The record begins with v=BIMI1, in any case: it is meant to be one (BIMI 7.2). */
static bool is_meant(assay_span text)
{
    assay_span first = up_to(text, ";"), name = span_trim(up_to(first, "="));

    return name.n && span_is(name, "v") &&
           span_iis(span_trim(span_from(first, span_find(first, '=') + 1)), "BIMI1");
}

/** Find the record among those of an answer. */
static assay_status make(const struct assay_fact *fact, void **ret)
{
    struct bimi_record *r = calloc(1, sizeof *r);
    const assay_span *first = NULL;
    size_t n = 0;

    if (!r)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < fact->n; i++)
        if (is_meant(fact->records[i].text) && n++ == 0)
            first = &fact->records[i].text;
    *r = (struct bimi_record){.text = SPAN_EMPTY, .where = SPAN_EMPTY};
    if (first)
        bimi_record_read(*first, r);
    r->found = n == 0 ? BIMI_RECORD_NONE : n == 1 ? BIMI_RECORD_ONE : BIMI_RECORD_SEVERAL;
    *ret = r;
    return ASSAY_DONE;
}

assay_status bimi_record_of(const struct assay_fact *fact, const struct bimi_record **ret)
{
    static const struct memo_type TYPE = {make, free};
    const void *made;
    assay_status s = fact_memo(fact, &TYPE, &made);

    if (s == ASSAY_DONE)
        *ret = made;
    return s;
}

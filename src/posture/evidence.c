/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/evidence.h"

#include "base/json_read.h"
#include "base/time.h"
#include "dns/alabel.h"

enum { TEXT_MAX = 1024 };

/** Metrics being read. */
struct reader {
    struct arena *a;
    const char *why; /* what is wrong; NULL: nothing yet */
    bool no_memory;
};

/* ---- members: what is not there stays as it is ---- */

/** Note what is wrong; the first one counts. */
static void refuse(struct reader *r, const char *why)
{
    if (!r->why)
        r->why = why;
}

/** A member that is there and not null. */
static bool has(const struct json_value *object, const char *name, struct json_value *ret)
{
    return json_member(object, name, ret) && ret->type != JSON_NULL;
}

/** A count. */
static void read_count(struct reader *r, const struct json_value *object, const char *name,
                       uint64_t *ret)
{
    struct json_value v;
    int64_t n;

    if (!has(object, name, &v))
        return;
    if (json_number_of(&v, &n) && n >= 0)
        *ret = (uint64_t)n;
    else
        refuse(r, "a count is no whole number from 0 up");
}

/** A text, kept. */
static void read_text(struct reader *r, const struct json_value *object, const char *name,
                      assay_span *ret)
{
    struct buf text = buf_new(TEXT_MAX);
    struct json_value v;

    if (!has(object, name, &v))
        return;
    if (!json_text_of(&v, &text) || text.status == ASSAY_EINVAL ||
        memchr(text.n ? text.p : "", '\0', text.n))
        refuse(r, "a name is no text, or over 1,024 octets");
    else if (text.status != ASSAY_DONE || !arena_copy(r->a, buf_span(&text), ret))
        r->no_memory = true;
    buf_done(&text);
}

/** A time. */
static void read_time(struct reader *r, const struct json_value *object, const char *name,
                      int64_t *ret)
{
    assay_span text = SPAN_EMPTY;

    read_text(r, object, name, &text);
    if (text.n && !time_read(text, ret))
        refuse(r, "a time is not as 2026-11-23T12:00:00Z");
}

/** True or false. */
static void read_truth(struct reader *r, const struct json_value *object, const char *name,
                       enum truth *ret)
{
    struct json_value v;

    if (!has(object, name, &v))
        return;
    if (v.type == JSON_BOOL)
        *ret = truth_of(span_is(v.text, "true"));
    else
        refuse(r, "true or false is expected");
}

/** A domain name, or a selector. */
static void read_name(struct reader *r, const struct json_value *object, const char *name,
                      assay_span *ret)
{
    struct dns_name dns;
    assay_status s;

    read_text(r, object, name, ret);
    if (!ret->n)
        return;
    s = dns_to_alabels(*ret, &dns);
    if (s == ASSAY_EINVAL)
        refuse(r, "a domain or a selector is no domain name");
    else if (s != ASSAY_DONE || !arena_copy(r->a, dns_name_span(&dns), ret))
        r->no_memory = true;
}

/**
 * Room for the items of an array, which is `list` then; NULL when there is none. Over `most`, those
 * behind are left out.
 */
static void *read_list(struct reader *r, const struct json_value *object, const char *name,
                       size_t most, size_t size, struct json_value *list, size_t *ret_n)
{
    struct json_value item;
    size_t at = 0, n = 0;
    void *room;

    if (!has(object, name, list))
        return NULL;
    if (list->type != JSON_ARRAY) {
        refuse(r, "a list is expected");
        return NULL;
    }
    while (n < most && json_next(list, &at, &item)) {
        n++;
        if (item.type != JSON_OBJECT)
            refuse(r, "an item of a list is no object");
    }
    if (r->why)
        return NULL;
    if (!(room = arena_zero(r->a, (n + 1) * size)))
        r->no_memory = true;
    *ret_n = room ? n : 0;
    return room;
}

/* ---- mail ---- */

static void read_sources(struct reader *r, const struct json_value *mail, struct evidence_mail *m)
{
    struct json_value list, item;
    size_t at = 0, n = 0;
    struct evidence_source *all =
        read_list(r, mail, "sources", LIMIT_EVIDENCE_SOURCES, sizeof *all, &list, &n);

    for (size_t i = 0; i < n && json_next(&list, &at, &item); i++) {
        enum truth is_new = NO;

        all[i].name = SPAN_EMPTY;
        read_text(r, &item, "name", &all[i].name);
        read_count(r, &item, "messages", &all[i].messages);
        read_count(r, &item, "pass", &all[i].pass);
        read_truth(r, &item, "new", &is_new);
        all[i].is_new = is_new == YES;
        if (all[i].pass > all[i].messages)
            refuse(r, "more messages pass than there are");
    }
    m->sources = all;
    m->nsources = n;
}

static void read_selectors(struct reader *r, const struct json_value *mail, struct evidence_mail *m)
{
    struct json_value list, item;
    size_t at = 0, n = 0;
    struct evidence_selector *all =
        read_list(r, mail, "selectors", LIMIT_SELECTORS, sizeof *all, &list, &n);

    for (size_t i = 0; i < n && json_next(&list, &at, &item); i++) {
        all[i].selector = SPAN_EMPTY;
        read_name(r, &item, "selector", &all[i].selector);
        read_time(r, &item, "last_seen", &all[i].last_seen);
        if (!all[i].selector.n)
            refuse(r, "an item of selectors has no selector");
    }
    m->selectors = all;
    m->nselectors = n;
    m->has_selectors = all != NULL;
}

/** Counts that cannot be. */
static void check_mail(struct reader *r, const struct evidence_mail *m)
{
    if (m->days_with_reports > m->days)
        refuse(r, "more days with reports than days");
    if (m->legit > m->messages || m->legit_pass > m->legit || m->legit_dkim_pass > m->legit_pass)
        refuse(r, "more messages pass than there are");
}

/** The metrics of one domain. */
static void read_mail(struct reader *r, const struct json_value *mail, struct evidence_mail *m)
{
    m->given = true;
    m->list_posters = UNKNOWN;
    m->domain = SPAN_EMPTY;
    read_count(r, mail, "days", &m->days);
    read_count(r, mail, "days_with_reports", &m->days_with_reports);
    read_count(r, mail, "reporters", &m->reporters);
    read_count(r, mail, "messages", &m->messages);
    read_count(r, mail, "legit", &m->legit);
    read_count(r, mail, "legit_pass", &m->legit_pass);
    read_count(r, mail, "legit_dkim_pass", &m->legit_dkim_pass);
    read_count(r, mail, "forwarded", &m->forwarded);
    read_count(r, mail, "unclassified", &m->unclassified);
    read_count(r, mail, "threat", &m->threat);
    read_count(r, mail, "failing_days", &m->failing_days);
    read_truth(r, mail, "list_posters", &m->list_posters);
    read_sources(r, mail, m);
    read_selectors(r, mail, m);
    check_mail(r, m);
}

/** The metrics of sub-domains. */
static void read_subdomains(struct reader *r, const struct json_value *mail, assay_span domain,
                            struct evidence *e)
{
    struct json_value list, item;
    size_t at = 0, n = 0;
    struct evidence_mail *all =
        read_list(r, mail, "subdomains", LIMIT_SUBDOMAINS, sizeof *all, &list, &n);

    for (size_t i = 0; i < n && json_next(&list, &at, &item); i++) {
        read_mail(r, &item, &all[i]);
        read_name(r, &item, "domain", &all[i].domain);
        if (!all[i].domain.n || !dns_is_under(all[i].domain, domain))
            refuse(r, "an item of subdomains has no domain below this one");
    }
    e->subdomains = all;
    e->nsubdomains = n;
}

/* ---- the others ---- */

static void read_tls(struct reader *r, const struct json_value *tls, struct evidence_tls *t)
{
    t->given = true;
    read_count(r, tls, "days", &t->days);
    read_count(r, tls, "days_with_reports", &t->days_with_reports);
    read_count(r, tls, "reporters", &t->reporters);
    read_count(r, tls, "sessions", &t->sessions);
    read_count(r, tls, "failed", &t->failed);
    if (t->days_with_reports > t->days)
        refuse(r, "more days with reports than days");
    if (t->failed > t->sessions)
        refuse(r, "more sessions fail than there are");
}

static void read_brand(struct reader *r, const struct json_value *brand, struct evidence *e)
{
    static const char *const WORDS[] = {"", "none", "logo", "certified"};
    assay_span wanted = SPAN_EMPTY;

    read_text(r, brand, "wanted", &wanted);
    for (int i = BRAND_NONE; i <= BRAND_CERTIFIED; i++)
        if (span_is(wanted, WORDS[i]))
            e->brand = (enum evidence_brand)i;
    if (wanted.n && !e->brand)
        refuse(r, "brand.wanted is none, logo or certified");
    read_text(r, brand, "logo", &e->logo);
    if (e->logo.n && (!span_istarts(e->logo, SPAN("https://")) || !span_printable(e->logo) ||
                      memchr(e->logo.p, ';', e->logo.n) || memchr(e->logo.p, ',', e->logo.n) ||
                      memchr(e->logo.p, ' ', e->logo.n))) /* it becomes a tag of a record */
        refuse(r, "brand.logo is an https URL, without semicolons, commas and blanks");
    read_truth(r, brand, "trademark", &e->trademark);
}

/** The members of the whole. */
static void read_all(struct reader *r, const struct json_value *all, assay_span domain,
                     struct evidence *e)
{
    struct json_value part;
    assay_span name = SPAN_EMPTY;
    uint64_t version = 0;

    read_count(r, all, "version", &version);
    if (version != 1)
        refuse(r, "version is not 1");
    read_name(r, all, "domain", &name);
    if (name.n && !span_eq(name, domain))
        refuse(r, "it is about another domain");
    read_time(r, all, "end", &e->end);
    read_time(r, all, "last_change", &e->last_change);
    if (has(all, "mail", &part)) {
        read_mail(r, &part, &e->mail);
        read_subdomains(r, &part, domain, e);
    }
    if (has(all, "tls", &part))
        read_tls(r, &part, &e->tls);
    if (has(all, "brand", &part))
        read_brand(r, &part, e);
}

assay_status evidence_read(struct arena *a, assay_span text, assay_span domain,
                           struct evidence *ret, const char **ret_why)
{
    struct reader r = {.a = a};
    struct evidence e = {.trademark = UNKNOWN, .logo = SPAN_EMPTY, .text = SPAN_EMPTY};
    struct json_value all;

    if (text.n > LIMIT_EVIDENCE)
        refuse(&r, "it is over 4 MiB");
    else if (!json_read(text, &all) || all.type != JSON_OBJECT)
        refuse(&r, "it is no JSON object");
    else if (!arena_copy(a, text, &e.text))
        r.no_memory = true;
    else
        read_all(&r, &all, domain, &e);
    if (r.no_memory)
        return ASSAY_ENOMEM;
    if (r.why) {
        *ret_why = r.why;
        return ASSAY_EINVAL;
    }
    *ret = e;
    return ASSAY_DONE;
}

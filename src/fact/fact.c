/* SPDX-License-Identifier: BSD-2-Clause */
#include "fact/fact.h"

#include "base/buf.h"
#include "base/limits.h"
#include "dns/rdata.h"

#include <stdlib.h>

/** Items of an answer that need no memory of their own while they are sorted. */
enum { FEW = 8 };

/** Canonical RDATA of one answer item, while sorting. */
struct item {
    assay_span rdata;
};

static int compare_items(const void *a, const void *b)
{
    return span_compare(((const struct item *)a)->rdata, ((const struct item *)b)->rdata);
}

/** Whether every item may stand in an answer of this type. */
static bool data_ok(enum assay_kind kind, uint16_t rrtype, const struct assay_answer *a)
{
    if (kind != ASSAY_DNS)
        return a->n <= 1;
    for (size_t i = 0; i < a->n; i++)
        if (!dns_rdata_ok(rrtype, a->data[i]))
            return false;
    return true;
}

/**
 * Octets of the text of a TXT record: its strings joined, without the octet of length before each.
 */
static size_t txt_octets(assay_span rdata)
{
    size_t strings = 0;

    for (size_t i = 0; i < rdata.n; i += 1 + (unsigned char)rdata.p[i])
        strings++;
    return rdata.n - strings;
}

/** Octets that an answer of this kind may have. */
static size_t most_bytes(enum assay_kind kind)
{
    return kind == ASSAY_GET || kind == ASSAY_LIST ? LIMIT_FETCH : LIMIT_FACT;
}

/** Octets of the answer, and whether one of its items is over a limit of its own. */
static size_t data_bytes(enum assay_kind kind, uint16_t rrtype, const struct assay_answer *a,
                         bool *over)
{
    size_t bytes = 0;

    for (size_t i = 0; i < a->n; i++) {
        bytes += a->data[i].n;
        if (rrtype == ASSAY_RR_TXT && txt_octets(a->data[i]) > LIMIT_TXT)
            *over = true;
    }
    if (bytes > most_bytes(kind))
        *over = true;
    return bytes;
}

/** Data as they are are canonical: no name stands in them. */
static bool is_canonical(enum assay_kind kind, uint16_t rrtype)
{
    return kind != ASSAY_DNS || rrtype == ASSAY_RR_TXT || rrtype == ASSAY_RR_SPF ||
           rrtype == ASSAY_RR_A || rrtype == ASSAY_RR_AAAA;
}

/** The canonical RDATA of all items, in `octets` where they differ from what they are. */
static bool gather_items(enum assay_kind kind, uint16_t rrtype, const struct assay_answer *a,
                         struct buf *octets, struct item *items)
{
    size_t at = 0;

    if (is_canonical(kind, rrtype)) {
        for (size_t i = 0; i < a->n; i++)
            items[i].rdata = a->data[i].n ? a->data[i] : SPAN_EMPTY;
        return true;
    }
    for (size_t i = 0; i < a->n; i++) {
        dns_rdata_canonical(rrtype, a->data[i], octets);
        items[i].rdata.n = octets->n - at;
        at = octets->n;
    }
    at = 0;
    for (size_t i = 0; i < a->n; i++) {
        items[i].rdata.p = octets->p ? octets->p + at : "";
        at += items[i].rdata.n;
    }
    return octets->status == ASSAY_DONE;
}

/** Sort items, each once. \return how many are left */
static size_t sort_items(enum assay_kind kind, struct item *items, size_t n)
{
    size_t kept = 0;

    if (kind == ASSAY_DNS && n > 1)
        qsort(items, n, sizeof *items, compare_items);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || compare_items(&items[i], &items[kept - 1]) != 0)
            items[kept++] = items[i];
    return kept;
}

/** The type has a text of its own. */
static bool has_text(uint16_t rrtype)
{
    return rrtype == ASSAY_RR_TXT || rrtype == ASSAY_RR_SPF || rrtype == ASSAY_RR_MX ||
           rrtype == ASSAY_RR_PTR || rrtype == ASSAY_RR_CNAME || rrtype == ASSAY_RR_NS;
}

/** Copy a span to where `*to` points and move on; ended by NUL. */
static assay_span place(char **to, assay_span s)
{
    assay_span at = {*to, s.n};

    if (s.n)
        memcpy(*to, s.p, s.n);
    (*to)[s.n] = '\0';
    *to += s.n + 1;
    return at;
}

/** Octets of the CNAME steps and the words of an answer, with their NULs. */
static size_t words_bytes(const struct assay_answer *a)
{
    size_t n = a->media_type.n + a->reason.n + 2;

    for (size_t i = 0; i < a->nchain; i++)
        n += a->chain[i].owner.n + a->chain[i].target.n + 2;
    return n;
}

/** Octets that the text of an item may take: strings joined are fewer, an octet of a name may stand as \DDD. */
static size_t text_most(uint16_t rrtype, size_t rdata_n)
{
    return rrtype == ASSAY_RR_TXT || rrtype == ASSAY_RR_SPF ? rdata_n : 4 * rdata_n;
}

/** Write the form that evaluators want of one item, of a type that has_text(), to where `*to` points. */
static assay_span place_text(char **to, uint16_t rrtype, assay_span rdata)
{
    char *begin = *to;
    struct dns_name name;

    if (rrtype != ASSAY_RR_TXT && rrtype != ASSAY_RR_SPF)
        return place(to, dns_rdata_name(rrtype, rdata, &name) ? dns_name_span(&name) : SPAN_EMPTY);
    while (rdata.n) { /* RFC 7208 3.3, RFC 6376 3.6.2.2 */
        assay_span string = span_first(span_from(rdata, 1), (unsigned char)rdata.p[0]);

        if (string.n)
            memcpy(*to, string.p, string.n);
        *to += string.n;
        rdata = span_from(rdata, 1 + string.n);
    }
    *(*to)++ = '\0';
    return (assay_span){begin, (size_t)(*to - begin) - 1};
}

/** Put everything into one block: the fact, its arrays, its octets. */
static struct assay_fact *assemble(enum assay_kind kind, uint16_t rrtype,
                                   const struct assay_answer *a, const struct item *items, size_t n)
{
    bool texts = kind == ASSAY_DNS && has_text(rrtype);
    size_t octets = words_bytes(a), data = 0;
    struct assay_fact *f;
    struct assay_link *chain;
    assay_span *spans;
    struct fact_record *records;
    char *to;

    for (size_t i = 0; i < n; i++) {
        data += items[i].rdata.n;
        octets += items[i].rdata.n + 1 + (texts ? text_most(rrtype, items[i].rdata.n) + 1 : 0);
    }
    f = malloc(sizeof *f + a->nchain * sizeof *chain + n * (sizeof *spans + sizeof *records) +
               octets);
    if (!f)
        return NULL;
    memset(f, 0, sizeof *f);
    chain = (struct assay_link *)(f + 1);
    spans = (assay_span *)(chain + a->nchain);
    records = (struct fact_record *)(spans + n);
    to = (char *)(records + n);
    for (size_t i = 0; i < a->nchain; i++)
        chain[i] = (struct assay_link){place(&to, a->chain[i].owner),
                                       place(&to, a->chain[i].target), a->chain[i].secure};
    for (size_t i = 0; i < n; i++) {
        spans[i] = place(&to, items[i].rdata);
        records[i] =
            (struct fact_record){.text = texts ? place_text(&to, rrtype, spans[i]) : spans[i]};
        if (kind == ASSAY_DNS && rrtype == ASSAY_RR_MX)
            records[i].preference =
                (uint16_t)((unsigned char)spans[i].p[0] << 8 | (unsigned char)spans[i].p[1]);
    }
    f->media_type = place(&to, a->media_type);
    f->reason = place(&to, a->reason);
    f->chain = chain;
    f->nchain = a->nchain;
    f->data = spans;
    f->records = records;
    f->n = n;
    f->bytes = data;
    return f;
}

/** A fact with the records of the answer. */
static assay_status make_fact(enum assay_kind kind, uint16_t rrtype, const struct assay_answer *a,
                              struct assay_fact **ret)
{
    struct buf octets = buf_new(LIMIT_FACT + 1);
    struct item few[FEW], *items = a->n <= FEW ? few : calloc(a->n, sizeof *items);
    struct assay_fact *f = NULL;

    if (items && gather_items(kind, rrtype, a, &octets, items))
        f = assemble(kind, rrtype, a, items, sort_items(kind, items, a->n));
    buf_done(&octets);
    if (items != few)
        free(items);
    if (!f)
        return ASSAY_ENOMEM;
    *ret = f;
    return ASSAY_DONE;
}

assay_status assay_fact_new(enum assay_kind kind, uint16_t rrtype,
                            const struct assay_answer *answer, assay_fact **ret)
{
    struct assay_answer a = {0};
    struct assay_fact *f;
    bool over = false;
    assay_status s;

    if (!answer || answer->size < sizeof(size_t) || answer->size > sizeof a)
        return ASSAY_EINVAL;
    memcpy(&a, answer, answer->size);
    if (a.how < ASSAY_OK || a.how > ASSAY_TLSERROR || (unsigned)a.secure > ASSAY_SECURE)
        return ASSAY_EINVAL;
    if (a.how != ASSAY_OK)
        a.n = 0;
    data_bytes(kind, rrtype, &a, &over);
    if (over || a.nchain > LIMIT_CNAMES)
        a = (struct assay_answer){
            .how = ASSAY_TOOBIG, .secure = a.secure, .ttl = a.ttl, .reason = a.reason};
    if (!data_ok(kind, rrtype, &a))
        return ASSAY_EINVAL;
    if (a.how == ASSAY_OK && kind == ASSAY_DNS && a.n == 0)
        a.how = ASSAY_NODATA;
    if ((s = make_fact(kind, rrtype, &a, &f)) != ASSAY_DONE)
        return s;
    f->kind = kind;
    f->rrtype = rrtype;
    f->how = a.how;
    f->secure = a.secure ? a.secure : ASSAY_UNKNOWN;
    f->ttl = a.ttl;
    f->http = a.http;
    f->until = a.until;
    atomic_init(&f->refs, 1);
    *ret = f;
    return ASSAY_DONE;
}

assay_fact *assay_fact_ref(assay_fact *fact)
{
    atomic_fetch_add_explicit(&fact->refs, 1, memory_order_relaxed);
    return fact;
}

void assay_fact_free(assay_fact *fact)
{
    struct fact_memo *m, *next;

    if (!fact || atomic_fetch_sub_explicit(&fact->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (m = atomic_load_explicit(&fact->memos, memory_order_acquire); m; m = next) {
        next = m->next;
        m->type->drop(m->made);
        free(m);
    }
    free(fact);
}

void assay_fact_read(const assay_fact *fact, struct assay_answer *ret)
{
    *ret = (struct assay_answer){
        .size = sizeof *ret,
        .how = fact->how,
        .secure = fact->secure,
        .ttl = fact->ttl,
        .chain = fact->chain,
        .nchain = fact->nchain,
        .data = fact->data,
        .n = fact->n,
        .http = fact->http,
        .media_type = fact->media_type,
        .reason = fact->reason,
        .until = fact->until,
    };
}

enum fact_state fact_state(const struct assay_fact *fact)
{
    switch (fact->how) {
    case ASSAY_OK: return FACT_DATA;
    case ASSAY_NODATA:
    case ASSAY_NXDOMAIN: return FACT_NONE;
    default: return FACT_UNKNOWN;
    }
}

const char *fact_how_text(enum assay_how how)
{
    static const char *const TEXTS[] = {"?",       "OK",    "NODATA", "NXDOMAIN", "SERVFAIL",
                                        "TIMEOUT", "BOGUS", "TOOBIG", "REFUSED",  "TLS-ERROR"};

    return TEXTS[how >= ASSAY_OK && how <= ASSAY_TLSERROR ? how : 0];
}

const char *fact_trouble(const struct assay_fact *fact)
{
    return fact->how == ASSAY_OK ? "" : fact_how_text(fact->how);
}

/** What was already made by this type, or NULL. */
static struct fact_memo *find_memo(struct fact_memo *m, const struct memo_type *type)
{
    while (m && m->type != type)
        m = m->next;
    return m;
}

assay_status fact_memo(const struct assay_fact *fact, const struct memo_type *type,
                       const void **ret)
{
    struct assay_fact *f =
        (struct assay_fact *)(uintptr_t)fact; /* only the list of memos changes */
    struct fact_memo *head = atomic_load_explicit(&f->memos, memory_order_acquire);
    struct fact_memo *m = find_memo(head, type), *other;

    if (m) {
        *ret = m->made;
        return ASSAY_DONE;
    }
    if (!(m = calloc(1, sizeof *m)))
        return ASSAY_ENOMEM;
    m->type = type;
    if (type->make(fact, &m->made) != ASSAY_DONE) {
        free(m);
        return ASSAY_ENOMEM;
    }
    do { /* published last: another thread may have been first */
        if ((other = find_memo(head, type))) {
            type->drop(m->made);
            free(m);
            *ret = other->made;
            return ASSAY_DONE;
        }
        m->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&f->memos, &head, m, memory_order_acq_rel,
                                                    memory_order_acquire));
    *ret = m->made;
    return ASSAY_DONE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "fact/fact.h"

#include "base/buf.h"
#include "base/limits.h"
#include "dns/rdata.h"

#include <stdlib.h>

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

/**
 * Gather the canonical RDATA of all items into `octets`, sorted and each once. \return how many, or
 * -1
 */
static long sort_items(enum assay_kind kind, uint16_t rrtype, const struct assay_answer *a,
                       struct buf *octets, struct item *items)
{
    size_t kept = 0, at = 0;

    for (size_t i = 0; i < a->n; i++) {
        if (kind == ASSAY_DNS)
            dns_rdata_canonical(rrtype, a->data[i], octets);
        else
            buf_put(octets, a->data[i]);
        items[i].rdata.n = octets->n - at;
        at = octets->n;
    }
    if (octets->status != ASSAY_DONE)
        return -1;
    at = 0;
    for (size_t i = 0; i < a->n; i++) {
        items[i].rdata.p = octets->p ? octets->p + at : "";
        at += items[i].rdata.n;
    }
    if (kind == ASSAY_DNS && a->n > 1)
        qsort(items, a->n, sizeof *items, compare_items);
    for (size_t i = 0; i < a->n; i++)
        if (kept == 0 || compare_items(&items[i], &items[kept - 1]) != 0)
            items[kept++] = items[i];
    return (long)kept;
}

/** Octets of the form that evaluators want of one item. */
static void put_text(uint16_t rrtype, assay_span rdata, struct buf *out)
{
    struct dns_name name;

    switch (rrtype) {
    case ASSAY_RR_TXT:
    case ASSAY_RR_SPF: dns_txt_join(rdata, out); break;
    case ASSAY_RR_MX:
    case ASSAY_RR_PTR:
    case ASSAY_RR_CNAME:
    case ASSAY_RR_NS:
        if (dns_rdata_name(rrtype, rdata, &name))
            buf_put(out, dns_name_span(&name));
        break;
    default: break; /* RDATA as it is */
    }
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

/** Put everything into one block: the fact, its arrays, its octets. */
static struct assay_fact *assemble(enum assay_kind kind, uint16_t rrtype,
                                   const struct assay_answer *a, const struct item *items, size_t n,
                                   const struct buf *texts, const size_t *text_n)
{
    size_t octets = words_bytes(a) + texts->n + n * 2, data = 0, text_at = 0;
    struct assay_fact *f;
    struct assay_link *chain;
    assay_span *spans;
    struct fact_record *records;
    char *to;

    for (size_t i = 0; i < n; i++)
        data += items[i].rdata.n;
    f = calloc(1, sizeof *f + a->nchain * sizeof *chain + n * (sizeof *spans + sizeof *records) +
                      octets + data);
    if (!f)
        return NULL;
    chain = (struct assay_link *)(f + 1);
    spans = (assay_span *)(chain + a->nchain);
    records = (struct fact_record *)(spans + n);
    to = (char *)(records + n);
    for (size_t i = 0; i < a->nchain; i++)
        chain[i] = (struct assay_link){place(&to, a->chain[i].owner),
                                       place(&to, a->chain[i].target), a->chain[i].secure};
    for (size_t i = 0; i < n; i++) {
        spans[i] = place(&to, items[i].rdata);
        records[i].text = spans[i];
        if (kind == ASSAY_DNS && has_text(rrtype))
            records[i].text =
                place(&to, (assay_span){texts->p ? texts->p + text_at : "", text_n[i]});
        if (kind == ASSAY_DNS && rrtype == ASSAY_RR_MX)
            records[i].preference =
                (uint16_t)((unsigned char)spans[i].p[0] << 8 | (unsigned char)spans[i].p[1]);
        text_at += text_n[i];
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
    struct buf octets = buf_new(most_bytes(kind) + 1),
               texts = buf_new(4 * LIMIT_FACT); /* an octet of a name may stand as \DDD */
    struct item *items = calloc(a->n + 1, sizeof *items);
    size_t *text_n = calloc(a->n + 1, sizeof *text_n);
    struct assay_fact *f = NULL;
    long n = items && text_n ? sort_items(kind, rrtype, a, &octets, items) : -1;

    for (long i = 0; i < n; i++) {
        size_t before = texts.n;

        if (kind == ASSAY_DNS)
            put_text(rrtype, items[i].rdata, &texts);
        text_n[i] = texts.n - before;
    }
    if (n >= 0 && texts.status == ASSAY_DONE)
        f = assemble(kind, rrtype, a, items, (size_t)n, &texts, text_n);
    buf_done(&octets);
    buf_done(&texts);
    free(items);
    free(text_n);
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

/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/world.h"

#include "base/limits.h"
#include "dns/rdata.h"

#include <stdlib.h>

/** What stands between the labels of a key. */
static const char SEPARATOR = '\x01';

/* ---- keys ---- */

assay_span case_key(assay_span name, char *key)
{
    for (size_t i = 0; i < name.n; i++) {
        key[i] = name.p[i] == '.' ? SEPARATOR : name.p[i];
        if (name.p[i] == '\\' && i + 1 < name.n) { /* `\.` is no separator */
            i++;
            key[i] = name.p[i];
        }
    }
    return (assay_span){key, name.n};
}

int case_key_compare(assay_span a, assay_span b)
{
    while (a.n && b.n) {
        unsigned char x = (unsigned char)a.p[--a.n], y = (unsigned char)b.p[--b.n];

        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.n > b.n) - (a.n < b.n);
}

/** A key without its left-most label. */
static assay_span parent(assay_span key)
{
    return span_from(key, span_find(key, SEPARATOR) + 1);
}

/** `key` lies below `ancestor`. */
static bool is_below(assay_span key, assay_span ancestor)
{
    assay_span tail = span_from(key, key.n - ancestor.n);

    if (key.n <= ancestor.n)
        return false;
    return ancestor.n == 0 ||
           (key.p[key.n - ancestor.n - 1] == SEPARATOR && span_eq(tail, ancestor));
}

/* ---- the tables ---- */

/** Add a row. */
static bool add(struct arena *a, struct case_table *t, struct case_record *record)
{
    size_t cap = t->cap ? t->cap * 2 : 16;
    struct case_record **wider;

    if (t->n == t->cap) {
        if (!(wider = arena_get(a, cap * sizeof(*wider))))
            return false;
        if (t->n)
            memcpy(wider, t->rows, t->n * sizeof(*wider));
        t->rows = wider;
        t->cap = cap;
    }
    t->rows[t->n++] = record;
    return true;
}

assay_status case_world_add(struct arena *a, struct case_world *w, enum case_table_of which,
                            struct case_record *record)
{
    struct case_table *t = which == CASE_RECORDS   ? &w->records
                           : which == CASE_MARKS   ? &w->marks
                           : which == CASE_RECALLS ? &w->recalls
                           : which == CASE_ENDS    ? &w->ends
                                                   : &w->suffixes;

    return add(a, t, record) ? ASSAY_DONE : ASSAY_ENOMEM;
}

static int compare_rows(const void *a, const void *b)
{
    const struct case_record *x = *(const struct case_record *const *)a;
    const struct case_record *y = *(const struct case_record *const *)b;
    int order = case_key_compare(x->key, y->key);

    if (order == 0)
        order = (x->rrtype > y->rrtype) - (x->rrtype < y->rrtype);
    if (order == 0)
        order =
            ((uintptr_t)x->at.p > (uintptr_t)y->at.p) - ((uintptr_t)x->at.p < (uintptr_t)y->at.p);
    return order;
}

static void sort(struct case_table *t)
{
    if (t->n)
        qsort(t->rows, t->n, sizeof(*t->rows), compare_rows);
}

/** Two lines about the same cannot both be true. */
static bool clash(const struct case_record *a, const struct case_record *b)
{
    if (a->rrtype != b->rrtype || !span_eq(a->key, b->key))
        return false;
    if (a->how != b->how || a->secure != b->secure || a->until != b->until)
        return true;
    return a->rrtype == ASSAY_RR_CNAME && !span_eq(a->rdata, b->rdata);
}

/** The first line of the text that clashes with one above it. */
static void find_clash(const struct case_table *t, const struct case_record **ret)
{
    for (size_t i = 1; i < t->n; i++)
        if (clash(t->rows[i - 1], t->rows[i]) && (!*ret || t->rows[i]->at.p < (*ret)->at.p))
            *ret = t->rows[i];
}

assay_status case_world_sort(struct arena *a, struct case_world *w,
                             const struct case_record **ret_clash)
{
    sort(&w->records);
    sort(&w->marks);
    sort(&w->suffixes);
    sort(&w->recalls);
    sort(&w->ends);
    *ret_clash = NULL;
    find_clash(&w->records, ret_clash);
    find_clash(&w->marks, ret_clash);
    find_clash(&w->recalls, ret_clash);
    find_clash(&w->ends, ret_clash);
    w->existing.n = 0;
    for (size_t i = 0; i < w->records.n; i++)
        if (w->records.rows[i]->how != ASSAY_NXDOMAIN && !add(a, &w->existing, w->records.rows[i]))
            return ASSAY_ENOMEM;
    for (struct case_server *server = w->servers; server && !*ret_clash; server = server->next) {
        assay_status s = case_world_sort(a, &server->world, ret_clash);

        if (s != ASSAY_DONE)
            return s;
    }
    return ASSAY_DONE;
}

/** The first row at or behind a key and type. */
static size_t lower_bound(const struct case_table *t, assay_span key, uint16_t rrtype)
{
    size_t low = 0, high = t->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct case_record *row = t->rows[middle];
        int order = case_key_compare(row->key, key);

        if (order < 0 || (order == 0 && row->rrtype < rrtype))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** Rows of one key and type. */
struct run {
    struct case_record *const *rows;
    size_t n;
};

/** All rows of a key and type. */
static struct run find(const struct case_table *t, assay_span key, uint16_t rrtype)
{
    size_t first = lower_bound(t, key, rrtype), end = first;

    while (end < t->n && t->rows[end]->rrtype == rrtype && span_eq(t->rows[end]->key, key))
        end++;
    return (struct run){t->rows ? t->rows + first : NULL, end - first};
}

/** The name, or one below it, is said to be more than NXDOMAIN. */
static bool exists(const struct case_world *w, assay_span key)
{
    size_t at = lower_bound(&w->existing, key, 0);
    assay_span found;

    if (at == w->existing.n)
        return false;
    found = w->existing.rows[at]->key;
    return span_eq(found, key) || is_below(found, key);
}

/* ---- marks ---- */

/** The most specific row of the own or the shared world that is a name or above it. */
static const struct case_record *nearest(const struct case_table *own,
                                         const struct case_table *shared, assay_span key)
{
    for (;; key = parent(key)) {
        struct run r = find(own, key, 0);

        if (!r.n && shared)
            r = find(shared, key, 0);
        if (r.n || key.n == 0)
            return r.n ? r.rows[0] : NULL;
    }
}

/** The mark that counts for a name, or NULL. */
static const struct case_record *mark_of(const struct case_worlds *w, assay_span key)
{
    return nearest(&w->own->marks, w->shared ? &w->shared->marks : NULL, key);
}

enum assay_secure case_world_secure(const struct case_worlds *w, assay_span key)
{
    const struct case_record *mark = mark_of(w, key);

    return mark ? mark->secure : ASSAY_INSECURE;
}

/**
 * The public suffix of a name: the longest @suffix that is the name or above it, else its last
 * label.
 */
static assay_status ask_suffix(const struct case_worlds *w, const struct assay_question *q,
                               assay_fact **ret)
{
    char octets[DNS_NAME_TEXT];
    assay_span key = case_key(span_first(q->name, sizeof octets), octets);
    const struct case_record *mark =
        nearest(&w->own->suffixes, w->shared ? &w->shared->suffixes : NULL, key);
    assay_span suffix =
        mark ? span_from(q->name, q->name.n - mark->key.n) : dns_last_labels(q->name, 1);
    struct assay_answer a = {.size = sizeof a,
                             .how = ASSAY_OK,
                             .secure = ASSAY_INSECURE,
                             .data = &suffix,
                             .n = 1,
                             .reason = SPAN("as the case says")};

    return assay_fact_new(ASSAY_SUFFIX, 0, &a, ret);
}

/* ---- RRsets ---- */

/** A question on its way through the aliases. */
struct walk {
    const struct case_worlds *w;
    uint16_t rrtype;
    enum assay_how how;
    bool absent;        /* NXDOMAIN, and no line says so */
    struct run data[2]; /* own, shared; of an answer that is OK */
    enum assay_secure secure;
    int64_t until;   /* the signatures end */
    assay_span name; /* where the walk is */
    size_t nlinks;
    struct assay_link links[LIMIT_CNAMES];
    struct dns_name targets[LIMIT_CNAMES];
};

/** What is said of a key and type. \return false when nothing is */
static bool look(struct walk *k, assay_span key, uint16_t rrtype)
{
    struct run own = find(&k->w->own->records, key, rrtype);
    struct run shared =
        k->w->shared ? find(&k->w->shared->records, key, rrtype) : (struct run){NULL, 0};
    const struct run *decides = own.n ? &own : &shared;

    if (!decides->n)
        return false;
    k->how = decides->rows[0]->how;
    k->data[0] = own;
    k->data[1] = shared.n && shared.rows[0]->how == ASSAY_OK ? shared : (struct run){NULL, 0};
    return true;
}

/** The target of the alias at a key. \return false when it is no alias */
static bool is_alias(struct walk *k, assay_span key, struct dns_name *target)
{
    if (k->rrtype == ASSAY_RR_CNAME || !look(k, key, ASSAY_RR_CNAME) || k->how != ASSAY_OK)
        return false;
    return dns_rdata_name(ASSAY_RR_CNAME, k->data[k->data[0].n == 0].rows[0]->rdata, target);
}

/** Nothing is said of the type: the name has others, or there is no such name (RFC 8020). */
static void deny(struct walk *k, assay_span key)
{
    bool there = exists(k->w->own, key) || (k->w->shared && exists(k->w->shared, key));

    k->how = there ? ASSAY_NODATA : ASSAY_NXDOMAIN;
    k->absent = !there;
    for (int i = 0; i < 2 && !there; i++) { /* NXDOMAIN of another type: then of this one too */
        const struct case_world *w = i ? k->w->shared : k->w->own;
        size_t at = w ? lower_bound(&w->records, key, 0) : 0;

        if (w && at < w->records.n && span_eq(w->records.rows[at]->key, key))
            k->absent = false;
    }
}

/** Take one more alias. \return false when there are too many: a loop is such a case */
static bool follow(struct walk *k, assay_span key)
{
    struct dns_name target;

    if (!is_alias(k, key, &target))
        return false;
    if (k->nlinks == LIMIT_CNAMES) {
        k->how = ASSAY_SERVFAIL;
        k->nlinks = LIMIT_CNAMES + 1;
        return false;
    }
    k->targets[k->nlinks] = target;
    k->links[k->nlinks] = (struct assay_link){k->name, dns_name_span(&k->targets[k->nlinks]),
                                              case_world_secure(k->w, key)};
    k->name = k->links[k->nlinks++].target;
    return true;
}

/** When the signatures of a name end: as @until says of the type, else as its mark says. */
static int64_t until_of(const struct walk *k, assay_span key, const struct case_record *mark)
{
    struct run own = find(&k->w->own->ends, key, k->rrtype);
    struct run shared =
        k->w->shared ? find(&k->w->shared->ends, key, k->rrtype) : (struct run){NULL, 0};

    if (k->secure != ASSAY_SECURE)
        return 0;
    if (own.n || shared.n)
        return (own.n ? own : shared).rows[0]->until;
    return mark ? mark->until : 0;
}

/** Walk to the answer. */
static void walk(struct walk *k)
{
    char octets[DNS_NAME_TEXT];

    for (;;) {
        assay_span key = case_key(span_first(k->name, sizeof octets), octets);

        const struct case_record *mark = mark_of(k->w, key);

        k->secure = mark ? mark->secure : ASSAY_INSECURE;
        k->until = until_of(k, key, mark);
        if (look(k, key, k->rrtype))
            return;
        if (follow(k, key))
            continue;
        if (k->nlinks > LIMIT_CNAMES)
            return;
        if (!look(k, key, ASSAY_RR_ANY))
            deny(k, key);
        return;
    }
}

/** Make the fact of a walk that is over. */
static assay_status make_fact(const struct walk *k, assay_fact **ret)
{
    size_t n = k->how == ASSAY_OK ? k->data[0].n + k->data[1].n : 0;
    assay_span *data = calloc(n + 1, sizeof *data);
    struct assay_answer a = {.size = sizeof a,
                             .how = k->how,
                             .secure = k->secure,
                             .ttl = UINT32_MAX,
                             .chain = k->links,
                             .nchain = k->nlinks > LIMIT_CNAMES ? 0 : k->nlinks,
                             .data = data,
                             .until = k->until};
    assay_status s;

    if (k->w->own->authoritative && k->how <= ASSAY_NXDOMAIN)
        a.reason = SPAN("aa"); /* as whoever asks one server says it */
    else if (k->w->own->no_tcp && k->how == ASSAY_TIMEOUT)
        a.reason = SPAN("the server takes no connection over TCP");
    if (!data)
        return ASSAY_ENOMEM;
    for (int i = 0; n && i < 2; i++)
        for (size_t row = 0; row < k->data[i].n; row++) {
            const struct case_record *r = k->data[i].rows[row];

            data[a.n++] = r->rdata;
            a.ttl = r->ttl < a.ttl ? r->ttl : a.ttl;
        }
    if (!a.n)
        a.ttl = 0;
    s = assay_fact_new(ASSAY_DNS, k->rrtype, &a, ret);
    free(data);
    return s;
}

/** Answer a DNS question. */
static assay_status answer_dns(const struct case_worlds *w, const struct assay_question *q,
                               assay_fact **ret, bool *ret_absent)
{
    struct walk k;

    k.w = w;
    k.rrtype = q->rrtype;
    k.absent = false;
    k.name = q->name;
    k.nlinks = 0;
    k.until = 0;
    walk(&k);
    *ret_absent = k.absent;
    return make_fact(&k, ret);
}

/** No answer, for want of one in the case. */
static assay_status make_none(const struct assay_question *q, enum assay_how how, assay_span reason,
                              assay_fact **ret)
{
    struct assay_answer a = {
        .size = sizeof a, .how = how, .secure = ASSAY_INSECURE, .reason = reason};

    return assay_fact_new(q->kind, q->rrtype, &a, ret);
}

struct case_world *case_world_server(const struct case_world *w, assay_span address)
{
    for (struct case_server *server = w ? w->servers : NULL; server; server = server->next)
        if (span_is(address, server->address))
            return &server->world;
    return NULL;
}

/** Answer a DNS question that is put to one server. */
static assay_status ask_server(const struct case_worlds *w, const struct assay_question *q,
                               assay_fact **ret, bool *ret_absent)
{
    struct case_worlds of = {case_world_server(w->own, q->data), NULL};

    if (!of.own)
        of.own = case_world_server(w->shared, q->data);
    if (of.own)
        return answer_dns(&of, q, ret, ret_absent);
    *ret_absent = true;
    return make_none(q, ASSAY_TIMEOUT, SPAN("no such server in the case"), ret);
}

/** Answer what stands nowhere: nobody is asked. */
static assay_status ask_nobody(const struct assay_question *q, assay_fact **ret)
{
    bool far = q->kind == ASSAY_GET || q->kind == ASSAY_PROBE;

    if (q->kind == ASSAY_MAC)
        return make_none(q, ASSAY_REFUSED, SPAN("no such key"), ret);
    return make_none(q, far ? ASSAY_TIMEOUT : ASSAY_NODATA, SPAN("not in the case"), ret);
}

/** Answer from [web] and its like. */
static assay_status ask_thing(const struct case_worlds *w, const struct assay_question *q,
                              assay_fact **ret, bool *ret_absent)
{
    const struct case_thing *thing = case_things_find(&w->own->things, q->kind, q->name);

    if (!thing && w->shared)
        thing = case_things_find(&w->shared->things, q->kind, q->name);
    if (thing)
        return case_thing_fact(thing, ret);
    *ret_absent = true;
    return ask_nobody(q, ret);
}

/* ---- memory ---- */

/** Records as one text: TXT joined, others as a zone file has them; each on a line. */
static void put_records(const struct run *run, uint16_t rrtype, struct buf *out)
{
    for (size_t i = 0; i < run->n; i++) {
        if (i)
            buf_putc(out, '\n');
        if (rrtype == ASSAY_RR_TXT || rrtype == ASSAY_RR_SPF)
            dns_txt_join(run->rows[i]->rdata, out);
        else
            dns_rdata_text(rrtype, run->rows[i]->rdata, out);
    }
}

/** Make a fact of records that were seen before. */
static assay_status make_recall(const struct run *run, uint16_t rrtype, assay_fact **ret)
{
    struct buf text = buf_new(8 * LIMIT_FACT);
    struct assay_answer a = {.size = sizeof a,
                             .how = run->rows[0]->how,
                             .secure = ASSAY_INSECURE,
                             .reason = SPAN_EMPTY,
                             .until = run->rows[0]->until};
    assay_span data;
    assay_status s;

    if (a.how == ASSAY_OK)
        put_records(run, rrtype, &text);
    data = buf_span(&text);
    a.data = &data;
    a.n = a.how == ASSAY_OK;
    if (text.status == ASSAY_EINVAL) { /* over the limit of an answer anyway */
        a.how = ASSAY_TOOBIG;
        a.n = 0;
    }
    s = text.status == ASSAY_ENOMEM ? ASSAY_ENOMEM : assay_fact_new(ASSAY_RECALL, 0, &a, ret);
    buf_done(&text);
    return s;
}

/**
 * Answer from memory: "TYPE NAME" from records, all else by its name. What stands nowhere is not
 * remembered.
 */
static assay_status ask_memory(const struct case_worlds *w, const struct assay_question *q,
                               assay_fact **ret)
{
    assay_span type = span_first(q->name, span_find(q->name, ' '));
    const struct case_thing *thing = case_things_find(&w->own->things, q->kind, q->name);
    uint16_t rrtype = dns_type_read(type);
    char octets[DNS_NAME_TEXT];
    struct run run;

    if (thing)
        return case_thing_fact(thing, ret);
    if (rrtype && type.n < q->name.n) {
        assay_span name = span_from(q->name, type.n + 1);

        run = find(&w->own->recalls, case_key(span_first(name, sizeof octets), octets), rrtype);
        if (run.n)
            return make_recall(&run, rrtype, ret);
    }
    return make_none(q, ASSAY_NODATA, SPAN("as the case says"), ret);
}

/* ---- all kinds ---- */

assay_status case_world_ask(const struct case_worlds *w, const struct assay_question *q,
                            assay_fact **ret, bool *ret_absent)
{
    bool absent = false;
    assay_status s;

    switch (q->kind) {
    case ASSAY_DNS:
        s = q->data.n ? ask_server(w, q, ret, &absent) : answer_dns(w, q, ret, &absent);
        break;
    case ASSAY_SUFFIX: s = ask_suffix(w, q, ret); break;
    case ASSAY_SIGN: s = case_sign_ask(w->own->signers, q, ret, &absent); break;
    case ASSAY_RECALL: s = ask_memory(w, q, ret); break;
    default: s = ask_thing(w, q, ret, &absent);
    }
    if (ret_absent)
        *ret_absent = absent;
    return s;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/time.h"
#include "case/write.h"
#include "dns/rdata.h"
#include "fact/fact.h"

#include <stdlib.h>

enum { ROUNDS = 8 };

/** A question with its answer. */
struct item {
    struct assay_question q;
    struct assay_answer a;
    bool flat; /* the aliases are left out: others say something else of one of them */
};

/** The facts of a verdict becoming lines. */
struct scribe {
    struct case_writer *w;
    assay_span server; /* whose answers; empty: those of nobody in particular */
    struct arena *arena;
    struct item *items;
    size_t n;
    struct case_world world;
};

/** Note that memory is out. */
static void out_of_memory(struct scribe *s)
{
    s->w->status = ASSAY_ENOMEM;
}

/* ---- gathering ---- */

/** Gather the facts. Those of hints say nothing, and what is still open decided nothing. */
static void gather(struct scribe *s)
{
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0, n = 0;

    while (assay_evidence(s->w->ev, &cursor, &q, &fact))
        n++;
    if (!(s->items = arena_zero(s->arena, (n + 1) * sizeof *s->items))) {
        out_of_memory(s);
        return;
    }
    for (cursor = 0; assay_evidence(s->w->ev, &cursor, &q, &fact);) {
        if (!fact || (q.kind != ASSAY_DNS && q.kind != ASSAY_SUFFIX) || !span_eq(q.data, s->server))
            continue;
        s->items[s->n].q = q;
        s->items[s->n].q.data = SPAN_EMPTY; /* the world that is made is this server's */
        assay_fact_read(fact, &s->items[s->n++].a);
    }
}

/** The key of a name, kept. */
static assay_span key_of(struct scribe *s, assay_span name)
{
    char *octets = arena_get(s->arena, name.n + 1);

    if (!octets)
        out_of_memory(s);
    return octets ? case_key(name, octets) : SPAN_EMPTY;
}

/** Add a row. */
static void add(struct scribe *s, enum case_table_of table, struct case_record row)
{
    struct case_record *kept = arena_get(s->arena, sizeof *kept);

    if (!kept) {
        out_of_memory(s);
        return;
    }
    *kept = row;
    kept->at = (assay_span){(const char *)kept, 0};
    if (case_world_add(s->arena, &s->world, table, kept) != ASSAY_DONE)
        out_of_memory(s);
}

/** Add a CNAME. */
static void add_link(struct scribe *s, const struct assay_link *link)
{
    uint8_t wire[DNS_NAME_WIRE];
    struct dns_name target;
    assay_span rdata;

    if (!dns_name_read(link->target.n ? link->target : SPAN("."), &target))
        return;
    rdata = (assay_span){(const char *)wire, dns_name_wire(dns_name_span(&target), wire)};
    if (!arena_copy(s->arena, rdata, &rdata))
        out_of_memory(s);
    add(s, CASE_RECORDS,
        (struct case_record){.key = key_of(s, link->owner),
                             .rrtype = ASSAY_RR_CNAME,
                             .how = ASSAY_OK,
                             .rdata = rdata});
}

/** The name that has the answer, behind the aliases. */
static assay_span final_name(const struct item *item)
{
    return item->a.nchain && !item->flat ? item->a.chain[item->a.nchain - 1].target : item->q.name;
}

/** Add what one fact says. */
static void add_fact(struct scribe *s, const struct item *item)
{
    struct case_record row = {.key = key_of(s, final_name(item)),
                              .rrtype = item->q.rrtype,
                              .how = item->a.how,
                              .rdata = SPAN_EMPTY};

    for (size_t i = 0; i < item->a.nchain && !item->flat; i++)
        add_link(s, &item->a.chain[i]);
    if (item->a.how != ASSAY_OK)
        add(s, CASE_RECORDS, row);
    for (size_t i = 0; item->a.how == ASSAY_OK && i < item->a.n; i++) {
        row.rdata = item->a.data[i];
        add(s, CASE_RECORDS, row);
    }
}

/** Add the public suffix of a name, unless it is what one takes without being told. */
static void add_suffix(struct scribe *s, const struct item *item)
{
    if (item->a.how != ASSAY_OK || item->a.n != 1 ||
        span_eq(item->a.data[0], dns_last_labels(item->q.name, 1)))
        return;
    add(s, CASE_SUFFIXES,
        (struct case_record){.key = key_of(s, item->a.data[0]), .rdata = SPAN_EMPTY});
}

/** Make the world anew. */
static void make_world(struct scribe *s)
{
    const struct case_record *clash;

    s->world = (struct case_world){0};
    for (size_t i = 0; i < s->n && s->w->status == ASSAY_DONE; i++) {
        if (s->items[i].q.kind == ASSAY_DNS)
            add_fact(s, &s->items[i]);
        else
            add_suffix(s, &s->items[i]);
    }
    if (case_world_sort(s->arena, &s->world, &clash) != ASSAY_DONE)
        out_of_memory(s);
}

/* ---- asking the lines what the facts said ---- */

/** The same data, after the same aliases. */
static bool same_answer(const struct item *item, const struct assay_answer *b)
{
    const struct assay_answer *a = &item->a;
    bool same = a->how == b->how && a->n == b->n && (item->flat || a->nchain == b->nchain);

    for (size_t i = 0; same && i < a->n; i++)
        same = span_eq(a->data[i], b->data[i]);
    for (size_t i = 0; same && !item->flat && i < a->nchain; i++)
        same = span_eq(a->chain[i].owner, b->chain[i].owner) &&
               span_eq(a->chain[i].target, b->chain[i].target);
    return same;
}

/** The world that was made gives a fact back. */
static bool gives_back(struct scribe *s, const struct item *item)
{
    struct case_worlds worlds = {&s->world, NULL};
    struct assay_answer b;
    assay_fact *fact;
    bool same;

    if (case_world_ask(&worlds, &item->q, &fact, NULL) != ASSAY_DONE) {
        out_of_memory(s);
        return true;
    }
    assay_fact_read(fact, &b);
    same = same_answer(item, &b);
    assay_fact_free(fact);
    return same;
}

/**
 * Make a world that gives all facts back. Facts that were gathered over some time may not fit each
 * other: an alias had two targets. Then its answer is written without the aliases.
 */
static void settle(struct scribe *s)
{
    bool changed = true;

    for (int round = 0; changed && round < ROUNDS && s->w->status == ASSAY_DONE; round++) {
        changed = false;
        make_world(s);
        for (size_t i = 0; i < s->n && s->w->status == ASSAY_DONE; i++) {
            struct item *item = &s->items[i];

            if (item->a.nchain && !item->flat && !gives_back(s, item))
                item->flat = changed = true;
        }
    }
}

/* ---- marks ---- */

/** DNSSEC's word counts for this answer. */
static bool has_security(const struct item *item)
{
    return item->q.kind == ASSAY_DNS && item->a.how <= ASSAY_NXDOMAIN;
}

/** What is wanted of a name. */
struct wish {
    assay_span key;
    enum assay_secure secure;
};

static int compare_wishes(const void *a, const void *b)
{
    return case_key_compare(((const struct wish *)a)->key, ((const struct wish *)b)->key);
}

/** Gather what the facts say about names. \return how many */
static size_t gather_wishes(struct scribe *s, struct wish *wishes)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct item *item = &s->items[i];

        if (!has_security(item))
            continue;
        wishes[n++] = (struct wish){key_of(s, final_name(item)), item->a.secure};
        for (size_t k = 0; k < item->a.nchain && !item->flat; k++)
            wishes[n++] = (struct wish){key_of(s, item->a.chain[k].owner), item->a.chain[k].secure};
    }
    return n;
}

/** Every answer came from a resolver that does not validate. */
static bool all_unknown(const struct wish *wishes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (wishes[i].secure != ASSAY_UNKNOWN)
            return false;
    return n > 0;
}

/** Add as few marks as say it: names above come first, and a mark counts for all below it. */
static void add_marks(struct scribe *s)
{
    struct case_worlds worlds = {&s->world, NULL};
    struct wish *wishes = arena_get(s->arena, (s->n + 1) * (LIMIT_CNAMES + 1) * sizeof *wishes);
    size_t n;

    if (!wishes) {
        out_of_memory(s);
        return;
    }
    n = gather_wishes(s, wishes);
    if (n)
        qsort(wishes, n, sizeof *wishes, compare_wishes);
    if (all_unknown(wishes, n))
        add(s, CASE_MARKS,
            (struct case_record){.key = SPAN_EMPTY, .secure = ASSAY_UNKNOWN, .rdata = SPAN_EMPTY});
    for (size_t i = 0; i < n && s->w->status == ASSAY_DONE; i++) {
        bool again = i && span_eq(wishes[i].key, wishes[i - 1].key);

        if (!again && case_world_secure(&worlds, wishes[i].key) != wishes[i].secure)
            add(s, CASE_MARKS,
                (struct case_record){
                    .key = wishes[i].key, .secure = wishes[i].secure, .rdata = SPAN_EMPTY});
    }
}

/** Add when signatures end. */
static void add_ends(struct scribe *s)
{
    for (size_t i = 0; i < s->n && s->w->status == ASSAY_DONE; i++) {
        const struct item *item = &s->items[i];

        if (item->q.kind == ASSAY_DNS && item->a.until && item->a.secure == ASSAY_SECURE)
            add(s, CASE_ENDS,
                (struct case_record){.key = key_of(s, final_name(item)),
                                     .rrtype = item->q.rrtype,
                                     .until = item->a.until,
                                     .rdata = SPAN_EMPTY});
    }
}

/* ---- lines ---- */

/** Write a name, absolute; what would make another kind of line is escaped. */
static void put_name(struct case_writer *w, assay_span key)
{
    assay_span label;

    if (key.n && (key.p[0] == '[' || key.p[0] == '@')) {
        case_puts(w, key.p[0] == '[' ? "\\091" : "\\064");
        key = span_from(key, 1);
    }
    while (key.n && span_cut(&key, '\x01', &label)) {
        case_put(w, label);
        case_puts(w, key.p ? "." : "");
    }
    case_puts(w, ".");
}

/** Write a record. */
static void put_record(struct case_writer *w, const struct case_record *row)
{
    struct buf text = buf_new(8 * LIMIT_FACT);

    put_name(w, row->key);
    case_puts(w, " IN ");
    case_puts(w, case_question_text(ASSAY_DNS, row->rrtype));
    case_puts(w, " ");
    if (row->how == ASSAY_OK)
        dns_rdata_text(row->rrtype, row->rdata, &text);
    else
        buf_puts(&text, fact_how_text(row->how));
    if (text.status != ASSAY_DONE)
        w->status = ASSAY_ENOMEM;
    case_put(w, buf_span(&text));
    case_puts(w, "\n");
    buf_done(&text);
}

/** The row says what the one above says. */
static bool is_double(const struct case_table *t, size_t i)
{
    const struct case_record *a = i ? t->rows[i - 1] : NULL, *b = t->rows[i];

    return a && a->rrtype == b->rrtype && a->how == b->how && span_eq(a->key, b->key) &&
           span_eq(a->rdata, b->rdata);
}

/** Write marks. */
static void put_marks(struct case_writer *w, const struct case_table *t, bool suffix)
{
    static const char *const WORDS[] = {"", "@unknown ", "@insecure ", "@secure "};

    for (size_t i = 0; i < t->n; i++) {
        if (is_double(t, i))
            continue;
        case_puts(w, suffix ? "@suffix " : WORDS[t->rows[i]->secure]);
        put_name(w, t->rows[i]->key);
        case_puts(w, "\n");
    }
}

/** Write when signatures end: of what was asked more than once, the first. */
static void put_ends(struct case_writer *w, const struct case_table *t)
{
    char text[TIME_TEXT];

    for (size_t i = 0; i < t->n; i++) {
        const struct case_record *a = i ? t->rows[i - 1] : NULL, *b = t->rows[i];

        if (a && a->rrtype == b->rrtype && span_eq(a->key, b->key))
            continue;
        case_puts(w, "@until ");
        put_name(w, b->key);
        case_puts(w, " ");
        case_puts(w, case_question_text(ASSAY_DNS, b->rrtype));
        case_puts(w, " ");
        case_put(w, time_text(b->until, text));
        case_puts(w, "\n");
    }
}

/** Say which facts no lines can give back. */
static void put_troubles(struct scribe *s)
{
    for (size_t i = 0; i < s->n && s->w->status == ASSAY_DONE; i++) {
        const struct item *item = &s->items[i];

        if (gives_back(s, item))
            continue;
        case_puts(s->w, "; not as it was answered: ");
        case_puts(s->w, case_question_text(item->q.kind, item->q.rrtype));
        case_puts(s->w, " ");
        case_put(s->w, item->q.name);
        case_puts(s->w, "\n");
    }
}

/**
 * Put the rows of an RRset into an order of their data, so that the same facts give the same file.
 */
static int compare_rows(const void *a, const void *b)
{
    const struct case_record *x = *(const struct case_record *const *)a;
    const struct case_record *y = *(const struct case_record *const *)b;
    int order = case_key_compare(x->key, y->key);

    if (order == 0)
        order = (x->rrtype > y->rrtype) - (x->rrtype < y->rrtype);
    return order ? order : span_compare(x->rdata, y->rdata);
}

/** Write what a server said, or, without one, what all say. */
static void write_server(struct case_writer *w, assay_span server)
{
    struct scribe s = {.w = w, .arena = &w->arena, .server = server};
    struct case_table *t = &s.world.records;

    gather(&s);
    settle(&s);
    add_marks(&s);
    add_ends(&s);
    if (w->status != ASSAY_DONE)
        return;
    put_troubles(&s);
    if (t->n)
        qsort(t->rows, t->n, sizeof(*t->rows), compare_rows);
    for (size_t i = 0; i < t->n; i++)
        if (!is_double(t, i))
            put_record(w, t->rows[i]);
    put_marks(w, &s.world.marks, false);
    put_marks(w, &s.world.suffixes, true);
    put_ends(w, &s.world.ends);
}

/** A server's block was written: another question above this one was put to it. */
static bool is_written(const struct case_writer *w, size_t above, assay_span server)
{
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;

    while (assay_evidence(w->ev, &cursor, &q, &fact) && cursor < above)
        if (q.kind == ASSAY_DNS && fact && span_eq(q.data, server))
            return true;
    return false;
}

/** Write what a server is like: it answered, and never with authority; it takes no TCP. */
static void write_traits(struct case_writer *w, assay_span server)
{
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;
    bool answered = false, authority = false, no_tcp = false;

    while (assay_evidence(w->ev, &cursor, &q, &fact)) {
        if (q.kind != ASSAY_DNS || !fact || !span_eq(q.data, server))
            continue;
        answered |= fact_state(fact) != FACT_UNKNOWN;
        authority |= span_is(fact->reason, "aa");
        no_tcp |= fact->how == ASSAY_TIMEOUT &&
                  span_contains(fact->reason, SPAN("no connection over TCP"));
    }
    case_puts(w, answered && !authority ? " lame" : "");
    case_puts(w, no_tcp ? " no-tcp\n" : "\n");
}

void case_write_world(struct case_writer *w)
{
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0, nservers = 0;

    case_puts(w, "\n[dns]\n");
    write_server(w, SPAN_EMPTY);
    while (w->status == ASSAY_DONE && assay_evidence(w->ev, &cursor, &q, &fact)) {
        if (q.kind != ASSAY_DNS || !q.data.n || !fact || is_written(w, cursor, q.data))
            continue;
        if (nservers++ == LIMIT_SERVERS) {
            case_puts(w, "; not as it was answered: more servers than a case may have\n");
            break;
        }
        case_puts(w, "@server ");
        case_put(w, q.data);
        write_traits(w, q.data);
        write_server(w, q.data);
    }
}

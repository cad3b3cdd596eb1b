/* SPDX-License-Identifier: BSD-2-Clause */
/** \file zone_read.c A zone held in memory, sorted by name and type; and the names that a zone file is about. */
#include "cli/zone_own.h"
#include "dns/rdata.h"

#include <stdio.h>
#include <stdlib.h>

/** A zone being read. */
struct reading {
    struct zone *z;
    size_t cap, line, column; /* of the first record: where there is no SOA */
    bool soa;
};

int zone_compare(const void *a, const void *b)
{
    const struct zone_entry *x = a, *y = b;
    int d = span_compare(x->owner, y->owner);

    if (d)
        return d;
    if (x->rrtype != y->rrtype)
        return x->rrtype < y->rrtype ? -1 : 1;
    return span_compare(x->rdata, y->rdata);
}

/** Add an entry; its owner and rdata lie in the arena. */
static assay_status add(struct reading *r, struct zone_entry e)
{
    struct zone *z = r->z;

    if (z->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 64;
        struct zone_entry *more = realloc(z->entries, cap * sizeof *more);

        if (!more)
            return ASSAY_ENOMEM;
        z->entries = more;
        r->cap = cap;
    }
    z->entries[z->n++] = e;
    return ASSAY_DONE;
}

/** The name an alias leads to, in the arena. */
static bool keep_target(struct zone *z, assay_span rdata, assay_span *ret)
{
    struct dns_name target = {0};

    return dns_rdata_name(ASSAY_RR_CNAME, rdata, &target) &&
           arena_copy(&z->arena, dns_name_span(&target), ret);
}

/** Keep a record. */
static assay_status keep(void *arg, const struct zone_record *record)
{
    struct reading *r = arg;
    struct zone *z = r->z;
    struct zone_entry e = {.rrtype = record->rrtype,
                           .ttl = record->ttl,
                           .line = record->line,
                           .column = record->column};
    const struct zone_entry *last = z->n ? &z->entries[z->n - 1] : NULL;

    if (z->n >= ZONE_RECORDS_MAX)
        return ASSAY_EORDER; /* told below */
    if (last && span_eq(last->owner, record->owner))
        e.owner = last->owner;
    else if (!arena_copy(&z->arena, record->owner, &e.owner))
        return ASSAY_ENOMEM;
    if (!arena_copy(&z->arena, record->rdata, &e.rdata))
        return ASSAY_ENOMEM;
    if (record->rrtype == ASSAY_RR_CNAME && !keep_target(z, record->rdata, &e.target))
        return ASSAY_ENOMEM;
    if (record->rrtype == ASSAY_RR_SOA && !r->soa) {
        z->apex = e.owner;
        r->soa = true;
    }
    return add(r, e);
}

/** Everything lies in the zone. */
static assay_status check_inside(const struct zone *z, struct zone_error *error)
{
    for (size_t i = 0; i < z->n; i++) {
        const struct zone_entry *e = &z->entries[i];

        if (dns_is_under(e->owner, z->apex))
            continue;
        error->line = e->line;
        error->column = e->column;
        snprintf(error->text, sizeof error->text, "\"%.*s\" is outside of the zone \"%.*s\"",
                 SPAN_ARG(span_first(e->owner, 90)), SPAN_ARG(span_first(z->apex, 90)));
        return ASSAY_EINVAL;
    }
    return ASSAY_DONE;
}

/** The names between a record and the apex exist too (RFC 4592 2.2.2): an entry without data for each. */
static assay_status add_ancestors(struct reading *r)
{
    struct zone *z = r->z;
    size_t n = z->n;
    assay_status s = add(r, (struct zone_entry){.owner = z->apex, .rdata = SPAN_EMPTY});

    for (size_t i = 0; i < n && s == ASSAY_DONE; i++) {
        assay_span name = z->entries[i].owner;

        if (i && span_eq(name, z->entries[i - 1].owner))
            continue;
        for (name = dns_parent(name); name.n > z->apex.n; name = dns_parent(name)) {
            if (z->n >= ZONE_RECORDS_MAX)
                return ASSAY_EORDER;
            if (zone_find(z, n, name, 0, NULL)) /* it is there, and so are those above it */
                break;
            if (z->n > n && span_eq(z->entries[z->n - 1].owner, name))
                break;
            if ((s = add(r, (struct zone_entry){.owner = name, .rdata = SPAN_EMPTY})) != ASSAY_DONE)
                return s;
        }
    }
    return s;
}

/** Read into a zone that is empty. */
static assay_status read_into(struct zone *z, assay_span text, assay_span origin,
                              struct zone_error *error)
{
    struct reading r = {.z = z};
    assay_status s = zone_scan(text, origin, keep, &r, error);

    if (s == ASSAY_DONE && !r.soa && !arena_copy(&z->arena, origin, &z->apex))
        s = ASSAY_ENOMEM;
    if (s == ASSAY_DONE && (!z->apex.n || !z->n)) {
        *error = (struct zone_error){.line = 1, .column = 1};
        snprintf(error->text, sizeof error->text, "%s",
                 z->n ? "no SOA record says which zone this is; --origin NAME does"
                      : "there is no record");
        return ASSAY_EINVAL;
    }
    if (s == ASSAY_DONE)
        s = check_inside(z, error);
    if (s == ASSAY_DONE) {
        qsort(z->entries, z->n, sizeof *z->entries, zone_compare);
        s = add_ancestors(&r);
    }
    if (s == ASSAY_DONE)
        qsort(z->entries, z->n, sizeof *z->entries, zone_compare);
    if (s == ASSAY_EORDER) {
        *error = (struct zone_error){.line = 1, .column = 1};
        snprintf(error->text, sizeof error->text, "more than %d records", ZONE_RECORDS_MAX);
        s = ASSAY_EINVAL;
    }
    return s;
}

assay_status zone_read(assay_span text, assay_span origin, struct zone **ret,
                       struct zone_error *ret_error)
{
    struct zone *z = calloc(1, sizeof *z);
    assay_status s;

    if (!z)
        return ASSAY_ENOMEM;
    z->apex = SPAN_EMPTY;
    if ((s = read_into(z, text, origin, ret_error)) != ASSAY_DONE)
        zone_free(z);
    else
        *ret = z;
    return s;
}

void zone_free(struct zone *z)
{
    if (!z)
        return;
    free(z->entries);
    arena_done(&z->arena);
    free(z);
}

assay_span zone_apex(const struct zone *z)
{
    return z->apex;
}

/* ---- names for a scan ---- */

/** A file being looked through. */
struct naming {
    zone_name_fn *fn;
    void *arg;
    struct dns_name apex, last;
    bool has_apex, has_last;
};

/** Hand on the owner of a record that tells of a domain, unless it was the last one. */
static assay_status name_one(void *arg, const struct zone_record *r)
{
    struct naming *n = arg;
    assay_span apex = dns_name_span(&n->apex);

    if (r->rrtype == ASSAY_RR_SOA && !n->has_apex)
        n->has_apex = dns_name_read(r->owner, &n->apex);
    if (r->rrtype != ASSAY_RR_MX &&
        !(r->rrtype == ASSAY_RR_NS && !(n->has_apex && span_eq(r->owner, apex))))
        return ASSAY_DONE;
    if (!r->owner.n || (n->has_last && span_eq(r->owner, dns_name_span(&n->last))))
        return ASSAY_DONE;
    n->has_last = dns_name_read(r->owner, &n->last);
    return n->fn(n->arg, r->owner);
}

assay_status zone_names(assay_span text, assay_span origin, zone_name_fn *fn, void *arg,
                        struct zone_error *ret_error)
{
    struct naming n = {.fn = fn, .arg = arg};

    n.has_apex = origin.n && dns_name_read(origin, &n.apex);
    return zone_scan(text, origin, name_one, &n, ret_error);
}

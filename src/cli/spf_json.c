/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/spf_domain.h"

static const char *const FAMILY[] = {"ipv4", "ipv6"};

/** A number as text: 128 bits fit no JSON number. */
static void put_count(struct json *j, const char *key, ip_number n)
{
    char room[SPF_COUNT];

    json_text(j, key, spf_digits(n, room));
}

/** Sizes of two sets. */
static void put_sizes(struct json *j, const char *key, const struct ipset sets[SPF_FAMILIES])
{
    json_object(j, key);
    for (int f = 0; f < SPF_FAMILIES; f++)
        put_count(j, FAMILY[f], ipset_size(&sets[f]));
    json_end(j);
}

/** Numbers of both families. */
static void put_both(struct json *j, const char *key, const unsigned n[SPF_FAMILIES])
{
    json_object(j, key);
    for (int f = 0; f < SPF_FAMILIES; f++)
        json_number(j, FAMILY[f], n[f]);
    json_end(j);
}

void spf_json_head(struct json *j, const struct spf_domain_door *d)
{
    const struct spf_walk *w = d->walk;
    const struct spf_record *r = w->top->record;
    const char *trouble = spf_trouble_text(w);

    json_number(j, "version", 1);
    json_text(j, "domain", d->domain);
    json_text(j, "record", r ? r->text : SPAN_EMPTY);
    json_number(j, "lookups", w->lookups);
    put_both(j, "voids", w->voids);
    put_sizes(j, "addresses", w->pass);
    json_bool(j, "more_not_known", w->pass_open[SPF_IPV4] || w->pass_open[SPF_IPV6]);
    json_bool(j, "known", !w->unknown && !w->over);
    json_text(j, "trouble", span_of(trouble));
}

static void put_node(struct json *j, const char *key, const struct spf_node *node);

/** A term. */
static void put_use(struct json *j, const struct spf_node *node, const struct spf_use *use)
{
    struct buf marks = buf_new(1024);

    spf_put_marks(node, use, &marks);
    json_object(j, NULL);
    json_text(j, "term", use->text);
    if (use->target.n)
        json_text(j, "target", use->target);
    json_number(j, "lookups", use->lookups);
    put_both(j, "voids", use->voids);
    put_sizes(j, "matches", use->matches);
    put_sizes(j, "adds", use->adds);
    json_bool(j, "more_not_known", use->open[SPF_IPV4] || use->open[SPF_IPV6]);
    json_bool(j, "reached", use->reached[SPF_IPV4] || use->reached[SPF_IPV6]);
    json_text(j, "remarks", buf_span(&marks));
    if (j->depth + 8 < JSON_DEPTH) { /* what lies deeper costs more than ten lookups anyway */
        if (use->child)
            put_node(j, "record", use->child);
        if (use->child6)
            put_node(j, "record_ipv6", use->child6);
    }
    json_end(j);
    if (marks.status == ASSAY_ENOMEM)
        j->out->status = ASSAY_ENOMEM;
    buf_done(&marks);
}

/** A record. */
static void put_node(struct json *j, const char *key, const struct spf_node *node)
{
    json_object(j, key);
    json_text(j, "domain", node->domain);
    json_text(j, "record", node->record ? node->record->text : SPAN_EMPTY);
    put_both(j, "lookups", node->lookups);
    json_bool(j, "again", node->again);
    json_bool(j, "loop", node->loop);
    json_array(j, "terms");
    for (size_t i = 0; i < node->nuses; i++)
        put_use(j, node, &node->uses[i]);
    json_end(j);
    json_end(j);
}

void spf_json_tree(struct json *j, const struct spf_domain_door *d)
{
    json_object(j, NULL);
    spf_json_head(j, d);
    put_node(j, "tree", d->walk->top);
    json_end(j);
}

/** The networks of a family. */
static bool put_networks(struct json *j, struct arena *a, const struct spf_walk *w,
                         enum spf_family f)
{
    const struct ip_prefix *prefixes;
    char text[IP_TEXT + 8], ip[IP_TEXT];
    size_t n;

    if (!ipset_prefixes(a, &w->pass[f], &prefixes, &n))
        return false;
    json_array(j, FAMILY[f]);
    for (size_t i = 0; i < n; i++) {
        ip_text(&prefixes[i].net, ip);
        snprintf(text, sizeof text, "%s/%u", ip, prefixes[i].bits);
        json_text(j, NULL, span_of(text));
    }
    json_end(j);
    return true;
}

/** The terms of a record, and of what it redirects to, with what they add. */
static void put_reach(struct json *j, const struct spf_node *node)
{
    for (size_t i = 0; i < node->nuses; i++) {
        const struct spf_use *use = &node->uses[i];

        if (!use->term && use->child) {
            put_reach(j, use->child);
            continue;
        }
        json_object(j, NULL);
        json_text(j, "term", use->text);
        put_sizes(j, "matches", use->matches);
        put_sizes(j, "adds", use->adds);
        json_bool(j, "more_not_known", use->open[SPF_IPV4] || use->open[SPF_IPV6]);
        json_text(j, "shared_by", spf_shared_by(use->target));
        json_end(j);
    }
}

void spf_json_reach(struct json *j, const struct spf_domain_door *d)
{
    struct arena a = {0};

    json_object(j, NULL);
    spf_json_head(j, d);
    json_array(j, "terms");
    put_reach(j, d->walk->top);
    json_end(j);
    json_object(j, "networks");
    if (!put_networks(j, &a, d->walk, SPF_IPV4) || !put_networks(j, &a, d->walk, SPF_IPV6))
        j->out->status = ASSAY_ENOMEM;
    json_end(j);
    json_end(j);
    arena_done(&a);
}

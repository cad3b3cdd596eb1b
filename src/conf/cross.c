/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "base/near.h"
#include "conf/own.h"
#include "dns/name.h"

#include <stdlib.h>

/** Policies that refine one another. */
enum { PARENTS = 16 };

/** Where something stands: `line 4 of FILE` for printf. */
#define PLACE(at) (unsigned)(at).line, CONF_SHOWN((at).file)

/* ---- names ---- */

/** Two blocks of one name may stand beside one another: signing may depend on user and client. */
static bool may_both(const struct conf_block *a, const struct conf_block *b)
{
    return a->kind == CONF_SIGN &&
           (conf_is_set(a, CONF_SIGN_USER) || conf_is_set(a, CONF_SIGN_CLIENT) ||
            conf_is_set(b, CONF_SIGN_USER) || conf_is_set(b, CONF_SIGN_CLIENT));
}

/** Say which blocks stand twice. */
static void check_twice(struct conf_checker *c, enum conf_kind kind)
{
    const struct conf_block_row *row = &CONF_BLOCK_TABLE[kind];

    for (size_t i = 1; i < c->conf->n[kind]; i++) {
        const struct conf_block *first = c->conf->sorted[kind][i - 1],
                                *b = c->conf->sorted[kind][i];

        if (!*row->name)
            CONF_REFUSE(c, b->at, "a second %s block; the first begins in line %u of %.*s",
                        row->kind, PLACE(first->at));
        else if (b->name.n && span_eq(first->name, b->name) && !may_both(first, b))
            CONF_REFUSE(c, b->name_at,
                        "%s \"%.*s\" stands twice; the first begins in line %u of %.*s", row->kind,
                        CONF_SHOWN(b->name), PLACE(first->at));
    }
}

/** The kind of block that an option refers to. */
static enum conf_kind kind_of_ref(const struct conf_option_row *row)
{
    for (size_t kind = 0; kind < CONF_N_KINDS; kind++)
        if (strcmp(row->range, CONF_BLOCK_TABLE[kind].kind) == 0)
            return (enum conf_kind)kind;
    return CONF_TOP;
}

/** There is no block of that name. */
static void refuse_ref(struct conf_checker *c, enum conf_kind kind, const struct conf_entry *e,
                       size_t i)
{
    struct near near = near_new(e->values[i].p);

    if (c->complaints->n < LIMIT_CONF_COMPLAINTS)
        for (size_t k = 0; k < c->conf->n[kind]; k++)
            near_try(&near, c->conf->sorted[kind][k]->name.p);
    if (near.best && *near.best)
        CONF_REFUSE(c, e->places[i], "there is no %s \"%.*s\"; did you mean \"%.80s\"?",
                    CONF_BLOCK_TABLE[kind].kind, CONF_SHOWN(e->values[i]), near.best);
    else
        CONF_REFUSE(c, e->places[i], "there is no %s \"%.*s\"", CONF_BLOCK_TABLE[kind].kind,
                    CONF_SHOWN(e->values[i]));
}

/** Look up what the options of a block refer to. */
static void check_refs(struct conf_checker *c, const struct conf_block *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct conf_entry *e = &b->entries[i];
        const struct conf_option_row *row = &CONF_OPTION_TABLE[e->option];
        enum conf_kind kind = kind_of_ref(row);

        if (row->type != CONF_TYPE_REF)
            continue;
        for (size_t k = 0; k < e->n; k++) {
            const struct conf_block *to = conf_block_named(c->conf, kind, e->values[k]);

            if (to)
                ((struct conf_block *)to)->used = true;
            else if (e->option != CONF_POLICY_WHEN_LISTENER || !c->conf->n[CONF_CHECK])
                refuse_ref(c, kind, e,
                           k); /* of check, it is the mail server that names listeners */
        }
    }
}

/** The block that an option refers to, or NULL. */
static const struct conf_block *ref(const struct conf_checker *c, const struct conf_block *b,
                                    enum conf_option option, size_t i)
{
    assay_span name = conf_text(b, option, i);

    return name.n ? conf_block_named(c->conf, kind_of_ref(&CONF_OPTION_TABLE[option]), name) : NULL;
}

/* ---- blocks one by one ---- */

/** Policies refine one another, but not in a circle. */
static void check_policy(struct conf_checker *c, const struct conf_block *b)
{
    const struct conf_block *parent = ref(c, b, CONF_POLICY_PARENT, 0);
    bool conditions = false;
    unsigned n = 0;

    for (; parent && parent != b && n < PARENTS; n++)
        parent = ref(c, parent, CONF_POLICY_PARENT, 0);
    if (parent == b)
        CONF_REFUSE(c, conf_where(b, CONF_POLICY_PARENT), "policy \"%.*s\" is its own ancestor",
                    CONF_SHOWN(b->name));
    else if (parent)
        CONF_REFUSE(c, conf_where(b, CONF_POLICY_PARENT),
                    "policies refine one another more than %d deep", PARENTS);
    for (size_t i = 0; i < b->n; i++)
        conditions |= b->entries[i].option != CONF_POLICY_PARENT;
    if (!conditions && !b->used)
        CONF_WARN(
            c, b->at,
            "policy \"%.*s\" has no condition and no milter names it: it is for every message",
            CONF_SHOWN(b->name));
}

/** A key that nobody uses. */
static void check_key(struct conf_checker *c, const struct conf_block *b)
{
    if (!b->used)
        CONF_WARN(c, b->at, "key \"%.*s\" is used by nobody: no sign or seal block names it",
                  CONF_SHOWN(b->name));
}

/** A list of fields has From (RFC 6376 5.4). */
static void check_fields(struct conf_checker *c, const struct conf_block *b,
                         enum conf_option option)
{
    for (size_t i = 0; i < conf_count(b, option); i++)
        if (span_iis(conf_text(b, option, i), "From"))
            return;
    if (conf_is_set(b, option))
        CONF_REFUSE(c, conf_where(b, option),
                    "fields leaves out From, which every signature covers (RFC 6376 5.4)");
}

/** The domain of a sign block; empty: any. */
static assay_span sign_domain(const struct conf_block *b)
{
    assay_span name = span_is(b->name, "*") ? SPAN_EMPTY : b->name;
    size_t at = span_rfind(name, '@');

    name = at < name.n ? span_from(name, at + 1) : name;
    return span_starts(name, SPAN(".")) ? span_from(name, 1) : name;
}

/** What a key signs for has to do with the author's domain (RFC 9989 5.4), and with i=. */
static void check_sign_key(struct conf_checker *c, const struct conf_block *b, size_t i)
{
    const struct conf_entry *e = conf_entry_of(b, CONF_SIGN_KEY);
    const struct conf_block *key = ref(c, b, CONF_SIGN_KEY, i);
    assay_span author = sign_domain(b), d = key ? conf_text(key, CONF_KEY_DOMAIN, 0) : SPAN_EMPTY;
    assay_span identity = conf_text(b, CONF_SIGN_IDENTITY, 0), of;

    if (key && d.n && author.n && !dns_is_under(author, d) && !dns_is_under(d, author))
        CONF_WARN(c, e->places[i],
                  "key \"%.*s\" signs for %.*s: that does not align with %.*s in DMARC",
                  CONF_SHOWN(key->name), CONF_SHOWN(d), CONF_SHOWN(author));
    of = span_from(identity, span_rfind(identity, '@') + 1);
    d = d.n ? d : author;
    if (key && d.n && of.n && !(span_iends(of, d) && (of.n == d.n || of.p[of.n - d.n - 1] == '.')))
        CONF_REFUSE(c, conf_where(b, CONF_SIGN_IDENTITY),
                    "identity is not in %.*s, for which key \"%.*s\" signs (RFC 6376 3.5)",
                    CONF_SHOWN(d), CONF_SHOWN(key->name));
}

/** Fields and identity of a sign block. */
static void check_sign(struct conf_checker *c, const struct conf_block *b)
{
    assay_span identity = conf_text(b, CONF_SIGN_IDENTITY, 0);

    if (conf_is_set(b, CONF_SIGN_FIELDS) && conf_is_set(b, CONF_SIGN_PROFILE))
        CONF_REFUSE(c, conf_where(b, CONF_SIGN_FIELDS),
                    "fields stands instead of profile, not beside it");
    check_fields(c, b, CONF_SIGN_FIELDS);
    if (identity.n && span_find(identity, '@') == identity.n)
        CONF_REFUSE(c, conf_where(b, CONF_SIGN_IDENTITY),
                    "identity takes an address or @DOMAIN, not \"%.*s\"", CONF_SHOWN(identity));
    else if (conf_is_set(b, CONF_SIGN_KEY))
        for (size_t i = 0; i < conf_count(b, CONF_SIGN_KEY); i++)
            check_sign_key(c, b, i);
}

/** The seal block has a domain. */
static void check_seal(struct conf_checker *c, const struct conf_block *b)
{
    const struct conf_block *key = ref(c, b, CONF_SEAL_KEY, 0);

    check_fields(c, b, CONF_SEAL_FIELDS);
    if (key && !conf_is_set(b, CONF_SEAL_DOMAIN) && !conf_is_set(key, CONF_KEY_DOMAIN))
        CONF_REFUSE(c, b->at, "\"domain\" is missing in seal, for key \"%.*s\" has none either",
                    CONF_SHOWN(key->name));
}

/** Numbers of srs, and who asks it. */
static void check_srs(struct conf_checker *c, const struct conf_block *b)
{
    if (conf_number(b, CONF_SRS_HASH_LEAST) > conf_number(b, CONF_SRS_HASH_LENGTH))
        CONF_REFUSE(c, conf_where(b, CONF_SRS_HASH_LEAST),
                    "hash_least is above hash_length: no address that is written would be known");
    if (!conf_is_set(b, CONF_SRS_LISTEN) && !conf_number(b, CONF_SRS_MILTER))
        CONF_WARN(c, b->at, "srs is asked by nobody: set listen, or milter = yes");
    if (conf_number(b, CONF_SRS_MILTER) && !conf_is_set(b, CONF_SRS_LOCAL))
        CONF_WARN(c, conf_where(b, CONF_SRS_MILTER),
                  "milter = yes without local: mail for here would have its sender rewritten too");
}

/** Who the forwarder is, and for how long. */
static void check_forwarder(struct conf_checker *c, const struct conf_block *b)
{
    int n = conf_is_set(b, CONF_FORWARDER_CLIENT) + conf_is_set(b, CONF_FORWARDER_NAME) +
            conf_is_set(b, CONF_FORWARDER_SEALER);

    if (n != 1)
        CONF_REFUSE(c, b->at, "forwarder \"%.*s\" %s: client, name or sealer says who it is",
                    CONF_SHOWN(b->name), n ? "takes one of three" : "is not told from others");
    if (conf_count(b, CONF_FORWARDER_UNTIL) && conf_number(b, CONF_FORWARDER_UNTIL) <= c->now)
        CONF_WARN(c, conf_where(b, CONF_FORWARDER_UNTIL),
                  "forwarder \"%.*s\" is trusted no more: this date is past", CONF_SHOWN(b->name));
}

/** Resolvers go together. */
static void check_top(struct conf_checker *c, const struct conf_block *b)
{
    const struct conf_entry *e = conf_entry_of(b, CONF_TOP_RESOLVER);

    for (size_t i = 0; e && e->n > 1 && i < e->n; i++)
        if (span_is(e->values[i], "system") || span_is(e->values[i], "recursive"))
            CONF_REFUSE(c, e->places[i], "%.*s stands alone, or addresses do",
                        CONF_SHOWN(e->values[i]));
    if (e && e->n > LIMIT_RESOLVERS)
        CONF_REFUSE(c, e->places[LIMIT_RESOLVERS], "more than %d resolvers", LIMIT_RESOLVERS);
}

/* ---- listeners ---- */

/** A place that is listened on. */
struct listener {
    struct conf_listen at;
    assay_span text;
    struct conf_place place;
};

/** The options that say where to listen, with those that are for unix sockets alone. */
static const struct {
    enum conf_kind kind;
    enum conf_option listen, mode, group; /* mode of http: none */
} LISTENS[] = {
    {CONF_MILTER, CONF_MILTER_LISTEN, CONF_MILTER_MODE, CONF_MILTER_GROUP},
    {CONF_SRS, CONF_SRS_LISTEN, CONF_SRS_MODE, CONF_SRS_GROUP},
    {CONF_HTTP, CONF_HTTP_LISTEN, CONF_N_OPTIONS, CONF_N_OPTIONS},
    {CONF_CHECK, CONF_CHECK_LISTEN, CONF_CHECK_MODE, CONF_CHECK_GROUP},
    {CONF_CONTROL, CONF_CONTROL_LISTEN, CONF_CONTROL_MODE, CONF_CONTROL_GROUP},
};

enum { N_LISTENS = sizeof LISTENS / sizeof *LISTENS };

/** The order of two listeners, equal ones in that of the text. */
static int compare_listeners(const void *a, const void *b)
{
    const struct listener *x = a, *y = b;
    int order = span_compare(x->text, y->text);

    if (order)
        return order;
    if (x->place.index != y->place.index)
        return x->place.index < y->place.index ? -1 : 1;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    return x->place.column < y->place.column ? -1 : x->place.column > y->place.column;
}

/** Where a listener listens, without what says how. */
static assay_span bare(assay_span text)
{
    if (span_starts(text, SPAN("inet6:")))
        return span_from(text, 6);
    return span_starts(text, SPAN("inet:")) ? span_from(text, 5) : text;
}

/** Take the listeners of a block. */
static void take_listeners(struct conf_checker *c, const struct conf_block *b, size_t which,
                           struct listener *all, size_t *n)
{
    const struct conf_entry *e = conf_entry_of(b, LISTENS[which].listen);
    bool sockets = e == NULL;
    const char *why;

    for (size_t i = 0; e && i < e->n; i++) {
        struct listener l = {.text = bare(e->values[i]), .place = e->places[i]};

        if (!conf_listen_read(e->values[i], &l.at, &why))
            continue;
        sockets |= l.at.kind == CONF_LISTEN_UNIX;
        if (b->kind == CONF_CONTROL && l.at.kind == CONF_LISTEN_IP)
            CONF_REFUSE(c, l.place, "control is a unix socket: who may open it, may reload");
        all[(*n)++] = l;
    }
    for (size_t k = 0; k < 2 && !sockets; k++) {
        enum conf_option option = k ? LISTENS[which].group : LISTENS[which].mode;

        if (option < CONF_N_OPTIONS && conf_is_set(b, option))
            CONF_WARN(c, conf_where(b, option), "%s is for unix sockets; there is none here",
                      CONF_OPTION_TABLE[option].name);
    }
}

/** How many listeners there are at most. */
static size_t count_listeners(const struct conf *conf)
{
    size_t n = 0;

    for (size_t which = 0; which < N_LISTENS; which++)
        for (size_t i = 0; i < conf->n[LISTENS[which].kind]; i++)
            n += conf_count(conf->blocks[LISTENS[which].kind][i], LISTENS[which].listen);
    return n;
}

/** Two listeners are one place; and somebody listens at all. */
static assay_status check_listeners(struct conf_checker *c)
{
    struct listener *all = arena_get(&c->conf->arena, (count_listeners(c->conf) + 1) * sizeof *all);
    size_t n = 0;

    if (!all)
        return ASSAY_ENOMEM;
    for (size_t which = 0; which < N_LISTENS; which++)
        for (size_t i = 0; i < c->conf->n[LISTENS[which].kind]; i++)
            take_listeners(c, c->conf->blocks[LISTENS[which].kind][i], which, all, &n);
    qsort(all, n, sizeof *all, compare_listeners);
    for (size_t i = 1; i < n; i++)
        if (span_eq(all[i - 1].text, all[i].text))
            CONF_REFUSE(c, all[i].place, "%.*s is listened on already, in line %u of %.*s",
                        CONF_SHOWN(all[i].text), PLACE(all[i - 1].place));
    if (!c->conf->n[CONF_MILTER] && !c->conf->n[CONF_CHECK] && !c->conf->n[CONF_SRS])
        CONF_WARN(c, c->conf->blocks[CONF_TOP][0]->at,
                  "no mail server can ask: there is no milter, check or srs block");
    return ASSAY_DONE;
}

assay_status conf_check_across(struct conf_checker *c)
{
    static void (*const EACH[CONF_N_KINDS])(struct conf_checker *, const struct conf_block *) = {
        [CONF_TOP] = check_top,
        [CONF_POLICY] = check_policy,
        [CONF_KEY] = check_key,
        [CONF_SIGN] = check_sign,
        [CONF_SEAL] = check_seal,
        [CONF_SRS] = check_srs,
        [CONF_FORWARDER] = check_forwarder,
    };

    for (size_t kind = 0; kind < CONF_N_KINDS; kind++) {
        check_twice(c, (enum conf_kind)kind);
        for (size_t i = 0; i < c->conf->n[kind]; i++)
            check_refs(c, c->conf->blocks[kind][i]);
    }
    for (size_t kind = 0; kind < CONF_N_KINDS; kind++)
        for (size_t i = 0; EACH[kind] && i < c->conf->n[kind]; i++)
            EACH[kind](c, c->conf->blocks[kind][i]);
    return check_listeners(c);
}

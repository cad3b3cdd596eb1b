/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/near.h"
#include "conf/grow.h"
#include "conf/own.h"

#include <stdio.h>
#include <stdlib.h>

enum { SETTING_MAX = 1 << 16 };

/* ---- names that are not known ---- */

/** The kind of block of a name; CONF_N_KINDS: none. */
static enum conf_kind kind_of(assay_span name)
{
    for (size_t i = CONF_TOP + 1; i < CONF_N_KINDS; i++)
        if (span_is(name, CONF_BLOCK_TABLE[i].kind))
            return (enum conf_kind)i;
    return CONF_N_KINDS;
}

/** The option of a name in a kind of block; CONF_N_OPTIONS: none. */
static enum conf_option option_of(enum conf_kind kind, assay_span name)
{
    for (size_t i = 0; i < CONF_N_OPTIONS; i++)
        if (CONF_OPTION_TABLE[i].block == kind && span_is(name, CONF_OPTION_TABLE[i].name))
            return (enum conf_option)i;
    return CONF_N_OPTIONS;
}

/** Options of the receiver stand in this kind of block. */
static bool has_settings(enum conf_kind kind)
{
    return kind == CONF_TOP || kind == CONF_POLICY;
}

/** The option of the receiver of a name, or NULL. */
static const struct assay_option *receiver_option(assay_span name)
{
    const struct assay_option *o;

    for (size_t i = 0; (o = assay_policy_option(i)); i++)
        if (span_is(name, o->name))
            return o;
    return NULL;
}

/** A block with an option of this name; CONF_N_KINDS: none. */
static enum conf_kind kind_with(assay_span name)
{
    for (size_t i = 0; i < CONF_N_OPTIONS; i++)
        if (span_is(name, CONF_OPTION_TABLE[i].name))
            return CONF_OPTION_TABLE[i].block;
    return receiver_option(name) ? CONF_POLICY : CONF_N_KINDS;
}

/** The nearest option of a kind of block, or NULL. */
static const char *near_option(enum conf_kind kind, const char *name)
{
    struct near near = near_new(name);
    const struct assay_option *o;

    for (size_t i = 0; i < CONF_N_OPTIONS; i++)
        if (CONF_OPTION_TABLE[i].block == kind)
            near_try(&near, CONF_OPTION_TABLE[i].name);
    for (size_t i = 0; has_settings(kind) && (o = assay_policy_option(i)); i++)
        near_try(&near, o->name);
    return near.best;
}

/** ` in key "main"`, or nothing at the top. */
static const char *in_block(const struct conf_block *b, char out[160])
{
    out[0] = '\0';
    if (b->kind != CONF_TOP && b->name.n)
        snprintf(out, 160, " in %s \"%.*s\"", CONF_BLOCK_TABLE[b->kind].kind, CONF_SHOWN(b->name));
    else if (b->kind != CONF_TOP)
        snprintf(out, 160, " in %s", CONF_BLOCK_TABLE[b->kind].kind);
    return out;
}

/** There is no such option. */
static void refuse_option(struct conf_checker *c, const struct conf_block *b,
                          const struct conf_item *item)
{
    const char *near = near_option(b->kind, item->name.p);
    enum conf_kind other = kind_with(item->name);
    char where[160];

    in_block(b, where);
    if (other < CONF_N_KINDS)
        CONF_REFUSE(c, item->at, "unknown option \"%.*s\"%s; it stands %s%s%s",
                    CONF_SHOWN(item->name), where,
                    other == CONF_TOP ? "at the top, in no block" : "in ",
                    CONF_BLOCK_TABLE[other].kind, other == CONF_TOP ? "" : " blocks");
    else if (near)
        CONF_REFUSE(c, item->at, "unknown option \"%.*s\"%s; did you mean \"%s\"?",
                    CONF_SHOWN(item->name), where, near);
    else
        CONF_REFUSE(c, item->at, "unknown option \"%.*s\"%s", CONF_SHOWN(item->name), where);
}

/** There is no such kind of block. */
static void refuse_kind(struct conf_checker *c, const struct conf_section *section)
{
    struct near near = near_new(section->kind.p);

    for (size_t i = CONF_TOP + 1; i < CONF_N_KINDS; i++)
        near_try(&near, CONF_BLOCK_TABLE[i].kind);
    if (near.best)
        CONF_REFUSE(c, section->at, "unknown block \"%.*s\"; did you mean \"%s\"?",
                    CONF_SHOWN(section->kind), near.best);
    else
        CONF_REFUSE(c, section->at, "unknown block \"%.*s\"", CONF_SHOWN(section->kind));
}

/* ---- options of the receiver ---- */

/** The words of a value as one text, parted as they were. */
static void join(const struct conf_item *item, struct buf *out)
{
    for (size_t i = 0; i < item->n; i++) {
        if (i)
            buf_puts(out, item->words[i].comma ? ", " : " ");
        buf_put(out, item->words[i].text);
    }
    buf_putc(out, '\0');
}

/** Keep a setting that the receiver takes. */
static assay_status add_setting(struct conf_checker *c, struct conf_block *b, const char *name,
                                const char *value, struct conf_place at)
{
    struct arena *a = &c->conf->arena;
    const char *kept = arena_text(a, value);

    if (!kept || !conf_grow(a, &b->settings, b->nsettings, &b->settings_cap, sizeof *b->settings))
        return ASSAY_ENOMEM;
    b->settings[b->nsettings++] = (struct conf_setting){name, kept, at};
    return ASSAY_DONE;
}

/**
 * What the library says of a value; "refused" stands for a reason that found no memory, and the
 * same configuration is to be complained of in the same words.
 */
static assay_status with_reason(assay_status s, const char *why)
{
    return s == ASSAY_EINVAL && strcmp(why, "refused") == 0 ? ASSAY_ENOMEM : s;
}

/** Try an option of the receiver. */
static assay_status check_setting(struct conf_checker *c, struct conf_block *b,
                                  const struct conf_item *item, const struct assay_option *o)
{
    struct buf value = buf_new(SETTING_MAX);
    const char *why = "";
    assay_status s;

    for (size_t i = 0; i < b->nsettings; i++)
        if (strcmp(b->settings[i].name, o->name) == 0) {
            CONF_REFUSE(c, item->at, "\"%s\" is set already, in line %u of %.*s", o->name,
                        (unsigned)b->settings[i].at.line, CONF_SHOWN(b->settings[i].at.file));
            return ASSAY_DONE;
        }
    join(item, &value);
    if ((s = value.status) == ASSAY_DONE)
        s = assay_policy_set(c->policy, o->name, value.p, &why);
    else if (s == ASSAY_EINVAL)
        why = "the value is too long";
    if ((s = with_reason(s, why)) == ASSAY_EINVAL) {
        CONF_REFUSE(c, item->words[0].at, "%s", why);
        s = ASSAY_DONE;
    } else if (s == ASSAY_DONE) {
        s = add_setting(c, b, o->name, value.p, item->at);
    }
    buf_done(&value);
    return s;
}

/* ---- options of the table ---- */

/** Try a value of a condition. */
static assay_status try_condition(struct conf_checker *c, const struct conf_option_row *row,
                                  assay_span text, char why[CONF_WHY])
{
    const char *words = "";
    assay_status s = ASSAY_DONE;

    if (row->block != CONF_POLICY || strncmp(row->name, "when.", 5) != 0)
        return ASSAY_DONE;
    if (row->type != CONF_TYPE_REF)
        s = assay_policy_when(c->child, row->name + 5, text.p, &words);
    if ((s = with_reason(s, words)) == ASSAY_EINVAL)
        snprintf(why, CONF_WHY, "%.200s, not \"%.*s\"", words, CONF_SHOWN(text));
    return s;
}

/** Add a value to an entry. */
static assay_status add_value(struct conf_checker *c, struct conf_entry *e, assay_span text,
                              struct conf_place at)
{
    const struct conf_option_row *row = &CONF_OPTION_TABLE[e->option];
    struct arena *a = &c->conf->arena;
    struct conf_value value;
    char why[CONF_WHY] = "";
    size_t cap = e->cap;
    assay_status s = conf_value_read(a, row, text, &value, why);

    if (s == ASSAY_EINVAL) {
        CONF_REFUSE(c, at, "%s %s", row->name, why);
        return ASSAY_DONE;
    }
    if (s == ASSAY_DONE && (s = try_condition(c, row, value.text, why)) == ASSAY_EINVAL) {
        CONF_REFUSE(c, at, "when.%s", why);
        return ASSAY_DONE;
    }
    if (s != ASSAY_DONE || !conf_grow(a, &e->values, e->n, &e->cap, sizeof *e->values) ||
        !conf_grow(a, &e->places, e->n, &cap, sizeof *e->places))
        return ASSAY_ENOMEM;
    e->values[e->n] = value.text;
    e->places[e->n++] = at;
    e->number = value.number;
    return ASSAY_DONE;
}

/** The entry of an option, made if there is none. */
static struct conf_entry *entry(struct conf_checker *c, struct conf_block *b,
                                enum conf_option option, struct conf_place at)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->entries[i].option == option)
            return &b->entries[i];
    if (!conf_grow(&c->conf->arena, &b->entries, b->n, &b->cap, sizeof *b->entries))
        return NULL;
    b->entries[b->n] = (struct conf_entry){.option = option, .at = at};
    return &b->entries[b->n++];
}

/** Take an option of the table. */
static assay_status check_option(struct conf_checker *c, struct conf_block *b,
                                 const struct conf_item *item, enum conf_option option)
{
    const struct conf_option_row *row = &CONF_OPTION_TABLE[option];
    struct conf_entry *e = entry(c, b, option, item->at);
    assay_status s = ASSAY_DONE;

    if (!e)
        return ASSAY_ENOMEM;
    if (!(row->flags & CONF_LIST) && e->n) {
        CONF_REFUSE(c, item->at, "\"%s\" is set already, in line %u of %.*s", row->name,
                    (unsigned)e->at.line, CONF_SHOWN(e->at.file));
        return ASSAY_DONE;
    }
    if (row->type == CONF_TYPE_TEXT) {
        struct buf text = buf_new(SETTING_MAX);

        join(item, &text);
        s = text.status;
        if (s == ASSAY_EINVAL)
            CONF_REFUSE(c, item->words[0].at, "%s is too long", row->name);
        else if (s == ASSAY_DONE)
            s = add_value(c, e, span_first(buf_span(&text), text.n - 1), item->words[0].at);
        buf_done(&text);
        return s == ASSAY_EINVAL ? ASSAY_DONE : s;
    }
    if (item->n > 1 && !(row->flags & CONF_LIST)) {
        CONF_REFUSE(c, item->words[1].at, "%s takes one value", row->name);
        return ASSAY_DONE;
    }
    for (size_t i = 0; i < item->n && s == ASSAY_DONE; i++)
        s = add_value(c, e, item->words[i].text, item->words[i].at);
    return s;
}

/* ---- blocks ---- */

/** Take the options of a block. */
static assay_status check_items(struct conf_checker *c, struct conf_block *b,
                                const struct conf_section *section)
{
    assay_status s = ASSAY_DONE;

    for (size_t i = 0; i < section->n && s == ASSAY_DONE; i++) {
        const struct conf_item *item = &section->items[i];
        enum conf_option option = option_of(b->kind, item->name);
        const struct assay_option *o = has_settings(b->kind) ? receiver_option(item->name) : NULL;

        if (option < CONF_N_OPTIONS)
            s = check_option(c, b, item, option);
        else if (o)
            s = check_setting(c, b, item, o);
        else
            refuse_option(c, b, item);
    }
    return s;
}

/** Say what a block needs and has not. */
static void check_required(struct conf_checker *c, const struct conf_block *b)
{
    char where[160];

    for (size_t i = 0; i < CONF_N_OPTIONS; i++)
        if (CONF_OPTION_TABLE[i].block == b->kind && CONF_OPTION_TABLE[i].flags & CONF_MUST &&
            !conf_is_set(b, (enum conf_option)i))
            CONF_REFUSE(c, b->at, "\"%s\" is missing%s", CONF_OPTION_TABLE[i].name,
                        in_block(b, where));
}

/** Read the name of a block. */
static assay_status check_name(struct conf_checker *c, struct conf_block *b)
{
    const struct conf_block_row *row = &CONF_BLOCK_TABLE[b->kind];
    char why[CONF_WHY];
    assay_status s = ASSAY_DONE;

    if (!*row->name && b->name.n)
        CONF_REFUSE(c, b->name_at, "a %s block has no name", row->kind);
    else if (*row->name && !b->name.n)
        CONF_REFUSE(c, b->at, "a %s block has a name: %s \"%s\" { ... }", row->kind, row->kind,
                    row->name);
    else if (b->kind == CONF_SIGN)
        s = conf_pattern_read(&c->conf->arena, b->name, false, &b->name, why);
    if (s != ASSAY_EINVAL)
        return s;
    CONF_REFUSE(c, b->name_at, "the name of a sign block %s", why);
    return ASSAY_DONE;
}

/** Take a block. */
static assay_status check_block(struct conf_checker *c, enum conf_kind kind,
                                const struct conf_section *section)
{
    struct conf_block *b = ARENA_NEW(&c->conf->arena, struct conf_block);
    assay_status s;

    if (!b)
        return ASSAY_ENOMEM;
    b->kind = kind;
    b->at = section->at;
    b->name_at = section->name_at;
    b->name = section->name;
    c->conf->blocks[kind][c->conf->n[kind]++] = b;
    if ((s = check_name(c, b)) != ASSAY_DONE || (s = check_items(c, b, section)) != ASSAY_DONE)
        return s;
    check_required(c, b);
    return ASSAY_DONE;
}

/** Make room for the blocks of each kind. */
static assay_status make_room(struct conf_checker *c, const struct conf_tree *tree)
{
    size_t n[CONF_N_KINDS + 1] = {[CONF_TOP] = 1};

    for (size_t i = 0; i < tree->n; i++)
        n[kind_of(tree->blocks[i].kind)]++;
    for (size_t kind = 0; kind < CONF_N_KINDS; kind++) {
        size_t size = n[kind] * sizeof(struct conf_block *);

        if (size && (!(c->conf->blocks[kind] = arena_get(&c->conf->arena, size)) ||
                     !(c->conf->sorted[kind] = arena_get(&c->conf->arena, size))))
            return ASSAY_ENOMEM;
    }
    return ASSAY_DONE;
}

/** By name, then by place. */
static int compare_blocks(const void *a, const void *b)
{
    const struct conf_block *x = *(const struct conf_block *const *)a;
    const struct conf_block *y = *(const struct conf_block *const *)b;
    int order = span_compare(x->name, y->name);

    if (order)
        return order;
    if (x->at.index != y->at.index)
        return x->at.index < y->at.index ? -1 : 1;
    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    return x->at.column < y->at.column ? -1 : x->at.column > y->at.column;
}

/** Sort the blocks of each kind by their names. */
static void sort_blocks(struct conf *conf)
{
    for (size_t kind = 0; kind < CONF_N_KINDS; kind++) {
        if (!conf->n[kind])
            continue;
        memcpy(conf->sorted[kind], conf->blocks[kind], conf->n[kind] * sizeof *conf->sorted[kind]);
        qsort(conf->sorted[kind], conf->n[kind], sizeof *conf->sorted[kind], compare_blocks);
    }
}

/** Check a tree. */
static assay_status check_tree(struct conf_checker *c, const struct conf_tree *tree)
{
    assay_status s = make_room(c, tree);

    if (s == ASSAY_DONE)
        s = check_block(c, CONF_TOP, &tree->top);
    for (size_t i = 0; i < tree->n && s == ASSAY_DONE; i++) {
        enum conf_kind kind = kind_of(tree->blocks[i].kind);

        if (kind < CONF_N_KINDS)
            s = check_block(c, kind, &tree->blocks[i]);
        else
            refuse_kind(c, &tree->blocks[i]);
    }
    if (s != ASSAY_DONE)
        return s;
    sort_blocks(c->conf);
    return conf_check_across(c);
}

/** Everything of a check. */
static assay_status check(struct conf_checker *c, assay_span text, assay_span name,
                          conf_open_fn *open, void *arg)
{
    assay_status s = assay_policy_new(&c->policy);

    if (s == ASSAY_DONE)
        s = assay_policy_child(c->policy, "", &c->child);
    if (s == ASSAY_DONE)
        s = conf_tree_read(text, name, open, arg, c->complaints, &c->conf->tree);
    if (s == ASSAY_DONE)
        s = check_tree(c, c->conf->tree);
    return s == ASSAY_DONE ? c->complaints->status : s;
}

assay_status conf_check(assay_span text, assay_span name, conf_open_fn *open, void *arg,
                        int64_t now, struct conf_complaints *complaints, struct conf **ret)
{
    struct conf_checker c = {.complaints = complaints, .now = now};
    assay_status s;

    if (!(c.conf = calloc(1, sizeof *c.conf)))
        return ASSAY_ENOMEM;
    s = check(&c, text, name, open, arg);
    assay_policy_free(c.policy);
    conf_complaints_sort(complaints);
    if (s == ASSAY_DONE && complaints->errors)
        s = ASSAY_EINVAL;
    if (s == ASSAY_DONE)
        *ret = c.conf;
    else
        conf_free(c.conf);
    return s;
}

void conf_write(const struct conf *conf, struct buf *out)
{
    conf_tree_write(conf->tree, out);
}

void conf_free(struct conf *conf)
{
    if (!conf)
        return;
    conf_tree_free(conf->tree);
    arena_done(&conf->arena);
    free(conf);
}

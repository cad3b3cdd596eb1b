/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_conf.c Texts of any octets, cut into files at octets 0xFF: reading always ends and
 * says where it refuses; a tree that was read without complaint, written and read again, is the same; and what
 * is checked without an error answers every getter. Seeds: seeds/.
 */
#include "base/fuzz_must.h"
#include "base/limits.h"
#include "conf/conf.h"

enum { MOST_TEXT = 65536 };

/** The files: the n-th is called so. */
static assay_status open_file(void *arg, assay_span path, struct conf_found *found)
{
    assay_span rest = *(assay_span *)arg, text;
    assay_status s = ASSAY_DONE;

    for (char name = 'a'; name <= 'z' && s == ASSAY_DONE && span_cut(&rest, '\xff', &text); name++)
        if (span_find(path, name) < path.n || span_is(path, "*"))
            s = conf_found_add(found, (assay_span){&name, 1}, text);
    return s;
}

/** The octets of the file of a place. */
static assay_span file_of(assay_span files, assay_span name)
{
    assay_span text = SPAN_EMPTY;

    must(name.n == 1);
    for (char c = name.p[0] == 'A' ? 'a' : name.p[0]; c >= 'a'; c--)
        must(span_cut(&files, '\xff', &text));
    return text;
}

/** A complaint names a place inside of its file, and what is wrong. */
static void check_complaint(assay_span files, const struct conf_complaint *one)
{
    assay_span text = file_of(files, one->at.file), line = SPAN_EMPTY;

    must(one->at.line >= 1 && one->at.column >= 1 && one->text.n);
    for (size_t i = 0; i < one->at.line; i++)
        must(span_cut(&text, '\n', &line));
    must(one->at.column <= line.n + 1);
}

/** Two sections are the same, places apart. */
static void check_same(const struct conf_section *a, const struct conf_section *b)
{
    must(span_eq(a->kind, b->kind) && span_eq(a->name, b->name) && a->n == b->n);
    for (size_t i = 0; i < a->n; i++) {
        const struct conf_item *x = &a->items[i], *y = &b->items[i];

        must(span_eq(x->name, y->name) && x->n == y->n && x->n > 0);
        for (size_t k = 0; k < x->n; k++)
            must(span_eq(x->words[k].text, y->words[k].text) &&
                 x->words[k].comma == y->words[k].comma);
    }
}

/** Write a tree and read it again. */
static void check_round(const struct conf_tree *tree)
{
    struct conf_complaints complaints = {.n = 0};
    struct buf text = buf_new(1 << 26);
    struct conf_tree *again;

    conf_tree_write(tree, &text);
    must(text.status == ASSAY_DONE);
    must(conf_tree_read(buf_span(&text), SPAN("w"), NULL, NULL, &complaints, &again) == ASSAY_DONE);
    must(complaints.errors == 0 && again->n == tree->n);
    check_same(&tree->top, &again->top);
    for (size_t i = 0; i < tree->n; i++)
        check_same(&tree->blocks[i], &again->blocks[i]);
    conf_tree_free(again);
    buf_done(&text);
}

/** Read a text as a tree. */
static void check_tree(assay_span files, assay_span first)
{
    struct conf_complaints complaints = {.n = 0};
    struct conf_tree *tree;

    must(conf_tree_read(first, SPAN("A"), open_file, &files, &complaints, &tree) == ASSAY_DONE);
    must(complaints.n <= LIMIT_CONF_COMPLAINTS && complaints.errors >= complaints.n);
    for (size_t i = 0; i < complaints.n; i++)
        check_complaint(files, &complaints.all[i]);
    if (!complaints.errors)
        check_round(tree);
    conf_tree_free(tree);
    conf_complaints_done(&complaints);
}

/** Ask a block everything. */
static void ask(const struct conf *conf, const struct conf_block *b, enum conf_kind kind)
{
    for (size_t i = 0; i < CONF_N_OPTIONS; i++) {
        const struct conf_option_row *row = &CONF_OPTION_TABLE[i];
        enum conf_option option = (enum conf_option)i;

        if (row->block != kind)
            continue;
        must(conf_number(b, option) >= 0 || row->type == CONF_TYPE_DATE);
        must(conf_count(b, option) > 0 || !conf_is_set(b, option));
        must(!(row->flags & CONF_MUST) || conf_count(b, option) > 0);
        for (size_t k = 0; k < conf_count(b, option); k++) {
            assay_span value = conf_text(b, option, k);

            must(value.n > 0 || row->type == CONF_TYPE_TEXT);
            must(row->type != CONF_TYPE_REF || kind == CONF_TOP ||
                 conf_block_named(conf, CONF_KEY, value) || strcmp(row->range, "key") != 0);
        }
    }
}

/** Check a text. */
static void check_conf(assay_span files, assay_span first)
{
    struct conf_complaints complaints = {.n = 0};
    struct buf out = buf_new(1 << 20);
    struct conf *conf = NULL;
    assay_status s =
        conf_check(first, SPAN("A"), open_file, &files, 1795910400, &complaints, &conf);
    const struct conf_block *b;

    must(s == (complaints.errors ? ASSAY_EINVAL : ASSAY_DONE));
    for (size_t i = 0; i < complaints.n; i++)
        check_complaint(files, &complaints.all[i]);
    conf_complaints_print(&complaints, &out);
    must(out.status == ASSAY_DONE);
    if (s == ASSAY_DONE)
        for (size_t kind = 0; kind < CONF_N_KINDS; kind++)
            for (size_t i = 0; (b = conf_block(conf, (enum conf_kind)kind, i)); i++) {
                must(kind == CONF_TOP || kind == CONF_SIGN ||
                     conf_block_named(conf, (enum conf_kind)kind, conf_block_name(b)) == b);
                ask(conf, b, (enum conf_kind)kind);
            }
    conf_free(conf);
    conf_complaints_done(&complaints);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span files = {(const char *)data, n}, rest = files, first = SPAN_EMPTY;

    if (n > MOST_TEXT)
        return 0;
    span_cut(&rest, '\xff', &first);
    check_tree(files, first);
    check_conf(files, first);
    return 0;
}

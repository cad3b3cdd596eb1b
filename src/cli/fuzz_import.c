/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_import.c Configurations of other programs, any octets; files they name are pieces of
 * the same octets, parted by octets 0xFF: reading always ends, every place that is told exists, and what is written
 * can be read as an assayd.conf, whatever stood in the values.
 */
#include "base/fuzz_must.h"
#include "base/limits.h"
#include "cli/import.h"
#include "conf/conf.h"

enum { MOST_TEXT = 32768 };

/** The octets behind the first, which says the program. */
static assay_span octets;

/** A file: the piece that the last letter of its name says. */
static bool read_piece(struct import *imp, const char *file, assay_span *ret)
{
    size_t n = strlen(file);
    assay_span rest = octets, piece = SPAN_EMPTY;

    for (int i = n ? file[n - 1] % 4 : 0; i >= 0; i--)
        if (!span_cut(&rest, '\xff', &piece))
            return false;
    return arena_copy(&imp->arena, piece, ret);
}

/** What is written is a tree, and checking it ends. */
static void check_output(const struct import *imp)
{
    struct buf out = buf_new(1 << 26);
    struct conf_complaints complaints = {.n = 0};
    struct conf_tree *tree;
    struct conf *conf = NULL;

    import_write(imp, &out);
    must(out.status == ASSAY_DONE);
    must(conf_tree_read(buf_span(&out), SPAN("o"), NULL, NULL, &complaints, &tree) == ASSAY_DONE);
    for (size_t i = 0; i < complaints.n; i++) /* only what a limit says */
        must(span_starts(complaints.all[i].text, SPAN("an option has more than")));
    must(tree->n <= imp->n);
    for (size_t i = 0; i < imp->top.n; i++)
        must(i >= tree->top.n || span_is(tree->top.items[i].name, imp->top.lines[i].name));
    conf_tree_free(tree);
    conf_complaints_done(&complaints);
    if (conf_check(buf_span(&out), SPAN("o"), NULL, NULL, 0, &complaints, &conf) == ASSAY_DONE)
        conf_free(conf);
    conf_complaints_done(&complaints);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct import imp = {.read = read_piece, .top = {.kind = ""}};

    if (n < 1 || n > MOST_TEXT)
        return 0;
    octets = (assay_span){(const char *)data + 1, n - 1};
    imp.program = (enum import_program)(data[0] % IMPORT_N_PROGRAMS);
    import_one(&imp, "d"); /* 'd' % 4 is 0: the first piece */
    must(!imp.failed && imp.status == 0);
    for (size_t i = 0; i < imp.n_notes; i++)
        must(imp.notes[i].text.n && imp.notes[i].at.file);
    check_output(&imp);
    arena_done(&imp.arena);
    return 0;
}

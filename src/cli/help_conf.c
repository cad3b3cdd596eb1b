/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/help.h"

#include "conf/conf.h"

enum { TEXT_MAX = 4096 };

/** The name by which an option is asked for: `store`, `milter.listen`. */
static void put_name(const struct conf_option_row *row, struct buf *out)
{
    if (row->block != CONF_TOP)
        buf_printf(out, "%s.", CONF_BLOCK_TABLE[row->block].kind);
    buf_puts(out, row->name);
}

void help_conf_names(struct buf *out)
{
    for (size_t i = 0; i < CONF_N_OPTIONS; i++) {
        buf_putc(out, ' ');
        put_name(&CONF_OPTION_TABLE[i], out);
    }
}

/** Append one option. */
static void put_option(const struct term *t, const struct conf_option_row *row, struct buf *out)
{
    struct buf text = buf_new(TEXT_MAX);

    put_name(row, &text);
    buf_printf(&text, " = %s", *row->initial ? row->initial : "(unset)");
    term_styled(t, TERM_BOLD, buf_span(&text), out);
    buf_putc(out, '\n');
    buf_clear(&text);
    buf_printf(&text, "%s; ", row->help);
    conf_type_words(row, &text);
    buf_puts(&text, row->flags & CONF_MUST ? "; required." : ".");
    term_paragraph(t, 4, buf_span(&text), out);
    if (text.status != ASSAY_DONE)
        out->status = text.status;
    buf_done(&text);
}

/** Append the options of a kind of block. */
static void put_options(const struct term *t, enum conf_kind kind, struct buf *out)
{
    for (size_t i = 0; i < CONF_N_OPTIONS; i++)
        if (CONF_OPTION_TABLE[i].block == kind)
            put_option(t, &CONF_OPTION_TABLE[i], out);
}

/** Append what a kind of block is for. */
static void put_block(const struct term *t, const struct conf_block_row *row, struct buf *out)
{
    struct buf text = buf_new(TEXT_MAX);

    buf_printf(&text, "%s%s%s%s { ... }", row->kind, *row->name ? " \"" : "", row->name,
               *row->name ? "\"" : "");
    term_styled(t, TERM_BOLD, buf_span(&text), out);
    buf_putc(out, '\n');
    term_paragraph(t, 4, span_of(row->help), out);
    buf_done(&text);
}

/** Append all of assayd.conf: the options at the top, and the blocks. */
static void put_all(const struct term *t, struct buf *out)
{
    buf_puts(out,
             "assayd.conf, the configuration of assayd. Options at its top, beside those of the"
             " receiver:\n\n");
    put_options(t, CONF_TOP, out);
    buf_puts(out, "\nBlocks; assay help BLOCK shows the options of one:\n\n");
    for (size_t kind = CONF_TOP + 1; kind < CONF_N_KINDS; kind++)
        put_block(t, &CONF_BLOCK_TABLE[kind], out);
    buf_puts(out, "\nassayd.conf(5) has examples.\n");
}

bool help_conf(const struct term *t, const char *word, struct buf *out)
{
    struct buf name = buf_new(TEXT_MAX);
    bool found = strcmp(word, "assayd.conf") == 0;

    if (found)
        put_all(t, out);
    for (size_t kind = CONF_TOP + 1; kind < CONF_N_KINDS && !found; kind++)
        if (strcmp(word, CONF_BLOCK_TABLE[kind].kind) == 0) {
            put_block(t, &CONF_BLOCK_TABLE[kind], out);
            buf_putc(out, '\n');
            put_options(t, (enum conf_kind)kind, out);
            found = true;
        }
    for (size_t i = 0; i < CONF_N_OPTIONS && !found; i++) {
        buf_clear(&name);
        put_name(&CONF_OPTION_TABLE[i], &name);
        if (span_is(buf_span(&name), word)) {
            put_option(t, &CONF_OPTION_TABLE[i], out);
            buf_puts(out, "\nSet in assayd.conf(5).\n");
            found = true;
        }
    }
    buf_done(&name);
    return found;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/read.h"

#include "conf/token.h"

/** The word says the same without quotes. */
static bool is_plain(assay_span word)
{
    for (size_t i = 0; i < word.n; i++)
        if (!conf_token_plain(word.p[i]))
            return false;
    return word.n > 0 && word.p[0] != '#';
}

void conf_word_write(assay_span word, struct buf *out)
{
    if (is_plain(word)) {
        buf_put(out, word);
        return;
    }
    buf_putc(out, '"');
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == '"' || word.p[i] == '\\')
            buf_putc(out, '\\');
        buf_putc(out, word.p[i]);
    }
    buf_putc(out, '"');
}

/** Append the options of a section. */
static void write_items(const struct conf_section *section, const char *indent, struct buf *out)
{
    for (size_t i = 0; i < section->n; i++) {
        const struct conf_item *item = &section->items[i];

        buf_puts(out, indent);
        buf_put(out, item->name);
        buf_puts(out, " =");
        for (size_t k = 0; k < item->n; k++) {
            buf_puts(out, item->words[k].comma ? ", " : " ");
            conf_word_write(item->words[k].text, out);
        }
        buf_putc(out, '\n');
    }
}

void conf_tree_write(const struct conf_tree *tree, struct buf *out)
{
    write_items(&tree->top, "", out);
    for (size_t i = 0; i < tree->n; i++) {
        const struct conf_section *b = &tree->blocks[i];

        buf_put(out, b->kind);
        if (b->name.n) {
            buf_puts(out, " \"");
            for (size_t k = 0; k < b->name.n; k++) {
                if (b->name.p[k] == '"' || b->name.p[k] == '\\')
                    buf_putc(out, '\\');
                buf_putc(out, b->name.p[k]);
            }
            buf_putc(out, '"');
        }
        buf_puts(out, " {\n");
        write_items(b, "    ", out);
        buf_puts(out, "}\n");
    }
}

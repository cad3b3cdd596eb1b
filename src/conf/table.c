/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/conf.h"

enum { MUST = CONF_MUST, LIST = CONF_LIST };

const struct conf_block_row CONF_BLOCK_TABLE[CONF_N_KINDS] = {
#define CONF_BLOCK(id, kind, name, help) {kind, name, help},
    CONF_BLOCKS(CONF_BLOCK)
#undef CONF_BLOCK
};

const struct conf_option_row CONF_OPTION_TABLE[CONF_N_OPTIONS] = {
#define CONF_OPTION(block, id, name, type, range, initial, example, flags, help) \
    {CONF_##block, name, CONF_TYPE_##type, range, initial, example, flags, help},
    CONF_OPTIONS(CONF_OPTION)
#undef CONF_OPTION
};

void conf_type_words(const struct conf_option_row *row, struct buf *out)
{
    static const char *const WORDS[] = {
        [CONF_TYPE_TEXT] = "any text",
        [CONF_TYPE_WORD] = "a word",
        [CONF_TYPE_CHOICE] = "one of:",
        [CONF_TYPE_NUMBER] = "a number,",
        [CONF_TYPE_DURATION] = "a duration such as 30s 5m 2h 1d,",
        [CONF_TYPE_SIZE] = "a size such as 64k 16M 1G,",
        [CONF_TYPE_MODE] = "permissions in octal, such as 0660",
        [CONF_TYPE_PATH] = "an absolute path",
        [CONF_TYPE_NAME] = "a domain name",
        [CONF_TYPE_PATTERN] = "example.org, .example.org, *",
        [CONF_TYPE_MATCH] = "any of:",
        [CONF_TYPE_LABEL] = "a selector",
        [CONF_TYPE_NETWORK] = "an address or ADDRESS/BITS",
        [CONF_TYPE_LISTEN] = "unix:/PATH, inet:ADDRESS:PORT, inet6:[ADDRESS]:PORT or systemd:NAME",
        [CONF_TYPE_ADDRESS] = "ADDRESS:PORT or [ADDRESS]:PORT",
        [CONF_TYPE_RESOLVER] = "system, recursive or ADDRESS@PORT",
        [CONF_TYPE_FIELD] = "the name of a header field",
        [CONF_TYPE_DATE] = "a date such as 2027-01-31",
        [CONF_TYPE_REF] = "the name of a block:",
    };
    bool range = row->range[0] != '\0';

    buf_puts(out, WORDS[row->type]);
    if (row->type == CONF_TYPE_PATTERN)
        buf_puts(out, range ? "" : " or user@example.org");
    else if (range)
        buf_printf(out, "%s %s", row->type == CONF_TYPE_PATH ? " or" : "", row->range);
}

/** Append text as comment lines. */
static void put_comment(const char *indent, const char *text, struct buf *out)
{
    enum { COLUMNS = 100 };
    assay_span rest = span_of(text), word;
    size_t column = 0;

    while (span_cut(&rest, ' ', &word)) {
        if (column && column + 1 + word.n > COLUMNS) {
            buf_putc(out, '\n');
            column = 0;
        }
        if (!column)
            buf_printf(out, "## %s", indent);
        else
            buf_putc(out, ' ');
        column += word.n + 1;
        buf_put(out, word);
    }
    buf_putc(out, '\n');
}

/** Append one option as it would be set. */
static void put_setting(const char *indent, const char *name, const char *value, bool quote,
                        struct buf *out)
{
    buf_printf(out, "#%s%s = ", indent, name);
    if (quote)
        conf_word_write(span_of(value), out);
    else
        buf_puts(out, value);
    buf_puts(out, "\n\n");
}

/** Append one option of the table. */
static void put_option(const struct conf_option_row *row, const char *indent, struct buf *out)
{
    struct buf text = buf_new(2048);
    const char *value = row->initial[0] ? row->initial : row->example;
    bool list = row->flags & CONF_LIST && row->type != CONF_TYPE_TEXT;

    buf_printf(&text, "%s; ", row->help);
    conf_type_words(row, &text);
    buf_puts(&text, row->flags & CONF_MUST    ? " (required)"
                    : row->initial[0] == '\0' ? " (an example)"
                                              : "");
    buf_putc(&text, '\0');
    put_comment(indent, text.p ? text.p : "", out);
    put_setting(indent, row->name, value, !list, out);
    if (text.status != ASSAY_DONE)
        out->status = text.status;
    buf_done(&text);
}

/** Append the options of the receiver. */
static void put_receiver_options(struct buf *out)
{
    const struct assay_option *o;

    buf_puts(out, "## Options of the receiver; they stand in policy blocks, too.\n\n");
    for (size_t i = 0; (o = assay_policy_option(i)); i++) {
        struct buf text = buf_new(2048);

        buf_printf(&text, "%s%s%s", o->help, *o->range ? "; " : "", o->range);
        buf_putc(&text, '\0');
        put_comment("", text.p ? text.p : "", out);
        put_setting("", o->name, o->initial, true, out);
        if (text.status != ASSAY_DONE)
            out->status = text.status;
        buf_done(&text);
    }
}

void conf_dump_defaults(struct buf *out)
{
    buf_puts(
        out,
        "## assayd.conf(5): every option, at its initial value or an example; take the # off those you want.\n\n");
    for (size_t kind = 0; kind < CONF_N_KINDS; kind++) {
        const struct conf_block_row *b = &CONF_BLOCK_TABLE[kind];
        const char *indent = kind == CONF_TOP ? "" : "    ";

        if (kind != CONF_TOP) {
            put_comment("", b->help, out);
            buf_printf(out, "#%s%s%s%s {\n", b->kind, *b->name ? " \"" : "", b->name,
                       *b->name ? "\"" : "");
        }
        for (size_t i = 0; i < CONF_N_OPTIONS; i++)
            if (CONF_OPTION_TABLE[i].block == kind)
                put_option(&CONF_OPTION_TABLE[i], indent, out);
        if (kind == CONF_TOP)
            put_receiver_options(out);
        else
            buf_puts(out, "#}\n\n");
    }
}

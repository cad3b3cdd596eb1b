/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file conf.h
 * The configuration of assayd, assayd.conf(5): read, checked whole, asked.
 *
 *     struct conf_complaints complaints = {0};
 *     conf_check(text, SPAN("/etc/assay/assayd.conf"), open, arg, now, &complaints, &conf);
 *     conf_complaints_print(&complaints, &out);      errors and warnings, each with its place
 *     if (complaints.errors == 0)
 *         for (size_t i = 0; (b = conf_block(conf, CONF_MILTER, i)); i++)
 *             serve(conf_block_name(b), conf_text(b, CONF_MILTER_LISTEN, 0), ...
 *
 * What happens in a check: read.c makes a tree of the text; check.c looks every option up in the
 * table of options.h and has value.c read its value; cross.c looks at what must fit together: names
 * that are referred to, listeners, keys. Everything wrong is told at once. A configuration with an
 * error is never given out.
 *
 * A getter takes a block and an option of that kind of block; a block of NULL stands for one that
 * is not in the file, whose options have their initial values. A configuration does not change once
 * it is made: any number of threads may read it.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/ip.h"
#include "conf/options.h"
#include "conf/read.h"

#include <assay/assay.h>

/** The kinds of blocks. */
enum conf_kind {
#define CONF_BLOCK(id, ...) CONF_##id,
    CONF_BLOCKS(CONF_BLOCK)
#undef CONF_BLOCK
        CONF_N_KINDS
};

/** The options. */
enum conf_option {
#define CONF_OPTION(block, id, ...) CONF_##block##_##id,
    CONF_OPTIONS(CONF_OPTION)
#undef CONF_OPTION
        CONF_N_OPTIONS
};

/** How a value is read; see options.h. */
enum conf_type {
    CONF_TYPE_TEXT,
    CONF_TYPE_WORD,
    CONF_TYPE_CHOICE,
    CONF_TYPE_NUMBER,
    CONF_TYPE_DURATION,
    CONF_TYPE_SIZE,
    CONF_TYPE_MODE,
    CONF_TYPE_PATH,
    CONF_TYPE_NAME,
    CONF_TYPE_PATTERN,
    CONF_TYPE_MATCH,
    CONF_TYPE_LABEL,
    CONF_TYPE_NETWORK,
    CONF_TYPE_LISTEN,
    CONF_TYPE_ADDRESS,
    CONF_TYPE_RESOLVER,
    CONF_TYPE_FIELD,
    CONF_TYPE_DATE,
    CONF_TYPE_REF
};

/** Flags of an option. */
enum conf_flag {
    CONF_MUST = 1, /**< its block is nothing without it */
    CONF_LIST = 2  /**< several values; may be repeated */
};

/** One row of CONF_BLOCKS. */
struct conf_block_row {
    const char *kind, *name, *help;
};

/** One row of CONF_OPTIONS. */
struct conf_option_row {
    enum conf_kind block;
    const char *name;
    enum conf_type type;
    const char *range, *initial, *example;
    unsigned flags;
    const char *help;
};

/** The tables. */
extern const struct conf_block_row CONF_BLOCK_TABLE[CONF_N_KINDS];
extern const struct conf_option_row CONF_OPTION_TABLE[CONF_N_OPTIONS]; /**< see CONF_BLOCK_TABLE */

/** A checked configuration. */
struct conf;

/** One block of it. */
struct conf_block;

/**
 * Read and check a configuration.
 *
 * \param text        of the first file
 * \param name        its name
 * \param open        as conf_tree_read() takes it
 * \param now         seconds since 1970-01-01T00:00:00Z: what has ended by then is warned of
 * \param complaints  gets errors and warnings in the order of the text; conf_complaints_done() it
 * \param ret         set on ASSAY_DONE; free with conf_free()
 * \return ASSAY_DONE; ASSAY_EINVAL: there are errors; ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status conf_check(assay_span text, assay_span name, conf_open_fn *open,
                                        void *arg, int64_t now, struct conf_complaints *complaints,
                                        struct conf **ret);

/** Append the configuration as one text, without includes and comments, that means the same. */
void conf_write(const struct conf *conf, struct buf *out);

/** Free a configuration. NULL is harmless. */
void conf_free(struct conf *conf);

/* ---- blocks ---- */

/**
 * The block of a kind at `i`, in the order of the text; NULL behind the last. CONF_TOP has one,
 * always.
 */
const struct conf_block *conf_block(const struct conf *conf, enum conf_kind kind, size_t i);

/** The block of a kind with this name, or NULL. */
const struct conf_block *conf_block_named(const struct conf *conf, enum conf_kind kind,
                                          assay_span name);

/** The block's name, as it is written; of `sign` in canonical form, as PATTERN. */
assay_span conf_block_name(const struct conf_block *block);

/** Where the block begins. */
struct conf_place conf_block_place(const struct conf_block *block);

/* ---- options ---- */

/** The option is set in this block. */
bool conf_is_set(const struct conf_block *block, enum conf_option option);

/** Where it is set; where its block begins when it is not. */
struct conf_place conf_where(const struct conf_block *block, enum conf_option option);

/** How many values it has; an initial value counts. */
size_t conf_count(const struct conf_block *block, enum conf_option option);

/**
 * The value at `i` as text, ended by NUL; empty behind the last. Names and patterns are canonical,
 * addresses as ip_text() writes them, listeners as conf_listen_read() takes them.
 */
assay_span conf_text(const struct conf_block *block, enum conf_option option, size_t i);

/**
 * The value as a number: of CHOICE the place of the word (no is 0, yes is 1), of DURATION seconds,
 * of SIZE octets, of MODE the bits, of DATE seconds since 1970; of NUMBER a word of the range is 0.
 * 0 when it is unset and has no initial value.
 */
int64_t conf_number(const struct conf_block *block, enum conf_option option);

/** A network. */
struct conf_network {
    struct ip ip;
    unsigned bits;
};

/** Read a value of NETWORK, as conf_text() gives it. \return false when it is none */
bool conf_network_read(assay_span text, struct conf_network *ret);

/** An address is in one of the networks of an option. */
bool conf_networks_have(const struct conf_block *block, enum conf_option option,
                        const struct ip *ip);

/** What a LISTEN is. */
enum conf_listen_kind { CONF_LISTEN_UNIX, CONF_LISTEN_IP, CONF_LISTEN_SYSTEMD };

/** Where to listen. */
struct conf_listen {
    enum conf_listen_kind kind;
    assay_span name; /**< the path, or what systemd calls it; borrowed from the text */
    struct ip ip;
    uint16_t port;
};

/** Octets of the longest path of a unix socket (unix(7)). */
enum { CONF_UNIX_PATH = 107 };

/**
 * Read a value of LISTEN or ADDRESS.
 *
 * \param ret_why  set to what is wrong when false is returned; static text
 */
bool conf_listen_read(assay_span text, struct conf_listen *ret, const char **ret_why);

/**
 * A pattern holds of an address or of a domain: `*` of all, `.example.org` of what is below it,
 * `example.org` of it, `user@example.org` of that address, the user's letters without case.
 *
 * \param pattern  as conf_text() gives it
 * \param user     empty: a domain alone
 * \param domain   canonical
 */
bool conf_pattern_holds(assay_span pattern, assay_span user, assay_span domain);

/* ---- options of the receiver ---- */

/** An option of the receiver as the file sets it. */
struct conf_setting {
    const char *name, *value; /**< as assay_policy_set() takes them */
    struct conf_place at;
};

/** The settings of the top or of a `policy` block, in the order of the text. */
const struct conf_setting *conf_settings(const struct conf_block *block, size_t *ret_n);

/* ---- the table in words ---- */

/**
 * Append a complete assayd.conf: every option with what it is for, commented out, at its initial
 * value or an example. Explanations stand behind `##`, options behind `#`, so that options are what
 * is left when one `#` is taken off every line.
 */
void conf_dump_defaults(struct buf *out);

/** Append what an option takes, in words: "a number, 1-256, or auto". */
void conf_type_words(const struct conf_option_row *row, struct buf *out);

#endif

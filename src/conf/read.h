/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file read.h
 * The text of a configuration as a tree: options and blocks with their places. What the options
 * mean is not known here.
 *
 *     # a comment: `#` at the beginning of a word, up to the end of the line
 *     authserv_id = mx.example.org
 *     internal    = 192.0.2.0/24, 2001:db8::/32      # words, parted by blanks or commas;
 *     note        = "in quotes: \" and \\ are escapes" # a line that ends with a comma goes on
 *     key "main" { selector = s2026  file = /etc/assay/keys/s2026.pem }
 *     sign example.org {
 *         key = main
 *     }
 *     include "sites.conf"                             # or a pattern: all files of a folder
 *
 * An option ends with its line, with `}`, or where the next `name =` begins. Octets that stand in
 * quotes alone: blanks, `"` `=` `{` `}` `,` `;`. Blocks stand in no block. A file is UTF-8, its
 * lines end with LF or CRLF.
 *
 * One reading: lines become tokens (token.c), tokens statements (read.c). What is wrong is
 * complained of, and reading goes on behind it, so that one run tells all. Nothing here opens a
 * file: `include` asks the door's conf_open_fn.
 */
#ifndef CONF_READ_H
#define CONF_READ_H

#include "conf/complaint.h"

/** One word of a value. */
struct conf_word {
    assay_span text; /**< without quotes and escapes; ended by NUL, which is not counted */
    bool comma;      /**< a comma stands before it */
    struct conf_place at;
};

/** An option as it is written. */
struct conf_item {
    assay_span name;
    struct conf_place at;
    struct conf_word *words; /**< at least one */
    size_t n;
};

/** A block as it is written. */
struct conf_section {
    assay_span kind; /**< empty: what stands in no block */
    assay_span name; /**< empty: it has none */
    struct conf_place at, name_at;
    struct conf_item *items;
    size_t n, cap;
};

/** All that was read. */
struct conf_tree {
    struct arena arena;
    struct conf_section top;
    struct conf_section *blocks; /**< in the order of the text */
    size_t n, cap;
    size_t files;
};

/** Where a conf_open_fn puts what it finds. */
struct conf_found;

/**
 * Find files for `include`: call conf_found_add() for each, in the order they are to be read.
 *
 * \param arg   yours
 * \param path  as it is written, behind the folder of the file it stands in unless it is absolute;
 *              ended by NUL. The last part may be a pattern with `*`; one that matches nothing is
 *              no error
 * \return ASSAY_DONE; ASSAY_EINVAL when a file cannot be read, after conf_found_why(); ASSAY_ENOMEM
 */
typedef assay_status conf_open_fn(void *arg, assay_span path, struct conf_found *found);

/**
 * One file was found. Both spans are copied.
 *
 * \param name  the file's name, the same each time it is found: that is how circles are seen
 * \return ASSAY_DONE, ASSAY_EINVAL (a limit; complained of: return ASSAY_EINVAL), ASSAY_ENOMEM
 */
assay_status conf_found_add(struct conf_found *found, assay_span name, assay_span text);

/** Say why a file could not be read, such as "No such file or directory". Copied. */
void conf_found_why(struct conf_found *found, const char *why);

/**
 * Read a text.
 *
 * \param name  the file's name, for complaints and for the paths of `include`
 * \param open  NULL: nothing can be included
 * \param ret   set on ASSAY_DONE, complaints or not; free with conf_tree_free()
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status conf_tree_read(assay_span text, assay_span name, conf_open_fn *open,
                                            void *arg, struct conf_complaints *complaints,
                                            struct conf_tree **ret);

/** Append the tree as one text, without includes and comments, that reads back to the same tree. */
void conf_tree_write(const struct conf_tree *tree, struct buf *out);

/** Append a word as it has to stand in a text: in quotes where it needs them. */
void conf_word_write(assay_span word, struct buf *out);

/** Free a tree. NULL is harmless. */
void conf_tree_free(struct conf_tree *tree);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file import.h
 * `assay import`: configurations of opendkim, opendmarc, openarc and postsrsd become one
 * assayd.conf.
 *
 * One import:
 *
 *     cli_import()            import.c: which program a file is of; complaints; output
 *       import_params_read()  import_read.c: `Name value`, NAME=value or name = { value } as parameters
 *       import_opendkim()     import_dkim.c: keys, signing tables
 *       import_opendmarc() import_openarc() import_postsrsd()    import_others.c
 *         import_common()     import_common.c: what several have: sockets, hosts, logs
 *         import_set() ...    import_site.c: the blocks that are made, each line with where it comes from
 *       import_write()        import_site.c: the text
 *
 * What each option becomes is the table of import_options.h. The text is checked as assayd checks
 * it before it is given out.
 *
 * When memory runs out `failed` is set, nothing more is kept, and nothing is written.
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "base/arena.h"
#include "cli/cli.h"
#include "cli/import_options.h"

/** The programs. */
enum import_program {
    IMPORT_OPENDKIM_CONF,
    IMPORT_OPENDMARC_CONF,
    IMPORT_OPENARC_CONF,
    IMPORT_POSTSRSD_CONF,
    IMPORT_N_PROGRAMS
};

/** What becomes of an option. */
enum import_fate { MAPPED, DROPPED, NONE };

/** One row of import_options.h. */
struct import_row {
    const char *name;
    enum import_fate fate;
    const char *text;
};

/** The rows of a program. */
const struct import_row *import_rows(enum import_program program, size_t *ret_n);

/** A place in a file. */
struct import_place {
    const char *file;
    size_t line; /**< 0: the file as a whole */
};

/** An option as it stands in a file; values of a list are parted by blanks. */
struct import_param {
    assay_span name, value;
    struct import_place at;
};

/** All options of a program's files. */
struct import_params {
    struct import_param *all;
    size_t n, cap;
};

/** A line of a block of assayd.conf. */
struct import_line {
    const char *name;
    assay_span value; /**< as it is written */
    struct import_place at;
    const char *from; /**< the option it comes from */
};

/** A block of assayd.conf. */
struct import_block {
    const char *kind; /**< "": the top */
    assay_span name;
    struct import_place at;
    struct import_line *lines;
    size_t n, cap;
    const char *off; /**< not NULL: it is written as a comment, for this reason */
};

/** Something to tell. */
struct import_note {
    struct import_place at;
    assay_span text;
    bool dropped; /**< it is not needed */
};

struct import;

/** Read a whole file into the arena, ended by NUL. \return false when it was complained of */
typedef bool import_file_fn(struct import *imp, const char *file, assay_span *ret);

/** An import. */
struct import {
    const struct cli *cli;
    import_file_fn *read;
    bool seen[IMPORT_N_PROGRAMS]; /**< files of these programs were read */
    struct arena arena;
    enum import_program program; /**< of the file at hand */
    struct import_block top;
    struct import_block **blocks;
    size_t n, cap;
    struct import_note *notes;
    size_t n_notes, notes_cap;
    bool failed; /**< memory is out */
    int status;  /**< of files that could not be read */
};

/* ---- import_site.c ---- */

/** The block of a kind and name, made if there is none. */
struct import_block *import_block(struct import *imp, const char *kind, assay_span name,
                                  struct import_place at);

/** The block of a kind and name, or NULL. */
struct import_block *import_find_block(const struct import *imp, const char *kind, assay_span name);

/** The line of an option in a block, or NULL. */
struct import_line *import_find_line(const struct import_block *b, const char *name);

/**
 * Set an option to one word, quoted as needed. When it is set to something else already, that stays, and a note says
 * so.
 */
void import_set(struct import *imp, struct import_block *b, const char *name, assay_span value,
                const struct import_param *from);

/** Add a word to the list that an option is; a word that is there already is added only `again`. */
void import_add(struct import *imp, struct import_block *b, const char *name, assay_span value,
                const struct import_param *from, bool again);

/** Tell that something has no equivalent, as printf does. */
void import_note(struct import *imp, struct import_place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Tell that something is not needed. */
void import_dropped(struct import *imp, struct import_place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The text may stand in assayd.conf: it is UTF-8 without controls but tabs. */
bool import_text_ok(assay_span text) ASSAY_PURE;

/** Append the text of assayd.conf. */
void import_write(const struct import *imp, struct buf *out);

/* ---- import_read.c ---- */

/**
 * Read the options of a file and of those it includes; what is not in the table, or has no
 * equivalent, is noted.
 */
void import_params_read(struct import *imp, const char *file, struct import_params *ret);

/** The option of a name, letters without case; the last one when there are several; or NULL. */
const struct import_param *import_param(const struct import_params *p, const char *name);

/** An option says yes: it begins with t, y, 1 or is "on". */
bool import_says_yes(const struct import_param *param);

/** One entry of a data set. */
struct import_entry {
    assay_span key, value; /**< value: what stands behind the key and blanks, or behind `key=` */
    struct import_place at;
};

/** A data set. */
struct import_set_of {
    struct import_entry *all;
    size_t n, cap;
    bool patterns; /**< of a refile: keys have `*` */
};

/**
 * Read the data set that an option names: a file (file:, refile:, or a path), or a list. Others are
 * noted.
 *
 * \param base  the folder of paths that are not absolute; empty: as they are
 * \return false when there is none to be read
 */
bool import_data_set(struct import *imp, const struct import_param *param, assay_span base,
                     struct import_set_of *ret);

/** A path, behind `base` when it is not absolute. Ended by NUL. */
assay_span import_path(struct import *imp, assay_span path, assay_span base);

/* ---- import_common.c ---- */

/** BaseDirectory, or empty. */
assay_span import_base(const struct import_params *p);

/** Socket, UMask, InternalHosts, Syslog, AuthservID and the like, of any of the programs. */
void import_common(struct import *imp, const struct import_params *p, const char *direction);

/** Add the networks of a data set to `internal`; names of hosts are noted. */
void import_internal(struct import *imp, const struct import_param *param, assay_span base);

/** A number of an option in a range, set as an option of assayd.conf; noted when it is outside. */
void import_number(struct import *imp, const struct import_param *param, const char *option,
                   uint64_t least, uint64_t most, const char *unit);

/** The algorithm of a key, where the file says one. */
void import_algorithm(struct import *imp, const struct import_params *p, struct import_block *key);

/* ---- the programs ---- */

/** Take over a file of `imp->program`, and what it names. `file` outlives the import. */
void import_one(struct import *imp, const char *file);

/** Take over what the parameters of opendkim say. */
void import_opendkim(struct import *imp, const struct import_params *p);
/** Of opendmarc. */
void import_opendmarc(struct import *imp, const struct import_params *p);
/** Of openarc. */
void import_openarc(struct import *imp, const struct import_params *p);
/** Of postsrsd, 1 and 2. */
void import_postsrsd(struct import *imp, const struct import_params *p);

/** The fields of SignHeaders and OversignHeaders as the list `option` of a block. */
void import_fields(struct import *imp, const struct import_params *p, struct import_block *b,
                   const char *option);

#endif

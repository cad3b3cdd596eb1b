/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file own.h What the parts of a check share with one another and with nobody else.
 */
#ifndef CONF_OWN_H
#define CONF_OWN_H

#include "conf/conf.h"

/** An option that is set. */
struct conf_entry {
    enum conf_option option;
    struct conf_place at; /**< of the first */
    assay_span *values;   /**< canonical */
    struct conf_place *places;
    size_t n, cap;
    int64_t number;
};

struct conf_block {
    enum conf_kind kind;
    assay_span name;
    struct conf_place at, name_at;
    struct conf_entry *entries;
    size_t n, cap;
    struct conf_setting *settings;
    size_t nsettings, settings_cap;
    bool used; /**< of keys: a block refers to it */
};

struct conf {
    struct arena arena;
    struct conf_tree *tree;                   /**< places and names lie in it */
    struct conf_block **blocks[CONF_N_KINDS]; /**< in the order of the text */
    struct conf_block **sorted[CONF_N_KINDS]; /**< by name, then in the order of the text */
    size_t n[CONF_N_KINDS];
};

/** One check. */
struct conf_checker {
    struct conf *conf;
    struct conf_complaints *complaints;
    assay_policy *policy; /**< where options of the receiver are tried */
    assay_policy *child;  /**< where conditions are tried; freed with `policy` */
    int64_t now;
};

/** A value, read. */
struct conf_value {
    assay_span text; /**< canonical; in the arena, ended by NUL */
    int64_t number;
};

/** Octets of what is said of a value that is refused. */
enum { CONF_WHY = 320 };

/**
 * Read a value of an option.
 *
 * \param ret      set on ASSAY_DONE
 * \param ret_why  on ASSAY_EINVAL what is wrong: words that go behind the option's name
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
assay_status conf_value_read(struct arena *a, const struct conf_option_row *row, assay_span text,
                             struct conf_value *ret, char why[CONF_WHY]);

/** The number that a value of a type with numbers is; see conf_number(). */
bool conf_number_read(const struct conf_option_row *row, assay_span text, int64_t *ret);

/** Read a value of PATTERN. \param domain_only  no user@ */
assay_status conf_pattern_read(struct arena *a, assay_span text, bool domain_only, assay_span *ret,
                               char why[CONF_WHY]);

/** The entry of an option, or NULL. */
const struct conf_entry *conf_entry_of(const struct conf_block *block, enum conf_option option);

/** Look at what has to fit together. \return ASSAY_DONE, ASSAY_ENOMEM */
assay_status conf_check_across(struct conf_checker *c);

/** Complain of an error. */
#define CONF_REFUSE(c, at, ...) conf_complain((c)->complaints, (at), false, __VA_ARGS__)

/** Complain of what may be meant all the same. */
#define CONF_WARN(c, at, ...) conf_complain((c)->complaints, (at), true, __VA_ARGS__)

/** As much of a span as a complaint shows. */
#define CONF_SHOWN(s) SPAN_ARG(span_first((s), 80))

#endif

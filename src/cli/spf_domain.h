/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file spf_domain.h
 * `assay spf tree|reach|flatten|watch|test`: the SPF of a domain as its owner wants to see it.
 *
 *     spf_domain.c    opens the door: walks the domain (spf/survey.h); the words and numbers all of them print
 *     spf_tree.c      tree: every term with what it costs and adds; spf_picture.c the same as SVG
 *     spf_reach.c     reach: who may send, by term
 *     spf_json.c      both for programs
 *     spf_flatten.c   flatten, and watch, which does it for a timer; spf_formats.c writes records for other programs
 *     spf_test.c      test: many addresses, many senders
 */
#ifndef CLI_SPF_DOMAIN_H
#define CLI_SPF_DOMAIN_H

#include "cli/answers.h"

#include "base/json.h"
#include "base/limits.h"
#include "spf/survey.h"

/** Octets of a page that is printed, at most. */
enum { SPF_OUTPUT_MAX = 64 << 20 };

/** A domain that was walked. */
struct spf_domain_door {
    const struct cli *cli;
    assay_engine *engine;
    assay_eval *eval;
    struct answers answers;
    struct case_set *set;
    struct buf file;             /**< of a text "@FILE" */
    assay_span domain;           /**< canonical */
    const struct spf_walk *walk; /**< NULL: it could not be walked */
};

/**
 * Walk a domain.
 *
 * \param text  walk as if this were its record; "@FILE": what is in that file; NULL: the record it has
 * \return 0, or a status that was complained of; close it in any case
 */
int spf_door_open(const struct cli *cli, const char *domain, const char *text,
                  struct spf_domain_door *ret);

/** Give everything back. */
void spf_door_close(struct spf_domain_door *door);

/** Room for spf_count_text(). */
enum { SPF_COUNT = 48 };

/**
 * A number of addresses for people: with thousands separators on a terminal; of IPv6, large ones as so many /64.
 */
assay_span spf_count_text(const struct term *t, unsigned version, ip_number n, char out[SPF_COUNT]);

/** The same as decimal digits alone. */
assay_span spf_digits(ip_number n, char out[SPF_COUNT]);

/** What is wrong with a tree, one sentence; NULL: nothing. Of the first family that has trouble. */
const char *spf_trouble_text(const struct spf_walk *walk);

/** The outcome of a walk as an exit status: 0; 1: receivers answer permerror; 75: not known. */
int spf_walk_status(const struct spf_walk *walk);

/** What is to be said of a term beside its figures, parted by "; ": "dead: no address", "not known: TIMEOUT". */
void spf_put_marks(const struct spf_node *node, const struct spf_use *use, struct buf *out);

/**
 * Who shares the addresses behind a name, by the list shared-ranges: "Google Workspace"; empty: nobody that the list
 * knows.
 */
assay_span spf_shared_by(assay_span target);

/** The line on top of every page: lookups, voids, addresses. */
void spf_put_head(const struct spf_domain_door *door, struct buf *out);

/** The members of a walk that every JSON page has. */
void spf_json_head(struct json *j, const struct spf_domain_door *door);

/** The tree as JSON (spf_json.c). */
void spf_json_tree(struct json *j, const struct spf_domain_door *door);

/** The reach as JSON (spf_json.c). */
void spf_json_reach(struct json *j, const struct spf_domain_door *door);

/** The tree as a picture (spf_picture.c). */
void spf_put_picture(const struct spf_domain_door *door, struct buf *out);

/* The commands. Each returns the exit status. */

/** `assay spf tree`. */
int cli_spf_tree(const struct cli *cli, const char *domain);
/** `assay spf reach`. */
int cli_spf_reach(const struct cli *cli, const char *domain);
/** `assay spf flatten`. */
int cli_spf_flatten(const struct cli *cli, const char *domain);
/** `assay spf watch`. */
int cli_spf_watch(const struct cli *cli, const char *domain);
/** `assay spf test`. */
int cli_spf_test(const struct cli *cli);

#endif

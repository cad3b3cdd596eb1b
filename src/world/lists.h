/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file lists.h
 * Lists that change: questions of kind ASSAY_LIST, whose name is that of a file in data/, with or without
 * its ending: `mark-roots` is data/mark-roots.pem.
 *
 * A site that has a newer one puts a file NAME into a folder (option `lists`, else /etc/assay/lists),
 * with that ending or without, and it is taken. Else it is the copy that the program was built with. The reason of the answer says
 * which: "file PATH", or "built in: " and the copy's first line of comment.
 */
#ifndef WORLD_LISTS_H
#define WORLD_LISTS_H

#include <assay/assay.h>

/** A file that was built in. */
struct lists_file {
    const char *name; /**< NULL: behind the last */
    assay_span octets;
};

/** All of them; made by the build. */
extern const struct lists_file LISTS_FILES[];

/** The copy of a list that was built in; empty when there is none. */
assay_span lists_builtin(assay_span name);

/** Lists that were asked for. */
struct lists;

/** Make it. \param folder  NULL: /etc/assay/lists; must outlive it \return NULL when memory is out */
struct lists *lists_new(const char *folder);

/** Free it; NULL is taken. */
void lists_free(struct lists *l);

/**
 * Answer a question. A list is read once. OK; TOOBIG: over LIMIT_FETCH; REFUSED: there is no such list;
 * SERVFAIL: its file cannot be read.
 *
 * \return NULL when memory is out
 */
assay_fact *lists_fact(struct lists *l, const struct assay_question *q);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file answers.h
 * Where answers come from: a case, or the DNS; signatures from a keyring, where there is one.
 *
 * The resolver is made when the first question needs it: it reads trust anchors and opens sockets,
 * which a replay need not wait for.
 */
#ifndef CLI_ANSWERS_H
#define CLI_ANSWERS_H

#include "case/case.h"
#include "cli/cli.h"
#include "world/keyring.h"

#include <assay/world.h>

/** A source of answers. */
struct answers {
    const struct cli *cli;
    const struct case_one *from; /**< a case; NULL: the DNS */
    struct buf resolvers;        /**< of --resolver, ended by NUL; empty: the system's */
    struct keyring *ring;        /**< signs; the caller's. NULL: the case does, or nobody */
    assay_world *world;
    int status; /**< not 0 when the world could not be made; complained of */
};

/** Begin, with the resolvers of the command line. \return 0, or a status that was complained of */
int answers_init(const struct cli *cli, struct answers *ret);

/**
 * Step, and answer what is asked, until the verdict is there.
 *
 * \param name  what is judged, for complaints
 * \return 0, or a status that was complained of
 */
int answers_drive(struct answers *a, assay_eval *eval, const char *name);

/** The resolvers of the command line, parted by blanks, ended by NUL; NULL: none is named. */
const char *answers_resolvers(struct answers *a);

/**
 * The world, made if it is not there yet: for whoever asks it by itself.
 *
 * \return 0, or a status that was complained of
 */
int answers_world(struct answers *a, assay_world **ret);

/** The answer to a question to memory: the command remembers nothing from one run to the next. NULL: memory is out */
assay_fact *answers_nothing(const struct assay_question *question);

/** Give everything back. */
void answers_done(struct answers *a);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file domain.h
 * What `check` and `plan` are asked about a domain: options, and where they are silent the case that answers.
 */
#ifndef CLI_DOMAIN_H
#define CLI_DOMAIN_H

#include "base/limits.h"
#include "case/case.h"
#include "cli/cli.h"

/** What is asked, and what its spans lie in. All zero before it is read. */
struct domain_asked {
    struct assay_domain
        domain; /**< of the options and the case; `domain` is empty unless the case has it */
    assay_span selectors[LIMIT_SELECTORS], subdomains[LIMIT_SUBDOMAINS];
    struct buf evidence; /**< of --evidence */
};

/**
 * Read the options.
 *
 * \param from  the case that answers, or NULL; must outlive `ret`
 * \return 0, or a status that was complained of; give it back in any case
 */
int domain_asked_read(const struct cli *cli, const struct case_one *from, struct domain_asked *ret);

/** Give its memory back. */
void domain_asked_done(struct domain_asked *asked);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file spf_flatten.h
 * A domain's record made flat, for the commands `flatten` and `watch`.
 */
#ifndef CLI_SPF_FLATTEN_H
#define CLI_SPF_FLATTEN_H

#include "cli/spf_domain.h"
#include "spf/flatten.h"

/** A walk with its flat records. */
struct flat {
    struct spf_domain_door door;
    struct arena arena;
    struct spf_flattening result;
    assay_span *only;
    size_t nonly;
};

/**
 * Walk a domain and flatten its record, as --max, --only, --size and --label say.
 *
 * \param text  as of spf_door_open()
 * \return 0; 1: it cannot be flattened, complained of; 75: an answer is missing; or another status that was
 *         complained of; close it in any case
 */
int flat_open(const struct cli *cli, const char *domain, const char *text, struct flat *ret);

/** Give everything back. */
void flat_close(struct flat *f);

/** The format of --format; "zone" when there is none. */
const char *flat_format(const struct cli *cli);

/** Append the records in a format; the first takes the place of `before`. */
void flat_put_records(const struct flat *f, assay_span before, struct buf *out);

#endif

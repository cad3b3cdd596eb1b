/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file resolv.h
 * Which resolvers to forward to: from an option, or from /etc/resolv.conf (resolv.conf(5)).
 */
#ifndef WORLD_RESOLV_H
#define WORLD_RESOLV_H

#include "base/limits.h"
#include "base/span.h"

/** Room for one resolver, `ADDR%SCOPE@PORT` with a NUL; and for words about all of them. */
enum { RESOLVER_TEXT = 80, RESOLVERS_WORDS = LIMIT_RESOLVERS * RESOLVER_TEXT + 16 };

/** Resolvers to forward to; none: ask the authoritative servers. */
struct resolvers {
    size_t n;
    char at[LIMIT_RESOLVERS][RESOLVER_TEXT]; /**< as libunbound takes them: `192.0.2.53@53` */
};

/**
 * Read "ADDR[@PORT] ADDR[@PORT] ..." or "recursive". IPv6 may stand in brackets and have a scope;
 * commas part too.
 *
 * \param ret_why  set to what is wrong when false is returned; static text
 */
bool resolvers_read(assay_span text, struct resolvers *ret, const char **ret_why);

/**
 * Take the nameserver lines of a resolv.conf. What cannot be read is skipped, as the C library
 * does.
 */
void resolvers_conf(assay_span text, struct resolvers *ret);

/**
 * As resolvers_conf() from a file; a file that is not there has no lines.
 *
 * \param path  such as "/etc/resolv.conf"
 */
void resolvers_system(const char *path, struct resolvers *ret);

/**
 * Name them: "the resolver 192.0.2.53", "the resolvers 192.0.2.53, ...", "the domain's name
 * servers". \return `out`
 */
const char *resolvers_words(const struct resolvers *r, char out[RESOLVERS_WORDS]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file config_own.h A configuration being made: what config.c and its parts share.
 */
#ifndef DAEMON_CONFIG_OWN_H
#define DAEMON_CONFIG_OWN_H

#include "daemon/config.h"

/** What is at hand while a configuration is made. */
struct making {
    struct config *config;
    const struct conf_block *top;
    assay_policy **policies; /**< one for each policy block; NULL: not made yet */
    struct buf *why;
    bool wrong;
};

/** Complain: `FILE:LINE:COLUMN: what: why`. The configuration will not be taken. */
void config_complain(struct making *m, struct conf_place at, const char *what, const char *why);

/** Sockets may have to be made for this group. */
void config_add_group(struct config *c, gid_t group);

/** What the keys process is to hold. \return false: memory is out */
bool config_read_keys(struct making *m);

/** The policies, with what is signed, sealed and whom is trusted. \return false: memory is out */
bool config_read_policies(struct making *m);

/** The policy of this name; there is one. */
const assay_policy *config_policy_named(const struct making *m, assay_span name);

/** SRS. \return false: memory is out */
bool config_read_srs(struct making *m);

/** Append `SELECTOR:DOMAIN:ALGORITHM` of a key, as the options sign.table and seal.key have it. */
void config_write_key(const struct conf_block *key, assay_span domain, struct buf *out);

/** The domain of a key that a block with this pattern signs by; `*`: the author's. */
assay_span config_key_domain(const struct conf_block *key, assay_span pattern);

#endif

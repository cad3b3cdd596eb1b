/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file key.h
 * Files of private keys, and the records that their public halves take.
 */
#ifndef CLI_KEY_H
#define CLI_KEY_H

#include "cli/cli.h"
#include "crypto/key.h"
#include "dns/name.h"

/** Where a key is published: SELECTOR._domainkey.DOMAIN. All canonical. */
struct key_name {
    struct dns_name selector, domain, whole;
};

/**
 * Read a selector and a domain; U-labels become A-labels.
 *
 * \return 0, or a status that was complained of
 */
int key_name_read(const struct cli *cli, const char *selector, const char *domain,
                  struct key_name *ret);

/**
 * Read a file of a private key; who else may read it is complained of.
 *
 * \param ret  for private_wipe(); empty before
 * \return 0, or a status that was complained of
 */
int key_file_read(const struct cli *cli, const char *path, struct buf *ret);

/** Append the value of the TXT record of a key (RFC 6376 3.6.1, RFC 8463 4). */
void key_put_record(enum key_type type, assay_span public, struct buf *out);

/**
 * Append a record as a line of a zone file: in strings of at most 255 octets (RFC 1035 3.3), which
 * who reads it joins without anything between (RFC 6376 3.6.2.2).
 */
void key_put_zone_line(const struct key_name *name, assay_span record, struct buf *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file sign.h
 * The option sign.table: whose mail is signed, by which keys, and how; and seal.key, seal.fields.
 *
 *     example.org   key=s1:example.org,e1:example.org:ed25519 ;
 *     .example.org  key=s1:* user=* expire=604800 ;
 *     news@shop.example key=n1:shop.example profile=strict
 *
 * Entries are parted by semicolons, words by blanks. The first word is compared with the address in
 * From: an address, a domain, `.domain` for all below it, `*` for any. The first entry that matches
 * is taken, and all its keys sign. Others of its words:
 *
 *     key=SELECTOR:DOMAIN[:rsa|ed25519][,...]  `*` for DOMAIN is the author's
 *     user=NAME[,...]     the authenticated user; `*`: any
 *     client=NET[,...]    the client's address, such as 10.0.0.0/8
 *     profile=strict|list-friendly, fields=A:B:C     what is signed (dkim/sign.h)
 *     canonicalization=relaxed/relaxed, expire=SECONDS, timestamp=no, identity=ADDRESS
 *
 * The text is read once, when the option is set.
 */
#ifndef POLICY_SIGN_H
#define POLICY_SIGN_H

#include "dkim/sign.h"
#include "policy/match.h"

/** What the address in From is compared with. */
enum sign_pattern { SIGN_ANY, SIGN_ADDRESS, SIGN_DOMAIN, SIGN_BELOW };

/** A key. */
struct sign_key {
    assay_span selector; /**< canonical */
    assay_span domain;   /**< canonical; empty: the author domain */
    enum dkim_algorithm algorithm;
};

/** Which fields are signed. */
struct sign_fields {
    enum dkim_profile profile;
    assay_span names; /**< DKIM_OWN */
};

/** One entry. */
struct sign_rule {
    assay_span text; /**< its pattern as written */
    enum sign_pattern pattern;
    assay_span local;  /**< SIGN_ADDRESS */
    assay_span domain; /**< canonical; empty for SIGN_ANY */
    struct sign_key *keys;
    size_t nkeys;
    assay_span *users; /**< one of them, unless there are none; "*": any */
    size_t nusers;
    struct matches nets; /**< in one of them, unless there are none */
    struct sign_fields fields;
    enum canon header_canon, body_canon;
    uint64_t expire; /**< seconds until x=; 0: no x= */
    bool no_timestamp;
    assay_span identity, identity_domain; /**< i=; empty: none */
};

/** All of them, in order. */
struct sign_table {
    struct sign_rule *rules;
    size_t n;
};

/** What is wrong with a text. */
struct sign_error {
    char text[256];
};

/**
 * Read sign.table.
 *
 * \param error  filled on ASSAY_EINVAL
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status sign_table_read(struct arena *a, assay_span text,
                                             struct sign_table *ret, struct sign_error *error);

/** Read seal.key: `SELECTOR:DOMAIN[:rsa|ed25519]`; empty gives one without selector. */
ASSAY_NODISCARD assay_status sign_key_read(struct arena *a, assay_span text, struct sign_key *ret,
                                           struct sign_error *error);

/** Read seal.fields: `strict`, `list-friendly` or names parted by colons. */
ASSAY_NODISCARD assay_status sign_fields_read(struct arena *a, assay_span text,
                                              struct sign_fields *ret, struct sign_error *error);

#endif

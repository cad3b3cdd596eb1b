/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file roots.h
 * Whom the web trusts: the system's certificates of roots, opened when they are needed first.
 */
#ifndef WORLD_ROOTS_H
#define WORLD_ROOTS_H

#include <openssl/x509.h>
#include <stdbool.h>

/** The roots of one world. All zero but `file`: not opened yet. */
struct roots {
    const char
        *file; /**< PEM; NULL: where OpenSSL looks by itself, as Debian's ca-certificates has it */
    X509_STORE *store;
};

/**
 * The store, opened if it is not yet; it stays the roots' own.
 *
 * \param ret_why  set when NULL is returned: what to do about it; static text
 * \return NULL: there are none
 */
X509_STORE *roots_store(struct roots *r, const char **ret_why);

/** Close them. */
void roots_done(struct roots *r);

#endif

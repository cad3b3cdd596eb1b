/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file sight.h
 * What a handshake with an SMTP server showed, as text (probe/probe.h).
 */
#ifndef WORLD_SIGHT_H
#define WORLD_SIGHT_H

#include "base/buf.h"

#include <openssl/ssl.h>

/** Versions that a client may offer at most, and ciphers that nobody should take. */
enum sight_context {
    SIGHT_BEST,
    SIGHT_TLS10,
    SIGHT_TLS11,
    SIGHT_TLS12,
    SIGHT_WEAK,
    SIGHT_CONTEXTS
};

/** A client that takes whatever OpenSSL still has. \return NULL when memory is out */
SSL_CTX *sight_context_new(enum sight_context which);

/** The version of a connection as people write it, such as "1.2". */
const char *sight_version(const SSL *ssl);

/** What is weak of a connection, as bits of enum probe_weak. */
unsigned sight_weak(const SSL *ssl);

/** Write the `tls.weak` line; nothing for 0. */
void sight_put_weak(struct buf *out, unsigned weak);

/** Write the `cert` lines of the chain that the server sent. */
void sight_put_chain(struct buf *out, const SSL *ssl);

/**
 * Write the `trust` line: does the chain lead to a web root, names and dates aside.
 *
 * \param roots  NULL: not known, nothing is written
 */
void sight_put_trust(struct buf *out, const SSL *ssl, X509_STORE *roots);

#endif

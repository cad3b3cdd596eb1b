/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file talk.h
 * One connection to an SMTP server: greeting, EHLO, STARTTLS, handshake, QUIT.
 *
 * The server is a stranger: lines, replies and octets have limits (base/limits.h), all of it has one
 * deadline, and no mail is sent. The handshake verifies nothing, for what is wrong is to be seen.
 */
#ifndef WORLD_TALK_H
#define WORLD_TALK_H

#include "base/ip.h"

#include <event2/event.h>
#include <openssl/ssl.h>

/** How a connection went. */
enum talk_end {
    TALK_REFUSED,  /**< nobody listens */
    TALK_NOWHERE,  /**< no way there, or no answer to the connection in time */
    TALK_MUTE,     /**< connected, but no greeting that can be read came; the words say more */
    TALK_GREETING, /**< a greeting other than 220: the words are its line */
    TALK_LOST,     /**< silence, or the end, before STARTTLS was answered or the handshake ended */
    TALK_NO_EHLO,  /**< EHLO was answered by `code` */
    TALK_PLAIN,    /**< STARTTLS is not offered */
    TALK_NO_TLS,   /**< STARTTLS was answered by `code` */
    TALK_FAILED,   /**< the handshake failed: the words say why */
    TALK_TLS       /**< it succeeded: `ssl` */
};

/** Octets of words, NUL included. */
enum { TALK_WORDS = 256 };

/** What is to be done. Texts must outlive the talk. */
struct talk_options {
    struct event_base *loop;
    struct ip ip;
    unsigned port;
    const char *sni;  /**< ends in NUL */
    const char *helo; /**< our name */
    SSL_CTX *context;
    unsigned connect_ms, ms; /**< for the connection, for all */
    /** Called once from the loop; it may free the talk. */
    void (*done)(void *arg);
    void *arg;
};

/** A connection. Read the first part when it is done. */
struct talk;

/** Begin one. \return NULL when memory or descriptors are out */
struct talk *talk_new(const struct talk_options *options);

/** End it, wherever it is; NULL is taken. */
void talk_free(struct talk *t);

/** How it went. */
enum talk_end talk_how(const struct talk *t);

/** The code of a reply, as talk_how() says. */
unsigned talk_code(const struct talk *t);

/** Words, printable; may be empty. */
const char *talk_words(const struct talk *t);

/** The connection's TLS; of TALK_TLS. */
SSL *talk_ssl(const struct talk *t);

#endif

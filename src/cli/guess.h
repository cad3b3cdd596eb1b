/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file guess.h
 * The envelope of a saved message, read from what the receiver wrote on top of it.
 *
 *     guess_envelope()     from the top down, each Received field (received.h):
 *                            no address, or a private one     a step inside the organization: go on
 *                            a host of the organization of `by`  the same
 *                            else                               the client that delivered the message from outside
 *                          and Return-Path for MAIL FROM, above that field: what stands below came with the message
 *
 * A name that was looked up tells of the organization; a HELO alone only beside an address of the
 * same network, or where the step is none of SMTP (with HTTPS).
 *
 * Fields below that one were written by strangers and are not looked at. When every client belongs
 * to the organization, the outermost one with a public address is taken: mail from one user to
 * another of a large provider.
 */
#ifndef CLI_GUESS_H
#define CLI_GUESS_H

#include "cli/received.h"
#include "mail/header.h"

/** Received fields that are looked at. */
enum { GUESS_FIELDS = 64 };

/** What one Received field was taken for. */
enum guess_step {
    GUESS_NO_CLIENT, /**< it names no address */
    GUESS_PRIVATE,   /**< an address that is not of the public Internet */
    GUESS_INSIDE,    /**< a host of the receiving organization */
    GUESS_SUBMITTED, /**< one of the organization's users, who logged in: the step above it is where mail came in */
    GUESS_OTHER, /**< an address other than the one that is known */
    GUESS_TAKEN  /**< this one */
};

/** A Received field that was looked at. */
struct guess_field {
    enum guess_step step;
    size_t field; /**< its index in the header */
    size_t line;  /**< in the message, from 1 */
    struct received received;
};

/**
 * What was found. Spans lie in the header, `client` and `client_text` in the object itself: do not
 * copy it.
 */
struct guess {
    struct guess_field fields[GUESS_FIELDS]; /**< from the top */
    size_t nfields;
    const struct guess_field *client; /**< the one taken, or NULL */
    assay_span client_text;           /**< its address as text, in `text` */
    char text[IP_TEXT];
    bool all_inside;         /**< it is of the organization itself: nothing came from outside */
    bool has_sender;         /**< MAIL FROM is known */
    assay_span sender;       /**< without brackets; empty: the null reverse-path */
    size_t sender_line;      /**< where it stands */
    bool sender_in_received; /**< in the Received field, not in Return-Path */
};

/**
 * Read the envelope of a message.
 *
 * \param first_line  the number of the header's first line in the file
 * \param client      the client's address where it is known already: only a field that names it is
 *                    taken; version 0: not known
 */
void guess_envelope(const struct header *h, size_t first_line, const struct ip *client,
                    struct guess *ret);

/** The line of a field. */
size_t guess_line(const struct header *h, size_t field, size_t first_line) ASSAY_PURE;

#endif

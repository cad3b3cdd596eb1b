/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file channel.h What the master and the front process say to each other: small packets, with open
 * files beside them.
 */
#ifndef DAEMON_CHANNEL_H
#define DAEMON_CHANNEL_H

#include "base/span.h"

/** What a packet is about. */
enum channel_what {
    CHANNEL_READY = 1, /**< front: it serves */
    CHANNEL_RELOAD,    /**< front: somebody asks for a reload */
    CHANNEL_KEYS, /**< master: another keys process; text: its number; files: a socket for each worker */
    CHANNEL_CONFIG, /**< master: another configuration; text as with KEYS; files: its text, its listeners, sockets as with KEYS */
    CHANNEL_TAKEN,  /**< front: it is in use */
    CHANNEL_RESULT  /**< master: what the reload came to; text: empty when it was taken */
};

enum {
    CHANNEL_FILES = 250, /**< open files of one packet, at most (unix(7)) */
    CHANNEL_TEXT = 8192  /**< octets of its text; what is longer is cut */
};

/** One packet. */
struct channel_packet {
    enum channel_what what;
    unsigned nlisteners; /**< CONFIG: of the files, behind the first */
    size_t nfiles;
    int files[CHANNEL_FILES]; /**< received: the receiver's to close */
    size_t n;
    char text[CHANNEL_TEXT];
};

/** A pair of connected ends, closed on exec. \return false: errno says why */
bool channel_open(int ends[2]);

/** Send a packet; blocks while the other side is slow. \return false: the other side is gone */
bool channel_send(int end, const struct channel_packet *p);

/** Send a packet that has words alone. */
bool channel_say(int end, enum channel_what what, assay_span text);

/** Receive one; blocks. \return false: the other side is gone, or sent nonsense */
bool channel_receive(int end, struct channel_packet *ret);

#endif

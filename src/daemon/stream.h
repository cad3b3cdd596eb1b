/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file stream.h A connection of any protocol: octets in, octets out, limits of time and size.
 *
 * What stands behind it - a milter session, a socketmap, the line service - is a protocol:
 *
 *     opened()   a connection has come
 *     input()    octets have come; all of them are taken; what is to be sent goes into stream->out
 *     ended()    the peer will send no more, but may still read: does it wait for an answer?
 *     closed()   it is over, whoever ended it
 *
 * Output is written once input() returns, in one call of the system; a peer that does not read what it
 * is sent is cut off at the limit.
 */
#ifndef DAEMON_STREAM_H
#define DAEMON_STREAM_H

#include "base/buf.h"
#include "daemon/worker.h"

#include <event2/event_struct.h>

struct stream;

/** A protocol. */
struct stream_protocol {
    size_t size;     /**< octets of its state, zeroed at `opened` */
    size_t most_out; /**< octets that may wait to be sent */
    void (*opened)(struct stream *s);
    /** \return false: the connection is to be closed once what is in `out` is sent */
    bool (*input)(struct stream *s, assay_span octets);
    /** \return true: the connection stays until the answer is sent. NULL: no peer waits then */
    bool (*ended)(struct stream *s);
    void (*closed)(struct stream *s);
};

/** A connection. */
struct stream {
    LIST_ENTRY(stream) link;
    struct worker *worker;
    const struct stream_protocol *protocol;
    const struct config_listener *listener; /**< of `config` */
    struct config *config;                  /**< the one it was accepted by; counted */
    int fd;
    bool tcp;
    bool closing;
    bool over; /**< there are too many: it is only to be told so */
    struct event readable, writable, idle;
    unsigned idle_ms;
    struct buf out;
    size_t sent; /**< of `out` */
    void *state; /**< the protocol's own */
};

/**
 * Take over a connection; it ends by itself. On the worker's thread.
 *
 * \param config  counted once more
 */
void stream_open(struct worker *w, struct config *config, const struct config_listener *listener,
                 int fd);

/** Send what is in `out`, from outside input(): an answer has come. May close, and free, the stream. */
void stream_flush(struct stream *s);

/** End a connection at once. The stream is gone after this call. */
void stream_close(struct stream *s);

/** Close when what is to be sent is sent. */
void stream_finish(struct stream *s);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file udp.h
 * Questions to recursive resolvers over UDP, a great many at once: what a scan stands on. libunbound
 * resolves and validates itself, at thirty microseconds a question; this only asks, at two.
 *
 *     udp_new()            sockets to each resolver, each from a random port, connected: what comes from
 *                          elsewhere never arrives
 *     udp_prove()          does the resolver answer, and does it validate?
 *     udp_ask()            in line; it cannot fail
 *     udp_turn()           one turn of its loop
 *       give_out()         in line -> a resolver with room -> sendmmsg(), one socket a batch
 *       take_in()          recvmmsg(); a reply counts when its id and its question are those of a query that
 *                          went out on this socket (RFC 5452 9.1); any other is dropped and counted
 *       expire()           nobody answered in time: the next resolver, with twice the patience; the last
 *                          time it is TIMEOUT
 *       udp_tcp.c          truncated: again over TCP (RFC 7766)
 *     query->done()        from within udp_turn(), with the fact
 *
 * How many queries a resolver may have on their way begins small, grows with what it answers, and is
 * halved when more than one in sixteen is lost.
 *
 * DNSSEC: the AD bit is believed of a resolver on this host alone (RFC 6840 5.7 and RFC 4035 4.9.3 want
 * a channel that is secured), and only when it sets it for the root. Of any other all is ASSAY_UNKNOWN.
 *
 * Threads: one; make one for each.
 */
#ifndef WORLD_UDP_H
#define WORLD_UDP_H

#include "base/span.h"

#include <assay/assay.h>

#include <sys/queue.h>

/** A client. */
struct udp;

/** How it is set up. What is 0 or NULL has the default. */
struct udp_options {
    const char *resolvers; /**< "ADDR[@PORT] ..."; 127.0.0.1 */
    unsigned sockets;      /**< for each resolver; 16 */
    unsigned first_ms; /**< patience of the first try; each further one has twice as much; 1,500 */
    unsigned tries;    /**< 3 */
    unsigned most;     /**< queries on their way to one resolver, at most; 2,000 */
};

struct udp_query;

/**
 * A question was answered.
 *
 * \param query  the asker's again: it may be asked once more, or freed
 * \param fact   counted for the callee; NULL: memory is out
 */
typedef void udp_done(struct udp_query *query, assay_fact *fact);

/** A question on its way, in memory of the asker. Set the first three before udp_ask(). */
struct udp_query {
    assay_span name; /**< canonical; it must live until `done` or udp_cancel() */
    uint16_t rrtype;
    udp_done *done;
    /* private */
    uint16_t id;
    uint8_t tries, state, resolver;
    bool tcp;
    uint32_t due; /* milliseconds since the client was made */
    struct udp_socket *socket;
    struct udp_query *next; /* of the same bucket */
    struct udp_tcp *connection;
    TAILQ_ENTRY(udp_query) line;
};

/** What was counted. */
struct udp_counts {
    uint64_t asked, answered, timeouts; /**< questions */
    uint64_t sent, received;            /**< packets over UDP */
    uint64_t lost;                      /**< tries that nobody answered in time */
    uint64_t strange;                   /**< replies that were no answer to what was asked there */
    uint64_t tcp;                       /**< questions that went over TCP */
};

/**
 * Make a client.
 *
 * \param options  NULL: all defaults
 * \param ret_why  set on ASSAY_EINVAL to what is wrong; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status udp_new(const struct udp_options *options, struct udp **ret,
                                     const char **ret_why);

/** Free a client; what is on its way is forgotten, no `done` being called. NULL is taken. */
void udp_free(struct udp *u);

/**
 * Ask each resolver for the root's SOA, and learn by the answer whether it validates.
 *
 * \return the resolvers that answered at all
 */
unsigned udp_prove(struct udp *u);

/** Ask. `done` is never called from within. */
void udp_ask(struct udp *u, struct udp_query *query);

/** Nobody wants to know any more. Only for a query that was asked and is not done. */
void udp_cancel(struct udp *u, struct udp_query *query);

/** One turn: send, wait `ms` at most for something to come, take it in. A signal ends the wait. */
void udp_turn(struct udp *u, unsigned ms);

/** Questions that are not done. */
size_t udp_open(const struct udp *u);

/** Wake udp_turn() up when there is something to read at `fd`; -1: no more. \return false: it cannot be watched */
bool udp_watch(struct udp *u, int fd);

/** What was counted. */
const struct udp_counts *udp_counts(const struct udp *u);

#endif

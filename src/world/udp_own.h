/* SPDX-License-Identifier: BSD-2-Clause */
/** \file udp_own.h The parts of udp.h, for udp.c, udp_socket.c, udp_tcp.c; and for tests, which look inside. */
#ifndef WORLD_UDP_OWN_H
#define WORLD_UDP_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "dns/wire.h"
#include "world/resolv.h"
#include "world/udp.h"

#include <netinet/in.h>
#include <sys/epoll.h>

enum {
    UDP_BATCH = 128,     /**< packets of one system call */
    UDP_SEGMENTS = 64,   /**< of one message; the system takes no more */
    UDP_PACKET = 2048,   /**< octets of a reply; the resolver was told 1,232 */
    UDP_BUCKETS = 128,   /**< of queries by id, of one socket; a power of two */
    UDP_SOCKETS = 64,    /**< of one resolver, at most */
    UDP_TRIES = 8,       /**< at most */
    UDP_TCP = 16,        /**< connections at a time */
    UDP_TCP_PATIENCE = 4 /**< times the first patience, for all of a question over TCP */
};

/** Where a query is. */
enum udp_state { UDP_IDLE, UDP_IN_LINE, UDP_OUT, UDP_TCP_LINE, UDP_TCP_OUT };

/** A batch of packets that go out (udp_socket.c). */
struct udp_batch;

/** What epoll tells of: the first member of each. */
enum udp_kind { UDP_OF_SOCKET, UDP_OF_TCP, UDP_OF_WATCH };

/** Queries in a row. */
TAILQ_HEAD(udp_line, udp_query);

/** One socket: connected to one resolver, from a port of its own. */
struct udp_socket {
    enum udp_kind kind;
    int fd;
    struct udp_resolver *resolver;
    unsigned open; /**< queries that went out here and are not answered */
    uint32_t sent; /**< since it has this port */
    struct udp_query *buckets[UDP_BUCKETS];
};

/** One resolver. */
struct udp_resolver {
    struct sockaddr_storage at;
    socklen_t at_n;
    bool here;      /**< its address is of this host's loopback */
    bool validates; /**< it is here, and sets AD for the root */
    bool slow_start;
    unsigned open, window;    /**< queries on their way; as many as may be */
    unsigned concluded, lost; /**< tries since the window was looked at */
    struct udp_socket *sockets;
};

/** One connection, for one question. */
struct udp_tcp {
    enum udp_kind kind;
    int fd; /**< -1: free */
    struct udp_query *query;
    uint8_t out[2 + DNS_QUERY_MAX];
    size_t out_n, sent, got;
    uint8_t size[2];
    struct buf in;
};

/** The client. */
struct udp {
    int epoll;
    int64_t begin; /**< milliseconds of the clock */
    uint32_t now;  /**< milliseconds since then */
    struct udp_options options;
    struct udp_resolver resolvers[LIMIT_RESOLVERS];
    size_t nresolvers, turn;                                 /**< the resolver whose turn it is */
    struct udp_line line, tcp_line, tcp_out, out[UDP_TRIES]; /**< out: by try, the oldest first */
    struct udp_tcp tcp[UDP_TCP];
    enum udp_kind watch;
    int watched;
    size_t open;
    struct udp_counts counts;
    struct arena scratch;
    uint16_t random[2048];
    size_t random_left;
    bool segments; /**< the system cuts messages into packets */
    struct udp_batch *batch;
    uint8_t packets[UDP_BATCH][UDP_PACKET];
};

/** 16 random bits. */
uint16_t udp_random(struct udp *u);

/** Open a socket anew, from another port. \return false: it cannot be had; the old one is closed */
bool udp_socket_open(struct udp *u, struct udp_socket *s);

/** What batches are made in. \return false: memory is out */
bool udp_batch_new(struct udp *u);

/** Close a socket; one that is not open is fine. */
void udp_socket_close(struct udp_socket *s);

/** Send those in line, as far as resolvers have room. \return whether a socket would take no more */
bool udp_give_out(struct udp *u);

/** A query that went out is taken off its socket. */
void udp_unhook(struct udp *u, struct udp_query *q);

/** What came in at a socket. */
void udp_take_in(struct udp *u, struct udp_socket *s);

/** A query's packet of a reply; whatever it holds. \return false: it is no reply to this query */
bool udp_is_reply(assay_span packet, const struct udp_query *q);

/** A query that is nowhere any more is answered. \param fact  counted for the asker; NULL: memory was out */
void udp_conclude(struct udp *u, struct udp_query *q, assay_fact *fact);

/** The fact of a reply that udp_is_reply(). \param ret_truncated  set; then there is no fact */
assay_fact *udp_fact(struct udp *u, const struct udp_query *q, assay_span packet,
                     bool *ret_truncated);

/** A question goes over TCP from now on; it is in no line. */
void udp_tcp_ask(struct udp *u, struct udp_query *q);

/** A connection can be read or written. */
void udp_tcp_ready(struct udp *u, struct udp_tcp *c);

/** Those that waited too long; and give out those in line. */
void udp_tcp_tick(struct udp *u);

/** Close the connection. */
void udp_tcp_close(struct udp_tcp *c);

#endif

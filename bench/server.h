/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file server.h
 * A name server beside, NSD, with a zone `bench.example` of SERVER_DOMAINS domains d0, d1, ...: what
 * each needs for an SPF check of eight lookups (i1 to i6, out, mx1, mx2 below it).
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdio.h>

enum { SERVER_DOMAINS = 4000, SERVER_PORT = 5367 };

/** Where it is, as a resolver. */
#define SERVER_AT "127.0.0.1@5367"

/** A server that runs. */
struct server;

/** Start it. \param name  of the measurement \return NULL: there is none to start, which is told */
struct server *server_start(const char *name);

/**
 * Start one with a zone of one's own.
 *
 * \param origin   the zone
 * \param write    writes its file
 * \param seconds  that it takes to read it
 */
struct server *server_start_zone(const char *name, const char *origin, void (*write)(FILE *f),
                                 unsigned seconds);

/** Stop it, and remove its files. */
void server_stop(struct server *s);

#endif

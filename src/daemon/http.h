/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file http.h What a monitor reads, by libmicrohttpd in a thread of its own.
 *
 *     /metrics    what is counted (metrics.h)
 *     /healthz    503 when a worker's loop has stood still for some seconds: a restart would help
 *     /readyz     503 while mail should go elsewhere: it starts or ends, the keys process is gone, rows find no disk
 *
 * The body says why in words.
 */
#ifndef DAEMON_HTTP_H
#define DAEMON_HTTP_H

#include "base/buf.h"

struct front;

/** A server. */
struct http;

/**
 * Serve on a listening socket, which stays the caller's.
 *
 * \return NULL when that is not possible
 */
struct http *http_start(struct front *f, int fd);

/** Stop; NULL is taken. */
void http_stop(struct http *h);

/** Append what /metrics says. */
void http_metrics(struct front *f, struct buf *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file web.h
 * What fetch.c and probe.c share: how far they may go, and whose addresses they ask.
 */
#ifndef WORLD_WEB_H
#define WORLD_WEB_H

#include "world/clock.h"
#include "world/roots.h"
#include "world/transport.h"

/** How the world connects to others. Texts are the world's own. */
struct web {
    struct event_base *loop;
    struct flights *flights; /**< set before the first start() */
    struct roots roots;
    bool allow_private;             /**< addresses, ports and URLs of a laboratory too */
    bool probe_old;                 /**< ask SMTP servers for what is old and weak */
    unsigned https_port, smtp_port; /**< in place of 443 and 25 */
    unsigned ms;                    /**< for one document, one server */
    const char *helo;               /**< our name for SMTP servers */
};

/** Seconds that what came is remembered; milliseconds for a connection. */
enum { WEB_TTL = 60, WEB_CONNECT_MS = 10000 };

/** Milliseconds that a flight has left; ends a little before those who wait give up, at least 1. */
static inline unsigned web_left(const struct web *web, const struct flight *f)
{
    int64_t left = (int64_t)web->ms * 19 / 20 - (world_now_us() - f->began) / 1000;

    return left > 1 ? (unsigned)left : 1;
}

#endif

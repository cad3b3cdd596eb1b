/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file ways.h
 * The transport of a world: one for each kind of question, in one.
 *
 *     DNS                 unbound.c
 *     DNS with `data`     direct.c: that server
 *     GET                 fetch.c
 *     PROBE               probe.c
 */
#ifndef WORLD_WAYS_H
#define WORLD_WAYS_H

#include "world/transport.h"

/** Which transport. */
enum way { WAY_DNS, WAY_DIRECT, WAY_GET, WAY_PROBE, WAYS };

/** All of them; a `self` that is NULL was not made. */
struct ways {
    const struct transport *transport[WAYS];
    void *self[WAYS];
};

/** The functions of this transport; its `self` is a struct ways, which it does not free itself. */
extern const struct transport ways_transport;

#endif

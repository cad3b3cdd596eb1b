/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/ways.h"

/** The way of a flight. */
static enum way way_of(const struct flight *f)
{
    switch (f->node.kind) {
    case ASSAY_GET: return WAY_GET;
    case ASSAY_PROBE: return WAY_PROBE;
    default: return f->node.data.n ? WAY_DIRECT : WAY_DNS;
    }
}

/** transport.start */
static assay_status start(void *self, struct flight *f)
{
    struct ways *w = self;
    enum way way = way_of(f);

    return w->transport[way]->start(w->self[way], f);
}

/** transport.cancel */
static void cancel(void *self, struct flight *f)
{
    struct ways *w = self;
    enum way way = way_of(f);

    w->transport[way]->cancel(w->self[way], f);
}

/** transport.free */
static void free_ways(void *self)
{
    struct ways *w = self;

    for (size_t i = 0; i < WAYS; i++) {
        if (w->self[i])
            w->transport[i]->free(w->self[i]);
        w->self[i] = NULL;
    }
}

/** transport.stop */
static void stop(void *self)
{
    struct ways *w = self;

    for (size_t i = 0; i < WAYS; i++)
        if (w->self[i] && w->transport[i]->stop)
            w->transport[i]->stop(w->self[i]);
}

const struct transport ways_transport = {start, cancel, free_ways, stop};

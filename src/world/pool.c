/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/pool.h"

#include "base/limits.h"
#include "world/own.h"

#include <stdlib.h>

struct world_pool {
    struct common common;
    unsigned n;
    assay_world *members[];
};

/** Make the members one by one. */
static assay_status open_members(struct world_pool *pool, const struct assay_world_options *o,
                                 const char **ret_why)
{
    for (unsigned i = 0; i < pool->n; i++) {
        assay_status s;

        if (!(pool->members[i] = calloc(1, sizeof(*pool->members[i]))))
            return ASSAY_ENOMEM;
        if ((s = world_open(pool->members[i], o, &pool->common, i, ret_why)) != ASSAY_DONE)
            return s;
    }
    return ASSAY_DONE;
}

assay_status world_pool_new(const struct assay_world_options *options, unsigned n,
                            struct world_pool **ret, const char **ret_why)
{
    struct assay_world_options o;
    struct world_pool *pool;
    assay_status s;

    if ((s = world_options(options, &o, ret_why)) != ASSAY_DONE)
        return s;
    *ret_why = "a pool has 1 to 128 members";
    if (n < 1 || n > LIMIT_THREADS)
        return ASSAY_EINVAL;
    if (!(pool = calloc(1, sizeof *pool + n * sizeof(*pool->members))))
        return ASSAY_ENOMEM;
    pool->n = n;
    if ((s = common_init(&pool->common, &o, n, ret_why)) != ASSAY_DONE ||
        (s = open_members(pool, &o, ret_why)) != ASSAY_DONE) {
        world_pool_free(pool);
        return s;
    }
    *ret = pool;
    return ASSAY_DONE;
}

assay_world *world_pool_member(const struct world_pool *pool, unsigned i)
{
    return pool->members[i];
}

/** A member's mailbox goes; its posts are others' memory, which must still be there. */
static void close_mailbox(assay_world *w)
{
    mailbox_free(w->mailbox);
    w->mailbox = NULL;
}

void world_pool_free(struct world_pool *pool)
{
    if (!pool)
        return;
    for (unsigned i = 0; i < pool->n && pool->members[i]; i++)
        world_stop(pool->members[i]); /* cancels across members: all mailboxes are still there */
    for (unsigned i = 0; i < pool->n && pool->members[i]; i++)
        close_mailbox(pool->members[i]);
    for (unsigned i = 0; i < pool->n; i++)
        assay_world_free(pool->members[i]);
    common_done(&pool->common);
    free(pool);
}

void world_pool_stats(const struct world_pool *pool, struct world_stats *ret)
{
    struct world_stats sum = {.cache_bytes = cache_bytes(pool->common.cache)};

    for (unsigned i = 0; i < pool->n; i++)
        stats_add(&sum, flights_counts(pool->members[i]->flights));
    *ret = sum;
}

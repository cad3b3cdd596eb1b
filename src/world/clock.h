/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file clock.h The clock of the world: it only runs forward, and has nothing to do with the time
 * that mail is judged by.
 */
#ifndef WORLD_CLOCK_H
#define WORLD_CLOCK_H

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

/** Milliseconds since some point in the past. */
static inline int64_t world_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/** Microseconds since the same point. */
static inline int64_t world_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/** Milliseconds as libevent takes them. */
static inline struct timeval world_wait(unsigned ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

#endif

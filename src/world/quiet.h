/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file quiet.h
 * No SIGPIPE while a library writes to a connection that the other end may have closed.
 */
#ifndef WORLD_QUIET_H
#define WORLD_QUIET_H

#include <signal.h>
#include <stdbool.h>
#include <time.h>

/** How this thread took SIGPIPE before. */
struct quiet {
    sigset_t old;
    bool pending;
};

/** Hold SIGPIPE back from this thread. */
static inline struct quiet quiet_begin(void)
{
    struct quiet q;
    sigset_t pipe, pending;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    q.pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &q.old);
    return q;
}

/** Forget one that came meanwhile, and take them as before. */
static inline void quiet_end(const struct quiet *q)
{
    static const struct timespec NOW = {0, 0};
    sigset_t pipe;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    if (!q->pending)
        sigtimedwait(&pipe, NULL, &NOW);
    pthread_sigmask(SIG_SETMASK, &q->old, NULL);
}

#endif

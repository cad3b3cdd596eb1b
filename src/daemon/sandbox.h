/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file sandbox.h What a process gives up once it has what it needs.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * Become another user and group for good, without supplementary groups. Nothing happens unless the
 * process is root and `uid` is not.
 *
 * \param more_groups  kept beside `gid`, such as the MTA's, for sockets that are made later
 * \return false: it is not safe to go on; errno says why
 */
bool sandbox_become(uid_t uid, gid_t gid, const gid_t *more_groups, size_t n);

/** No core dump, no ptrace, no reading through /proc, by the same user either. */
bool sandbox_hide(void);

/** What kinds of work a filter of system calls allows. */
enum sandbox_kind {
    SANDBOX_KEYS, /**< read and write sockets that are open, memory, threads, the clock */
    SANDBOX_FRONT /**< the network and files too, but no program, no other process, no new privilege */
};

/**
 * No new privileges, and from now on only the system calls of `kind` (seccomp(2)), in every thread
 * there is and will be; others end the process, in the front those that are only unusual fail with EPERM. On an architecture that the
 * filter does not know only no_new_privs is set.
 */
bool sandbox_filter(enum sandbox_kind kind);

#endif

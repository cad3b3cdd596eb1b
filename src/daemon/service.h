/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file service.h What a service manager gives and is told: sockets (sd_listen_fds(3)) and
 * notifications (sd_notify(3)). Without one nothing happens.
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

/** A socket that was passed by this name. \return it, a copy; -1: there is none, errno says so */
int service_socket(const char *name);

/** Tell the service manager, such as "READY=1"; lines parted by LF. */
void service_notify(const char *state);

/** Tell it that the configuration is being read anew, and since when, which Type=notify-reload wants. */
void service_reloading(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/service.h"

#include "base/number.h"
#include "base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_SOCKET = 3 };

/** A number of the environment; 0 when it is none. */
static uint64_t number_of(const char *variable)
{
    uint64_t n;

    return number_read(span_of(getenv(variable)), INT32_MAX, &n) ? n : 0;
}

int service_socket(const char *name)
{
    assay_span names = span_of(getenv("LISTEN_FDNAMES")), one;
    uint64_t n = number_of("LISTEN_FDS");
    int fd;

    if (number_of("LISTEN_PID") != (uint64_t)getpid())
        n = 0;
    for (uint64_t i = 0; i < n && span_cut(&names, ':', &one); i++) {
        if (!span_is(one, name))
            continue;
        if ((fd = fcntl(FIRST_SOCKET + (int)i, F_DUPFD_CLOEXEC, FIRST_SOCKET)) >= 0)
            (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        return fd;
    }
    errno = ENOENT;
    return -1;
}

void service_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    int fd;

    if (!n || n >= sizeof at.sun_path || (fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
        return;
    memcpy(at.sun_path, path, n);
    if (at.sun_path[0] == '@') /* the abstract name space */
        at.sun_path[0] = '\0';
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&at,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
    close(fd);
}

void service_reloading(void)
{
    char state[64];
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    service_notify(state);
}

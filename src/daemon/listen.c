/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/listen.h"

#include "daemon/service.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* ---- unix sockets ---- */

/**
 * A socket lies there that nobody listens to any more: a program was killed. Connecting to any other
 * file is refused, too.
 */
static bool is_left_over(const struct sockaddr_un *at)
{
    struct stat st;
    int fd = lstat(at->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)
                 ? -1
                 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 &&
                   errno == ECONNREFUSED;

    if (fd >= 0)
        close(fd);
    return refused;
}

/** Make the folder of a socket, where only that is missing. */
static void make_folder(const char *path, gid_t group)
{
    char folder[sizeof((struct sockaddr_un *)NULL)->sun_path];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;

    if (!n || n >= sizeof folder)
        return;
    memcpy(folder, path, n);
    folder[n] = '\0';
    if (mkdir(folder, 0750) == 0 && group != (gid_t)-1 && chown(folder, (uid_t)-1, group) != 0)
        (void)chmod(folder, 0755);
}

/**
 * Bind, with the rights that are wanted from the first moment on.
 *
 * SECURITY: the folder may be that of the user whom the front runs as, and the master is root: what
 * stands at the name by now is not followed.
 */
static bool bind_unix(int fd, const struct sockaddr_un *at, const struct config_listener *l)
{
    mode_t before = umask(~(mode_t)l->mode & 0777);
    bool fine = bind(fd, (const struct sockaddr *)at, sizeof *at) == 0;

    umask(before);
    return fine && (l->group == (gid_t)-1 || lchown(at->sun_path, (uid_t)-1, l->group) == 0);
}

/** Listen at a path. \return the socket, or -1: errno says why */
static int listen_unix(const char *path, const struct config_listener *l)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd, error;

    if (strlen(path) >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(at.sun_path, path, strlen(path));
    make_folder(path, l->group);
    if (is_left_over(&at))
        (void)unlink(path);
    if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
        return -1;
    if (bind_unix(fd, &at, l) && listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* ---- TCP ---- */

/** Divide "ADDR:PORT", IPv6 in brackets. */
static bool divide(const char *address, char *host, size_t most, const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : 0;

    if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
        address++;
        n -= 2;
    }
    if (!colon || !n || n >= most)
        return false;
    memcpy(host, address, n);
    host[n] = '\0';
    *port = colon + 1;
    return true;
}

/** Listen at an address of the network. \return the socket, or -1: errno says why */
static int listen_tcp(const char *address)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    const int on = 1;
    struct addrinfo *at;
    char host[64];
    const char *port;
    int fd;

    if (!divide(address, host, sizeof host, &port) || getaddrinfo(host, port, &hints, &at) != 0) {
        errno = EINVAL;
        return -1;
    }
    fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
                    bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)) {
        int error = errno;

        close(fd);
        fd = -1;
        errno = error;
    }
    freeaddrinfo(at);
    return fd;
}

/* ---- all of them ---- */

/** Listen at one address. */
static int listen_one(const struct config_listener *l)
{
    assay_span a = span_of(l->address);

    if (span_starts(a, SPAN("unix:")))
        return listen_unix(l->address + 5, l);
    if (span_starts(a, SPAN("systemd:")))
        return service_socket(l->address + 8);
    return listen_tcp(span_starts(a, SPAN("inet6:"))  ? l->address + 6
                      : span_starts(a, SPAN("inet:")) ? l->address + 5
                                                      : l->address);
}

/** The place in `before` with this address, or `before->n`. */
static size_t find(const struct listening *before, const char *address)
{
    size_t i = 0;

    while (i < before->n && (before->fds[i] < 0 || strcmp(before->addresses[i], address) != 0))
        i++;
    return i;
}

/** Open the i-th listener. */
static bool open_one(const struct config_listener *l, const struct listening *before,
                     struct listening *ret, size_t i, struct buf *why)
{
    size_t known = find(before, l->address);

    if (!(ret->addresses[i] = strdup(l->address)))
        return false;
    ret->fds[i] = known < before->n ? before->fds[known] : listen_one(l);
    if (ret->fds[i] >= 0)
        return true;
    buf_printf(why, "%s \"%s\": cannot listen at %s: %s\n", l->kind, l->name, l->address,
               strerror(errno));
    return false;
}

/** Undo what open_one() did; what is also in `before` stays open. */
static void undo(const struct listening *before, struct listening *ret)
{
    for (size_t i = 0; i < ret->n; i++)
        if (ret->addresses[i] && find(before, ret->addresses[i]) < before->n)
            ret->fds[i] = -1;
    listen_done(ret);
}

assay_status listen_all(const struct config *config, struct listening *before,
                        struct listening *ret, struct buf *why)
{
    struct listening l = {.n = config->nlisteners};
    bool fine = true;

    l.fds = calloc(l.n + 1, sizeof *l.fds);
    l.addresses = calloc(l.n + 1, sizeof(*l.addresses));
    if (!l.fds || !l.addresses) {
        free(l.fds);
        free(l.addresses);
        return ASSAY_ENOMEM;
    }
    for (size_t i = 0; i < l.n; i++)
        l.fds[i] = -1;
    for (size_t i = 0; i < l.n; i++)
        fine &= open_one(&config->listeners[i], before, &l, i, why);
    if (!fine) {
        undo(before, &l);
        return ASSAY_EINVAL;
    }
    for (size_t i = 0; i < l.n; i++) {
        size_t known = find(before, l.addresses[i]);

        if (known < before->n)
            before->fds[known] = -1;
    }
    *ret = l;
    return ASSAY_DONE;
}

void listen_done(struct listening *l)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->fds[i] >= 0) {
            if (l->addresses[i] && span_starts(span_of(l->addresses[i]), SPAN("unix:")))
                (void)unlink(l->addresses[i] + 5);
            close(l->fds[i]);
        }
        free(l->addresses[i]);
    }
    free(l->fds);
    free(l->addresses);
    *l = (struct listening){0};
}

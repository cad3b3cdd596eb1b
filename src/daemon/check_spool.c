/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/check_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_N = 255 };

/** What stands below the folder, without a slash at its beginning; empty: it is not below. */
static assay_span below(assay_span folder, assay_span path)
{
    while (folder.n && folder.p[folder.n - 1] == '/')
        folder.n--;
    if (!span_starts(path, folder) || path.n <= folder.n + 1 || path.p[folder.n] != '/')
        return SPAN_EMPTY;
    return span_from(path, folder.n + 1);
}

/** Open one step of a path. \return -1: errno says why */
static int open_step(int at, assay_span name, int flags)
{
    char text[NAME_MAX_N + 1];

    if (!name.n || name.n > NAME_MAX_N || span_is(name, ".") || span_is(name, "..") ||
        memchr(name.p, '\0', name.n)) {
        errno = EINVAL;
        return -1;
    }
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    return openat(at, text, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/** Go down to the file. \return its descriptor; -1: errno says why */
static int walk(int at, assay_span path, assay_span *ret_name)
{
    int next;

    while (span_find(path, '/') < path.n) {
        assay_span step;

        span_cut(&path, '/', &step);
        next = open_step(at, step, O_PATH | O_DIRECTORY);
        close(at);
        if ((at = next) < 0)
            return -1;
    }
    *ret_name = path;
    next = open_step(at, path, O_RDONLY);
    close(at);
    return next;
}

/** The file is regular and begins with its own name; read behind that. */
static const char *look(int fd, assay_span name)
{
    char line[NAME_MAX_N + 1];
    struct stat about;
    ssize_t n;

    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return "it is no regular file";
    n = pread(fd, line, name.n + 1, 0);
    if (n != (ssize_t)name.n + 1 || line[name.n] != '\n' ||
        !span_eq((assay_span){line, name.n}, name))
        return "it does not begin with its own name, as bodies in Exim's spool do";
    return lseek(fd, n, SEEK_SET) == n ? NULL : strerror(errno);
}

int check_spool_open(const char *folder, assay_span path, const char **ret_why)
{
    assay_span rest = below(span_of(folder), path), name;
    int at, fd;

    if (!rest.n) {
        *ret_why = "it is not below the folder that the option spool names";
        return -1;
    }
    if ((at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
        (fd = walk(at, rest, &name)) < 0) {
        *ret_why = errno == ELOOP ? "a symbolic link is not followed" : strerror(errno);
        return -1;
    }
    if ((*ret_why = look(fd, name))) {
        close(fd);
        return -1;
    }
    return fd;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/files.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 16384 };

const char *files_read(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), error = errno;
    ssize_t n = 1;

    if (fd < 0)
        return strerror(error);
    while (n > 0) {
        char *room = buf_room(out, PIECE);

        if (!room || (n = read(fd, room, PIECE)) < 0)
            break;
        out->n += (size_t)n;
    }
    error = errno;
    close(fd);
    if (n < 0)
        return strerror(error);
    return n > 0 ? "it is too long, or memory is out" : NULL;
}

/** Read one file that was found. */
static assay_status add_file(const char *path, struct conf_found *found)
{
    struct buf text = buf_new(LIMIT_CONF_TEXT);
    char *name = realpath(path, NULL);
    const char *why = files_read(path, &text);
    assay_status s = ASSAY_EINVAL;

    if (why)
        conf_found_why(found, why);
    else
        s = conf_found_add(found, span_of(name ? name : path), buf_span(&text));
    free(name);
    buf_done(&text);
    return s;
}

assay_status files_open(void *arg, assay_span path, struct conf_found *found)
{
    assay_status s = ASSAY_DONE;
    glob_t all;

    (void)arg;
    if (span_find(path, '*') == path.n)
        return add_file(path.p, found);
    if (glob(path.p, 0, NULL, &all) != 0)
        return ASSAY_DONE; /* a pattern that nothing matches */
    for (size_t i = 0; i < all.gl_pathc && s == ASSAY_DONE; i++)
        s = add_file(all.gl_pathv[i], found);
    globfree(&all);
    return s;
}

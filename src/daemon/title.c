/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/title.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/** The fields of /proc/self/stat that are wanted (proc(5)), as they are counted behind the name. */
enum { ARG_START = 46, FIELDS = 4 };

/** Where the words of the command line and the environment lie: from, end, from, end. */
static bool find_words(uintptr_t words[FIELDS])
{
    char text[2048], *at;
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    if (!(at = strrchr(text, ')'))) /* the name may hold blanks */
        return false;
    for (int i = 0; i < ARG_START && at; i++)
        at = strchr(at + 1, ' ');
    for (int i = 0; i < FIELDS && at; i++)
        words[i] = (uintptr_t)strtoull(at, &at, 10);
    return at;
}

/** Give the environment a place of its own. */
static bool move_environment(void)
{
    size_t n = 0;
    char **copy;

    while (environ && environ[n])
        n++;
    if (!(copy = calloc(n + 1, sizeof(*copy))))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(copy[i] = strdup(environ[i]))) {
            while (i > 0)
                free(copy[--i]);
            free(copy);
            return false;
        }
    environ = copy;
    return true;
}

void title_set(const char *title)
{
    size_t n = strlen(title) + 1, room;
    uintptr_t words[FIELDS];

    prctl(PR_SET_NAME, title, 0, 0, 0);
    if (!find_words(words) || words[0] == 0 || words[1] <= words[0])
        return;
    room = words[1] - words[0];
    if (n > room && words[2] == words[1] && words[3] > words[2] && move_environment())
        room = words[3] - words[0];
    n = n < room ? n : room;
    memset((char *)words[0], 0, room);
    memcpy((char *)words[0], title, n - 1);
}

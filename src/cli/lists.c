/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/lists.h"

#include "cli/files.h"

#include <stdio.h>
#include <unistd.h>

int cli_list(const struct cli *cli, const char *name, struct buf *ret)
{
    static const char *const PLACES[] = {"/etc/assay/lists/%s", "data/%s.pem", "data/%s"};
    char path[256];

    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(path, sizeof path, PLACES[i], name);
#pragma GCC diagnostic pop
        if (access(path, F_OK) == 0)
            return files_read(cli, path, ret);
    }
    cli_complain(cli, "the list %s is not here", name);
    return EXIT_UNREADABLE;
}

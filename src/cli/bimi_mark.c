/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/bimi.h"
int cli_bimi_vmc(const struct cli *cli, assay_engine *engine)
{
    (void)cli;
    (void)engine;
    return EXIT_USAGE;
}

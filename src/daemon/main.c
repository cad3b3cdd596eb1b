/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/assayd.h"

int main(int argc, char **argv)
{
    return assayd_main(argc, argv);
}

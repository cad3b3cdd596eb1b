/* SPDX-License-Identifier: BSD-2-Clause */
#include "milter.h"

void bench_postfix(void)
{
}

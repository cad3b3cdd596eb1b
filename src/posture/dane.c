/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/emit.h"

void judge_dane(struct posture *p)
{
    (void)p;
}

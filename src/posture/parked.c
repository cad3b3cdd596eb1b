/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/emit.h"

void judge_parked(struct posture *p)
{
    (void)p;
}

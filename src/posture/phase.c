/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/emit.h"

void posture_phases(struct posture *p)
{
    (void)p;
}

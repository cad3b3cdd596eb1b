/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/emit.h"

void judge_dane(struct posture *p)
{
    (void)p;
}

assay_status gather_host_tls(struct posture *p, struct posture_host *host)
{
    (void)p;
    (void)host;
    return ASSAY_DONE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/** \file profile.c What the domain is for (docs/findings.md 4). */
#include "posture/emit.h"

/** What is known of sending: a column of the table. */
enum sends { SENDS_YES, SENDS_NO, SENDS_UNDECLARED, SENDS_UNKNOWN };

/** ... and of receiving. */
enum receives { RECEIVES_YES, RECEIVES_IMPLICIT, RECEIVES_NO, RECEIVES_UNKNOWN };

static enum sends sends_of(const struct posture *p)
{
    if (p->spf.undeclared)
        return SENDS_UNDECLARED;
    return p->spf.sends == YES ? SENDS_YES : p->spf.sends == NO ? SENDS_NO : SENDS_UNKNOWN;
}

static enum receives receives_of(const struct posture *p)
{
    if (p->mx.receives == YES)
        return p->mx.implicit ? RECEIVES_IMPLICIT : RECEIVES_YES;
    return p->mx.receives == NO ? RECEIVES_NO : RECEIVES_UNKNOWN;
}

void posture_infer(struct posture *p)
{
    enum {
        M = ASSAY_PROFILE_MAIL,
        S = ASSAY_PROFILE_SEND,
        R = ASSAY_PROFILE_RECEIVE,
        P = ASSAY_PROFILE_PARKED
    };
    static const uint8_t TABLE[4][4] = {
        /* receives:      yes implicit no unknown */
        [SENDS_YES] = {M, M, S, M},
        [SENDS_NO] = {R, P, P, R},
        [SENDS_UNDECLARED] = {M, M, P, M},
        [SENDS_UNKNOWN] = {M, M, M, M},
    };
    static const char *const SENDING[] = {"its SPF record lets clients pass",
                                          "its SPF record lets nobody pass", "it has no SPF record",
                                          "its SPF record is not known"};
    static const char *const RECEIVING[] = {"it has MX hosts",
                                            "it has an address and no MX, so mail goes there",
                                            "it takes no mail", "its MX is not known"};

    if (p->wanted != ASSAY_PROFILE_INFER) {
        p->profile = p->wanted;
        p->profile_why = SPAN("as given");
        return;
    }
    p->profile = (enum assay_profile)TABLE[sends_of(p)][receives_of(p)];
    p->profile_why = posture_printf(p, "%s; %s", SENDING[sends_of(p)], RECEIVING[receives_of(p)]);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dkim_judge.h What the key record of a selector is, to its owner. */
#ifndef POSTURE_DKIM_JUDGE_H
#define POSTURE_DKIM_JUDGE_H

#include "posture/emit.h"

/** What there is at a selector's name. */
enum key_state {
    KEY_NONE,       /**< no data, or not known */
    KEY_LIVE,       /**< a key to verify with */
    KEY_EMPTY,      /**< withdrawn: p is empty */
    KEY_OTHER_TYPE, /**< a valid list with a k that is not known */
    KEY_EVEN,       /**< an RSA key whose modulus is even */
    KEY_BROKEN      /**< no key */
};

/** The state of the record that mail would use. */
enum key_state dkim_key_state(const struct posture_selector *s);

#endif

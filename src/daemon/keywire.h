/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file keywire.h What the front process and the keys process say to each other: one packet a
 * question, one packet an answer, over a SOCK_SEQPACKET pair.
 *
 *     question   id, kind, length of the name; then the name, then the data (fact/eval.h, ask_about())
 *     answer     id, how; then the signature or the MACs, or a reason in words
 *
 * Both ends are of one program on one machine, so numbers stand as the machine has them.
 */
#ifndef DAEMON_KEYWIRE_H
#define DAEMON_KEYWIRE_H

#include <stdint.h>

/** Octets of the longest packet: a name, an address of SRS with its parts, a signature. */
enum { KEYWIRE_MAX = 4096 };

/** The head of a question. */
struct keywire_question {
    uint32_t id;
    uint16_t kind; /**< ASSAY_SIGN or ASSAY_MAC */
    uint16_t name_n;
};

/** The head of an answer. */
struct keywire_answer {
    uint32_t id;
    uint32_t how; /**< enum assay_how */
};

#endif

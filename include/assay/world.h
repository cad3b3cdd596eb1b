/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file world.h
 * libassay-world: answers for libassay, from the DNS.
 *
 * A world resolves through libunbound, caches, and validates DNSSEC where it has a trust anchor. It
 * is the part that opens sockets; libassay itself never does.
 *
 *     struct assay_world_options o = {.size = sizeof o};
 *     assay_world_new(&o, &world, &why);
 *     assay_run(eval, message, assay_world_answer, world);
 *     assay_world_free(world);
 *
 * Threads: one thread at a time; make one world for each thread.
 *
 * Signals: libunbound writes to TCP connections that a server may have closed; a program that cannot
 * afford to die of SIGPIPE ignores it.
 */
#ifndef ASSAY_WORLD_H
#define ASSAY_WORLD_H

#include <assay/assay.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where answers come from and how long they may take. Zero and NULL mean the default. */
struct assay_world_options {
    /** sizeof(struct assay_world_options) */
    size_t size;
    /** "ADDR[@PORT] ..." to forward to; "recursive": ask the authoritative servers; NULL: what /etc/resolv.conf
     *  says */
    const char *resolvers;
    /** A file of DS or DNSKEY records, or "none"; NULL: Debian's root key, but behind resolvers that drop
     *  signatures nothing is validated then, and answers are ASSAY_UNKNOWN */
    const char *trust_anchor;
    /** A file of the root's servers, for "recursive" in a network of its own */
    const char *root_hints;
    /** For one question, milliseconds; default 5,000 */
    unsigned question_ms;
    /** For all questions of one evaluation, milliseconds; default 20,000 (RFC 7208 4.6.4) */
    unsigned evaluation_ms;
    /** Memory of the answer cache, octets; default 16 MiB */
    size_t cache_bytes;
    /** A public suffix list for RFC 7489; NULL: the newer of libpsl's own and the system's */
    const char *suffix_list;
};

/** A source of answers. */
typedef struct assay_world assay_world;

/**
 * Make a world. It opens no socket before the first question.
 *
 * \param options  NULL: all defaults
 * \param ret_why  set on ASSAY_EINVAL to what is wrong; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_world_new(const struct assay_world_options *options,
                                             assay_world **ret, const char **ret_why);

/**
 * Answer questions: an assay_answer_fn, whose `arg` is the world. Returns when every question that
 * blocks is answered, if only by ASSAY_TIMEOUT; hints are answered as far as their answers came by
 * then. What is not asked of the DNS or the public suffix list is answered by ASSAY_REFUSED.
 *
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
assay_status assay_world_answer(void *world, assay_eval *eval,
                                const struct assay_question *question, size_t n);

/** Free a world. */
void assay_world_free(assay_world *world);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file world.h
 * libassay-world: answers for libassay, from the DNS, the web and mail servers.
 *
 * A world resolves through libunbound, caches, and validates DNSSEC where it has a trust anchor; it
 * fetches documents over HTTPS, looks at the TLS of SMTP servers, and has the lists that change. It is
 * the part that opens sockets; libassay itself never does.
 *
 * Names and URLs that strangers publish lead where they like: a world connects to public addresses
 * only, unless `allow_private` is set.
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
    /** Connect to addresses that are not public too, and to ports that URLs and probes name: for laboratories,
     *  and for servers on one's own network that the user named */
    bool allow_private;
    /** In place of port 25 for probes and of 443 for the web: for laboratories; 0: these */
    unsigned smtp_port, https_port;
    /** A file of the web's roots, PEM; NULL: the system's */
    const char *ca_file;
    /** A folder of lists that take the place of those built in; NULL: /etc/assay/lists */
    const char *lists;
    /** Make up to four more connections to an SMTP server, for old versions of TLS and weak ciphers */
    bool probe_old;
    /** For one document of the web or one SMTP server, milliseconds; default 15,000 */
    unsigned web_ms;
    /** How we greet SMTP servers; NULL: this machine's full name, if it has one, else "assay.invalid" */
    const char *helo;
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
 * then. Signatures, keyed hashes and what is remembered are not asked for here: ASSAY_REFUSED.
 *
 *     ASSAY_DNS      by the resolvers; with `data`, "ADDR" or "ADDR@PORT", by that server alone, without
 *                    recursion and unvalidated: the reason is then "aa" if it has authority
 *     ASSAY_SUFFIX   by the public suffix list
 *     ASSAY_GET      a URL of https: 443 and a host's name only, no redirect followed, no more than 1 MiB; http
 *                    and port 80 for lists of revoked certificates (*.crl), which are signed themselves
 *     ASSAY_PROBE    "HOST:25": a greeting, EHLO, STARTTLS, QUIT; no mail is sent
 *     ASSAY_LIST     a file of the folder `lists`, else what was built in
 *
 * What the world will not connect to, for its address is not public, is answered by ASSAY_TIMEOUT with
 * that reason: nothing is known of it.
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

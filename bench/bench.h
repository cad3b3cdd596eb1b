/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file bench.h
 * Benchmarks: each figure beside the limit that the same process measures in alternating rounds.
 *
 * A line of output: name, ours, limit, ratio, unit, reach; parted by tabs. Times are medians of
 * five rounds, in microseconds of CPU time of this thread.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "base/buf.h"

#include <assay/assay.h>

#include <openssl/evp.h>

/**
 * Something to time: do it once. \return false when it did not come out as it must: the benchmark
 * stops
 */
typedef bool bench_fn(void *arg);

/** How a ratio is judged. */
enum bench_reach {
    BENCH_AT_LEAST, /**< ratio = limit / ours; at least `reach` */
    BENCH_AT_MOST   /**< ratio = ours / limit; at most `reach` */
};

/**
 * Time two things in alternating rounds and print the line.
 *
 * \param times  how often each is done in a round
 * \param reach  what the ratio should be; 0: none is set
 */
void bench_pair(const char *name, bench_fn *ours, void *our_arg, bench_fn *limit, void *limit_arg,
                unsigned times, enum bench_reach how, double reach);

/** A pattern was given and this name does not contain it. */
bool bench_skipped(const char *name);

/** The pattern begins with this word: what takes long is only done when it is asked for. */
bool bench_asked(const char *part);

/**
 * Time on the wall is measured instead of CPU time of this thread: where others do part of the
 * work.
 */
extern bool bench_wall;

/** Microseconds of CPU time of this thread, or on the wall. */
double bench_clock(void);

/** Stop with a message: a benchmark did something wrong. */
_Noreturn void bench_fail(const char *what);

/** Whether peers are to be run too. */
extern bool bench_peers;

/* ---- messages and keys ---- */

/** A key pair and its record. */
struct bench_key {
    EVP_PKEY *pkey;
    struct buf record; /**< text of the TXT record */
};

/** Make an RSA-2048 or Ed25519 key. */
void bench_key_make(bool ed25519, struct bench_key *ret);

/**
 * A message of about `size` octets, with `signatures` signatures of example.com by the key,
 * relaxed/relaxed.
 */
void bench_message_make(const struct bench_key *key, bool ed25519, size_t size, unsigned signatures,
                        struct buf *ret);

/**
 * The least work there is: one verification, and SHA-256 over all octets. A bench_fn over a struct
 * bench_least.
 */
struct bench_least {
    EVP_PKEY_CTX *rsa;
    EVP_PKEY *ed25519;
    EVP_MD *md;
    EVP_MD_CTX *ctx, *ed25519_ctx;
    assay_span octets; /**< to hash; may be empty */
    unsigned times;    /**< verifications */
    uint8_t digest[32], signature[512];
    size_t signature_n;
};

/** Set up the least work for a key. */
void bench_least_make(const struct bench_key *key, bool ed25519, assay_span octets, unsigned times,
                      struct bench_least *ret);

/** Do it. */
bool bench_least_run(void *least);

/* ---- the groups of benchmarks ---- */

/** dkim.verify.* and memory. */
void bench_dkim(void);

/** verify.all.*, spf.*. */
void bench_flow(void);

/** spf.8lookups.wire. */
void bench_wire(void);

/** key.shared.*. */
void bench_keys(void);

/** owner.*: a domain, an SPF tree, a logo. */
void bench_owner(void);

/** pool.*. */
void bench_pool(void);

/** scan.*: only when it is asked for. */
void bench_scan(void);

/** start.*. */
void bench_start(void);

/** store.append: one row; store.move.20000: so many, into the database. */
void bench_store(void);

/** Other programs' libraries. */
void bench_other(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include "crypto/key.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * One key that all threads verify with at once, as the key of a large sender is: beside one thread
 * that has it for itself. CPU time of a thread for one verification; the best of some rounds.
 */

enum { THREADS = 2, KEYS_MEMO = 64, EACH = 4000, ROUNDS = 5, SIGNATURE = 256 };

/** How much dearer than alone a verification may be. */
#define KEY_REACH 1.15

/** What all threads verify. */
struct shared {
    assay_engine *engine;
    assay_span key, signature;
    uint8_t digest[SHA256_SIZE], octets[SIGNATURE];
    unsigned char *der;
};

/** Sign a digest, and have the key as DKIM publishes it. */
static void make(struct shared *s)
{
    struct bench_key key;
    EVP_PKEY_CTX *ctx;
    size_t n = sizeof s->octets;
    int der_n;

    bench_key_make(false, &key);
    memset(s->digest, 7, sizeof s->digest);
    ctx = EVP_PKEY_CTX_new(key.pkey, NULL);
    if (EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
        EVP_PKEY_sign(ctx, s->octets, &n, s->digest, sizeof s->digest) != 1 ||
        (der_n = i2d_PUBKEY(key.pkey, &s->der)) <= 0 ||
        assay_engine_new(KEYS_MEMO, &s->engine) != ASSAY_DONE)
        bench_fail("no key");
    s->signature = (assay_span){(char *)s->octets, n};
    s->key = (assay_span){(char *)s->der, (size_t)der_n};
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key.pkey);
    buf_done(&key.record);
}

/** A thread. */
struct worker {
    struct shared *s;
    pthread_t thread;
    double us; /**< CPU time for each verification */
};

/** A thread's work. */
static void *verify_many(void *arg)
{
    struct worker *w = arg;
    const struct shared *s = w->s;
    double begin = bench_clock();
    enum verified verified;

    for (unsigned i = 0; i < EACH; i++)
        if (key_verify(s->engine, KEY_RSA, s->key, s->digest, s->signature, &verified) !=
                ASSAY_DONE ||
            verified != VERIFIED_YES)
            bench_fail("a good signature does not verify");
    w->us = (bench_clock() - begin) / EACH;
    return NULL;
}

/** Let threads verify. \return microseconds of CPU time for each verification */
static double time_of(struct shared *s, unsigned threads)
{
    struct worker w[THREADS];
    double us = 0;

    for (unsigned i = 0; i < threads; i++) {
        w[i].s = s;
        if (pthread_create(&w[i].thread, NULL, verify_many, &w[i]) != 0)
            bench_fail("no thread");
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(w[i].thread, NULL);
        us += w[i].us / threads;
    }
    return us;
}

void bench_keys(void)
{
    const char *name = "key.shared.2threads";
    struct shared s = {0};
    double alone = 0, together = 0, ratio = 0;

    if (bench_skipped(name))
        return;
    make(&s);
    time_of(&s, THREADS);
    for (unsigned i = 0; i < ROUNDS; i++) { /* the best round: the machine disturbed it least */
        double one = time_of(&s, 1), two = time_of(&s, THREADS);

        alone = i && alone < one ? alone : one;
        together = i && together < two ? together : two;
    }
    ratio = together / alone;
    printf("%s\t%.2f\t%.2f\t%.2f\tus\t<= %.2f %s\n", name, together, alone, ratio, KEY_REACH,
           ratio <= KEY_REACH ? "reached" : "MISSED");
    fflush(stdout);
    assay_engine_free(s.engine);
    OPENSSL_free(s.der);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/private.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * What a key was is searched for in all memory of this process that can be written, once while the key
 * lives, to see that the search works, and once when it is gone. What is searched for lies here only
 * with its bits turned over.
 */

enum { NEEDLE = 24, NEEDLES = 8, CHUNK = 1 << 20, HUGE = 64 << 20 };

static uint8_t needles[NEEDLES][NEEDLE];
static size_t nneedles;

/** Remember octets, turned over, as they are and back to front. */
static void remember(const uint8_t *octets)
{
    for (size_t i = 0; i < NEEDLE; i++) {
        needles[nneedles][i] = (uint8_t)~octets[i];
        needles[nneedles + 1][i] = (uint8_t)~octets[NEEDLE - 1 - i];
    }
    nneedles += 2;
}

/** The octets at a place are one of those remembered. */
static bool is_needle(const uint8_t *at)
{
    for (size_t n = 0; n < nneedles; n++) {
        size_t i = 0;

        while (i < NEEDLE && (at[i] ^ needles[n][i]) == 0xFF)
            i++;
        if (i == NEEDLE)
            return true;
    }
    return false;
}

/** Count the places in octets of one region. */
static size_t search_octets(int memory, unsigned long begin, unsigned long end, uint8_t *room)
{
    size_t found = 0;

    for (unsigned long at = begin; at < end; at += CHUNK - NEEDLE) {
        size_t want = end - at < CHUNK ? end - at : CHUNK;
        ssize_t n = pread(memory, room, want, (off_t)at);

        for (ssize_t i = 0; i + NEEDLE <= n; i++)
            found += is_needle(room + i);
    }
    return found;
}

/** Count the places in all memory but the room that it is read into. */
static size_t search(void)
{
    FILE *maps = fopen("/proc/self/maps", "re"), *memory = fopen("/proc/self/mem", "rbe");
    static uint8_t room[CHUNK];
    char line[512], mode[8];
    unsigned long begin, end;
    size_t found = 0;

    if (!maps || !memory)
        skip();
    memset(room, 0, sizeof room);
    while (fgets(line, sizeof line, maps)) {
        unsigned long mine = (unsigned long)(uintptr_t)room;

        if (sscanf(line, "%lx-%lx %7s", &begin, &end, mode) != 3 || mode[1] != 'w' ||
            end - begin > HUGE) /* the shadow of a sanitizer */
            continue;
        if (mine >= begin && mine < end) {
            found += search_octets(fileno(memory), begin, mine, room);
            begin = mine + sizeof room;
        }
        found += search_octets(fileno(memory), begin, end, room);
    }
    fclose(maps);
    fclose(memory);
    memset(room, 0, sizeof room);
    return found;
}

/** Remember the middle of a prime, or of the seed. */
static void remember_key(const struct buf *pem)
{
    BIO *bio = BIO_new_mem_buf(pem->p, (int)pem->n);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    static const char *const NAMES[] = {OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_D};
    uint8_t octets[512];
    size_t n = sizeof octets;

    nneedles = 0;
    for (size_t i = 0; i < 2 && EVP_PKEY_is_a(pkey, "RSA"); i++) {
        BIGNUM *number = NULL;

        assert_int_equal(EVP_PKEY_get_bn_param(pkey, NAMES[i], &number), 1);
        BN_bn2bin(number, octets);
        remember(octets + 32);
        BN_clear_free(number);
    }
    if (EVP_PKEY_get_raw_private_key(pkey, octets, &n) == 1)
        remember(octets);
    OPENSSL_cleanse(octets, sizeof octets);
    EVP_PKEY_free(pkey);
    BIO_free(bio);
}

/** Have another process make a key, so that what OpenSSL leaves behind is left there. */
static void make_elsewhere(enum key_type type, struct buf *pem)
{
    int ends[2];
    pid_t child;
    ssize_t n;
    char *room;

    assert_int_equal(pipe(ends), 0);
    if ((child = fork()) == 0) {
        if (private_make(type, 2048, pem) == ASSAY_DONE) {
            remember_key(pem);
            (void)!write(ends[1], &nneedles, sizeof nneedles);
            (void)!write(ends[1], needles, sizeof needles);
            (void)!write(ends[1], pem->p, pem->n);
        }
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &nneedles, sizeof nneedles), sizeof nneedles);
    assert_int_equal(read(ends[0], needles, sizeof needles), sizeof needles);
    room = buf_room(pem, 8192); /* so that it is not moved */
    while ((n = read(ends[0], room + pem->n, 4096)) > 0)
        pem->n += (size_t)n;
    close(ends[0]);
    waitpid(child, NULL, 0);
}

/** Read a key, sign, let it go. */
static void live_and_die(enum key_type type)
{
    static const uint8_t DIGEST[SHA256_SIZE] = {1};
    struct buf pem = buf_new(1 << 16);
    struct private_key *key;
    assay_engine *engine;
    uint8_t signature[PRIVATE_SIGNATURE];
    const char *why;
    size_t n;

    assert_int_equal(assay_engine_new(0, &engine), ASSAY_DONE);
    make_elsewhere(type, &pem);
    assert_int_equal(private_read(engine, buf_span(&pem), &key, &why), ASSAY_DONE);
    private_wipe(&pem);
    for (int i = 0; i < 3; i++)
        assert_int_equal(private_sign(key, DIGEST, signature, &n), ASSAY_DONE);
    assert_in_range(search(), 1, 100);
    private_free(key);
    assert_int_equal(search(), 0);
    assay_engine_free(engine);
}

static void nothing_of_an_rsa_key_is_left_in_memory(void **state)
{
    (void)state;
    live_and_die(KEY_RSA);
}

static void nothing_of_an_ed25519_key_is_left_in_memory(void **state)
{
    (void)state;
    live_and_die(KEY_ED25519);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_an_rsa_key_is_left_in_memory),
        cmocka_unit_test(nothing_of_an_ed25519_key_is_left_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

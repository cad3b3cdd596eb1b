/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file peer_opendkim.c libopendkim as a peer of differ_dkim.py, which compiles it where the
 * library is there: peer_opendkim RECORDS NOW
 *
 * RECORDS has a key record in each line: SELECTOR, tab, text. Each line of the input is a job,
 * words parted by tabs; each line of the output is what came of it, empty when nothing did:
 *
 *     verify FILE                                          the selectors of the signatures that pass
 *     sign FILE SELECTOR DOMAIN KEY ALGORITHM CANONS NAMES OVERSIGNED LENGTH
 *                                                          the value of DKIM-Signature, in hexadecimal
 *
 * CANONS is such as relaxed/simple; NAMES and OVERSIGNED are names of fields parted by colons;
 * LENGTH is l or -.
 */
#include <opendkim/dkim.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 10, NAMES = 64, RECORDS = 4096 };

/** A file in memory, with a NUL behind it. */
struct text {
    char *p;
    size_t n;
};

/** The key records. */
static struct {
    char *selector, *text;
} records[RECORDS];

static size_t n_records;

static struct text read_file(const char *path)
{
    struct text t = {NULL, 0};
    FILE *f = fopen(path, "rb");
    size_t cap = 0, got = 0;

    if (!f) {
        perror(path);
        exit(1);
    }
    do {
        t.n += got;
        if (t.n + 1 >= cap)
            t.p = realloc(t.p, cap = 2 * cap + 65536);
        if (!t.p)
            exit(1);
    } while ((got = fread(t.p + t.n, 1, cap - t.n - 1, f)) > 0);
    t.p[t.n] = '\0';
    fclose(f);
    return t;
}

/** Cut a line into words. \return how many */
static size_t cut(char *line, const char *at, char *words[], size_t most)
{
    size_t n = 0;

    while (line && n < most) {
        size_t length = strcspn(line, at);
        bool more = line[length] != '\0';

        line[length] = '\0';
        words[n++] = line;
        line = more ? line + length + 1 : NULL;
    }
    return n;
}

static void read_records(const char *path)
{
    char *rest = read_file(path).p;

    while (*rest && n_records < RECORDS) {
        size_t length = strcspn(rest, "\n");
        char *words[2];

        rest[length] = '\0';
        if (cut(rest, "\t", words, 2) == 2) {
            records[n_records].selector = words[0];
            records[n_records++].text = words[1];
        }
        rest += length + 1;
    }
}

/** The library's question for a key. */
static DKIM_CBSTAT find_key(DKIM *dkim, DKIM_SIGINFO *sig, unsigned char *buf, size_t n)
{
    const char *selector = (const char *)dkim_sig_getselector(sig);

    (void)dkim;
    for (size_t i = 0; i < n_records; i++)
        if (strcmp(records[i].selector, selector) == 0) {
            snprintf((char *)buf, n, "%s", records[i].text);
            return DKIM_CBSTAT_CONTINUE;
        }
    return DKIM_CBSTAT_NOTFOUND;
}

/** Give the library a message. */
static bool feed(DKIM *dkim, struct text message)
{
    return dkim && dkim_chunk(dkim, (unsigned char *)message.p, message.n) == DKIM_STAT_OK &&
           dkim_chunk(dkim, NULL, 0) == DKIM_STAT_OK;
}

static void verify(DKIM_LIB *lib, const char *path)
{
    struct text message = read_file(path);
    DKIM_STAT s;
    DKIM *dkim = dkim_verify(lib, (const unsigned char *)"peer", NULL, &s);
    DKIM_SIGINFO **sigs;
    int n;

    if (feed(dkim, message)) {
        (void)dkim_eom(dkim, NULL);
        if (dkim_getsiglist(dkim, &sigs, &n) == DKIM_STAT_OK)
            for (int i = 0; i < n; i++)
                if (DKIM_SIG_CHECK(sigs[i]))
                    printf("%s ", (const char *)dkim_sig_getselector(sigs[i]));
    }
    dkim_free(dkim);
    free(message.p);
}

/** Set an option that is a list of names. */
static void set_names(DKIM_LIB *lib, dkim_opts_t option, char *names)
{
    const unsigned char *list[NAMES + 1] = {NULL};
    char *words[NAMES];
    size_t n = *names ? cut(names, ":", words, NAMES) : 0;

    for (size_t i = 0; i < n; i++)
        list[i] = (const unsigned char *)words[i];
    (void)dkim_options(lib, DKIM_OP_SETOPT, option, (void *)list, sizeof(unsigned char **));
}

static dkim_canon_t canon_of(const char *word)
{
    return strncmp(word, "relaxed", 7) == 0 ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
}

static void sign(DKIM_LIB *lib, char *words[WORDS])
{
    struct text message = read_file(words[1]), key = read_file(words[4]);
    unsigned flags = words[9][0] == 'l' ? DKIM_LIBFLAGS_SIGNLEN : 0;
    dkim_alg_t algorithm =
        strcmp(words[5], "ed25519-sha256") == 0 ? DKIM_SIGN_ED25519SHA256 : DKIM_SIGN_RSASHA256;
    unsigned char *field = NULL;
    size_t n = 0;
    DKIM_STAT s;
    DKIM *dkim;

    set_names(lib, DKIM_OPTS_SIGNHDRS, words[7]);
    set_names(lib, DKIM_OPTS_OVERSIGNHDRS, words[8]);
    (void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof flags);
    dkim = dkim_sign(lib, (const unsigned char *)"peer", NULL, (dkim_sigkey_t)key.p,
                     (unsigned char *)words[2], (unsigned char *)words[3], canon_of(words[6]),
                     canon_of(strchr(words[6], '/') + 1), algorithm, -1, &s);
    if (feed(dkim, message) && dkim_eom(dkim, NULL) == DKIM_STAT_OK &&
        dkim_getsighdr_d(dkim, strlen("DKIM-Signature: "), &field, &n) == DKIM_STAT_OK)
        for (size_t i = 0; i < n; i++)
            printf("%02x", field[i]);
    dkim_free(dkim);
    free(message.p);
    free(key.p);
}

/** One job. */
static void work(char *line, uint64_t now)
{
    char *words[WORDS];
    size_t n = cut(line, "\t", words, WORDS);
    DKIM_LIB *lib = dkim_init(NULL, NULL);

    if (!lib)
        exit(1);
    dkim_set_key_lookup(lib, find_key);
    (void)dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FIXEDTIME, &now, sizeof now);
    if (n == 2 && strcmp(words[0], "verify") == 0)
        verify(lib, words[1]);
    else if (n == WORDS && strcmp(words[0], "sign") == 0)
        sign(lib, words);
    dkim_close(lib);
    printf("\n");
}

int main(int argc, char **argv)
{
    static char line[65536];

    if (argc != 3)
        return 64;
    read_records(argv[1]);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        work(line, strtoull(argv[2], NULL, 10));
    }
    return 0;
}

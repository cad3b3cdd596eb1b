/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One call: judge a whole message against the DNS.
 *
 *     verify_one MESSAGE CLIENT-IP HELO MAIL-FROM [RESOLVER[@PORT]]
 *
 * Built with: cc verify_one.c $(pkg-config --cflags --libs libassay-world)
 */
#include <assay/world.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** The octets of a text. */
static assay_span span(const char *text)
{
    return (assay_span){text, strlen(text)};
}

/** Read a whole file, 16 MB at most. */
static assay_span load(const char *path)
{
    enum { MOST = 16 << 20 };
    FILE *f = fopen(path, "rb");
    char *octets = malloc(MOST);
    size_t n = f && octets ? fread(octets, 1, MOST, f) : 0;

    if (f)
        fclose(f);
    return (assay_span){octets, n};
}

/** Print one check. */
static void print_check(const struct assay_check *c)
{
    printf("%.*s %.*s: %.*s\n", (int)c->method.n, c->method.p, (int)c->result.n, c->result.p,
           (int)c->reason.n, c->reason.p);
}

/** Print what was decided. */
static void print_verdict(const struct assay_verdict *v)
{
    static const char *const WORDS[] = {"accept", "quarantine", "reject",
                                        "defer",  "tag",        "discard"};

    for (size_t i = 0; i < v->nchecks; i++)
        print_check(v->checks[i]);
    printf("%s: %.*s\n", WORDS[v->what], (int)v->reason.n, v->reason.p);
}

int main(int argc, char **argv)
{
    struct assay_world_options options = {.size = sizeof options,
                                          .resolvers = argc > 5 ? argv[5] : NULL};
    struct assay_envelope envelope = {.size = sizeof envelope,
                                      .now = time(NULL),
                                      .hostname = span("localhost")};
    assay_engine *engine = NULL;
    assay_policy *policy = NULL;
    assay_world *world = NULL;
    assay_eval *eval = NULL;
    const char *why = "out of memory";
    assay_span message;
    assay_status s;

    if (argc < 5) {
        fprintf(stderr, "usage: %s MESSAGE CLIENT-IP HELO MAIL-FROM [RESOLVER[@PORT]]\n", argv[0]);
        return 64;
    }
    message = load(argv[1]);
    envelope.ip = span(argv[2]);
    envelope.helo = span(argv[3]);
    envelope.mail_from = span(argv[4]);

    s = assay_engine_new(64, &engine);
    if (s == ASSAY_DONE)
        s = assay_policy_new(&policy);
    if (s == ASSAY_DONE) {
        assay_policy_seal(policy);
        s = assay_world_new(&options, &world, &why);
    }
    if (s == ASSAY_DONE)
        s = assay_receive_new(engine, policy, &envelope, &eval);
    if (s == ASSAY_DONE)
        s = assay_run(eval, message, assay_world_answer, world);
    if (s == ASSAY_DONE)
        print_verdict(assay_result(eval));
    else
        fprintf(stderr, "%s (%s)\n", assay_strstatus(s), why);

    assay_eval_free(eval);
    assay_world_free(world);
    assay_policy_free(policy);
    assay_engine_free(engine);
    free((void *)(uintptr_t)message.p);
    return s == ASSAY_DONE ? 0 : 1;
}

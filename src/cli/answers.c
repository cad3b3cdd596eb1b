/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/answers.h"

#include "base/ip.h"
#include "base/number.h"

/** Octets of all --resolver, and questions that are handed on at once. */
enum { RESOLVERS_MAX = 4096, BATCH = 64 };

/** `ADDR` or `ADDR@PORT`. */
static bool is_resolver(assay_span text)
{
    size_t at = span_find(text, '@');
    struct ip ip;
    uint64_t port = 53;

    return (ip4_read(span_first(text, at), &ip) || ip6_read(span_first(text, at), &ip)) &&
           (at == text.n || (number_read(span_from(text, at + 1), 65535, &port) && port > 0));
}

/** Add the resolvers of one option. \return 0 or EXIT_USAGE, complained of */
static int add_resolvers(struct answers *a, const char *value)
{
    assay_span rest = span_of(value), word;

    while (span_cut(&rest, ' ', &word)) {
        if (!word.n)
            continue;
        if (!is_resolver(word) && !span_is(word, "recursive")) {
            cli_complain(
                a->cli, "--resolver: \"%.*s\" is no ADDR or ADDR@PORT, such as 9.9.9.9 or ::1@5353",
                SPAN_ARG(span_first(word, 100)));
            return EXIT_USAGE;
        }
        if (a->resolvers.n)
            buf_putc(&a->resolvers, ' ');
        buf_put(&a->resolvers, word);
    }
    return 0;
}

int answers_init(const struct cli *cli, struct answers *ret)
{
    const char *value;
    size_t cursor = 0;
    int status = 0;

    *ret = (struct answers){.cli = cli, .resolvers = buf_new(RESOLVERS_MAX)};
    while (status == 0 && (value = cli_next_value(cli, OPT_RESOLVER, &cursor)))
        status = add_resolvers(ret, value);
    return status;
}

const char *answers_resolvers(struct answers *a)
{
    if (!a->resolvers.n)
        return NULL;
    if (a->resolvers.p[a->resolvers.n - 1] != '\0')
        buf_putc(&a->resolvers, '\0');
    return a->resolvers.status == ASSAY_DONE ? a->resolvers.p : NULL;
}

/** Make the world. */
static assay_status make_world(struct answers *a)
{
    struct assay_world_options options = {.size = sizeof options,
                                          .resolvers = answers_resolvers(a),
                                          .trust_anchor = cli_value(a->cli, OPT_TRUST_ANCHOR),
                                          .ca_file = cli_value(a->cli, OPT_CA_FILE),
                                          .lists = cli_value(a->cli, OPT_LISTS),
                                          .allow_private = cli_has(a->cli, OPT_ALLOW_PRIVATE),
                                          .probe_old = cli_has(a->cli, OPT_PROBE_OLD)};
    const char *why = NULL;
    assay_status s;

    if ((a->status = cli_number(a->cli, OPT_SMTP_PORT, 1, 65535, &options.smtp_port)) != 0 ||
        (a->status = cli_number(a->cli, OPT_HTTPS_PORT, 1, 65535, &options.https_port)) != 0)
        return ASSAY_EINVAL;
    if ((s = assay_world_new(&options, &a->world, &why)) == ASSAY_DONE)
        return s;
    cli_complain(a->cli, "making a resolver: %s",
                 s == ASSAY_EINVAL && why ? why : assay_strstatus(s));
    a->status = s == ASSAY_EINVAL ? EXIT_USAGE : EXIT_SOFTWARE;
    return s;
}

int answers_world(struct answers *a, assay_world **ret)
{
    if (!a->world && make_world(a) != ASSAY_DONE)
        return a->status;
    *ret = a->world;
    return 0;
}

/** Have the keyring answer those questions that are for it. \param n  becomes how many are left */
static assay_status give_signatures(struct answers *a, assay_eval *eval,
                                    struct assay_question *question, size_t *n)
{
    size_t left = 0;

    for (size_t i = 0; i < *n; i++) {
        assay_fact *fact;
        assay_status s;

        if (question[i].kind != ASSAY_SIGN) {
            question[left++] = question[i];
            continue;
        }
        if ((s = keyring_answer(a->ring, &question[i], &fact)) != ASSAY_DONE)
            return s;
        s = assay_answer_question(eval, question[i].id, fact);
        assay_fact_free(fact);
        if (s < 0)
            return s;
    }
    *n = left;
    return ASSAY_DONE;
}

assay_fact *answers_nothing(const struct assay_question *question)
{
    struct assay_answer a = {.size = sizeof a,
                             .how = ASSAY_NODATA,
                             .secure = ASSAY_INSECURE,
                             .reason = SPAN("nothing is remembered")};
    assay_fact *fact;

    return assay_fact_new(question->kind, 0, &a, &fact) == ASSAY_DONE ? fact : NULL;
}

/** Answer a question to memory. */
static assay_status recall_nothing(assay_eval *eval, const struct assay_question *question)
{
    assay_fact *fact = answers_nothing(question);
    assay_status s;

    if (!fact)
        return ASSAY_ENOMEM;
    s = assay_answer_question(eval, question->id, fact);
    assay_fact_free(fact);
    return s < 0 ? s : ASSAY_DONE;
}

/** Answer the questions to memory, and take them out of a batch. \param n  how many are left */
static assay_status answer_recalls(assay_eval *eval, struct assay_question *batch, size_t *n)
{
    assay_status s = ASSAY_DONE;
    size_t left = 0;

    for (size_t i = 0; i < *n && s == ASSAY_DONE; i++) {
        if (batch[i].kind == ASSAY_RECALL)
            s = recall_nothing(eval, &batch[i]);
        else
            batch[left++] = batch[i];
    }
    *n = left;
    return s;
}

/** Answer a batch of questions. */
static assay_status give(struct answers *a, assay_eval *eval, struct assay_question *question,
                         size_t n)
{
    assay_status s;

    if (a->ring && (s = give_signatures(a, eval, question, &n)) != ASSAY_DONE)
        return s;
    if (n == 0)
        return ASSAY_DONE;
    if (a->from)
        return case_answer((void *)(uintptr_t)a->from, eval, question, n);
    if ((s = answer_recalls(eval, question, &n)) != ASSAY_DONE || n == 0)
        return s;
    if (!a->world && (s = make_world(a)) != ASSAY_DONE)
        return s;
    return assay_world_answer(a->world, eval, question, n);
}

/** Answer all that is asked now. */
static assay_status answer_all(struct answers *a, assay_eval *eval)
{
    struct assay_question batch[BATCH];
    assay_status s = ASSAY_DONE;
    size_t n;

    do {
        for (n = 0; n < BATCH && assay_next_question(eval, &batch[n]); n++)
            ;
        if (n)
            s = give(a, eval, batch, n);
    } while (n == BATCH && s >= 0);
    return s;
}

int answers_drive(struct answers *a, assay_eval *eval, const char *name)
{
    assay_status s;

    while ((s = assay_step(eval)) == ASSAY_NEED)
        if ((s = answer_all(a, eval)) < 0)
            break;
    if (s == ASSAY_DONE || a->status)
        return a->status;
    cli_complain(a->cli, "%s: %s", name, assay_strstatus(s));
    return EXIT_SOFTWARE;
}

void answers_done(struct answers *a)
{
    assay_world_free(a->world);
    buf_done(&a->resolvers);
    a->world = NULL;
}

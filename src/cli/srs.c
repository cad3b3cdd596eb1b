/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/files.h"
#include "cli/record.h"
#include "cli/report.h"

#include "base/json.h"
#include "base/time.h"
#include "srs/secret.h"

#include <openssl/crypto.h>
#include <time.h>

enum { OUTPUT_MAX = 1 << 20, MOST_LOCAL = 1024 };

/** One address being rewritten. */
struct rewrite {
    const struct cli *cli;
    struct assay_srs asked;
    assay_span local[MOST_LOCAL];
    struct buf file; /**< of secrets */
    struct srs_secrets secrets;
    assay_engine *engine;
    assay_eval *eval;
};

/** Something is missing or wrong on the command line. */
static int misused(const struct rewrite *w, const char *what)
{
    cli_complain(w->cli, "%s: assay srs forward --secret FILE --domain fwd.example a@shop.example",
                 what);
    return EXIT_USAGE;
}

/** The options that have a range or a word. */
static int read_options(struct rewrite *w)
{
    const char *separator = cli_value(w->cli, OPT_SEPARATOR),
               *overflow = cli_value(w->cli, OPT_OVERFLOW);
    int status;

    if ((status = cli_number(w->cli, OPT_HASH_LENGTH, 4, 27, &w->asked.hash_length)) != 0 ||
        (status = cli_number(w->cli, OPT_HASH_MIN, 4, 27, &w->asked.hash_min)) != 0 ||
        (status = cli_number(w->cli, OPT_MAX_AGE, 1, 1022, &w->asked.max_age_days)) != 0)
        return status;
    w->asked.separator = separator ? separator[0] : '=';
    if (overflow)
        w->asked.overflow = overflow[0] == 'k'   ? ASSAY_SRS_KEEP
                            : overflow[0] == 'l' ? ASSAY_SRS_LONG
                                                 : ASSAY_SRS_REFUSE;
    return 0;
}

/** The time to rewrite at. */
static int read_now(struct rewrite *w)
{
    const char *text = cli_value(w->cli, OPT_NOW);

    w->asked.now = (int64_t)time(NULL);
    if (!text || time_read(span_of(text), &w->asked.now))
        return 0;
    cli_complain(w->cli, "--now %.100s: a time is 2026-11-23T12:00:00Z", text);
    return EXIT_USAGE;
}

/** Other domains of ours. */
static int read_local(struct rewrite *w)
{
    const char *domain;
    size_t cursor = 0;

    w->asked.local = w->local;
    while ((domain = cli_next_value(w->cli, OPT_LOCAL, &cursor))) {
        if (w->asked.nlocal == MOST_LOCAL)
            return misused(w, "more than 1,024 local domains");
        w->local[w->asked.nlocal++] = span_of(domain);
    }
    return 0;
}

/** Which way, and which address. */
static int read_operands(struct rewrite *w)
{
    const struct cli_args *args = &w->cli->args;
    const char *domain = cli_value(w->cli, OPT_DOMAIN);

    if (args->noperands < 1 ||
        (strcmp(args->operands[0], "forward") && strcmp(args->operands[0], "reverse")))
        return misused(w, "forward or reverse?");
    if (args->noperands != 2)
        return misused(w, args->noperands < 2 ? "which address?" : "one address at a time");
    if (!domain)
        return misused(w, "--domain is missing");
    w->asked.size = sizeof w->asked;
    w->asked.reverse = args->operands[0][0] == 'r';
    w->asked.address = span_of(args->operands[1]);
    w->asked.forwarder = span_of(domain);
    w->asked.secret = SPAN_EMPTY;
    return 0;
}

/** The file of secrets. */
static int read_secrets(struct rewrite *w)
{
    const char *name = cli_value(w->cli, OPT_SECRET), *why;
    int status;

    if (!name)
        return misused(w, "--secret is missing");
    if ((status = files_read(w->cli, name, &w->file)) != 0)
        return status;
    if (!(why = srs_secrets_read(buf_span(&w->file), &w->secrets)))
        return 0;
    cli_complain(w->cli, "%s: there is %s in it; each line is one, the first makes addresses", name,
                 why);
    return EXIT_UNREADABLE;
}

/** Answer the question for a MAC: an assay_answer_fn over a struct rewrite. */
static assay_status answer(void *arg, assay_eval *eval, const struct assay_question *q, size_t n)
{
    struct rewrite *w = arg;

    for (size_t i = 0; i < n; i++) {
        assay_fact *fact;
        assay_status s = srs_secrets_answer(w->engine, &w->secrets, q[i].data, &fact);

        if (s != ASSAY_DONE)
            return s;
        s = assay_answer_question(eval, q[i].id, fact);
        assay_fact_free(fact);
        if (s < 0)
            return s;
    }
    return ASSAY_DONE;
}

/** Rewrite. */
static int run(struct rewrite *w)
{
    assay_status s = assay_engine_new(0, &w->engine);

    if (s == ASSAY_DONE)
        s = assay_srs_new(w->engine, &w->asked, &w->eval);
    if (s == ASSAY_EINVAL)
        return misused(w, "--domain is no domain name");
    if (s == ASSAY_DONE)
        s = assay_run(w->eval, SPAN_EMPTY, answer, w);
    if (s == ASSAY_DONE)
        return 0;
    cli_complain(w->cli, "%s", assay_strstatus(s));
    return EXIT_SOFTWARE;
}

/* ---- the result ---- */

void json_rewrite(struct json *j, const struct assay_srs_rewrite *r)
{
    static const char *const WORDS[] = {"", "rewritten", "unchanged", "refused", "unknown"};

    json_object(j, "rewrite");
    json_text(j, "outcome", span_of(WORDS[r->outcome]));
    json_text(j, "address", r->address);
    json_text(j, "error", r->error);
    if (r->code) {
        json_number(j, "code", r->code);
        json_text(j, "enhanced", r->enhanced);
    }
    json_end(j);
}

/** Append the result for programs. */
static assay_status show_json(const struct rewrite *w, struct buf *out)
{
    struct json j = json_new(out);
    assay_status s = ASSAY_DONE;

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_rewrite(&j, assay_srs_result(w->eval));
    if (cli_has(w->cli, OPT_EXPLAIN))
        s = json_trace(&j, w->eval);
    json_end(&j);
    buf_putc(out, '\n');
    return s;
}

/** Append the result for people: the address alone, so that a script can take it. */
static assay_status show(const struct rewrite *w, struct buf *out)
{
    const struct assay_srs_rewrite *r = assay_srs_result(w->eval);

    if (r->address.n && !(w->asked.reverse && r->outcome == ASSAY_SRS_UNCHANGED)) {
        term_clean(&w->cli->out, r->address, out);
        buf_putc(out, '\n');
    }
    if (!cli_has(w->cli, OPT_EXPLAIN))
        return ASSAY_DONE;
    return report_explain(w->cli, w->eval, NULL, out);
}

/** The exit status of the result; what is no new address is said. */
static int status_of(const struct rewrite *w)
{
    const struct assay_srs_rewrite *r = assay_srs_result(w->eval);
    bool unchanged = r->outcome == ASSAY_SRS_UNCHANGED;

    if (r->outcome == ASSAY_SRS_REWRITTEN)
        return EXIT_ACCEPT;
    cli_complain(w->cli, "%.300s %s: %.*s", w->cli->args.operands[1],
                 unchanged ? "is not rewritten" : "is refused", SPAN_ARG(r->error));
    return unchanged && !w->asked.reverse ? EXIT_ACCEPT : EX_DATAERR;
}

/** Print and record. */
static int report(const struct rewrite *w)
{
    struct buf out = buf_new(OUTPUT_MAX);
    struct record record;
    assay_status s = cli_has(w->cli, OPT_JSON) ? show_json(w, &out) : show(w, &out);
    int status, written;

    if (s != ASSAY_DONE) {
        cli_complain(w->cli, "%s", assay_strstatus(s));
        buf_done(&out);
        return EXIT_SOFTWARE;
    }
    written = cli_print(w->cli, &out);
    buf_done(&out);
    status = status_of(w);
    record_init(&record, w->cli);
    written = cli_worse(written, record_write(&record, w->eval));
    record_done(&record);
    return written ? written : status;
}

int cli_srs(const struct cli *cli)
{
    struct rewrite w = {.cli = cli, .file = buf_new(FILES_HELD_MAX)};
    int status;

    if ((status = read_operands(&w)) == 0 && (status = read_options(&w)) == 0 &&
        (status = read_now(&w)) == 0 && (status = read_local(&w)) == 0 &&
        (status = read_secrets(&w)) == 0 && (status = run(&w)) == 0)
        status = report(&w);
    assay_eval_free(w.eval);
    assay_engine_free(w.engine);
    if (w.file.p)
        OPENSSL_cleanse(w.file.p, w.file.n);
    buf_done(&w.file);
    return status;
}

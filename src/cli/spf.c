/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/answers.h"
#include "cli/report.h"
#include "cli/spf_domain.h"

#include "base/json.h"

#include <time.h>

enum { OUTPUT_MAX = 16 << 20 };

/** One call of check_host(). */
struct check {
    const struct cli *cli;
    struct assay_envelope envelope;
    assay_engine *engine;
    assay_policy *policy;
    assay_eval *eval;
    struct answers answers;
    struct case_set *set;
};

/** Memory is out. */
static int failed(const struct check *c, assay_status s)
{
    cli_complain(c->cli, "%s", assay_strstatus(s));
    return EXIT_SOFTWARE;
}

/** The envelope of the command line. */
static int read_envelope(struct check *c)
{
    const char *ip = cli_value(c->cli, OPT_IP), *from = cli_value(c->cli, OPT_FROM);
    const char *helo = cli_value(c->cli, OPT_HELO);
    struct ip address;

    if (!ip || !from) {
        cli_complain(c->cli, "--%s is missing: assay spf --ip 203.0.113.7 --from alice@example.com",
                     ip ? "from" : "ip");
        return EXIT_USAGE;
    }
    if (c->cli->args.noperands) {
        cli_complain(c->cli, "takes no \"%.100s\"; assay verify %.100s judges a file",
                     c->cli->args.operands[0], c->cli->args.operands[0]);
        return EXIT_USAGE;
    }
    c->envelope = (struct assay_envelope){.size = sizeof c->envelope,
                                          .now = (int64_t)time(NULL),
                                          .ip = span_of(ip),
                                          .helo = span_of(helo),
                                          .mail_from = envelope_path(from),
                                          .hostname = SPAN_EMPTY};
    if (c->envelope.mail_from.n || helo)
        return envelope_ip(c->cli, ip, &address);
    cli_complain(
        c->cli,
        "the null reverse-path is judged by the HELO name (RFC 7208 2.4): --helo NAME is missing");
    return EXIT_USAGE;
}

/** Make what the check takes. */
static int begin(struct check *c)
{
    const char *world = cli_value(c->cli, OPT_WORLD);
    int status = answers_init(c->cli, &c->answers);
    assay_status s;

    if (status == 0 && world)
        status = files_read_one_case(c->cli, world, &c->set, &c->answers.from);
    if (status != 0)
        return status;
    if (c->answers.from && case_envelope(c->answers.from))
        c->envelope.now = case_envelope(c->answers.from)->now;
    if ((s = assay_engine_new(0, &c->engine)) != ASSAY_DONE ||
        (s = assay_policy_new(&c->policy)) != ASSAY_DONE ||
        (s = assay_policy_set(c->policy, "iprev.check", "no", NULL)) != ASSAY_DONE)
        return failed(c, s);
    assay_policy_seal(c->policy);
    s = assay_envelope_new(c->engine, c->policy, &c->envelope, &c->eval);
    return s == ASSAY_DONE ? 0 : failed(c, s);
}

/** HELO is an identity of its own here only beside a MAIL FROM. */
static bool has_helo(const struct check *c)
{
    return c->envelope.helo.n && c->envelope.mail_from.n;
}

/** Append which questions were not answered. */
static void put_unanswered(const struct check *c, struct buf *out)
{
    struct buf text = buf_new(4096);

    report_unanswered(c->eval, c->answers.from != NULL, &text);
    buf_putc(out, '\n');
    report_put_lines(&c->cli->out, 4, buf_span(&text), out);
    buf_done(&text);
}

/** Append the result for people. */
static assay_status show(const struct check *c, struct buf *out)
{
    const struct assay_verdict *v = assay_result(c->eval);
    const struct assay_check *mfrom = report_check(v, "spf", "mfrom"),
                             *helo = report_check(v, "spf", "helo");
    const struct term *t = &c->cli->out;
    assay_span said;

    report_put_spf(t, "SPF", mfrom, out);
    if ((said = report_detail(mfrom, "exp")).n)
        report_put_row(t, &(struct report_row){"", SPAN("says"), said}, out);
    if (has_helo(c))
        report_put_spf(t, "HELO", helo, out);
    if (span_is(mfrom->result, "temperror"))
        put_unanswered(c, out);
    if (!cli_has(c->cli, OPT_EXPLAIN))
        return ASSAY_DONE;
    return report_explain(c->cli, c->eval, has_helo(c) ? "SPF " : "SPF MAIL FROM", out);
}

/** Append the result for programs. */
static assay_status show_json(const struct check *c, struct buf *out)
{
    struct json j = json_new(out);
    assay_status s = ASSAY_DONE;

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_object(&j, "envelope");
    json_text(&j, "ip", c->envelope.ip);
    json_text(&j, "helo", c->envelope.helo);
    json_text(&j, "mail_from", c->envelope.mail_from);
    json_end(&j);
    json_checks(&j, assay_result(c->eval));
    if (cli_has(c->cli, OPT_EXPLAIN))
        s = json_trace(&j, c->eval);
    json_end(&j);
    buf_putc(out, '\n');
    return s;
}

/** The exit status of a result. */
static int status_of(const struct assay_check *mfrom)
{
    if (span_is(mfrom->result, "pass"))
        return EXIT_ACCEPT;
    return span_is(mfrom->result, "temperror") ? EXIT_DEFER : EXIT_FAILS;
}

/** Ask, and print. */
static int run(struct check *c)
{
    struct buf out = buf_new(OUTPUT_MAX);
    assay_status s;
    int status = answers_drive(&c->answers, c->eval, "check_host");

    if (status != 0)
        return status;
    s = cli_has(c->cli, OPT_JSON) ? show_json(c, &out) : show(c, &out);
    if (s != ASSAY_DONE)
        status = failed(c, s);
    else
        status = cli_worse(status_of(report_check(assay_result(c->eval), "spf", "mfrom")),
                           cli_print(c->cli, &out));
    buf_done(&out);
    return status;
}

/** Ask for one client and one sender. */
static int check_host(const struct cli *cli)
{
    struct check c = {.cli = cli};
    int status = read_envelope(&c);

    if (status != 0)
        return status;
    if ((status = begin(&c)) == 0)
        status = run(&c);
    assay_eval_free(c.eval);
    assay_policy_free(c.policy);
    assay_engine_free(c.engine);
    answers_done(&c.answers);
    case_set_free(c.set);
    return status;
}

/** The commands about a domain, by their first word. */
static const struct {
    const char *word;
    int (*run)(const struct cli *cli, const char *domain);
} ABOUT[] = {{"tree", cli_spf_tree},
             {"reach", cli_spf_reach},
             {"flatten", cli_spf_flatten},
             {"watch", cli_spf_watch}};

int cli_spf(const struct cli *cli)
{
    const struct cli_args *args = &cli->args;

    if (!args->noperands)
        return check_host(cli);
    if (strcmp(args->operands[0], "test") == 0 && args->noperands == 1)
        return cli_spf_test(cli);
    for (size_t i = 0; i < sizeof ABOUT / sizeof *ABOUT; i++) {
        if (strcmp(args->operands[0], ABOUT[i].word) != 0)
            continue;
        if (args->noperands == 2)
            return ABOUT[i].run(cli, args->operands[1]);
        cli_complain(cli, "%s: one domain is expected: assay spf %s shop.example", ABOUT[i].word,
                     ABOUT[i].word);
        return EXIT_USAGE;
    }
    return check_host(cli); /* which says that it takes no operand */
}

/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf_test.c `assay spf test`: many addresses and senders of a domain, a line each. */
#include "cli/files.h"
#include "cli/report.h"
#include "cli/spf_domain.h"

#include <time.h>

/** Evaluations that share a policy and a resolver. */
struct test {
    const struct cli *cli;
    assay_engine *engine;
    assay_policy *policy;
    struct answers answers;
    struct case_set *set;
    struct buf out;
    struct json json;
    int status;
};

/** Make what the evaluations share. */
static int begin(struct test *t)
{
    const char *world = cli_value(t->cli, OPT_WORLD);
    int status = answers_init(t->cli, &t->answers);
    assay_status s;

    if (status == 0 && world)
        status = files_read_one_case(t->cli, world, &t->set, &t->answers.from);
    if (status != 0)
        return status;
    if ((s = assay_engine_new(0, &t->engine)) == ASSAY_DONE &&
        (s = assay_policy_new(&t->policy)) == ASSAY_DONE &&
        (s = assay_policy_set(t->policy, "iprev.check", "no", NULL)) == ASSAY_DONE) {
        assay_policy_seal(t->policy);
        return 0;
    }
    cli_complain(t->cli, "%s", assay_strstatus(s));
    return EXIT_SOFTWARE;
}

/** Append the result of one address and sender. */
static void put(struct test *t, const struct assay_envelope *e, const struct assay_check *c)
{
    const struct term *term = &t->cli->out;
    struct term_cell cells[] = {
        {.text = e->ip, .columns = 26},
        {.text = e->mail_from, .columns = 24},
        {.text = c->result, .columns = 9, .style = report_style(c->result)},
        {.text = c->reason, .columns = term->width > 90 ? term->width - 68 : 30},
    };

    if (!cli_has(t->cli, OPT_JSON)) {
        term_row(term, 0, cells, sizeof cells / sizeof *cells, &t->out);
        return;
    }
    json_object(&t->json, NULL);
    json_text(&t->json, "ip", e->ip);
    json_text(&t->json, "mail_from", e->mail_from);
    json_text(&t->json, "result", c->result);
    json_text(&t->json, "reason", c->reason);
    json_text(&t->json, "lookups", report_detail(c, "lookups"));
    json_end(&t->json);
}

/** Judge one address and sender. */
static int judge(struct test *t, const char *ip, assay_span from)
{
    struct assay_envelope e = {.size = sizeof e,
                               .now = (int64_t)time(NULL),
                               .ip = span_of(ip),
                               .helo = span_of(cli_value(t->cli, OPT_HELO)),
                               .mail_from = from,
                               .hostname = SPAN_EMPTY};
    const struct assay_check *c;
    struct ip address;
    assay_eval *eval;
    assay_status s;
    int status = envelope_ip(t->cli, ip, &address);

    if (status != 0)
        return status;
    if ((s = assay_envelope_new(t->engine, t->policy, &e, &eval)) != ASSAY_DONE) {
        cli_complain(t->cli, "%.100s: %s", ip, assay_strstatus(s));
        return s == ASSAY_EINVAL ? EXIT_USAGE : EXIT_SOFTWARE;
    }
    status = answers_drive(&t->answers, eval, "check_host");
    if (status == 0) {
        c = report_check(assay_result(eval), "spf", "mfrom");
        put(t, &e, c);
        status = span_is(c->result, "pass")        ? EXIT_ACCEPT
                 : span_is(c->result, "temperror") ? EXIT_DEFER
                                                   : EXIT_FAILS;
    }
    assay_eval_free(eval);
    return status;
}

/** Judge one address for every sender: those of --from, else the domain itself. */
static int judge_address(struct test *t, const char *ip, const char *domain)
{
    const char *from;
    size_t cursor = 0;
    int status = 0;

    while ((from = cli_next_value(t->cli, OPT_FROM, &cursor)))
        status = cli_worse(status, judge(t, ip, envelope_path(from)));
    return cli_has(t->cli, OPT_FROM) ? status : judge(t, ip, span_of(domain));
}

/** Judge all. */
static int judge_all(struct test *t, const char *domain)
{
    const char *ip;
    size_t cursor = 0;
    int status = 0;

    if (cli_has(t->cli, OPT_JSON))
        json_array(&t->json, NULL);
    while ((ip = cli_next_value(t->cli, OPT_IP, &cursor)) && status != EXIT_USAGE &&
           status != EXIT_SOFTWARE)
        status = cli_worse(status, judge_address(t, ip, domain));
    if (cli_has(t->cli, OPT_JSON)) {
        json_end(&t->json);
        buf_putc(&t->out, '\n');
    }
    return status;
}

int cli_spf_test(const struct cli *cli)
{
    struct test t = {.cli = cli, .out = buf_new(SPF_OUTPUT_MAX)};
    const char *domain = cli_value(cli, OPT_DOMAIN);
    int status;

    t.json = json_new(&t.out);
    if (!cli_has(cli, OPT_IP) || (!domain && !cli_has(cli, OPT_FROM))) {
        cli_complain(
            cli, "--%s is missing: assay spf test --domain a.example --ip 192.0.2.1 --ip 192.0.2.2",
            cli_has(cli, OPT_IP) ? "domain" : "ip");
        return EXIT_USAGE;
    }
    if ((status = begin(&t)) == 0)
        status = judge_all(&t, domain);
    status = cli_worse(status, cli_print(cli, &t.out));
    assay_policy_free(t.policy);
    assay_engine_free(t.engine);
    answers_done(&t.answers);
    case_set_free(t.set);
    buf_done(&t.out);
    return status;
}

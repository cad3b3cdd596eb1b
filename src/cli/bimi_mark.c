/* SPDX-License-Identifier: BSD-2-Clause */
/** \file bimi_mark.c `assay bimi vmc`: the certificate of a logo. */
#include "cli/bimi.h"

#include "base/json.h"
#include "base/time.h"
#include "bimi/bimi.h"
#include "cli/lists.h"
#include "dns/alabel.h"

#include <time.h>

enum { DATE = 10 };

/** A certificate being checked. */
struct subject {
    const struct cli *cli;
    assay_engine *engine;
    const char *file, *svg_file;
    struct buf pem, roots, logs;
    struct dns_name domain, selector;
    struct mark_request request;
    struct mark_report mark;
    struct svg_report logo; /**< of --svg */
    bool same;
    struct arena arena;
};

/* ---- the command line ---- */

/** Read a name of an option. */
static int read_name(const struct cli *cli, const char *option, const char *text,
                     struct dns_name *ret)
{
    if (dns_to_alabels(span_of(text), ret) == ASSAY_DONE && ret->n)
        return 0;
    cli_complain(cli, "--%s: \"%.200s\" is no domain name", option, text);
    return EXIT_USAGE;
}

/** Read the options. */
static int read_options(struct subject *v)
{
    const struct cli *cli = v->cli;
    const char *now = cli_value(cli, OPT_NOW), *domain = cli_value(cli, OPT_DOMAIN),
               *selector = cli_value(cli, OPT_SELECTOR);
    int status = 0;

    if (cli->args.noperands != 2) {
        cli_complain(cli, "takes the file of one certificate: assay bimi vmc mark.pem");
        return EXIT_USAGE;
    }
    v->file = cli->args.operands[1];
    v->svg_file = cli_value(cli, OPT_SVG);
    v->request.now = (int64_t)time(NULL);
    v->request.selector = SPAN("default");
    if (now && !time_read(span_of(now), &v->request.now)) {
        cli_complain(cli, "--now: \"%.100s\" is no time; write 2026-11-23 or 2026-11-23T12:00:00Z",
                     now);
        return EXIT_USAGE;
    }
    if (domain && (status = read_name(cli, "domain", domain, &v->domain)) == 0)
        v->request.record_domain = v->request.author = dns_name_span(&v->domain);
    if (status == 0 && selector &&
        (status = read_name(cli, "selector", selector, &v->selector)) == 0)
        v->request.selector = dns_name_span(&v->selector);
    return status;
}

/* ---- the answer ---- */

/** Something about the certificate makes receivers refuse it. */
static bool is_valid(const struct subject *v)
{
    const struct mark_report *m = &v->mark;

    return m->is_chain && m->chain == MARK_YES && m->from <= v->request.now &&
           v->request.now <= m->to && m->sct == MARK_YES && m->domain != MARK_NO &&
           m->logo == MARK_YES && m->crl_url.n && bimi_logo_valid(&m->drawing) &&
           (!v->svg_file || (v->same && bimi_logo_valid(&v->logo)));
}

/** A truth as JSON says it. */
static void put_truth(struct json *j, const char *key, enum mark_truth truth)
{
    if (truth == MARK_UNKNOWN)
        json_null(j, key);
    else
        json_bool(j, key, truth == MARK_YES);
}

/** Append all for programs. */
static void show_json(const struct subject *v, struct buf *out)
{
    const struct mark_report *m = &v->mark;
    struct json j = json_new(out);
    char from[TIME_TEXT], to[TIME_TEXT];

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "file", span_of(v->file));
    json_bool(&j, "valid", is_valid(v));
    json_bool(&j, "certificate", m->is_chain);
    if (m->problem)
        json_text(&j, "problem", span_of(m->problem));
    if (m->is_chain) {
        json_text(&j, "subject", m->subject);
        json_text(&j, "issuer", m->issuer);
        json_text(&j, "serial", m->serial);
        json_text(&j, "from", time_text(m->from, from));
        json_text(&j, "to", time_text(m->to, to));
        json_bool(&j, "in_time", m->from <= v->request.now && v->request.now <= m->to);
        json_text(&j, "mark_type", m->mark_type);
        json_bool(&j, "common", m->common);
        json_bool(&j, "pilot", m->pilot);
        put_truth(&j, "chain", m->chain);
        json_text(&j, "chain_problem", m->chain_problem);
        json_text(&j, "root", m->root);
        json_text(&j, "cut_off", m->cut_off_text);
        put_truth(&j, "timestamp", m->sct);
        json_text(&j, "timestamp_problem", m->sct_problem);
        json_text(&j, "log", m->sct_log);
        put_truth(&j, "domain", m->domain);
        json_text(&j, "names", m->names);
        put_truth(&j, "logo", m->logo);
        json_text(&j, "logo_problem", m->logo_problem);
        json_bool(&j, "sha1_only", m->sha1_only);
        json_text(&j, "crl", m->crl_url);
        json_array(&j, "outside_profile");
        for (size_t i = 0; i < m->nlints; i++) {
            json_object(&j, NULL);
            json_text(&j, "text", m->lints[i].text);
            json_text(&j, "ref", span_of(m->lints[i].ref));
            json_end(&j);
        }
        json_end(&j);
        if (m->svg.n) {
            json_object(&j, "embedded");
            bimi_logo_json(&j, &m->drawing);
            json_end(&j);
        }
        if (v->svg_file)
            json_bool(&j, "same_logo", v->same);
    }
    json_end(&j);
    buf_putc(out, '\n');
}

/** Append a row: what, good or not, why. */
static void put_row(const struct term *t, const char *what, enum mark_truth truth, assay_span text,
                    struct buf *out)
{
    term_row(t, 2,
             (const struct term_cell[]){{.text = span_of(what), .columns = 9},
                                        {.text = truth == MARK_YES  ? SPAN("good")
                                                 : truth == MARK_NO ? SPAN("bad")
                                                                    : SPAN("?"),
                                         .columns = 4,
                                         .style = truth == MARK_YES  ? TERM_GOOD
                                                  : truth == MARK_NO ? TERM_BAD
                                                                     : TERM_DOUBT},
                                        {.text = text,
                                         .columns = t->width > 50 ? t->width - 21 : 29}},
             3, out);
}

/** Append the dates. */
static void put_dates(const struct subject *v, struct buf *out)
{
    const struct mark_report *m = &v->mark;
    char from[TIME_TEXT], to[TIME_TEXT];
    struct buf text = buf_new(512);
    int64_t now = v->request.now, days = (now < m->from ? m->from - now
                                          : now > m->to ? now - m->to
                                                        : m->to - now) /
                                         86400;

    buf_printf(&text, "valid %.*s to %.*s: ", SPAN_ARG(span_first(time_text(m->from, from), DATE)),
               SPAN_ARG(span_first(time_text(m->to, to), DATE)));
    buf_printf(&text,
               now < m->from ? "it begins in %lld day%s"
               : now > m->to ? "it ended %lld day%s ago"
                             : "%lld day%s left",
               (long long)days, days == 1 ? "" : "s");
    put_row(&v->cli->out, "Dates", m->from <= now && now <= m->to ? MARK_YES : MARK_NO,
            buf_span(&text), out);
    buf_done(&text);
}

/** Append the logo inside, and whether it is the one that is published. */
static void put_logo(const struct subject *v, struct buf *out)
{
    const struct term *t = &v->cli->out;
    const struct mark_report *m = &v->mark;

    put_row(t, "Logo", m->logo,
            m->logo_problem.n ? m->logo_problem
            : m->sha1_only
                ? SPAN("an SVG is inside, and its SHA-1 is right (SHA-256 is not listed)")
                : SPAN("an SVG is inside, and its listed digests are right"),
            out);
    if (v->svg_file)
        put_row(t, "Same", v->same ? MARK_YES : MARK_NO,
                v->same ? SPAN("the logo that is published is the one inside")
                        : SPAN("the logo that is published is not the one inside"),
                out);
    if (m->svg.n)
        bimi_logo_show(t, "the logo inside", &m->drawing, out);
    if (v->svg_file && !v->same)
        bimi_logo_show(t, v->svg_file, &v->logo, out);
}

/** Append whose it is, and of what kind. */
static void put_head(const struct subject *v, struct buf *out)
{
    const struct mark_report *m = &v->mark;
    struct buf text = buf_new(4096);

    buf_printf(&text, "%.512s: %s. ", v->file, is_valid(v) ? "valid" : "not valid");
    if (!m->is_chain)
        buf_printf(&text, "There is no certificate to check: %s.", m->problem);
    else
        buf_printf(&text, "%s for %.*s, issued by %.*s%s%.*s.",
                   m->logo == MARK_NO && !m->svg.n ? "A certificate without a logo"
                   : m->common                     ? "A Common Mark Certificate (CMC)"
                                                   : "A Verified Mark Certificate (VMC)",
                   SPAN_ARG(span_first(m->subject, 400)), SPAN_ARG(span_first(m->issuer, 400)),
                   m->mark_type.n ? ": " : "", SPAN_ARG(span_first(m->mark_type, 64)));
    term_paragraph(&v->cli->out, 0, buf_span(&text), out);
    buf_done(&text);
}

/** Append all for people. */
static void show(const struct subject *v, struct buf *out)
{
    const struct term *t = &v->cli->out;
    const struct mark_report *m = &v->mark;

    put_head(v, out);
    if (!m->is_chain)
        return;
    put_row(t, "Chain", m->chain, m->chain_problem.n ? m->chain_problem : m->root, out);
    if (m->cut_off)
        put_row(t, "Root", MARK_UNKNOWN, m->cut_off_text, out);
    put_dates(v, out);
    put_row(t, "Log", m->sct, m->sct_problem.n ? m->sct_problem : m->sct_log, out);
    put_row(t, "Names", m->domain, m->names, out);
    put_row(t, "CRL", m->crl_url.n ? MARK_YES : MARK_NO,
            m->crl_url.n ? m->crl_url
                         : SPAN("it does not say where its revocation can be looked up"),
            out);
    put_logo(v, out);
    for (size_t i = 0; i < m->nlints; i++) {
        struct buf text = buf_new(1024);

        buf_printf(&text, "%.*s  [%s]", SPAN_ARG(m->lints[i].text), m->lints[i].ref);
        put_row(t, "Profile", MARK_UNKNOWN, buf_span(&text), out);
        buf_done(&text);
    }
}

/* ---- the check ---- */

/** Read the files and the lists. */
static int read_files(struct subject *v)
{
    int status = files_read(v->cli, v->file, &v->pem);

    if (status == 0)
        status = cli_list(v->cli, "mark-roots", &v->roots);
    if (status == 0)
        status = cli_list(v->cli, "ct-logs", &v->logs);
    v->request.pem = buf_span(&v->pem);
    v->request.roots = buf_span(&v->roots);
    v->request.logs = buf_span(&v->logs);
    return status;
}

/** Check, and print. */
static int run(struct subject *v)
{
    struct buf out = buf_new(BIMI_OUTPUT);
    int status = 0;

    if (mark_check(v->engine, &v->arena, &v->request, &v->mark) != ASSAY_DONE) {
        cli_complain(v->cli, "out of memory");
        return EXIT_SOFTWARE;
    }
    if (v->svg_file)
        status = bimi_logo_read(v->cli, v->engine, v->svg_file, &v->arena, &v->logo);
    if (status != 0)
        return status;
    v->same = v->svg_file && v->mark.svg.n && mark_same_logo(v->logo.document, v->mark.svg);
    if (cli_has(v->cli, OPT_JSON))
        show_json(v, &out);
    else
        show(v, &out);
    status = cli_worse(is_valid(v) ? 0 : EXIT_FAILS, cli_print(v->cli, &out));
    buf_done(&out);
    return status;
}

int cli_bimi_vmc(const struct cli *cli, assay_engine *engine)
{
    struct subject v = {.cli = cli,
                        .engine = engine,
                        .pem = buf_new(FILES_HELD_MAX),
                        .roots = buf_new(LIMIT_FETCH),
                        .logs = buf_new(LIMIT_FETCH)};
    int status = read_options(&v);

    if (status == 0)
        status = read_files(&v);
    if (status == 0)
        status = run(&v);
    arena_done(&v.arena);
    buf_done(&v.pem);
    buf_done(&v.roots);
    buf_done(&v.logs);
    return status;
}

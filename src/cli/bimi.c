/* SPDX-License-Identifier: BSD-2-Clause */
/** \file bimi.c `assay bimi`: a logo or a mark certificate in a file, before it is published. */
#include "cli/bimi.h"

#include "base/json.h"

#include <stdio.h>

/** Say how the command is used. */
static int usage(const struct cli *cli, const char *why)
{
    cli_complain(cli, "%s: assay bimi svg logo.svg, or assay bimi vmc certificate.pem", why);
    return EXIT_USAGE;
}

/** Options of `vmc` alone. */
static int refuse_options(const struct cli *cli)
{
    static const enum cli_option_id OF_VMC[] = {OPT_SVG, OPT_DOMAIN, OPT_SELECTOR, OPT_NOW,
                                                OPT_LISTS};

    for (size_t i = 0; i < sizeof OF_VMC / sizeof *OF_VMC; i++)
        if (cli_has(cli, OF_VMC[i])) {
            cli_complain(cli, "--%s is for `assay bimi vmc`", CLI_OPTION_TABLE[OF_VMC[i]].name);
            return EXIT_USAGE;
        }
    return 0;
}

/* ---- logos ---- */

bool bimi_logo_valid(const struct svg_report *r)
{
    return r->is_svg && !r->over && !r->counts[SVG_INVALID] && !r->counts[SVG_ACTIVE];
}

/** A class of problems as reports spell it. */
static const char *class_text(enum svg_class class)
{
    static const char *const WORDS[SVG_CLASSES] = {"invalid", "active", "shape", "advice"};

    return WORDS[class];
}

void bimi_logo_json(struct json *j, const struct svg_report *r)
{
    char digest[2 * sizeof r->sha256 + 1];

    for (size_t i = 0; i < sizeof r->sha256; i++)
        snprintf(digest + 2 * i, 3, "%02x", r->sha256[i]);
    json_bool(j, "valid", bimi_logo_valid(r));
    json_bool(j, "svg", r->is_svg);
    json_bool(j, "gzip", r->gzip);
    json_number(j, "octets", (int64_t)r->octets);
    json_bool(j, "over", r->over);
    json_text(j, "sha256", span_of(digest));
    json_text(j, "title", r->title);
    json_array(j, "problems");
    for (size_t i = 0; i < r->nproblems; i++) {
        const struct svg_problem *p = &r->problems[i];

        json_object(j, NULL);
        json_text(j, "class", span_of(class_text(p->class)));
        json_number(j, "line", (int64_t)p->line);
        json_number(j, "column", (int64_t)p->column);
        json_number(j, "times", (int64_t)p->times);
        json_text(j, "about", p->what);
        json_text(j, "text", p->text);
        json_text(j, "ref", span_of(p->ref));
        json_end(j);
    }
    json_end(j);
    json_number(j, "more", (int64_t)r->nmore);
}

/** Append one problem. */
static void put_problem(const struct term *t, const struct svg_problem *p, struct buf *out)
{
    struct buf place = buf_new(64), text = buf_new(1024);

    buf_printf(&place, "%zu:%zu", p->line, p->column);
    buf_put(&text, p->text);
    if (p->times > 1)
        buf_printf(&text, " (%zu times)", p->times);
    buf_printf(&text, "  [%s]", p->ref);
    term_row(t, 2,
             (const struct term_cell[]){{.text = buf_span(&place), .columns = 8},
                                        {.text = span_of(class_text(p->class)),
                                         .columns = 7,
                                         .style = p->class <= SVG_ACTIVE  ? TERM_BAD
                                                  : p->class == SVG_SHAPE ? TERM_DOUBT
                                                                          : TERM_DIM},
                                        {.text = buf_span(&text),
                                         .columns = t->width > 40 ? t->width - 23 : 17}},
             3, out);
    buf_done(&place);
    buf_done(&text);
}

/** The line that answers: is it valid? */
static void put_answer(const struct term *t, const char *file, const struct svg_report *r,
                       struct buf *out)
{
    struct buf text = buf_new(4096);
    size_t wrong = r->counts[SVG_INVALID] + r->counts[SVG_ACTIVE];

    buf_printf(&text, "%.512s: ", file);
    if (bimi_logo_valid(r)) {
        buf_puts(&text, "valid");
        if (r->title.n)
            buf_printf(&text, ", \"%.*s\"", SPAN_ARG(r->title));
    } else {
        buf_printf(&text, "not valid: %zu fault%s", wrong, wrong == 1 ? "" : "s");
    }
    if (r->counts[SVG_SHAPE])
        buf_puts(&text, "; receivers may not show it");
    buf_puts(&text, ". ");
    term_number(t, r->octets, &text);
    buf_printf(&text, " octets%s.", r->gzip ? ", compressed" : "");
    term_paragraph(t, 0, buf_span(&text), out);
    buf_done(&text);
}

void bimi_logo_show(const struct term *t, const char *file, const struct svg_report *r,
                    struct buf *out)
{
    put_answer(t, file, r, out);
    for (size_t i = 0; i < r->nproblems; i++)
        put_problem(t, &r->problems[i], out);
    if (r->nmore) {
        struct buf more = buf_new(128);

        buf_printf(&more, "and %zu more", r->nmore);
        term_paragraph(t, 2, buf_span(&more), out);
        buf_done(&more);
    }
}

int bimi_logo_read(const struct cli *cli, const assay_engine *engine, const char *file,
                   struct arena *a, struct svg_report *ret)
{
    struct buf octets = buf_new(FILES_HELD_MAX);
    int status = files_read(cli, file, &octets);

    if (status == 0 && svg_check(engine, a, buf_span(&octets), ret) != ASSAY_DONE) {
        cli_complain(cli, "%s: out of memory", file);
        status = EXIT_SOFTWARE;
    }
    buf_done(&octets);
    return status;
}

/** One logo. */
static int check_logo(const struct cli *cli, const assay_engine *engine, const char *file)
{
    struct arena a = {0};
    struct buf out = buf_new(BIMI_OUTPUT);
    struct svg_report r;
    int status = bimi_logo_read(cli, engine, file, &a, &r);

    if (status == 0) {
        if (cli_has(cli, OPT_JSON)) {
            struct json j = json_new(&out);

            json_object(&j, NULL);
            json_number(&j, "version", 1);
            json_text(&j, "file", span_of(file));
            json_bool(&j, "valid", bimi_logo_valid(&r));
            json_object(&j, "drawing");
            bimi_logo_json(&j, &r);
            json_end(&j);
            json_end(&j);
            buf_putc(&out, '\n');
        } else {
            bimi_logo_show(&cli->out, file, &r, &out);
        }
        status = cli_worse(bimi_logo_valid(&r) ? 0 : EXIT_FAILS, cli_print(cli, &out));
    }
    buf_done(&out);
    arena_done(&a);
    return status;
}

/** Each file of `assay bimi svg`. */
static int check_logos(const struct cli *cli, const assay_engine *engine)
{
    int status = refuse_options(cli);

    if (status != 0)
        return status;
    if (cli->args.noperands < 2)
        return usage(cli, "`svg` takes the file of a logo");
    for (size_t i = 1; i < cli->args.noperands; i++)
        status = cli_worse(check_logo(cli, engine, cli->args.operands[i]), status);
    return status;
}

int cli_bimi(const struct cli *cli)
{
    const char *word = cli->args.noperands ? cli->args.operands[0] : "";
    assay_engine *engine = NULL;
    int status;

    if (assay_engine_new(0, &engine) != ASSAY_DONE) {
        cli_complain(cli, "out of memory");
        return EXIT_SOFTWARE;
    }
    if (strcmp(word, "svg") == 0)
        status = check_logos(cli, engine);
    else if (strcmp(word, "vmc") == 0)
        status = cli_bimi_vmc(cli, engine);
    else
        status = usage(cli, "`svg` checks a logo, `vmc` a mark certificate");
    assay_engine_free(engine);
    return status;
}

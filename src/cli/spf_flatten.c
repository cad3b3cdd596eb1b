/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/spf_flatten.h"

#include "base/limits.h"
#include "cli/spf_formats.h"
#include "dns/alabel.h"

#include <stdlib.h>

/** What a record of one string, and a record that fits a small answer, may take. */
enum { TTL = 3600, ONE_STRING = 255, SMALL = 450 };

/** What everybody has to know who flattens. */
static const char WARNING[] =
    "A flattened record is right today. When a sender changes its addresses, mail from the new ones fails until "
    "the record is made again: run `assay spf watch` from a timer, or leave the includes as they are and drop what "
    "is not needed.";

const char *flat_format(const struct cli *cli)
{
    const char *format = cli_value(cli, OPT_FORMAT);

    return format ? format : "zone";
}

/** The terms or names of --only; names become canonical. */
static int read_only(struct flat *f)
{
    const struct cli *cli = f->door.cli;
    const char *value;
    size_t cursor = 0, n = 0;

    while (cli_next_value(cli, OPT_ONLY, &cursor))
        n++;
    f->only = arena_zero(&f->arena, (n + 1) * sizeof *f->only);
    for (cursor = 0; f->only && (value = cli_next_value(cli, OPT_ONLY, &cursor));) {
        struct dns_name name;
        bool is_name = dns_to_alabels(span_of(value), &name) == ASSAY_DONE;

        if (!arena_copy(&f->arena, is_name ? dns_name_span(&name) : span_of(value),
                        &f->only[f->nonly++]))
            f->only = NULL;
    }
    if (f->only)
        return 0;
    cli_complain(cli, "%s", assay_strstatus(ASSAY_ENOMEM));
    return EXIT_SOFTWARE;
}

/** Flatten what was walked. */
static int flatten(struct flat *f, unsigned max, unsigned octets)
{
    const struct cli *cli = f->door.cli;
    struct spf_flatten_request request = {.max = max,
                                          .only = f->only,
                                          .nonly = f->nonly,
                                          .octets = octets,
                                          .label = span_of(cli_value(cli, OPT_LABEL))};
    assay_status s = spf_flatten(f->door.eval, f->door.walk, &request, &f->arena, &f->result);
    assay_span where = f->result.where;

    if (s == ASSAY_DONE)
        return 0;
    if (s != ASSAY_EINVAL) {
        cli_complain(cli, "%s", assay_strstatus(s));
        return EXIT_SOFTWARE;
    }
    cli_complain(cli, "%.*s: %s%s%.*s", SPAN_ARG(f->door.domain), f->result.problem,
                 where.n ? ": " : "", (int)(where.n < 200 ? where.n : 200), where.p);
    return f->door.walk->unknown ? EXIT_DEFER : EXIT_FAILS;
}

int flat_open(const struct cli *cli, const char *domain, const char *text, struct flat *ret)
{
    unsigned max = LIMIT_SPF_LOOKUPS, octets = SMALL;
    int status;

    *ret = (struct flat){.door = {.cli = cli}};
    if ((status = cli_number(cli, OPT_MAX, 1, LIMIT_SPF_LOOKUPS, &max)) != 0 ||
        (status = cli_number(cli, OPT_SIZE, ONE_STRING, SMALL, &octets)) != 0 ||
        (status = spf_door_open(cli, domain, text, &ret->door)) != 0 ||
        (status = read_only(ret)) != 0)
        return status;
    return flatten(ret, max, octets);
}

void flat_close(struct flat *f)
{
    arena_done(&f->arena);
    spf_door_close(&f->door);
}

/* ---- the page ---- */

/** Append what became of each term that costs something. */
static void put_terms(const struct flat *f, struct buf *out)
{
    const struct term *t = &f->door.cli->out;

    for (size_t i = 0; i < f->result.nterms; i++) {
        const struct spf_flat_term *term = &f->result.terms[i];
        struct buf text = buf_new(1024);

        if (term->flattened)
            buf_printf(&text, "%.*s became %zu network%s", SPAN_ARG(term->use->text),
                       term->prefixes, term->prefixes == 1 ? "" : "s");
        else if (term->refused)
            buf_printf(&text, "%.*s stays: %s", SPAN_ARG(term->use->text), term->refused);
        if (text.n)
            term_paragraph(t, 2, buf_span(&text), out);
        buf_done(&text);
    }
}

/** Append the comparison, the proof and the warning, for people. */
static void put_page(const struct flat *f, struct buf *out)
{
    const struct term *t = &f->door.cli->out;
    struct buf text = buf_new(1024);

    buf_printf(&text, "%.*s: %u lookup%s become %u, in %zu record%s.", SPAN_ARG(f->door.domain),
               f->result.before, f->result.before == 1 ? "" : "s", f->result.after,
               f->result.nrecords, f->result.nrecords == 1 ? "" : "s");
    term_paragraph(t, 0, buf_span(&text), out);
    put_terms(f, out);
    buf_clear(&text);
    buf_printf(
        &text,
        "Proof: old and new were judged for %zu addresses, the ends of every network and those beside "
        "them, and agree at each.",
        f->result.proved);
    term_paragraph(t, 0, buf_span(&text), out);
    term_paragraph(t, 0, span_of(WARNING), out);
    buf_putc(out, '\n');
    buf_done(&text);
}

void flat_put_records(const struct flat *f, assay_span before, struct buf *out)
{
    struct txt_record *records = calloc(f->result.nrecords, sizeof *records);

    if (!records) {
        out->status = ASSAY_ENOMEM;
        return;
    }
    for (size_t i = 0; i < f->result.nrecords; i++)
        records[i] = (struct txt_record){f->result.records[i].name, f->result.records[i].text,
                                         i == 0 ? before : SPAN_EMPTY};
    txt_write(flat_format(f->door.cli), f->door.domain, TTL, records, f->result.nrecords, out);
    free(records);
}

/** Append the result for programs. */
static void put_json(const struct flat *f, struct buf *out)
{
    struct json j = json_new(out);

    json_object(&j, NULL);
    spf_json_head(&j, &f->door);
    json_number(&j, "lookups_after", f->result.after);
    json_number(&j, "networks", (int64_t)f->result.prefixes);
    json_number(&j, "proved_addresses", (int64_t)f->result.proved);
    json_array(&j, "records");
    for (size_t i = 0; i < f->result.nrecords; i++) {
        json_object(&j, NULL);
        json_text(&j, "name", f->result.records[i].name);
        json_text(&j, "type", SPAN("TXT"));
        json_text(&j, "text", f->result.records[i].text);
        json_end(&j);
    }
    json_end(&j);
    json_array(&j, "terms");
    for (size_t i = 0; i < f->result.nterms; i++) {
        json_object(&j, NULL);
        json_text(&j, "term", f->result.terms[i].use->text);
        json_bool(&j, "flattened", f->result.terms[i].flattened);
        json_number(&j, "networks", (int64_t)f->result.terms[i].prefixes);
        json_text(&j, "refused", span_of(f->result.terms[i].refused));
        json_end(&j);
    }
    json_end(&j);
    json_text(&j, "warning", span_of(WARNING));
    json_end(&j);
    buf_putc(out, '\n');
}

/** Print: the page on standard error where the records are for a program. */
static int print(const struct flat *f)
{
    struct buf out = buf_new(SPF_OUTPUT_MAX), page = buf_new(SPF_OUTPUT_MAX);
    bool asked = cli_value(f->door.cli, OPT_FORMAT) != NULL;
    int status;

    if (cli_has(f->door.cli, OPT_JSON)) {
        put_json(f, &out);
    } else {
        put_page(f, asked ? &page : &out);
        flat_put_records(f, f->door.walk->top->record->text, &out);
    }
    if (page.n)
        fwrite(page.p, 1, page.n, stderr);
    status = cli_print(f->door.cli, &out);
    buf_done(&out);
    buf_done(&page);
    return status;
}

int cli_spf_flatten(const struct cli *cli, const char *domain)
{
    struct flat f;
    int status = flat_open(cli, domain, cli_value(cli, OPT_TEXT), &f);

    if (status == 0)
        status = print(&f);
    flat_close(&f);
    return status;
}

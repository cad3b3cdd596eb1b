/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/posture_json.h"
#include "cli/report.h"

#include "base/json.h"

enum { OUTPUT_MAX = 64 << 20, MAX_KEYS = 256, KEY_COLUMNS = 12 };

/** A run of cases. */
struct runner {
    const struct cli *cli;
    assay_engine *engine;
    struct buf out;
    size_t passed, failed;
    int status; /* the worst of files that could not be read, or output that could not be written */
};

/** What a case is called: its name, else its file. */
static assay_span called(const char *file, const struct case_one *one)
{
    assay_span name = case_name(one);

    return name.n ? name : span_of(file);
}

/* ---- choosing ---- */

/**
 * Cut off what stands before the first place of `piece`, and the piece itself. \return false when
 * it stands nowhere
 */
static bool cut_behind(assay_span *s, assay_span piece)
{
    for (size_t i = 0; i + piece.n <= s->n; i++)
        if (span_istarts(span_from(*s, i), piece)) {
            *s = span_from(*s, i + piece.n);
            return true;
        }
    return false;
}

/**
 * The case is one of those that are wanted: the pieces of -k between its `*` stand in its name, in
 * that order.
 */
static bool is_wanted(const struct runner *r, assay_span name)
{
    assay_span pattern = span_of(cli_value(r->cli, OPT_PATTERN)), piece;

    while (span_cut(&pattern, '*', &piece))
        if (!cut_behind(&name, piece))
            return false;
    return true;
}

/* ---- showing ---- */

/** A case passed. */
static bool is_passed(const struct runner *r, const struct case_outcome *o)
{
    return o->nmisses == 0 && !(cli_has(r->cli, OPT_STRICT) && o->nunanswered);
}

/** Append a key with what was wanted, or what there was. */
static void put_part(const struct term *t, const char *label, assay_span key, assay_span text,
                     struct buf *out)
{
    unsigned used = 4 + KEY_COLUMNS + TERM_GAP + 6 + TERM_GAP;
    const struct term_cell cells[] = {
        {.text = key, .columns = KEY_COLUMNS},
        {.text = span_of(label), .columns = 6, .style = label[0] == 'w' ? TERM_PLAIN : TERM_BAD},
        {.text = text, .columns = t->width > used + 10 ? t->width - used : 10},
    };

    term_row(t, 4, cells, 3, out);
}

/** Append what differs. */
static void show_failed(const struct runner *r, const char *file, const struct case_one *one,
                        const struct case_outcome *o, struct buf *out)
{
    const struct term *t = &r->cli->out;
    struct buf head = buf_new(1024);

    buf_printf(&head, "failed: %.*s", SPAN_ARG(span_first(called(file, one), 300)));
    if (case_name(one).n)
        buf_printf(&head, " (%.500s)", file);
    if (case_ref(one).n)
        buf_printf(&head, ", %.*s", SPAN_ARG(span_first(case_ref(one), 100)));
    term_paragraph(t, 0, buf_span(&head), out);
    for (size_t i = 0; i < o->nmisses; i++) {
        put_part(t, "wanted", o->misses[i].key, o->misses[i].wanted, out);
        put_part(t, "got", SPAN_EMPTY, o->misses[i].got.n ? o->misses[i].got : SPAN("(nothing)"),
                 out);
    }
    for (size_t i = 0; cli_has(r->cli, OPT_STRICT) && i < o->nunanswered; i++)
        put_part(t, "asks", SPAN("--strict"), o->unanswered[i], out);
    buf_done(&head);
}

/** Write what differs for programs. */
static void json_misses(struct json *j, const struct case_outcome *o)
{
    json_array(j, "misses");
    for (size_t i = 0; i < o->nmisses; i++) {
        json_object(j, NULL);
        json_text(j, "key", o->misses[i].key);
        json_text(j, "wanted", o->misses[i].wanted);
        json_text(j, "got", o->misses[i].got);
        json_end(j);
    }
    json_end(j);
    json_array(j, "unanswered");
    for (size_t i = 0; i < o->nunanswered; i++)
        json_text(j, NULL, o->unanswered[i]);
    json_end(j);
}

/** Append a case with its verdict as a line of JSON. */
static void show_json(const char *file, const struct case_one *one, const struct case_outcome *o,
                      bool passed, struct buf *out)
{
    struct json j = json_new(out);

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "file", span_of(file));
    json_text(&j, "name", case_name(one));
    json_text(&j, "ref", case_ref(one));
    json_text(&j, "outcome", passed ? SPAN("passed") : SPAN("failed"));
    json_misses(&j, o);
    if (assay_srs_result(o->eval)) {
        json_rewrite(&j, assay_srs_result(o->eval));
    } else if (assay_domain_result(o->eval)) {
        posture_json(&j, assay_domain_result(o->eval));
    } else if (assay_result(o->eval)) {
        json_checks(&j, assay_result(o->eval));
        json_disposition(&j, assay_result(o->eval));
    }
    json_end(&j);
    buf_putc(out, '\n');
}

/** Append what came out. */
static void show(struct runner *r, const char *file, const struct case_one *one,
                 const struct case_outcome *o)
{
    bool passed = is_passed(r, o);

    if (cli_has(r->cli, OPT_JSON))
        show_json(file, one, o, passed, &r->out);
    else if (!passed)
        show_failed(r, file, one, o, &r->out);
    r->passed += passed;
    r->failed += !passed;
}

/* ---- running ---- */

/** A case could not be run: it failed, and why. */
static void cannot_run(struct runner *r, const char *file, const struct case_one *one,
                       assay_status s, const struct case_error *error)
{
    r->failed++;
    if (s != ASSAY_EINVAL) {
        cli_complain(r->cli, "%s: %s", file, assay_strstatus(s));
        r->status = cli_worse(r->status, EXIT_SOFTWARE);
        return;
    }
    cli_complain(r->cli, "%s:%zu:%zu: %.*s: %s", file, error->line, error->column,
                 SPAN_ARG(span_first(called(file, one), 200)), error->text);
}

/** Run one case. */
static void run_one(struct runner *r, const char *file, const struct case_one *one)
{
    struct case_outcome o;
    struct case_error error = {0};
    assay_status s = case_run(r->engine, one, &o, &error);
    int printed;

    if (s != ASSAY_DONE) {
        cannot_run(r, file, one, s, &error);
        return;
    }
    show(r, file, one, &o);
    if ((printed = cli_print(r->cli, &r->out)) != 0)
        r->status = cli_worse(r->status, printed);
    case_outcome_done(&o);
}

/** Run the cases of a file. */
static void run_file(struct runner *r, const char *file)
{
    struct case_set *set;
    int status = files_read_case(r->cli, file, &set);

    if (status != 0) {
        r->status = cli_worse(r->status, status);
        return;
    }
    for (size_t i = 0; i < case_count(set); i++)
        if (is_wanted(r, called(file, case_at(set, i))))
            run_one(r, file, case_at(set, i));
    case_set_free(set);
}

/** Print the last line. */
static int conclude(struct runner *r)
{
    int status = r->failed ? EXIT_FAILS : EXIT_ACCEPT;
    const char *pattern = cli_value(r->cli, OPT_PATTERN);

    if (!cli_has(r->cli, OPT_JSON))
        buf_printf(&r->out, "%zu passed, %zu failed\n", r->passed, r->failed);
    if (pattern && r->passed + r->failed == 0)
        cli_complain(r->cli, "no case has \"%.100s\" in its name", pattern);
    return cli_worse(cli_worse(status, r->status), cli_print(r->cli, &r->out));
}

int cli_case(const struct cli *cli)
{
    struct runner r = {.cli = cli, .out = buf_new(OUTPUT_MAX)};
    int status;

    if (cli->args.noperands == 0) {
        cli_complain(cli, "which cases? assay case FILE.case");
        return EXIT_USAGE;
    }
    if (assay_engine_new(MAX_KEYS, &r.engine) != ASSAY_DONE) {
        cli_complain(cli, "out of memory");
        return EXIT_SOFTWARE;
    }
    for (size_t i = 0; i < cli->args.noperands; i++)
        run_file(&r, cli->args.operands[i]);
    status = conclude(&r);
    assay_engine_free(r.engine);
    buf_done(&r.out);
    return status;
}

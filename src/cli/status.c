/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/json_read.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/why.h"

#include <stdio.h>

enum { OUTPUT_MAX = 1 << 20, TEXT_MAX = 1 << 14, LABEL = 9, INDENT = 2 };

/** One screen in the making. */
struct screen {
    const struct term *t;
    struct json_value all;
    struct buf *out;
};

/** A member of a member: "store.lost". \return false: there is none */
static bool find(const struct json_value *from, const char *path, struct json_value *ret)
{
    assay_span rest = span_of(path), piece;
    struct json_value at = *from;
    char name[64];

    while (span_cut(&rest, '.', &piece)) {
        if (piece.n >= sizeof name)
            return false;
        memcpy(name, piece.p, piece.n);
        name[piece.n] = '\0';
        if (!json_member(&at, name, &at))
            return false;
    }
    *ret = at;
    return true;
}

/** A number; 0 when there is none. */
static int64_t number(const struct json_value *from, const char *path)
{
    struct json_value v;
    int64_t n = 0;

    return find(from, path, &v) && json_number_of(&v, &n) ? n : 0;
}

/** Append a number as people write it. */
static void put_number(const struct screen *s, const char *path, struct buf *text)
{
    int64_t n = number(&s->all, path);

    term_number(s->t, n > 0 ? (uint64_t)n : 0, text);
}

/** Append a text. */
static void put_text(const struct json_value *from, const char *path, struct buf *text)
{
    struct json_value v;

    if (find(from, path, &v))
        (void)json_text_of(&v, text);
}

/** A member is a text that is not empty. */
static bool has_text(const struct json_value *from, const char *path)
{
    struct json_value v;

    return find(from, path, &v) && v.type == JSON_TEXT && v.text.n > 2;
}

/** Append a row, and free its text. */
static void put_row(const struct screen *s, const char *label, struct buf *text)
{
    unsigned used = INDENT + LABEL + TERM_GAP;
    const struct term_cell cells[] = {
        {.text = span_of(label), .columns = LABEL},
        {.text = buf_span(text), .columns = s->t->width > used + 10 ? s->t->width - used : 10},
    };

    term_row(s->t, INDENT, cells, 2, s->out);
    buf_done(text);
}

/** Append how long it runs: the two largest units. */
static void put_uptime(int64_t seconds, struct buf *text)
{
    static const struct {
        int64_t size;
        const char *name;
    } UNITS[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    unsigned said = 0;

    for (size_t i = 0; i < 4 && said < 2; i++) {
        int64_t n = seconds / UNITS[i].size;

        seconds %= UNITS[i].size;
        if (!n && !(i == 3 && !said))
            continue;
        buf_printf(text, "%s%lld %s", said ? " " : "", (long long)n, UNITS[i].name);
        said++;
    }
}

/** What runs, and since when. */
static void put_head(const struct screen *s)
{
    struct buf text = buf_new(TEXT_MAX), row = buf_new(TEXT_MAX);

    buf_puts(&text, "assayd ");
    put_text(&s->all, "assay", &text);
    buf_puts(&text, ", up ");
    put_uptime(number(&s->all, "uptime"), &text);
    buf_puts(&text, ", since ");
    put_text(&s->all, "started", &text);
    buf_puts(&text, has_text(&s->all, "not_ready") ? "; it should get no mail now: " : "");
    put_text(&s->all, "not_ready", &text);
    term_paragraph(s->t, 0, buf_span(&text), s->out);
    buf_done(&text);
    buf_putc(s->out, '\n');
    buf_printf(&row, "%lld (master), %lld (front, %lld %s), %lld (keys)",
               (long long)number(&s->all, "processes.master"),
               (long long)number(&s->all, "processes.front"),
               (long long)number(&s->all, "processes.threads"),
               number(&s->all, "processes.threads") == 1 ? "thread" : "threads",
               (long long)number(&s->all, "processes.keys"));
    put_row(s, "processes", &row);
}

/** Where it listens. */
static void put_listeners(const struct screen *s)
{
    struct json_value list, one, n;
    size_t at = 0;

    if (!find(&s->all, "listeners", &list))
        return;
    while (json_next(&list, &at, &one)) {
        struct buf kind = why_text(&one, "kind"), name = why_text(&one, "name"),
                   text = buf_new(TEXT_MAX);

        put_text(&one, "address", &text);
        if (name.n && !span_eq(buf_span(&name), buf_span(&kind)))
            buf_printf(&text, "  %.*s", SPAN_ARG(buf_span(&name)));
        buf_putc(&kind, '\0');
        if (has_text(&one, "direction"))
            buf_puts(&text, "  direction ");
        put_text(&one, "direction", &text);
        if (find(&one, "connections", &n))
            buf_printf(&text, "  %lld open", (long long)number(&one, "connections"));
        put_row(s, kind.status == ASSAY_DONE ? kind.p : "", &text);
        buf_done(&kind);
        buf_done(&name);
    }
}

/** What became of messages. */
static void put_messages(const struct screen *s)
{
    static const struct {
        const char *path, *says;
    } ROWS[] = {
        {"messages.in", " in, "},
        {"messages.out", " out: "},
        {"messages.accept", " accept, "},
        {"messages.tag", " tag, "},
        {"messages.quarantine", " quarantine, "},
        {"messages.reject", " reject, "},
        {"messages.discard", " discard, "},
        {"messages.defer", " defer; "},
        {"messages.no_verdict", " without a verdict"},
    };
    struct buf text = buf_new(TEXT_MAX);

    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        put_number(s, ROWS[i].path, &text);
        buf_puts(&text, ROWS[i].says);
    }
    put_row(s, "messages", &text);
}

/** How the store is. */
static void put_store(const struct screen *s)
{
    struct buf text = buf_new(TEXT_MAX);
    struct json_value store;

    if (!find(&s->all, "store", &store) || store.type == JSON_NULL) {
        buf_puts(&text, "none is kept (the option store)");
        put_row(s, "store", &text);
        return;
    }
    put_text(&store, "path", &text);
    buf_puts(&text, ": ");
    put_number(s, "store.kept", &text);
    buf_puts(&text, " rows, ");
    put_number(s, "store.waiting", &text);
    buf_puts(&text, " waiting, ");
    put_number(s, "store.lost", &text);
    buf_puts(&text, " lost");
    if (has_text(&store, "error"))
        buf_puts(&text, "; last error: ");
    put_text(&store, "error", &text);
    put_row(s, "store", &text);
}

/** How the DNS answers. */
static void put_dns(const struct screen *s)
{
    int64_t hits = number(&s->all, "dns.hits"), asked = hits + number(&s->all, "dns.misses");
    struct buf text = buf_new(TEXT_MAX);

    term_number(s->t, asked > 0 ? (uint64_t)asked : 0, &text);
    buf_puts(&text, " questions");
    if (asked > 0)
        buf_printf(&text, ", %lld %% from memory", (long long)(hits * 100 / asked));
    buf_puts(&text, "; ");
    put_number(s, "dns.servfail", &text);
    buf_puts(&text, " SERVFAIL, ");
    put_number(s, "dns.timeouts", &text);
    buf_puts(&text, " not answered in time");
    put_row(s, "DNS", &text);
}

/** The keys, and what each did last. */
static void put_keys(const struct screen *s)
{
    struct json_value list, one;
    int64_t more = number(&s->all, "keys_left_out");
    size_t at = 0;

    if (!find(&s->all, "keys", &list))
        return;
    while (json_next(&list, &at, &one)) {
        struct buf text = buf_new(TEXT_MAX);

        put_text(&one, "name", &text);
        buf_puts(&text, "  ");
        put_text(&one, "algorithm", &text);
        buf_puts(&text, has_text(&one, "last.result") ? "  " : "  not used lately");
        put_text(&one, "last.result", &text);
        buf_puts(&text, has_text(&one, "last.time") ? " " : "");
        put_text(&one, "last.time", &text);
        buf_puts(&text, has_text(&one, "last.reason") ? ": " : "");
        put_text(&one, "last.reason", &text);
        put_row(s, "key", &text);
    }
    if (more) {
        struct buf text = buf_new(TEXT_MAX);

        buf_printf(&text, "and %lld more", (long long)more);
        put_row(s, "", &text);
    }
}

/** What the last reload came to. */
static void put_reload(const struct screen *s)
{
    struct buf text = buf_new(TEXT_MAX);

    if (!has_text(&s->all, "reload.time"))
        buf_puts(&text, "never");
    put_text(&s->all, "reload.result", &text);
    buf_putc(&text, ' ');
    put_text(&s->all, "reload.time", &text);
    buf_puts(&text, has_text(&s->all, "reload.complaints") ? ": " : "");
    put_text(&s->all, "reload.complaints", &text);
    put_row(s, "reload", &text);
}

/** Append the screen. */
static void show(const struct screen *s)
{
    put_head(s);
    put_listeners(s);
    put_messages(s);
    put_store(s);
    put_dns(s);
    put_keys(s);
    put_reload(s);
}

/** The command takes nothing. */
static int refuse_operands(const struct cli *cli)
{
    if (!cli->args.noperands)
        return 0;
    cli_complain(cli, "takes options only, not \"%.100s\"", cli->args.operands[0]);
    return EXIT_USAGE;
}

int cli_status(const struct cli *cli)
{
    struct buf answer = buf_new(CONTROL_ANSWER), out = buf_new(OUTPUT_MAX);
    struct screen s = {.t = &cli->out, .out = &out};
    int status = refuse_operands(cli);

    if (status == 0)
        status = control_need(cli, SPAN("status"), &answer);
    if (status == 0 && (!json_read(buf_span(&answer), &s.all) || s.all.type != JSON_OBJECT)) {
        cli_complain(cli, "what assayd answers cannot be read");
        status = EXIT_UNREADABLE;
    }
    if (status == 0 && cli_has(cli, OPT_JSON))
        buf_put(&out, buf_span(&answer));
    else if (status == 0)
        show(&s);
    if (status == 0)
        status = cli_print(cli, &out);
    buf_done(&answer);
    buf_done(&out);
    return status;
}

/* ---- reload ---- */

/** Print complaints as they came, each with its place at the beginning of its line. */
static void put_complaints(const struct cli *cli, assay_span lines)
{
    struct buf out = buf_new(OUTPUT_MAX);
    assay_span line;

    while (span_line(&lines, &line)) {
        if (!line.n)
            continue;
        term_clean(&cli->err, line, &out);
        buf_putc(&out, '\n');
    }
    (void)fwrite(out.n ? out.p : "", 1, out.n, stderr);
    buf_done(&out);
}

int cli_reload(const struct cli *cli)
{
    struct buf answer = buf_new(CONTROL_ANSWER);
    enum control_outcome outcome;
    int status = refuse_operands(cli);

    if (status != 0)
        return status;
    outcome = control_ask(cli, SPAN("reload"), &answer);
    if (outcome == CONTROL_NO) {
        put_complaints(cli, buf_span(&answer));
        status = EXIT_FAILS;
    } else if (outcome == CONTROL_GONE) {
        cli_complain(cli, "%.*s", SPAN_ARG(span_first(buf_span(&answer), CLI_COMPLAINT - 1)));
        status = EXIT_UNREADABLE;
    } else {
        buf_clear(&answer);
        buf_puts(&answer, "reloaded\n");
        status = cli_print(cli, &answer);
    }
    buf_done(&answer);
    return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/why.h"

#include "base/time.h"

enum { TEXT_MAX = 1 << 16 };

/* ---- what the daemon says ---- */

struct buf why_text(const struct json_value *object, const char *name)
{
    struct buf text = buf_new(TEXT_MAX);
    struct json_value value;

    if (json_member(object, name, &value))
        (void)json_text_of(&value, &text);
    return text;
}

/** A member is this word. */
static bool is_word(const struct json_value *object, const char *name, const char *word)
{
    struct buf text = why_text(object, name);
    bool is = span_is(buf_span(&text), word);

    buf_done(&text);
    return is;
}

/* ---- a list ---- */

/** Columns of a list: time, queue id, in or out, disposition, author; below LIST_LEAST the reason has its own line. */
enum {
    LIST_TIME = 20,
    LIST_ID = 15,
    LIST_WAY = 3,
    LIST_WORD = 10,
    LIST_AUTHOR = 20,
    LIST_LEAST = 100
};

/** Append a message of a list. */
static void put_listed(const struct term *t, const struct json_value *line, struct buf *out)
{
    struct buf time = why_text(line, "time"), id = why_text(line, "queue_id"),
               way = why_text(line, "direction"), word = why_text(line, "disposition"),
               author = why_text(line, "author"), reason = why_text(line, "reason"),
               name = why_text(line, "message_id");
    unsigned used = LIST_TIME + LIST_ID + LIST_WAY + LIST_WORD + LIST_AUTHOR + 5 * TERM_GAP;
    const struct term_cell cells[] = {
        {.text = buf_span(&time), .columns = LIST_TIME},
        {.text = id.n ? buf_span(&id) : buf_span(&name), .columns = LIST_ID},
        {.text = buf_span(&way), .columns = LIST_WAY},
        {.text = buf_span(&word), .columns = LIST_WORD, .style = report_style(buf_span(&word))},
        {.text = buf_span(&author), .columns = LIST_AUTHOR},
        {.text = buf_span(&reason), .columns = t->width > used + 20 ? t->width - used : 20},
    };
    struct buf *const texts[] = {&time, &id, &way, &word, &author, &reason, &name};

    if (t->width >= LIST_LEAST) {
        term_row(t, 0, cells, 6, out);
    } else {
        term_row(t, 0, cells, 5, out);
        term_paragraph(t, 4, buf_span(&reason), out);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        buf_done(texts[i]);
}

void why_show_list(const struct cli *cli, assay_span lines, struct buf *out)
{
    struct json_value value;
    assay_span line;

    while (span_line(&lines, &line))
        if (json_read(line, &value))
            put_listed(&cli->out, &value, out);
}

/* ---- a row of the store ---- */

/** Append the line that says which message it is. */
static void put_row_head(const struct term *t, const char *name, const struct store_row *row,
                         struct buf *out)
{
    struct buf text = buf_new(TEXT_MAX), label = buf_new(TEXT_MAX);
    char when[TIME_TEXT];

    buf_printf(&text, "a message from %.*s",
               SPAN_ARG(row->author.n ? row->author : SPAN("an author that is not clear")));
    if (row->null_sender)
        buf_puts(&text, ", MAIL FROM <>");
    else if (row->mail_from.n)
        buf_printf(&text, ", MAIL FROM %.*s", SPAN_ARG(row->mail_from));
    if (row->user.n)
        buf_printf(&text, ", of the user %.*s", SPAN_ARG(row->user));
    if (row->client.n)
        buf_printf(&text, ", from the client %.*s", SPAN_ARG(row->client));
    buf_printf(&text, ", %.*s", SPAN_ARG(time_text(row->time, when)));
    term_clean(t, span_of(name), &label);
    term_styled(t, TERM_BOLD, buf_span(&label), out);
    buf_putc(out, '\n');
    term_paragraph(t, 2, buf_span(&text), out);
    buf_putc(out, '\n');
    buf_done(&text);
    buf_done(&label);
}

/** Append a row, if there is a result. */
static void put_result(const struct term *t, const char *label, assay_span result, assay_span text,
                       struct buf *out)
{
    if (result.n)
        report_put_row(t, &(struct report_row){label, result, text}, out);
}

/** Append the rows of signatures. */
static void put_signatures(const struct term *t, const struct store_row *row, struct buf *out)
{
    for (size_t i = 0; i < row->nsignatures; i++) {
        const struct store_signature *s = &row->signatures[i];
        struct buf text = buf_new(TEXT_MAX);

        buf_printf(&text, "%.*s, key %.*s%s%.*s", SPAN_ARG(s->domain), SPAN_ARG(s->selector),
                   s->reason.n ? ": " : "", SPAN_ARG(s->reason));
        put_result(t, "DKIM", s->result, buf_span(&text), out);
        buf_done(&text);
    }
}

/** Append the keys that signed. */
static void put_keys(const struct term *t, const struct store_row *row, struct buf *out)
{
    assay_span names = row->keys, name;

    while (names.n && span_cut(&names, ' ', &name))
        put_result(t, "DKIM", SPAN("signed"), name, out);
}

/** Append what was done, and that it is not known how it came to that. */
static void put_row_decision(const struct term *t, const struct store_row *row, struct buf *out)
{
    struct buf text = buf_new(TEXT_MAX);

    buf_printf(&text, "%.*s.\n", SPAN_ARG(row->reason));
    if (row->override.n)
        buf_printf(&text, "It failed, and was accepted because of a trusted %.*s: %.*s.\n",
                   SPAN_ARG(row->override), SPAN_ARG(row->override_note));
    if (row->would.n && !span_eq(row->would, row->disposition))
        buf_printf(&text, "Were the policy enforced: %.*s.\n", SPAN_ARG(row->would));
    if (row->reply.n)
        buf_printf(&text, "The reply was: %.*s\n", SPAN_ARG(row->reply));
    if (row->policy.n)
        buf_printf(&text, "By the policy %.*s.\n", SPAN_ARG(row->policy));
    buf_puts(&text,
             "This is what the store has of it; the reasoning is not kept any more (the option "
             "why.keep of assayd.conf says how many are).\n");
    report_put_decision(t, row->disposition, buf_span(&text), out);
    buf_done(&text);
}

void why_show_row(const struct cli *cli, const char *name, const struct store_row *row,
                  struct buf *out)
{
    const struct term *t = &cli->out;
    size_t before;

    put_row_head(t, name, row, out);
    before = out->n;
    put_result(t, "SPF", row->spf, row->spf_reason, out);
    if (!span_eq(row->spf_helo, row->spf) && !span_is(row->spf_helo, "none"))
        put_result(t, "HELO", row->spf_helo, row->spf_helo_reason, out);
    put_signatures(t, row, out);
    put_result(t, "ARC", row->arc, row->arc_reason, out);
    put_result(t, "DMARC", row->dmarc, row->dmarc_reason, out);
    put_result(t, "rDNS", row->iprev, row->iprev_name, out);
    put_keys(t, row, out);
    if (out->n > before)
        buf_putc(out, '\n');
    put_row_decision(t, row, out);
}

/* ---- would it be signed? ---- */

bool why_is_outgoing(const struct json_value *said)
{
    struct json_value list, one;
    size_t at = 0;

    if (!json_member(said, "listeners", &list))
        return false;
    while (json_next(&list, &at, &one))
        if (is_word(&one, "direction", "out"))
            return true;
    return false;
}

/** Append which way each milter would take the message. */
static void put_listeners(const struct term *t, const struct json_value *said, struct buf *out)
{
    struct json_value list, one;
    size_t at = 0;

    if (!json_member(said, "listeners", &list))
        return;
    while (json_next(&list, &at, &one)) {
        struct buf name = why_text(&one, "name"), address = why_text(&one, "address"),
                   way = why_text(&one, "direction"), because = why_text(&one, "why"),
                   text = buf_new(TEXT_MAX);

        buf_printf(&text, "%.*s (%.*s): %.*s", SPAN_ARG(buf_span(&name)),
                   SPAN_ARG(buf_span(&address)), SPAN_ARG(buf_span(&because)));
        report_put_row(t, &(struct report_row){"milter", buf_span(&way), buf_span(&text)}, out);
        buf_done(&name);
        buf_done(&address);
        buf_done(&way);
        buf_done(&because);
        buf_done(&text);
    }
}

/** Append whose message it would be. */
static void put_who(const struct cli *cli, const struct json_value *said, struct buf *out)
{
    struct buf address = why_text(said, "address"), client = why_text(said, "client"),
               user = why_text(said, "user"), text = buf_new(TEXT_MAX);

    buf_printf(&text, "%.*s from the client %.*s, ", SPAN_ARG(buf_span(&address)),
               SPAN_ARG(buf_span(&client)));
    if (user.n)
        buf_printf(&text, "authenticated as %.*s", SPAN_ARG(buf_span(&user)));
    else
        buf_puts(&text, "nobody authenticated");
    if (!cli_has(cli, OPT_CLIENT))
        buf_puts(&text, " (--client and --user say otherwise)");
    term_paragraph(&cli->out, 0, buf_span(&text), out);
    buf_putc(out, '\n');
    buf_done(&address);
    buf_done(&client);
    buf_done(&user);
    buf_done(&text);
}

/** Append the answer. */
static void put_answer(const struct why_message *m, bool outgoing, struct buf *out)
{
    const struct assay_verdict *v = m->report.verdict;
    bool fine = outgoing && v->nedits > 0;
    assay_span reason = v->reason;
    struct buf text = buf_new(TEXT_MAX);

    if (!fine && outgoing && span_starts(reason, SPAN("not signed: ")))
        reason = span_from(reason, strlen("not signed: ")); /* the word stands beside it */

    if (!outgoing)
        buf_puts(
            &text,
            "It would be taken for mail that comes in, and judged. To have it signed: let the user "
            "authenticate, add the client's network to internal, or give a milter of its own "
            "direction = out (assay help milter.direction).\n");
    if (!outgoing)
        buf_puts(&text, "Were it taken for mail that goes out: ");
    buf_put(&text, reason);
    buf_puts(&text, ".\n");
    report_put_decision(&m->report.cli->out, fine ? SPAN("signed") : SPAN("not signed"),
                        buf_span(&text), out);
    buf_done(&text);
}

assay_status why_show_signing(const struct why_message *m, const struct json_value *said,
                              struct buf *out)
{
    const struct cli *cli = m->report.cli;

    put_who(cli, said, out);
    put_listeners(&cli->out, said, out);
    if (m->report.verdict->nchecks &&
        m->report.verdict->checks[0]->nproperties) /* there are keys */
        report_show_checks(&m->report, out);
    buf_putc(out, '\n');
    put_answer(m, why_is_outgoing(said), out);
    return report_explain(cli, m->report.eval, cli_has(cli, OPT_EXPLAIN) ? NULL : "Sending", out);
}

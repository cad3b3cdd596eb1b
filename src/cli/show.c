/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/report.h"

#include "base/number.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/words.h"
#include "mail/author.h"

enum { TEXT_MAX = 1 << 16, SUBJECT_MAX = 160 };

/* ---- the head: which message ---- */

/** Append the subject as people read it. \return whether there is one */
static bool put_subject(const struct header *h, struct buf *out)
{
    struct buf subject = buf_new(4 * SUBJECT_MAX);
    assay_span shown;
    bool any;

    words_decode(message_field(h, "Subject"), &subject);
    shown = utf8_first(buf_span(&subject), SUBJECT_MAX); /* enough to know it by */
    any = shown.n > 0;
    if (any)
        buf_printf(out, "\"%.*s%s\"", SPAN_ARG(shown), shown.n < subject.n ? "..." : "");
    buf_done(&subject);
    return any;
}

/** Append the author's address. */
static void put_author(const struct header *h, struct buf *out)
{
    struct arena arena = {0};
    struct authors authors;

    if (authors_find(&arena, h, &authors) != ASSAY_DONE)
        out->status = ASSAY_ENOMEM;
    else if (authors.address.n)
        buf_printf(out, " from %.*s", SPAN_ARG(utf8_first(authors.address, 320)));
    else
        buf_puts(out, " from nobody");
    arena_done(&arena);
}

/** Append when the message was received, and by whom. */
static void put_received(const struct report *r, struct buf *out)
{
    char text[TIME_TEXT];
    int64_t when;

    buf_put(out, r->when);
    if (r->when.n)
        return;
    if (envelope_received(r->header, &when))
        buf_printf(out, ", received %.*s", SPAN_ARG(time_text(when, text)));
    if (envelope_received(r->header, &when) && r->envelope->e.hostname.n)
        buf_printf(out, " by %.*s", SPAN_ARG(span_first(r->envelope->e.hostname, 255)));
}

/** Append the line that says which message this is. */
static void put_head(const struct report *r, struct buf *out)
{
    const struct term *t = &r->cli->out;
    struct buf text = buf_new(TEXT_MAX), file = buf_new(TEXT_MAX);

    if (!put_subject(r->header, &text))
        buf_puts(&text, "a message without subject");
    put_author(r->header, &text);
    put_received(r, &text);
    term_clean(t, span_of(strcmp(r->file, "-") == 0 ? "(standard input)" : r->file), &file);
    if (t->width < TERM_DEFAULT || term_columns(buf_span(&file)) > t->width / 3) {
        term_styled(t, TERM_BOLD, buf_span(&file), out);
        buf_putc(out, '\n');
        term_paragraph(t, 2, buf_span(&text), out);
    } else {
        unsigned columns = term_columns(buf_span(&file));
        const struct term_cell cells[] = {
            {.text = buf_span(&file), .columns = columns, .style = TERM_BOLD},
            {.text = buf_span(&text), .columns = t->width - columns - TERM_GAP},
        };

        term_row(t, 0, cells, 2, out);
    }
    if (text.status == ASSAY_ENOMEM || file.status == ASSAY_ENOMEM)
        out->status = ASSAY_ENOMEM;
    buf_done(&text);
    buf_done(&file);
}

/* ---- DKIM ---- */

/** Append what kind of key a signature is of. */
static void put_key(const struct assay_check *c, struct buf *out)
{
    assay_span algorithm = report_property(c, "header", "a"), bits = report_detail(c, "bits");

    if (!bits.n)
        return;
    if (span_istarts(algorithm, SPAN("ed25519")))
        buf_puts(out, " (Ed25519)");
    else
        buf_printf(out, " (RSA %.*s)", SPAN_ARG(bits));
}

/** Append a number that a check holds as text. */
static void put_number(const struct term *t, assay_span text, struct buf *out)
{
    uint64_t number = 0;

    (void)number_read(text, UINT64_MAX, &number);
    term_number(t, number, out);
}

/** Append how much of the body is signed. */
static void put_body(const struct term *t, const struct assay_check *c, struct buf *out)
{
    assay_span all = report_detail(c, "body"), part = report_detail(c, "body_signed");
    uint64_t octets = 0, covered = 0;

    if (!number_read(all, UINT64_MAX, &octets) || !number_read(part, UINT64_MAX, &covered))
        return;
    if (covered >= octets) {
        buf_puts(out, " and the body");
        return;
    }
    buf_puts(out, " and the first ");
    put_number(t, part, out);
    buf_puts(out, " octets of the body; ");
    term_number(t, octets - covered, out);
    buf_puts(out, " octets at the end of the body are not signed");
}

/** Append what is not signed and people look at. */
static void put_unsigned(const struct assay_check *c, struct buf *out)
{
    assay_span names = report_detail(c, "unsigned"), name;
    size_t n = 0;

    while (span_cut(&names, ' ', &name)) {
        if (!span_is(name, "Subject") && !span_is(name, "To") && !span_is(name, "Date") &&
            !span_is(name, "From"))
            continue;
        buf_printf(out, "%s%.*s", n ? ", " : "; ", SPAN_ARG(name));
        n++;
    }
    if (n)
        buf_puts(out, n == 1 ? " is not signed" : " are not signed");
}

/** Append the row of a signature. */
static void put_dkim(const struct term *t, const struct assay_check *c, struct buf *out)
{
    assay_span domain = report_property(c, "header", "d"),
               selector = report_property(c, "header", "s");
    struct buf text = buf_new(TEXT_MAX);

    if (domain.n || selector.n)
        buf_printf(&text, "%.*s, key %.*s", SPAN_ARG(domain), SPAN_ARG(selector));
    if (domain.n || selector.n)
        put_key(c, &text);
    if (span_is(c->result, "pass")) {
        buf_printf(&text, ", signs %.*s", SPAN_ARG(report_detail(c, "signed")));
        put_body(t, c, &text);
        put_unsigned(c, &text);
        if (report_detail(c, "testing").n)
            buf_puts(&text, "; the domain is only testing (t=y)");
    } else {
        buf_puts(&text, text.n ? ": " : "");
        buf_put(&text, c->reason);
    }
    report_put_row(t, &(struct report_row){"DKIM", c->result, buf_span(&text)}, out);
    buf_done(&text);
}

/** Append the row of a signature that was made, or was not. \param label  what it is */
static void put_made(const struct term *t, const char *label, const struct assay_check *c,
                     struct buf *out)
{
    assay_span domain = report_property(c, "header", "d"),
               selector = report_property(c, "header", "s"),
               algorithm = report_property(c, "header", "a"), entry = report_detail(c, "entry");
    struct buf text = buf_new(TEXT_MAX);

    if (domain.n || selector.n)
        buf_printf(&text, "%.*s, key %.*s", SPAN_ARG(domain), SPAN_ARG(selector));
    if (algorithm.n)
        buf_printf(&text, " (%.*s)", SPAN_ARG(algorithm));
    if (entry.n)
        buf_printf(&text, ", by the entry %.*s of sign.table", SPAN_ARG(entry));
    if (c->reason.n)
        buf_puts(&text, text.n ? ": " : "");
    buf_put(&text, c->reason);
    report_put_row(t, &(struct report_row){label, c->result, buf_span(&text)}, out);
    buf_done(&text);
}

/* ---- DMARC ---- */

/** Append what the author domain asks for. */
static void put_asked(const struct assay_check *c, struct buf *out)
{
    assay_span author = report_property(c, "header", "from"), asked = report_detail(c, "asked");
    assay_span where = report_detail(c, "policy_domain"), tag = report_detail(c, "tag");

    if (!asked.n)
        return;
    buf_printf(out, "%.*s asks ", SPAN_ARG(author));
    if (span_is(asked, "none"))
        buf_puts(out, "for nothing (p=none)");
    else
        buf_printf(out, "to %.*s", SPAN_ARG(asked));
    if (!span_eq(where, author))
        buf_printf(out, " (%.*s= of %.*s)", SPAN_ARG(tag), SPAN_ARG(where));
    if (report_detail(c, "testing").n)
        buf_puts(out, ", in test mode (t=y)");
    buf_puts(out, "; ");
}

/** The row of a DMARC check. */
static void put_dmarc(const struct term *t, const char *label, const char *says,
                      const struct assay_check *c, struct buf *out)
{
    struct buf text = buf_new(TEXT_MAX);

    buf_puts(&text, says);
    put_asked(c, &text);
    buf_put(&text, c->reason);
    report_put_row(t, &(struct report_row){label, c->result, buf_span(&text)}, out);
    buf_done(&text);
}

/** The two standards differ in what they say of the message. */
static bool differs(const struct assay_check *a, const struct assay_check *b)
{
    return !span_eq(a->result, b->result) ||
           !span_eq(report_detail(a, "policy"), report_detail(b, "policy"));
}

/** Append what DMARC says, and the other standard where it differs. */
static void put_all_dmarc(const struct report *r, struct buf *out)
{
    const struct term *t = &r->cli->out;
    const struct assay_check *c = report_dmarc(r->verdict), *other;
    bool is_9989 = c && span_is(c->scope, "9989");

    if (!c)
        return;
    put_dmarc(t, "DMARC", "", c, out);
    other = report_check(r->verdict, "dmarc", is_9989 ? "7489" : "9989");
    if (other && differs(c, other))
        put_dmarc(t, "",
                  is_9989 ? "a receiver by RFC 7489 says: " : "a receiver by RFC 9989 says: ",
                  other, out);
}

/* ---- the checks ---- */

/** The HELO check says something that the MAIL FROM check does not. */
static bool helo_matters(const struct assay_check *helo, const struct assay_check *mfrom)
{
    return helo && !span_is(helo->result, "none") &&
           (!mfrom || !span_eq(helo->result, mfrom->result));
}

/** Append a check whose reason says all. */
static void put_plain(const struct term *t, const char *label, const struct assay_check *c,
                      struct buf *out)
{
    if (c)
        report_put_row(t, &(struct report_row){label, c->result, c->reason}, out);
}

void report_show_checks(const struct report *r, struct buf *out)
{
    const struct assay_verdict *v = r->verdict;
    const struct assay_check *mfrom = report_check(v, "spf", "mfrom"),
                             *helo = report_check(v, "spf", "helo");
    const struct term *t = &r->cli->out;

    if (mfrom)
        report_put_spf(t, "SPF", mfrom, out);
    if (helo_matters(helo, mfrom))
        report_put_spf(t, "HELO", helo, out);
    for (size_t i = 0; i < v->nchecks; i++)
        if (span_is(v->checks[i]->method, "dkim"))
            put_dkim(t, v->checks[i], out);
    put_plain(t, "ARC", report_check(v, "arc", NULL), out);
    put_all_dmarc(r, out);
    put_plain(t, "rDNS", report_check(v, "iprev", NULL), out);
    for (size_t i = 0; i < v->nchecks; i++)
        if (span_is(v->checks[i]->method, "sign") || span_is(v->checks[i]->method, "seal"))
            put_made(t, span_is(v->checks[i]->method, "sign") ? "DKIM" : "seal", v->checks[i], out);
}

/* ---- the disposition ---- */

void report_put_decision(const struct term *t, assay_span word, assay_span lines, struct buf *out)
{
    unsigned used = 4 + 17 + TERM_GAP; /* as the rows of the checks: label, gap and result in one */
    bool narrow = t->width < 60;
    assay_span line;

    while (span_line(&lines, &line)) {
        const struct term_cell cells[] = {
            {.text = word, .columns = 17, .style = report_style(word)},
            {.text = line, .columns = t->width > used ? t->width - used : 1},
        };

        if (!line.n)
            continue;
        term_row(t, narrow ? 2 : 4, cells, narrow ? 1 : 2, out);
        if (narrow)
            term_paragraph(t, 4, line, out);
        word = SPAN_EMPTY;
    }
}

/** Append what to do with the message, why, and what can be done next. */
static void put_disposition(const struct report *r, struct buf *out)
{
    struct buf text = buf_new(TEXT_MAX);

    buf_put(&text, r->verdict->reason);
    buf_puts(&text, ".\n");
    if (!report_check(r->verdict, "sign", NULL))
        report_advise(r, &text);
    report_put_decision(&r->cli->out, span_of(report_word(r->verdict->what)), buf_span(&text), out);
    buf_done(&text);
}

/* ---- the envelope ---- */

/** A place among the Received fields, as people say it. */
static const char *ordinal(size_t n)
{
    static const char *const WORDS[] = {"first", "second",  "third",  "fourth", "fifth",
                                        "sixth", "seventh", "eighth", "ninth",  "tenth"};

    return n < sizeof WORDS / sizeof *WORDS ? WORDS[n] : "last";
}

/** Append where the client was read. */
static void put_client_source(const struct report *r, struct buf *out)
{
    const struct envelope *env = r->envelope;
    const struct guess *g = &env->guess;
    assay_span helo = span_first(env->e.helo.n ? env->e.helo : SPAN("(none)"), 255);
    bool ip = !cli_has(r->cli, OPT_IP), name = !cli_has(r->cli, OPT_HELO);

    if (ip)
        buf_printf(out, "Client %.*s", SPAN_ARG(g->client_text));
    if (name)
        buf_printf(out, "%sHELO %.*s", ip ? " and " : "", SPAN_ARG(helo));
    buf_printf(out, " %s read from the %s Received field (line %zu)", ip && name ? "were" : "was",
               ordinal((size_t)(g->client - g->fields)), g->client->line);
    if (g->all_inside)
        buf_puts(out, ", the outermost of the receiving organization's own");
}

/** Append where MAIL FROM was read. */
static void put_sender_source(const struct envelope *env, struct buf *out)
{
    const struct guess *g = &env->guess;

    buf_printf(out, "%s MAIL FROM <%.*s> %sfrom ", env->client_guessed ? "," : "The sender,",
               SPAN_ARG(span_first(g->sender, 320)), env->client_guessed ? "" : "was read ");
    if (g->sender_in_received)
        buf_puts(out, "the same field");
    else
        buf_printf(out, "Return-Path (line %zu)", g->sender_line);
}

/** Append what was read from the message, and where. */
static void put_guess(const struct report *r, struct buf *out)
{
    const struct envelope *env = r->envelope;
    struct buf text = buf_new(TEXT_MAX);

    if (!env->guessed && (env->e.ip.n || !r->context || !case_envelope(r->context)))
        return;
    if (!env->guessed) {
        buf_puts(&text,
                 "The envelope of the case names no client, so SPF and rDNS were not judged");
    } else if (!env->e.ip.n && !env->client_guessed) {
        buf_puts(&text,
                 "No Received field names a client from outside, so SPF and rDNS were not judged");
    } else {
        if (env->client_guessed)
            put_client_source(r, &text);
        if (env->sender_guessed)
            put_sender_source(env, &text);
    }
    if (env->e.mail_from_unknown)
        buf_puts(&text, "; nothing tells MAIL FROM, so SPF of it was not judged");
    if (text.n) {
        buf_puts(&text, ". --ip, --helo and --mail-from say otherwise.");
        buf_putc(out, '\n');
        term_paragraph(&r->cli->out, r->cli->out.width < 60 ? 2 : 4, buf_span(&text), out);
    }
    buf_done(&text);
}

/* ---- the report ---- */

void report_show(const struct report *r, struct buf *out)
{
    put_head(r, out);
    buf_putc(out, '\n');
    report_show_checks(r, out);
    buf_putc(out, '\n');
    put_disposition(r, out);
    if (!report_check(r->verdict, "sign", NULL))
        put_guess(r, out);
}

void report_show_line(const struct report *r, struct buf *out)
{
    const struct term *t = &r->cli->out;
    const struct assay_check *dmarc = report_dmarc(r->verdict);
    assay_span word = span_of(report_word(r->verdict->what)), line, rest;
    struct buf text = buf_new(TEXT_MAX), clean = buf_new(TEXT_MAX);

    buf_puts(&text, r->file);
    if (dmarc)
        buf_printf(&text, "  DMARC %.*s", SPAN_ARG(dmarc->result));
    buf_putc(&text, ' ');
    put_author(r->header, &text);
    buf_puts(&text, "  ");
    (void)put_subject(r->header, &text); /* last: it may be long, and the line is cut */
    term_styled(t, report_style(word), word, out);
    buf_printf(out, "%*s", (int)(12 - word.n), "");
    term_people(t, buf_span(&text), &clean);
    rest = buf_span(&clean);
    if (t->tty && term_line(&rest, t->width - 12,
                            &line)) /* one message, one line: the rest can be asked for */
        buf_put(out, line);
    else
        buf_put(out, rest);
    buf_putc(out, '\n');
    buf_done(&text);
    buf_done(&clean);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "receive/dispose.h"

#include "policy/template.h"

enum { REPLY_MAX = 65536, CODE = 4, CRLF = 2 };

/** The values that templates are filled with. */
static void values_of(const struct disposer *d, const struct decision *decision,
                      assay_span values[TEMPLATE_PLACES])
{
    values[TEMPLATE_AUTHOR] = d->dmarc->author;
    values[TEMPLATE_DOMAIN] = decision->domain;
    values[TEMPLATE_IP] = d->r->ip_text;
    values[TEMPLATE_REASON] = decision->reason;
    values[TEMPLATE_CAUSE] = span_of(decision->cause);
}

/** Where to break a line that is over `most` octets: behind its last blank, else anywhere. */
static size_t break_at(assay_span line, size_t most)
{
    size_t blank = span_rfind(span_first(line, most), ' ');

    return blank > 0 && blank < most ? blank : most;
}

/** Append a line, or as many as it takes. */
static void put_line(assay_span line, size_t most, size_t *left, struct buf *out)
{
    line = span_trim(line);
    do {
        size_t n = line.n > most ? break_at(line, most) : line.n;

        if (*left == 0)
            return;
        --*left;
        buf_puts(out, out->n ? "\n" : "");
        buf_put(out, span_first(line, n));
        line = span_trim(span_from(line, n));
    } while (line.n);
}

/** Append the link: behind the text when both fit in one line. One that fits in none is left out. */
static void put_link(assay_span link, size_t most, size_t *left, struct buf *out)
{
    size_t last =
        out->n -
        (span_rfind(buf_span(out), '\n') < out->n ? span_rfind(buf_span(out), '\n') + 1 : 0);

    if (!link.n || link.n > most)
        return;
    if (last + 1 + link.n <= most)
        buf_puts(out, last ? " " : "");
    else if (*left > 0)
        buf_putc(out, '\n');
    else
        return;
    buf_put(out, link);
}

/** Append text and link as lines. */
static void put_lines(assay_span text, assay_span link, size_t most, struct buf *out)
{
    size_t left = LIMIT_REPLY_LINES - (link.n > 0);
    assay_span line;

    while (span_cut(&text, '\n', &line))
        put_line(line, most, &left, out);
    left += link.n > 0;
    put_link(link, most, &left, out);
}

assay_status reply_make(struct disposer *d, const struct decision *decision, assay_span *ret)
{
    struct buf text = buf_new(REPLY_MAX), link = buf_new(REPLY_MAX), out = buf_new(REPLY_MAX);
    assay_span values[TEMPLATE_PLACES], own = SPAN("{reason}");
    size_t most = LIMIT_REPLY_LINE - CODE - CRLF - (strlen(decision->enhanced) + 1);
    bool rejects = decision->what == ASSAY_REJECT, kept;

    values_of(d, decision, values);
    if (rejects && d->policy->reply_text.n) {
        template_fill(d->policy->reply_text, values, false, &text);
    } else {
        values[TEMPLATE_REASON] = decision->text;
        template_fill(own, values, false, &text);
        values[TEMPLATE_REASON] = decision->reason;
    }
    if (rejects)
        template_fill(d->policy->reply_url, values, true, &link);
    put_lines(buf_span(&text), buf_span(&link), most, &out);
    kept = text.status != ASSAY_ENOMEM && link.status != ASSAY_ENOMEM &&
           out.status != ASSAY_ENOMEM && arena_copy(&d->ev->keep, buf_span(&out), ret);
    buf_done(&text);
    buf_done(&link);
    buf_done(&out);
    return kept ? ASSAY_DONE : ASSAY_ENOMEM;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file plan_ics.c `assay plan --ics`: a day for each step that has one (RFC 5545).
 *
 * Lines end with CRLF and are folded at 75 octets, never inside a character (3.1); texts are escaped (3.3.11).
 */
#include "cli/plan.h"

#include "base/buf.h"
#include "base/time.h"

enum { LINE_MAX_OCTETS = 75, LATER = 30 * 86400 };

/** Append a content line, folded. */
static void put_line(assay_span line, struct buf *out)
{
    size_t used = 0;

    for (size_t i = 0; i < line.n;) {
        size_t n = 1;

        while (i + n < line.n && ((unsigned char)line.p[i + n] & 0xC0) == 0x80)
            n++;
        if (used + n > LINE_MAX_OCTETS) {
            buf_puts(out, "\r\n ");
            used = 1;
        }
        buf_put(out, span_first(span_from(line, i), n));
        used += n;
        i += n;
    }
    buf_puts(out, "\r\n");
}

/** Append text as a value (3.3.11). */
static void put_text(assay_span text, struct buf *out)
{
    static const struct term WIDE = {.utf8 = true, .width = 1000};
    struct buf clean = buf_new(1 << 20);

    term_clean(&WIDE, text, &clean);
    for (size_t i = 0; i < clean.n; i++) {
        if (strchr("\\;,", clean.p[i]))
            buf_putc(out, '\\');
        buf_putc(out, clean.p[i]);
    }
    out->status = clean.status == ASSAY_ENOMEM ? ASSAY_ENOMEM : out->status;
    buf_done(&clean);
}

/** A time without what separates its parts: 20261204T000000Z; a date of it: 20261204. */
static void put_time(int64_t t, bool day, struct buf *out)
{
    char text[TIME_TEXT];
    assay_span time = time_text(t, text);

    time = day ? span_first(time, 10) : time;
    for (size_t i = 0; i < time.n; i++)
        if (time.p[i] != '-' && time.p[i] != ':')
            buf_putc(out, time.p[i]);
}

/** The description: what, records, what could break, how to go back. */
static void put_description(const struct assay_plan_step *s, struct buf *line)
{
    put_text(span_of(s->row->state), line);
    for (size_t i = 0; i < s->nfixes; i++) {
        const struct assay_fix *fix = &s->fixes[i];

        buf_puts(line, "\\n");
        put_text(fix->type.n ? fix->name : fix->text, line);
        buf_puts(line, fix->type.n ? " " : "");
        put_text(fix->type.n ? fix->after : SPAN_EMPTY, line);
    }
    for (size_t i = 0; i < s->nmissing; i++) {
        buf_puts(line, "\\nmissing: ");
        put_text(s->missing[i], line);
    }
    buf_puts(line, "\\nwhat could break: ");
    put_text(span_of(s->row->breaks), line);
    buf_puts(line, "\\nundo: ");
    put_text(span_of(s->row->undo), line);
}

/** An event of a day. */
static void put_event(const struct assay_plan *plan, const char *id, int64_t day, assay_span what,
                      const struct assay_plan_step *s, struct buf *out)
{
    struct buf line = buf_new(1 << 20);

    put_line(SPAN("BEGIN:VEVENT"), out);
    buf_printf(&line, "UID:assay-plan-%s-", id);
    put_time(day, true, &line);
    buf_putc(&line, '@');
    put_text(plan->domain, &line);
    put_line(buf_span(&line), out);
    buf_clear(&line);
    buf_puts(&line, "DTSTAMP:");
    put_time(plan->now, false, &line);
    put_line(buf_span(&line), out);
    buf_clear(&line);
    buf_puts(&line, "DTSTART;VALUE=DATE:");
    put_time(day, true, &line);
    put_line(buf_span(&line), out);
    buf_clear(&line);
    buf_puts(&line, "SUMMARY:");
    put_text(plan->domain, &line);
    buf_puts(&line, ": ");
    put_text(what, &line);
    put_line(buf_span(&line), out);
    buf_clear(&line);
    if (s) {
        buf_puts(&line, "DESCRIPTION:");
        put_description(s, &line);
        put_line(buf_span(&line), out);
    }
    put_line(SPAN("TRANSP:TRANSPARENT"), out);
    put_line(SPAN("END:VEVENT"), out);
    out->status = line.status == ASSAY_ENOMEM ? ASSAY_ENOMEM : out->status;
    buf_done(&line);
}

/** A step has a day. */
static bool has_day(const struct assay_plan *plan, const struct assay_plan_step *s)
{
    return s->step == ASSAY_STEP_NOW || s->step == ASSAY_STEP_WAIT || s->step == ASSAY_STEP_BACK ||
           (s->step == ASSAY_STEP_NOT_YET && s->earliest > plan->now);
}

void plan_ics(const struct term *t, const struct assay_posture *p, const struct assay_plan *plan,
              struct buf *out)
{
    (void)t;
    (void)p;
    put_line(SPAN("BEGIN:VCALENDAR"), out);
    put_line(SPAN("VERSION:2.0"), out);
    put_line(SPAN("PRODID:-//Assay//assay plan " ASSAY_VERSION "//EN"), out);
    for (size_t i = 0; i < plan->nsteps; i++) {
        const struct assay_plan_step *s = &plan->steps[i];

        if (has_day(plan, s))
            put_event(plan, s->row->id, s->earliest,
                      s->step == ASSAY_STEP_BACK      ? SPAN("take a step back")
                      : s->step == ASSAY_STEP_NOT_YET ? SPAN("look at the plan again")
                                                      : span_of(s->row->next),
                      s, out);
    }
    put_event(plan, "again", plan->now + LATER, SPAN("look at the plan again"), NULL, out);
    put_line(SPAN("END:VCALENDAR"), out);
}

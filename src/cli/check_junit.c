/* SPDX-License-Identifier: BSD-2-Clause */
/** \file check_junit.c `assay check --junit`: a suite for each area of a domain, a case for each check of a subject. */
#include "cli/check.h"
#include "cli/check_xml.h"

enum { TEXT_MAX = 1 << 18 };

void xml_put(assay_span text, struct buf *out)
{
    struct term plain = check_plain();
    struct buf clean = buf_new(TEXT_MAX);

    term_clean(&plain, text, &clean);
    for (size_t i = 0; i < clean.n; i++)
        switch (clean.p[i]) {
        case '<': buf_puts(out, "&lt;"); break;
        case '>': buf_puts(out, "&gt;"); break;
        case '&': buf_puts(out, "&amp;"); break;
        case '"': buf_puts(out, "&quot;"); break;
        case '\'': buf_puts(out, "&#39;"); break;
        default: buf_putc(out, clean.p[i]);
        }
    check_done(&clean, out);
}

void xml_puts(const char *text, struct buf *out)
{
    xml_put(span_of(text), out);
}

/** The finding is of the area, and is written. */
static bool is_of(const struct check_report *r, size_t i, const char *area)
{
    return strcmp(r->posture->findings[i].kind->area, area) == 0 &&
           (!r->compared || r->is_new || check_wanted(r, i, true));
}

/** The finding is a failure of the test. */
static bool fails(const struct check_report *r, size_t i)
{
    return r->marks[i] & MARK_FAILS;
}

/** Append what a finding says, with its records. */
static void put_body(const struct assay_finding *f, struct buf *out)
{
    xml_put(check_sentence(f), out);
    buf_putc(out, '\n');
    xml_puts(f->kind->why, out);
    for (size_t i = 0; i < f->nevidence; i++) {
        buf_puts(out, "\nseen: ");
        xml_put(f->evidence[i].question, out);
        buf_puts(out, ": ");
        xml_put(f->evidence[i].answer, out);
    }
    buf_puts(out, "\nto do: ");
    xml_put(check_advice(f, f->nfixes ? &f->fixes[0] : NULL), out);
    for (size_t i = 0; i < f->nfixes; i++) {
        const struct assay_fix *x = &f->fixes[i];

        if (!x->type.n)
            continue;
        buf_putc(out, '\n');
        xml_put(x->name, out);
        buf_putc(out, ' ');
        xml_put(x->type, out);
        if (x->before.n) {
            buf_puts(out, "\n- ");
            xml_put(x->before, out);
        }
        if (x->after.n) {
            buf_puts(out, "\n+ ");
            xml_put(x->after, out);
        }
    }
    buf_puts(out, "\nsource: ");
    xml_puts(f->kind->source, out);
}

/** Append the case of one finding. */
static void put_case(const struct check_report *r, size_t i, struct buf *out)
{
    const struct assay_finding *f = &r->posture->findings[i];

    buf_puts(out, "    <testcase classname=\"");
    xml_put(r->posture->domain, out);
    buf_printf(out, ".%s\" name=\"%s ", f->kind->area, f->kind->id);
    xml_put(f->subject, out);
    buf_puts(out, "\" time=\"0\"");
    if (f->outcome == ASSAY_PASS) {
        buf_puts(out, "/>\n");
        return;
    }
    buf_puts(out, ">\n");
    if (f->outcome == ASSAY_UNKNOWN_OUTCOME) {
        buf_puts(out, "      <skipped message=\"not known: ");
        xml_put(f->text, out);
        buf_puts(out, "\"/>\n");
    } else if (fails(r, i)) {
        buf_printf(out, "      <failure type=\"%s\" message=\"", assay_outcome_text(f->outcome));
        xml_put(check_sentence(f), out);
        buf_puts(out, "\">");
        put_body(f, out);
        buf_puts(out, "</failure>\n");
    } else {
        buf_printf(out, "      <system-out>%s%s: ", assay_outcome_text(f->outcome),
                   r->marks[i] & MARK_ACCEPTED ? " (accepted)" : "");
        put_body(f, out);
        buf_puts(out, "</system-out>\n");
    }
    buf_puts(out, "    </testcase>\n");
}

/** Append the suite of one area. */
static void put_suite(const struct check_report *r, const char *area, struct buf *out)
{
    const struct assay_posture *p = r->posture;
    size_t tests = 0, failures = 0, skipped = 0;

    for (size_t i = 0; i < p->nfindings; i++) {
        if (!is_of(r, i, area))
            continue;
        tests++;
        failures += fails(r, i);
        skipped += p->findings[i].outcome == ASSAY_UNKNOWN_OUTCOME;
    }
    if (!tests)
        return;
    buf_puts(out, "  <testsuite name=\"");
    xml_put(p->domain, out);
    buf_printf(out,
               " %s\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\">\n",
               area, tests, failures, skipped);
    for (size_t i = 0; i < p->nfindings; i++)
        if (is_of(r, i, area))
            put_case(r, i, out);
    buf_puts(out, "  </testsuite>\n");
}

/** Append the suite of --expect: a case for each line that does not hold. */
static void put_expected(const struct check_report *r, struct buf *out)
{
    size_t unknown = 0;

    for (size_t i = 0; i < r->nmissed; i++)
        unknown += r->missed[i].unknown;
    if (!r->nmissed)
        return;
    buf_puts(out, "  <testsuite name=\"");
    xml_put(r->posture->domain, out);
    buf_printf(
        out,
        " expected\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\">\n",
        r->nmissed, r->nmissed - unknown, unknown);
    for (size_t i = 0; i < r->nmissed; i++) {
        const struct check_missed *m = &r->missed[i];

        buf_puts(out, "    <testcase classname=\"");
        xml_put(r->posture->domain, out);
        buf_puts(out, ".expected\" name=\"");
        xml_puts(r->expect_file, out);
        buf_printf(out, ":%zu: ", m->line);
        xml_put(m->text, out);
        buf_puts(out, m->unknown
                          ? "\" time=\"0\"><skipped message=\"nobody can tell now\"/></testcase>\n"
                          : "\" time=\"0\"><failure type=\"expected\" message=\"it is ");
        if (m->unknown)
            continue;
        xml_put(m->got, out);
        buf_puts(out, "\"/></testcase>\n");
    }
    buf_puts(out, "  </testsuite>\n");
}

static void begin(struct check_output *o)
{
    buf_puts(&o->out,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"assay check\">\n");
}

static void one(struct check_output *o, const struct check_report *r)
{
    const struct assay_check_kind *k;
    const char *last = "";

    if (!r->posture) {
        buf_puts(&o->out, "  <testsuite name=\"");
        xml_puts(r->asked, &o->out);
        buf_puts(
            &o->out,
            "\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" time=\"0\">\n    <testcase classname=\"");
        xml_puts(r->asked, &o->out);
        buf_puts(&o->out, "\" name=\"check\" time=\"0\"><error type=\"error\" message=\"");
        xml_put(r->error, &o->out);
        buf_puts(&o->out, "\"/></testcase>\n  </testsuite>\n");
        return;
    }
    for (size_t i = 0; (k = assay_check_kind_at(i)); i++) {
        if (strcmp(k->area, last) != 0)
            put_suite(r, k->area, &o->out);
        last = k->area;
    }
    put_expected(r, &o->out);
}

static void end(struct check_output *o)
{
    buf_puts(&o->out, "</testsuites>\n");
}

const struct check_writer CHECK_JUNIT = {.begin = begin, .one = one, .end = end};

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file check_html.c
 * `assay check --html`: one page without script, and nothing loaded from elsewhere: its policy says so, should
 * a text of a record ever get through xml_put() as more than text.
 */
#include "cli/check.h"
#include "cli/check_xml.h"
#include "cli/posture_json.h"
#include "dns/alabel.h"

enum { TEXT_MAX = 1 << 16, CAUSES_SHOWN = 64, NAME_MAX = 1024 };

/* Every colour of text has a contrast of 4.5:1 or more to what lies behind it, in both schemes. */
static const char STYLE[] =
    ":root{color-scheme:light dark;--bg:#fff;--box:#f3f5f7;--text:#1b1f24;--dim:#50575f;--line:#c9d0d7;"
    "--good:#0f5f27;--weak:#734700;--broken:#9b0d24;--note:#0a4a99;--mark:#ffe58a;--marktext:#1b1f24}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#0f1318;--box:#1a2027;--text:#e8edf2;--dim:#a3adb7;"
    "--line:#3a434d;--good:#5fd07a;--weak:#e3b341;--broken:#ff8f87;--note:#7ab8ff;--mark:#6b5200;"
    "--marktext:#fff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--text);font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}\n"
    "main,header,footer{max-width:60rem;margin:0 auto;padding:.5rem 1rem}\n"
    "h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.35rem;margin:1.5rem 0 .25rem}\n"
    "h3{font-size:1.1rem;margin:1.5rem 0 .25rem}h4{font-size:1rem;margin:0}\n"
    "p{margin:.4rem 0}ul{margin:.4rem 0;padding-left:1.25rem}\n"
    ".dim{color:var(--dim)}.pass,.good{color:var(--good)}.warning,.weak{color:var(--weak)}\n"
    ".error,.broken{color:var(--broken)}.notice,.note{color:var(--note)}.unknown{color:var(--dim)}\n"
    ".score{font-size:1.25rem;font-weight:600}\n"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}\n"
    "caption{text-align:left;color:var(--dim);padding:.25rem 0}\n"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;"
    "border-bottom:1px solid var(--line)}\n"
    "code,pre{font:.9rem/1.45 ui-monospace,monospace}\n"
    "pre{background:var(--box);padding:.6rem;margin:.4rem 0;white-space:pre-wrap;border-radius:4px}\n"
    "del{color:var(--broken);text-decoration:none}ins{color:var(--good);text-decoration:none}\n"
    "mark{background:var(--mark);color:var(--marktext)}\n"
    "section.finding{border-left:4px solid var(--line);padding:.1rem 0 .1rem .8rem;margin:1rem 0}\n"
    "@media (max-width:40rem){th,td{padding-right:.35rem}}\n";

/* ---- pieces ---- */

/** Append an element with a class around text. */
static void put_element(const char *element, const char *class, assay_span text, struct buf *out)
{
    buf_printf(out, "<%s class=\"%s\">", element, class);
    xml_put(text, out);
    buf_printf(out, "</%s>", element);
}

/** Append a paragraph. */
static void put_paragraph(const char *class, assay_span text, struct buf *out)
{
    if (!text.n)
        return;
    put_element("p", class, text, out);
    buf_putc(out, '\n');
}

/** Append a cell. */
static void put_cell(assay_span text, struct buf *out)
{
    buf_puts(out, "<td>");
    xml_put(text, out);
    buf_puts(out, "</td>");
}

/** Append the head of a table. */
static void put_table(const char *caption, const char *const *heads, size_t n, struct buf *out)
{
    buf_printf(out, "<table><caption>%s</caption>\n<thead><tr>", caption);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "<th scope=\"col\">%s</th>", heads[i]);
    buf_puts(out, "</tr></thead>\n<tbody>\n");
}

/* ---- a domain ---- */

/** Append name, score, and what it is for. */
static void put_head(const struct check_report *r, struct buf *out)
{
    const struct assay_posture *p = r->posture;
    char unicode[NAME_MAX];
    assay_span people = dns_to_ulabels(p->domain, unicode, sizeof unicode);
    struct buf line = buf_new(TEXT_MAX);

    buf_puts(out, "<h2>");
    xml_put(people, out);
    buf_puts(out, "</h2>\n");
    if (!span_eq(people, p->domain))
        put_paragraph("dim", p->domain, out);
    check_put_score(&p->score, "\xE2\x80\x93", &line);
    put_paragraph("score", buf_span(&line), out);
    if (p->score.cap) {
        check_clear(&line, out);
        buf_printf(&line, "The score cannot be higher: %s.", p->score.cap);
        put_paragraph("", buf_span(&line), out);
    }
    check_clear(&line, out);
    buf_printf(&line, "%s%s. ", check_profile(p->profile), p->inferred ? " (inferred)" : "");
    check_put_when(r, &line);
    put_paragraph("dim", buf_span(&line), out);
    if (check_views_differ(p)) {
        check_clear(&line, out);
        buf_puts(&line, "DMARC is seen in two ways: ");
        check_put_views(p, &line);
        buf_putc(&line, '.');
        put_paragraph("", buf_span(&line), out);
    }
    put_paragraph("", r->too_little, out);
    check_done(&line, out);
}

/** Append the table of areas. */
static void put_areas(const struct assay_posture *p, struct buf *out)
{
    static const char *const HEADS[] = {"Area", "State", "What was found", "Check"};

    put_table("Areas", HEADS, 4, out);
    for (size_t i = 0; i < p->nareas; i++) {
        const struct assay_area *a = &p->areas[i];
        const char *word = check_area_word(a);

        buf_puts(out, "<tr><th scope=\"row\">");
        xml_puts(a->name, out);
        buf_puts(out, "</th><td>");
        put_element("strong", assay_outcome_text(a->worst),
                    span_of(strcmp(word, "?") == 0 ? "not known" : word), out);
        buf_puts(out, "</td>");
        put_cell(a->text, out);
        put_cell(span_of(a->finding ? a->finding->kind->id : ""), out);
        buf_puts(out, "</tr>\n");
    }
    buf_puts(out, "</tbody></table>\n");
}

/** Append what each kind of sender does at each host. */
static void put_transports(const struct assay_posture *p, struct buf *out)
{
    static const char *const HEADS[] = {"Mail to", "no policy", "MTA-STS", "DANE", "both"};

    if (!p->ntransports)
        return;
    put_table("What senders do now, by the policies they follow", HEADS, 5, out);
    for (size_t i = 0; i < p->ntransports; i++) {
        const struct assay_transport *t = &p->transports[i];

        buf_puts(out, "<tr><th scope=\"row\">");
        xml_put(t->host, out);
        buf_puts(out, "</th>");
        put_cell(span_of(posture_delivery_text(t->opportunistic)), out);
        put_cell(span_of(posture_delivery_text(t->sts)), out);
        put_cell(span_of(posture_delivery_text(t->dane)), out);
        put_cell(span_of(posture_delivery_text(t->both)), out);
        buf_puts(out, "</tr>\n");
    }
    buf_puts(out, "</tbody></table>\n");
}

/** Append a piece of evidence, with the place marked. */
static void put_evidence(const struct assay_evidence *e, struct buf *out)
{
    bool part = e->end > e->begin && e->end <= e->answer.n;

    buf_puts(out, "<li>");
    if (e->question.n) {
        buf_puts(out, "<code>");
        xml_put(e->question, out);
        buf_puts(out, "</code>: ");
    }
    buf_puts(out, "<code>");
    xml_put(span_first(e->answer, part ? e->begin : e->answer.n), out);
    if (part) {
        buf_puts(out, "<mark>");
        xml_put(span_first(span_from(e->answer, e->begin), e->end - e->begin), out);
        buf_puts(out, "</mark>");
        xml_put(span_from(e->answer, e->end), out);
    }
    buf_puts(out, "</code>");
    if (e->note.n) {
        buf_puts(out, " ");
        xml_put(e->note, out);
    }
    buf_puts(out, "</li>\n");
}

/** Append the lines of a record or a file with a mark before each. */
static void put_lines(const char *element, char mark, assay_span text, struct buf *out)
{
    assay_span line;

    while (span_line(&text, &line)) {
        if (!line.n)
            continue;
        buf_printf(out, "<%s>%c ", element, mark);
        xml_put(line, out);
        buf_printf(out, "</%s>\n", element);
    }
}

/** Append one change. */
static void put_fix(const struct assay_fix *x, struct buf *out)
{
    if (x->type.n) {
        buf_puts(out, "<p><code>");
        xml_put(x->name, out);
        buf_puts(out, "</code> ");
        xml_put(x->type, out);
        if (x->elsewhere)
            buf_puts(out, " (another party has to publish it)");
        buf_puts(out, "</p>\n<pre>");
        put_lines("del", '-', x->before, out);
        put_lines("ins", '+', x->after, out);
        buf_puts(out, "</pre>\n");
    }
    if (x->undo.n) {
        buf_puts(out, "<p class=\"dim\">Undo: ");
        xml_put(x->undo, out);
        buf_puts(out, "</p>\n");
    }
}

/** Append one finding. */
static void put_finding(const struct check_report *r, size_t index, struct buf *out)
{
    const struct assay_finding *f = &r->posture->findings[index];

    buf_puts(out, "<section class=\"finding\">\n<h4>");
    put_element("span", assay_outcome_text(f->outcome), span_of(assay_outcome_text(f->outcome)),
                out);
    buf_printf(out, " %s ", f->kind->id);
    xml_put(f->subject, out);
    if (r->marks[index] & MARK_ADDED)
        buf_puts(out, " (added)");
    if (r->marks[index] & MARK_ACCEPTED)
        buf_puts(out, " (accepted)");
    buf_puts(out, "</h4>\n");
    put_paragraph("", check_sentence(f), out);
    put_paragraph("dim", span_of(f->kind->why), out);
    if (f->nevidence)
        buf_puts(out, "<ul>\n");
    for (size_t i = 0; i < f->nevidence; i++)
        put_evidence(&f->evidence[i], out);
    if (f->nevidence)
        buf_puts(out, "</ul>\n");
    buf_puts(out, "<p><strong>To do:</strong> ");
    xml_put(check_advice(f, f->nfixes ? &f->fixes[0] : NULL), out);
    buf_puts(out, "</p>\n");
    for (size_t i = 0; i < f->nfixes; i++) {
        if (i)
            put_paragraph("", f->fixes[i].text, out);
        put_fix(&f->fixes[i], out);
    }
    buf_puts(out, "<p class=\"dim\">Source: ");
    xml_puts(f->kind->source, out);
    buf_puts(out, "</p>\n</section>\n");
}

/** Append the findings, the most severe first. */
static void put_findings(const struct check_report *r, struct buf *out)
{
    const struct assay_posture *p = r->posture;
    bool any = false;

    for (int outcome = ASSAY_ERROR; outcome >= ASSAY_NOTICE; outcome--)
        for (size_t i = 0; i < p->nfindings; i++) {
            if ((int)p->findings[i].outcome != outcome || !check_wanted(r, i, true))
                continue;
            if (!any)
                buf_puts(out, "<h3>Findings</h3>\n");
            any = true;
            put_finding(r, i, out);
        }
}

/** Append what is not known, by cause. */
static void put_unknown(const struct check_report *r, struct buf *out)
{
    struct check_cause causes[CAUSES_SHOWN];
    size_t n = check_causes(r, causes, CAUSES_SHOWN);

    if (!n)
        return;
    buf_puts(out, "<h3>Not known</h3>\n<ul>\n");
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, "<li>");
        xml_put(causes[i].text.n ? causes[i].text : SPAN("no reason was given"), out);
        buf_printf(out, " (%zu %s)</li>\n", causes[i].n, causes[i].n == 1 ? "check" : "checks");
    }
    buf_puts(out, "</ul>\n");
}

/** Append what changed since the baseline, and what was expected. */
static void put_changes(const struct check_report *r, struct buf *out)
{
    if (r->compared)
        buf_printf(out, "<p>%zu added, %zu removed, %zu as before.</p>\n", r->added, r->ngone,
                   r->sustained);
    if (r->ngone)
        buf_puts(out, "<ul>\n");
    for (size_t i = 0; i < r->ngone; i++) {
        buf_puts(out, r->gone[i].unclear ? "<li>not known now: " : "<li>removed: ");
        xml_put(r->gone[i].id, out);
        buf_putc(out, ' ');
        xml_put(r->gone[i].subject, out);
        buf_puts(out, "</li>\n");
    }
    if (r->ngone)
        buf_puts(out, "</ul>\n");
    if (r->nmissed)
        buf_puts(out, "<h3>Expected</h3>\n<ul>\n");
    for (size_t i = 0; i < r->nmissed; i++) {
        buf_puts(out, "<li><code>");
        xml_put(r->missed[i].text, out);
        buf_puts(out, r->missed[i].unknown ? "</code>: nobody can tell now" : "</code>: it is ");
        xml_put(r->missed[i].got, out);
        buf_puts(out, "</li>\n");
    }
    if (r->nmissed)
        buf_puts(out, "</ul>\n");
}

/* ---- the page ---- */

/** Append what stands before the first domain. */
static void put_top(const struct check_output *o, const struct check_report *first, struct buf *out)
{
    buf_puts(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    if (o->total == 1)
        xml_puts(first->asked, out);
    else
        buf_printf(out, "%zu domains", o->total);
    buf_puts(out, " - how well mail is protected</title>\n<style>\n");
    buf_puts(out, STYLE);
    buf_puts(
        out,
        "</style>\n</head>\n<body>\n<header><h1>How well mail is protected</h1></header>\n<main>\n");
}

static void one(struct check_output *o, const struct check_report *r)
{
    struct buf *out = &o->out;

    if (!o->done)
        put_top(o, r, out);
    buf_puts(out, "<article>\n");
    if (!r->posture) {
        buf_puts(out, "<h2>");
        xml_puts(r->asked, out);
        buf_puts(out, "</h2>\n<p class=\"error\">Not checked: ");
        xml_put(r->error, out);
        buf_puts(out, "</p>\n</article>\n");
        return;
    }
    put_head(r, out);
    put_areas(r->posture, out);
    put_transports(r->posture, out);
    put_changes(r, out);
    put_findings(r, out);
    put_unknown(r, out);
    buf_printf(out, "<p class=\"dim\">%zu checks passed.</p>\n</article>\n",
               check_count(r->posture).of[ASSAY_PASS]);
}

static void end(struct check_output *o)
{
    if (!o->done)
        return;
    buf_puts(&o->out, "</main>\n<footer><p class=\"dim\">assay " ASSAY_VERSION
                      "</p></footer>\n</body>\n</html>\n");
}

const struct check_writer CHECK_HTML = {.one = one, .end = end};

/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf_picture.c The SPF tree as SVG: a box for each record, lines to what it includes. */
#include "cli/spf_domain.h"

enum { ROW = 22, STEP = 28, LEFT = 12, TOP = 44, WIDTH = 900, CHARACTERS = 96, DEEPEST = 16 };

/** A picture being drawn. */
struct picture {
    const struct spf_domain_door *door;
    struct buf *out;
    unsigned row;
};

/** Append text that cannot be taken for markup; long ones are cut. */
static void put_text(struct buf *out, assay_span text)
{
    struct buf clean = buf_new(4096);
    const struct term plain = {.utf8 = true, .width = TERM_MOST};
    assay_span s;

    term_clean(&plain, text, &clean);
    s = buf_span(&clean);
    for (size_t i = 0; i < s.n && i < CHARACTERS; i++) {
        switch (s.p[i]) {
        case '<': buf_puts(out, "&lt;"); break;
        case '>': buf_puts(out, "&gt;"); break;
        case '&': buf_puts(out, "&amp;"); break;
        case '"': buf_puts(out, "&quot;"); break;
        default:
            if ((unsigned char)s.p[i] < 0x80)
                buf_putc(out, s.p[i]);
            else
                buf_putc(out, '?'); /* a cut must not part a character */
        }
    }
    if (s.n > CHARACTERS)
        buf_puts(out, "...");
    buf_done(&clean);
}

/** Where a depth is drawn. */
static unsigned left_of(unsigned depth)
{
    return LEFT + STEP * (depth < DEEPEST ? depth : DEEPEST);
}

/** Draw one line: a term, the line that leads to it, and its figures. */
static void put_use(struct picture *p, const struct spf_node *node, const struct spf_use *use)
{
    unsigned x = left_of(node->depth + 1), y = TOP + ROW * p->row++;
    bool bad = use->child && (use->child->loop || (use->child->fact && !use->child->record));
    const char *class = bad ? "bad" : use->lookups ? "asks" : "plain";
    struct buf marks = buf_new(1024);
    char room[SPF_COUNT];

    buf_printf(p->out, "<path d=\"M%u %uV%uH%u\"/>", x - STEP / 2, y - ROW + 6, y - 4, x - 4);
    buf_printf(p->out, "<text class=\"%s\" x=\"%u\" y=\"%u\">", class, x, y);
    put_text(p->out, use->text);
    spf_put_marks(node, use, &marks);
    if (marks.n) {
        buf_puts(p->out, "<title>");
        put_text(p->out, buf_span(&marks));
        buf_puts(p->out, "</title>");
    }
    buf_printf(p->out, "</text><text class=\"n\" x=\"%u\" y=\"%u\">", WIDTH - LEFT, y);
    if (ipset_size(&use->adds[SPF_IPV4]))
        put_text(p->out,
                 spf_count_text(&p->door->cli->out, 4, ipset_size(&use->adds[SPF_IPV4]), room));
    buf_puts(p->out, "</text>\n");
    buf_done(&marks);
}

/** Draw a record's terms. */
static void put_node(struct picture *p, const struct spf_node *node)
{
    for (size_t i = 0; i < node->nuses; i++) {
        put_use(p, node, &node->uses[i]);
        if (node->uses[i].child)
            put_node(p, node->uses[i].child);
        if (node->uses[i].child6)
            put_node(p, node->uses[i].child6);
    }
}

void spf_put_picture(const struct spf_domain_door *d, struct buf *out)
{
    static const char STYLE[] =
        "<style>text{font:13px monospace;fill:#1a1a1a}.asks{font-weight:bold}.bad{fill:#b00020}"
        ".n{text-anchor:end;fill:#555}path{fill:none;stroke:#999}"
        "@media(prefers-color-scheme:dark){svg{background:#161616}text{fill:#eee}.bad{fill:#ff8a80}"
        ".n{fill:#bbb}path{stroke:#777}}</style>\n";
    struct buf body = buf_new(SPF_OUTPUT_MAX);
    struct picture p = {.door = d, .out = &body};
    unsigned voids = d->walk->voids[SPF_IPV4];

    put_node(&p, d->walk->top);
    buf_printf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" viewBox=\"0 0 %d %u\" role=\"img\">\n",
        WIDTH, TOP + ROW * p.row + LEFT, WIDTH, TOP + ROW * p.row + LEFT);
    buf_puts(out, "<title>SPF of ");
    put_text(out, d->domain);
    buf_puts(out, "</title>\n");
    buf_puts(out, STYLE);
    buf_printf(out, "<text class=\"asks\" x=\"%d\" y=\"24\">", LEFT);
    put_text(out, d->domain);
    buf_printf(out, ": %u of %d lookups, %u voids</text>", d->walk->lookups, LIMIT_SPF_LOOKUPS,
               voids);
    buf_printf(out, "<text class=\"n\" x=\"%d\" y=\"24\">IPv4 addresses added</text>\n",
               WIDTH - LEFT);
    buf_put(out, buf_span(&body));
    buf_puts(out, "</svg>\n");
    if (body.status != ASSAY_DONE)
        out->status = body.status;
    buf_done(&body);
}

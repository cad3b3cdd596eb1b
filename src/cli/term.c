/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/term.h"

#include "base/number.h"
#include "base/utf8.h"
#include "dns/alabel.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/** One cell, or a line of a report, holds no more than this. */
enum { TEXT_MAX = 1 << 16, CELLS_MAX = 6 };

/* ---- the surroundings ---- */

struct term_env term_environment(void)
{
    return (struct term_env){.columns = getenv("COLUMNS"),
                             .no_color = getenv("NO_COLOR"),
                             .term = getenv("TERM"),
                             .lc_all = getenv("LC_ALL"),
                             .lc_ctype = getenv("LC_CTYPE"),
                             .lang = getenv("LANG")};
}

/** A variable is set and not empty. */
static bool is_set(const char *variable)
{
    return variable && *variable;
}

/**
 * The locale says UTF-8. The name is enough: loading the locale would cost more than the whole
 * start.
 */
static bool is_utf8(const struct term_env *env)
{
    const char *locale = is_set(env->lc_all)     ? env->lc_all
                         : is_set(env->lc_ctype) ? env->lc_ctype
                                                 : env->lang;
    assay_span charset = span_of(locale);

    charset = span_from(charset, span_find(charset, '.') + 1);
    charset = span_first(charset, span_find(charset, '@'));
    return span_iis(charset, "utf-8") || span_iis(charset, "utf8");
}

/** The width: what COLUMNS says, else what the terminal says, else TERM_DEFAULT. */
static unsigned width_of(int fd, bool tty, const char *columns)
{
    struct winsize size = {0};
    uint64_t width = 0;

    if (!number_read(span_of(columns), 100000, &width) && tty && ioctl(fd, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width == 0)
        width = TERM_DEFAULT;
    return width < TERM_LEAST ? TERM_LEAST : width > TERM_MOST ? TERM_MOST : (unsigned)width;
}

struct term term_of(int fd, const char *color, const struct term_env *env)
{
    struct term t = {.tty = isatty(fd) == 1, .utf8 = is_utf8(env)};
    bool dumb = env->term && strcmp(env->term, "dumb") == 0;

    t.color = strcmp(color, "always") == 0 ||
              (strcmp(color, "auto") == 0 && t.tty && !is_set(env->no_color) && !dumb);
    t.width = width_of(fd, t.tty, env->columns);
    return t;
}

/* ---- characters ---- */

/** A range of code points. */
struct range {
    uint32_t first, last;
};

/** A code point is in one of the ranges. */
static bool in_ranges(uint32_t code, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

#define IN(code, ranges) in_ranges((code), (ranges), sizeof(ranges) / sizeof *(ranges))

/** Marks that stand on the character before them. */
static const struct range ZERO_WIDTH[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},
                                          {0x610, 0x61A},   {0x64B, 0x65F},   {0x900, 0x902},
                                          {0xE31, 0xE31},   {0xE34, 0xE3A},   {0xE47, 0xE4E},
                                          {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF},
                                          {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

/** Characters two columns wide (Unicode Annex 11: W and F). */
static const struct range WIDE[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                                    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                                    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                                    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF},
                                    {0x20000, 0x3FFFD}};

/** Append one character. */
static void put_character(const struct term *t, uint32_t code, struct buf *out)
{
    char octets[4];

    if (code == '\t' || code == '\n' || code == '\r')
        buf_putc(out, ' ');
    else if (utf8_harmful(code) || (code > 0x7F && !t->utf8))
        buf_putc(out, '?');
    else
        buf_put(out, (assay_span){octets, utf8_put(code, octets)});
}

void term_clean(const struct term *t, assay_span text, struct buf *out)
{
    while (text.n) {
        uint32_t code;

        text = span_from(text, utf8_next(text, &code));
        put_character(t, code, out);
    }
}

/** Octets at the front that may be of one domain name. */
static size_t name_at(assay_span s)
{
    size_t n = 0;

    while (n < s.n && (ascii_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '.' || s.p[n] == '_'))
        n++;
    return n;
}

void term_people(const struct term *t, assay_span text, struct buf *out)
{
    while (text.n) {
        size_t n = name_at(text);
        assay_span piece = span_first(text, n ? n : 1);
        char ulabels[1024];

        if (!n) /* a whole character */
            piece.n = utf8_next(text, &(uint32_t){0});
        text = span_from(text, piece.n);
        if (t->utf8 && span_contains(piece, SPAN("xn--")))
            piece = dns_to_ulabels(piece, ulabels, sizeof ulabels);
        term_clean(t, piece, out);
    }
}

/* ---- columns ---- */

/** Columns of one character. */
static unsigned character_columns(uint32_t code)
{
    return code < 0x300 ? 1 : IN(code, ZERO_WIDTH) ? 0 : IN(code, WIDE) ? 2 : 1;
}

unsigned term_columns(assay_span text)
{
    unsigned columns = 0;

    while (text.n) {
        uint32_t code;

        text = span_from(text, utf8_next(text, &code));
        columns += character_columns(code);
    }
    return columns;
}

/** Octets that fit into `columns`; at least one character. */
static size_t fitting(assay_span text, unsigned columns)
{
    size_t at = 0;
    unsigned used = 0;

    while (at < text.n) {
        uint32_t code;
        size_t n = utf8_next(span_from(text, at), &code);

        used += character_columns(code);
        if (used > columns && at)
            break;
        at += n;
    }
    return at;
}

/**
 * Where a long word is best cut: behind the last of some marks in it, unless that leaves most of
 * the line empty.
 */
static size_t cut_word(assay_span line)
{
    for (size_t n = line.n; n > line.n / 2; n--)
        if (strchr("@/,;=.-", line.p[n - 1]) && line.p[n - 1])
            return n;
    return line.n;
}

bool term_line(assay_span *rest, unsigned columns, assay_span *line)
{
    size_t fits, cut;

    while (rest->n && rest->p[0] == ' ')
        *rest = span_from(*rest, 1);
    if (!rest->n)
        return false;
    fits = fitting(*rest, columns);
    *line = span_first(*rest, fits);
    if (fits < rest->n && rest->p[fits] != ' ') {
        cut = span_rfind(*line, ' ');
        line->n = cut < line->n ? cut : cut_word(*line);
    }
    *rest = span_from(*rest, line->n);
    while (line->n && line->p[line->n - 1] == ' ')
        line->n--;
    return true;
}

/* ---- output ---- */

void term_styled(const struct term *t, enum term_style style, assay_span text, struct buf *out)
{
    static const char *const CODES[] = {"", "1", "2", "32", "31", "33"};
    bool colored = t->color && style != TERM_PLAIN && text.n;

    if (colored)
        buf_printf(out, "\033[%sm", CODES[style]);
    buf_put(out, text);
    if (colored)
        buf_puts(out, "\033[0m");
}

void term_number(const struct term *t, uint64_t number, struct buf *out)
{
    char room[NUMBER_DIGITS];
    assay_span digits = number_text(number, room);

    for (size_t i = 0; i < digits.n; i++) {
        if (t->tty && i && (digits.n - i) % 3 == 0)
            buf_putc(out, ',');
        buf_putc(out, digits.p[i]);
    }
}

/** Append blanks. */
static void put_blanks(unsigned n, struct buf *out)
{
    while (n--)
        buf_putc(out, ' ');
}

/** Append one line of a row. \return whether any cell had text left */
static bool put_line(const struct term *t, unsigned indent, const struct term_cell *cells, size_t n,
                     assay_span *rests, struct buf *out)
{
    unsigned at = 0, want = indent;
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        assay_span line = SPAN_EMPTY;
        unsigned columns;

        if (term_line(&rests[i], cells[i].columns, &line)) {
            columns = term_columns(line);
            if (cells[i].right && columns < cells[i].columns)
                want += cells[i].columns - columns;
            if (want > at)
                put_blanks(want - at, out);
            term_styled(t, cells[i].style, line, out);
            at = (want > at ? want : at) + columns;
            if (cells[i].right && columns < cells[i].columns)
                want -= cells[i].columns - columns;
            any = true;
        }
        want += cells[i].columns + TERM_GAP;
    }
    if (any)
        buf_putc(out, '\n');
    return any;
}

void term_row(const struct term *t, unsigned indent, const struct term_cell *cells, size_t n,
              struct buf *out)
{
    struct buf texts[CELLS_MAX];
    assay_span rests[CELLS_MAX];

    n = n < CELLS_MAX ? n : CELLS_MAX;
    for (size_t i = 0; i < n; i++) {
        texts[i] = buf_new(TEXT_MAX);
        (cells[i].exact ? term_clean : term_people)(t, cells[i].text, &texts[i]);
        rests[i] = buf_span(&texts[i]);
        if (texts[i].status == ASSAY_ENOMEM)
            out->status = ASSAY_ENOMEM;
    }
    while (put_line(t, indent, cells, n, rests, out))
        ;
    for (size_t i = 0; i < n; i++)
        buf_done(&texts[i]);
}

void term_paragraph(const struct term *t, unsigned indent, assay_span text, struct buf *out)
{
    const struct term_cell cell = {.text = text,
                                   .columns = t->width > indent ? t->width - indent : 1};

    term_row(t, indent, &cell, 1, out);
}

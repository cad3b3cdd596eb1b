/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file term.h Text for people: what their terminal can show, how wide it is, and that nothing from
 * a mail disturbs it.
 *
 * Everything printed for people goes through term_clean() or term_row(). Colour only repeats what
 * words say.
 */
#ifndef CLI_TERM_H
#define CLI_TERM_H

#include "base/buf.h"

/** The least and the greatest width that is used, in columns; the one without a terminal. */
enum { TERM_LEAST = 30, TERM_MOST = 200, TERM_DEFAULT = 80 };

/** Columns between two cells of a row. */
enum { TERM_GAP = 2 };

/** What stands at the other end of an output. */
struct term {
    bool tty;       /**< a terminal */
    bool color;     /**< it shows colours, and they are wanted */
    bool utf8;      /**< it shows UTF-8; else only ASCII is written */
    unsigned width; /**< in columns */
};

/** What is known of the surroundings; NULL for a variable that is not set. */
struct term_env {
    const char *columns, *no_color, *term, *lc_all, *lc_ctype, *lang;
};

/** How a text is shown. */
enum term_style { TERM_PLAIN, TERM_BOLD, TERM_DIM, TERM_GOOD, TERM_BAD, TERM_DOUBT };

/**
 * Find out about an output.
 *
 * \param fd     its file
 * \param color  "always", "never" or "auto": on a terminal unless NO_COLOR is set or TERM is "dumb"
 */
struct term term_of(int fd, const char *color, const struct term_env *env);

/** The environment of this program. */
struct term_env term_environment(void);

/**
 * Append text from outside so that it can do no harm: a control character or a mark that turns the
 * direction of text becomes `?`, a line end or tab a blank, octets that are no character U+FFFD.
 * Without UTF-8, all beyond ASCII is `?`.
 */
void term_clean(const struct term *t, assay_span text, struct buf *out);

/**
 * Append text from outside as term_clean(), with the A-labels of domain names in it as U-labels
 * where that shows.
 */
void term_people(const struct term *t, assay_span text, struct buf *out);

/** Columns that clean text takes. */
unsigned term_columns(assay_span text);

/**
 * Cut the next line off clean text, at a blank where there is one.
 *
 * \param rest     advanced behind the line and the blank
 * \param columns  at most, and at least one character
 * \return false when nothing is left
 */
bool term_line(assay_span *rest, unsigned columns, assay_span *line);

/** Append clean text in a style. */
void term_styled(const struct term *t, enum term_style style, assay_span text, struct buf *out);

/** Append a number: with a comma at each thousand on a terminal. */
void term_number(const struct term *t, uint64_t number, struct buf *out);

/** One cell of a row. Its text goes through term_people(), or term_clean() where it is exact. */
struct term_cell {
    assay_span text;
    unsigned columns; /**< longer text goes on in the next line, in the same columns */
    enum term_style style;
    bool right; /**< flush right */
    bool exact; /**< a record or a name to publish: A-labels stay as they are */
};

/** Append a row of cells, six at most, TERM_GAP columns between them, as many lines as the longest needs. */
void term_row(const struct term *t, unsigned indent, const struct term_cell *cells, size_t n,
              struct buf *out);

/** Append text as a paragraph: indented, wrapped at the width of the terminal. */
void term_paragraph(const struct term *t, unsigned indent, assay_span text, struct buf *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/date.h"

#include "base/number.h"
#include "base/time.h"

#include <stdio.h>

/** The next word between blanks. A comma ends it too. */
static bool next_word(assay_span *rest, assay_span *word)
{
    size_t n = 0;

    while (rest->n && (ascii_fws(rest->p[0]) || rest->p[0] == ','))
        *rest = span_from(*rest, 1);
    while (n < rest->n && !ascii_fws(rest->p[n]) && rest->p[n] != ',')
        n++;
    *word = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return n > 0;
}

/** The number of a month, from 1; 0: it is none. */
static unsigned month_of(assay_span word)
{
    static const char *const NAMES[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};

    for (unsigned i = 0; i < 12; i++)
        if (span_iis(span_first(word, 3), NAMES[i]))
            return i + 1;
    return 0;
}

/** A year, of two digits or three too (RFC 5322 4.3). */
static bool read_year(assay_span word, uint64_t *ret)
{
    if (!number_read(word, 9999, ret))
        return false;
    if (word.n == 2)
        *ret += *ret < 50 ? 2000 : 1900;
    else if (word.n == 3)
        *ret += 1900;
    return true;
}

/** `10:00` or `10:00:00`. */
static bool read_clock(assay_span word, unsigned ret[3])
{
    static const uint64_t MOST[] = {23, 59, 60};
    assay_span part;
    size_t n = 0;

    ret[2] = 0;
    while (span_cut(&word, ':', &part)) {
        uint64_t number;

        if (n == 3 || part.n > 2 || !number_read(part, MOST[n], &number))
            return false;
        ret[n++] = (unsigned)number;
    }
    return n >= 2;
}

/** A zone, in minutes east of UTC; words that are not known count as UTC (RFC 5322 4.3). */
static int zone_of(assay_span word)
{
    static const struct {
        const char *name;
        int hours;
    } ZONES[] = {{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
                 {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
    uint64_t number;

    if (word.n == 5 && (word.p[0] == '+' || word.p[0] == '-') &&
        number_read(span_from(word, 1), 2359, &number))
        return (int)(number / 100 * 60 + number % 100) * (word.p[0] == '-' ? -1 : 1);
    for (size_t i = 0; i < sizeof ZONES / sizeof *ZONES; i++)
        if (span_iis(word, ZONES[i].name))
            return ZONES[i].hours * 60;
    return 0;
}

bool date_read(assay_span text, int64_t *ret)
{
    assay_span word, zone;
    uint64_t day, year;
    unsigned month, clock[3];
    char iso[32];
    int64_t utc;

    if (!next_word(&text, &word))
        return false;
    if (!ascii_digit(word.p[0]) && !next_word(&text, &word)) /* the day of the week */
        return false;
    if (!number_read(word, 31, &day) || !next_word(&text, &word) || !(month = month_of(word)) ||
        !next_word(&text, &word) || !read_year(word, &year) || !next_word(&text, &word) ||
        !read_clock(word, clock))
        return false;
    if (!next_word(&text, &zone))
        zone = SPAN("+0000");
    snprintf(iso, sizeof iso, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year % 10000, month % 100,
             (unsigned)day % 100, clock[0] % 100, clock[1] % 100, clock[2] % 100);
    if (!time_read(span_of(iso), &utc))
        return false;
    *ret = utc - zone_of(zone) * 60;
    return true;
}

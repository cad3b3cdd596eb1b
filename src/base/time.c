/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/time.h"

#include "base/number.h"

#include <stdio.h>

enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/** Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month > 2 ? month - 3 : month + 9; /* the year begins in March */
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * shifted + 2) / 5 + day -
           1 - 719468;
}

/** Days of a month. */
static int64_t days_in(int64_t year, int64_t month)
{
    return month == 12 ? 31 : days_of(year, month + 1, 1) - days_of(year, month, 1);
}

/** Read `n` digits off the front. */
static bool take(assay_span *s, size_t n, uint64_t max, int64_t *ret)
{
    uint64_t value;

    if (s->n < n || !number_read(span_first(*s, n), max, &value))
        return false;
    *s = span_from(*s, n);
    *ret = (int64_t)value;
    return true;
}

/** Take one octet off the front if it is `c`. */
static bool take_char(assay_span *s, char c)
{
    if (!s->n || s->p[0] != c)
        return false;
    *s = span_from(*s, 1);
    return true;
}

/** Read `Z` or `+01:00`. */
static bool take_zone(assay_span *s, int64_t *ret)
{
    int64_t hours, minutes;
    bool east = take_char(s, '+');

    *ret = 0;
    if (!east && !take_char(s, '-'))
        return take_char(s, 'Z') || take_char(s, 'z');
    if (!take(s, 2, 23, &hours) || !take_char(s, ':') || !take(s, 2, 59, &minutes))
        return false;
    *ret = (hours * HOUR + minutes * MINUTE) * (east ? 1 : -1);
    return true;
}

/** Read what follows the date: nothing, or a time with its zone. */
static bool take_time(assay_span *s, int64_t *ret)
{
    int64_t hour, minute, second, zone;

    *ret = 0;
    if (s->n == 0)
        return true;
    if (!take_char(s, 'T') && !take_char(s, 't') && !take_char(s, ' '))
        return false;
    if (!take(s, 2, 23, &hour) || !take_char(s, ':') || !take(s, 2, 59, &minute) ||
        !take_char(s, ':') || !take(s, 2, 60, &second) || !take_zone(s, &zone))
        return false;
    *ret = hour * HOUR + minute * MINUTE + second - zone;
    return s->n == 0;
}

bool time_read(assay_span s, int64_t *ret)
{
    int64_t year, month, day, seconds;
    uint64_t number;

    if (number_read(s, INT64_MAX, &number)) {
        *ret = (int64_t)number;
        return true;
    }
    if (s.n && s.p[0] == '-' && number_read(span_from(s, 1), (uint64_t)1 << 63, &number)) {
        *ret = (int64_t)(0 - number); /* INT64_MIN too */
        return true;
    }
    if (!take(&s, 4, 9999, &year) || !take_char(&s, '-') || !take(&s, 2, 12, &month) ||
        !take_char(&s, '-') || !take(&s, 2, 31, &day) || month < 1 || day < 1 ||
        !take_time(&s, &seconds) || day > days_in(year, month))
        return false;
    *ret = days_of(year, month, day) * DAY + seconds;
    return true;
}

assay_span time_text(int64_t t, char text[TIME_TEXT])
{
    const int64_t first = days_of(0, 1, 1) * DAY, last = days_of(10000, 1, 1) * DAY - 1;
    int64_t day, second, year, month = 12;
    int n;

    if (t < first || t > last) {
        n = snprintf(text, TIME_TEXT, "%lld", (long long)t);
        return (assay_span){text, (size_t)n};
    }
    day = t / DAY - (t % DAY < 0);
    second = t - day * DAY;
    year = 1970 + day / 365;
    while (days_of(year, 1, 1) > day)
        year--;
    while (days_of(year + 1, 1, 1) <= day)
        year++;
    while (days_of(year, month, 1) > day)
        month--;
    n = snprintf(text, TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year % 10000,
                 (unsigned)month % 100, (unsigned)(day - days_of(year, month, 1) + 1) % 100,
                 (unsigned)(second / HOUR) % 100, (unsigned)(second / MINUTE % 60),
                 (unsigned)(second % 60));
    return (assay_span){text, (size_t)n};
}

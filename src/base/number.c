/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/number.h"

bool number_read(assay_span s, uint64_t max, uint64_t *ret)
{
    uint64_t n = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = (uint64_t)(s.p[i] - '0');

        if (!ascii_digit(s.p[i]) || n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    if (n > max)
        return false;
    *ret = n;
    return true;
}

assay_span number_text(uint64_t number, char digits[NUMBER_DIGITS])
{
    size_t at = NUMBER_DIGITS;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return (assay_span){digits + at, NUMBER_DIGITS - at};
}

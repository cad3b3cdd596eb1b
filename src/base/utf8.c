/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utf8.h"

/**
 * The forms of RFC 3629 4: what leads, what the second octet may be, and how many follow the first.
 */
static const struct form {
    uint8_t first, last; /* of the leading octet */
    uint8_t low, high;   /* of the second octet */
    uint8_t tail;        /* octets behind the leading one */
    uint8_t bits;        /* of the leading octet that count */
} FORMS[] = {
    {0x00, 0x7F, 0x00, 0x00, 0, 0x7F}, {0xC2, 0xDF, 0x80, 0xBF, 1, 0x1F},
    {0xE0, 0xE0, 0xA0, 0xBF, 2, 0x0F}, {0xE1, 0xEC, 0x80, 0xBF, 2, 0x0F},
    {0xED, 0xED, 0x80, 0x9F, 2, 0x0F}, {0xEE, 0xEF, 0x80, 0xBF, 2, 0x0F},
    {0xF0, 0xF0, 0x90, 0xBF, 3, 0x07}, {0xF1, 0xF3, 0x80, 0xBF, 3, 0x07},
    {0xF4, 0xF4, 0x80, 0x8F, 3, 0x07},
};

/** The form that a leading octet begins, or NULL. */
static const struct form *form_of(uint8_t lead)
{
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++)
        if (lead >= FORMS[i].first && lead <= FORMS[i].last)
            return &FORMS[i];
    return NULL;
}

size_t utf8_next(assay_span s, uint32_t *ret_code)
{
    const struct form *form = form_of((uint8_t)s.p[0]);
    uint32_t code;

    *ret_code = UTF8_REPLACEMENT;
    if (!form)
        return 1;
    code = (uint8_t)s.p[0] & form->bits;
    for (size_t i = 1; i <= form->tail; i++) {
        uint8_t octet = i < s.n ? (uint8_t)s.p[i] : 0;

        if (octet < (i == 1 ? form->low : 0x80) || octet > (i == 1 ? form->high : 0xBF))
            return i;
        code = code << 6 | (octet & 0x3F);
    }
    *ret_code = code;
    return form->tail + 1u;
}

size_t utf8_put(uint32_t code, char *out)
{
    static const uint8_t LEADS[] = {0x00, 0xC0, 0xE0, 0xF0};
    size_t tail = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

    for (size_t i = tail; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)(LEADS[tail] | code);
    return tail + 1;
}

bool utf8_ok(assay_span s)
{
    while (s.n) {
        uint32_t code;
        size_t n = utf8_next(s, &code);

        if (code == UTF8_REPLACEMENT && !span_starts(s, SPAN("\xEF\xBF\xBD")))
            return false;
        s = span_from(s, n);
    }
    return true;
}

assay_span utf8_first(assay_span s, size_t most)
{
    if (s.n <= most)
        return s;
    while (most && ((uint8_t)s.p[most] & 0xC0) == 0x80)
        most--;
    return span_first(s, most);
}

bool utf8_harmful(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } RANGES[] = {{0, 0x1F},        {0x7F, 0x9F},      {0xAD, 0xAD},     {0x61C, 0x61C},
                  {0x200B, 0x200F}, {0x2028, 0x202E},  {0x2060, 0x206F}, {0xFEFF, 0xFEFF},
                  {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};

    for (size_t i = 0; i < sizeof RANGES / sizeof *RANGES; i++)
        if (code >= RANGES[i].first && code <= RANGES[i].last)
            return true;
    return (code & 0xFFFE) == 0xFFFE; /* no characters, and XML may not have them */
}

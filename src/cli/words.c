/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/words.h"

#include "base/base64.h"
#include "base/utf8.h"

/**
 * An encoded word is at most this long (RFC 2047 2); longer ones are met and read, within reason.
 */
enum { WORD_MAX = 1024 };

/**
 * Character sets that are understood. What calls itself ISO-8859-1 is often Windows-1252, which has
 * characters where the other has controls: it is read as that.
 */
enum charset { CHARSET_OTHER, CHARSET_UTF8, CHARSET_WINDOWS_1252, CHARSET_LATIN9 };

/** Windows-1252 from 0x80 to 0x9F; 0: not assigned. */
static const uint16_t WINDOWS_1252[] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020,
                                        0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,
                                        0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D,
                                        0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
                                        0x0153, 0,      0x017E, 0x0178};

/** Where ISO-8859-15 is not ISO-8859-1. */
static const struct {
    unsigned char octet;
    uint16_t code;
} LATIN9[] = {{0xA4, 0x20AC}, {0xA6, 0x0160}, {0xA8, 0x0161}, {0xB4, 0x017D},
              {0xB8, 0x017E}, {0xBC, 0x0152}, {0xBD, 0x0153}, {0xBE, 0x0178}};

/** An encoded word taken apart. */
struct word {
    enum charset charset;
    char encoding; /* 'q' or 'b' */
    assay_span text;
    size_t n; /* octets of all of it */
};

/** The character set of a name; a language may follow (RFC 2231 5). */
static enum charset charset_of(assay_span name)
{
    name = span_first(name, span_find(name, '*'));
    if (span_iis(name, "utf-8") || span_iis(name, "utf8") || span_iis(name, "us-ascii"))
        return CHARSET_UTF8;
    if (span_iis(name, "iso-8859-1") || span_iis(name, "windows-1252"))
        return CHARSET_WINDOWS_1252;
    return span_iis(name, "iso-8859-15") ? CHARSET_LATIN9 : CHARSET_OTHER;
}

/** The code point of an octet. */
static uint32_t code_of(unsigned char octet, enum charset charset)
{
    if (charset == CHARSET_WINDOWS_1252 && octet >= 0x80 && octet < 0xA0 &&
        WINDOWS_1252[octet - 0x80])
        return WINDOWS_1252[octet - 0x80];
    for (size_t i = 0; charset == CHARSET_LATIN9 && i < sizeof LATIN9 / sizeof *LATIN9; i++)
        if (octet == LATIN9[i].octet)
            return LATIN9[i].code;
    return octet;
}

/**
 * Take `=?charset?encoding?text?=` apart. \return false when there is none at the front, or none
 * that is understood
 */
static bool read_word(assay_span s, struct word *ret)
{
    assay_span rest = span_from(s, 2), charset, encoding, text;

    if (!span_starts(s, SPAN("=?")) || !span_cut(&rest, '?', &charset) ||
        !span_cut(&rest, '?', &encoding) || !span_cut(&rest, '?', &text))
        return false;
    if (!rest.p || !rest.n || rest.p[0] != '=' || encoding.n != 1 || text.n > WORD_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] <= ' ')
            return false;
    ret->charset = charset_of(charset);
    ret->encoding = ascii_lower(encoding.p[0]);
    ret->text = text;
    ret->n = (size_t)(rest.p + 1 - s.p);
    return ret->charset != CHARSET_OTHER && (ret->encoding == 'q' || ret->encoding == 'b');
}

/** Decode "Q" (RFC 2047 4.2). \param out  room for text.n octets \return octets decoded */
static size_t decode_q(assay_span text, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        int high = text.p[i] == '=' && i + 2 < text.n ? ascii_hex(text.p[i + 1]) : -1;
        int low = high >= 0 ? ascii_hex(text.p[i + 2]) : -1;

        if (low >= 0) {
            out[n++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[n++] = text.p[i] == '_' ? ' ' : text.p[i];
        }
    }
    return n;
}

/** Append octets of a character set as UTF-8. */
static void put_octets(const char *octets, size_t n, enum charset charset, struct buf *out)
{
    if (charset == CHARSET_UTF8) {
        buf_put(out, (assay_span){octets, n});
        return;
    }
    for (size_t i = 0; i < n; i++) {
        char utf8[4];

        buf_put(out,
                (assay_span){utf8, utf8_put(code_of((unsigned char)octets[i], charset), utf8)});
    }
}

/** Append an encoded word. \return false when its base64 is none: nothing was appended */
static bool put_word(const struct word *w, struct buf *out)
{
    char octets[WORD_MAX + 3];
    size_t n;

    if (w->encoding == 'q')
        n = decode_q(w->text, octets);
    else if (!base64_decode(w->text, (uint8_t *)octets, &n))
        return false;
    put_octets(octets, n, w->charset, out);
    return true;
}

/** Blanks and line ends at the front. */
static size_t blanks(assay_span s)
{
    size_t n = 0;

    while (n < s.n && ascii_fws(s.p[n]))
        n++;
    return n;
}

/** Append blanks, line ends left out (RFC 5322 2.2.3). */
static void put_blanks(assay_span s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++)
        if (ascii_wsp(s.p[i]))
            buf_putc(out, ' ');
}

void words_decode(assay_span value, struct buf *out)
{
    assay_span rest = span_trim(value);
    bool after_word = false;

    while (rest.n) {
        size_t gap = blanks(rest);
        assay_span at = span_from(rest, gap);
        struct word w;
        bool is_word = read_word(at, &w);

        if (!is_word || !after_word) /* blanks between two encoded words are none (RFC 2047 6.2) */
            put_blanks(span_first(rest, gap), out);
        if (is_word && put_word(&w, out)) {
            rest = span_from(at, w.n);
            after_word = true;
            continue;
        }
        after_word = false;
        if (at.n)
            buf_putc(out, at.p[0]);
        rest = span_from(at, 1);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/words.h"

#include "base/base64.h"
#include "base/utf8.h"

/**
 * An encoded word is at most this long (RFC 2047 2); longer ones are met and read, within reason.
 */
enum { WORD_MAX = 1024 };

/** Character sets that are understood. */
enum charset { CHARSET_OTHER, CHARSET_UTF8, CHARSET_LATIN1 };

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
    return span_iis(name, "iso-8859-1") ? CHARSET_LATIN1 : CHARSET_OTHER;
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
    for (size_t i = 0; i < n && charset == CHARSET_LATIN1; i++) {
        char utf8[4];

        buf_put(out, (assay_span){utf8, utf8_put((unsigned char)octets[i], utf8)});
    }
    if (charset == CHARSET_UTF8)
        buf_put(out, (assay_span){octets, n});
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

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_dmarc_record.c Any octets as a DMARC record: each tag is what a naive reading finds,
 * wherever it stands and however it is written; a tag that is wrong or unknown changes no other;
 * what is kept lies in the record.
 */
#include "base/buf.h"
#include "base/fuzz_must.h"
#include "base/limits.h"
#include "dmarc/record.h"

#include <stdlib.h>

enum { MOST = LIMIT_TXT };

/** The span lies in the text. */
static bool lies_in(assay_span s, assay_span text)
{
    return s.n == 0 || (s.p >= text.p && s.p + s.n <= text.p + text.n);
}

/** Without space and tab at both ends. */
static assay_span naive_trim(assay_span s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = span_from(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/**
 * The value of the first tag of a name, which may be of no syntax. \return how often the tag stands
 * there
 */
static size_t naive_find(assay_span text, const char *name, assay_span *value)
{
    assay_span piece;
    size_t n = 0;

    while (span_cut(&text, ';', &piece)) {
        size_t equals = span_find(piece, '=');

        if (equals == piece.n || !span_iis(naive_trim(span_first(piece, equals)), name))
            continue;
        if (n++ == 0)
            *value = naive_trim(span_from(piece, equals + 1));
    }
    return n;
}

/** A policy tag. */
static void check_policy(assay_span text, const char *name, const struct dmarc_policy_tag *tag)
{
    assay_span value = SPAN_EMPTY;

    must(tag->present == (naive_find(text, name, &value) > 0));
    must(tag->valid ==
         (span_iis(value, "none") || span_iis(value, "quarantine") || span_iis(value, "reject")));
    must(!tag->valid || span_iis(value, dmarc_policy_text(tag->policy)));
}

/** A tag of one letter. */
static bool is_letter(assay_span text, const char *name, const char *letter)
{
    assay_span value = SPAN_EMPTY;

    return naive_find(text, name, &value) > 0 && span_iis(value, letter);
}

/** A list of URIs: kept as written when it prints, empty otherwise. */
static void check_list(assay_span text, const char *name, assay_span kept)
{
    assay_span value = SPAN_EMPTY;
    size_t n = naive_find(text, name, &value);

    must(lies_in(kept, text));
    must(span_eq(kept, n && span_printable(value) ? value : SPAN_EMPTY));
}

/** One of the URIs is valid by itself. */
static bool any_valid(assay_span list)
{
    assay_span uri;

    while (list.n && span_cut(&list, ',', &uri))
        if (dmarc_uri_valid(uri))
            return true;
    return false;
}

/** A URI that is valid has a scheme, and stays valid with white space and an old size behind it. */
static void check_uri(assay_span uri)
{
    struct buf more = buf_new(2 * MOST);
    size_t colon = span_find(uri, ':');

    must(!dmarc_uri_valid(span_first(uri, colon)));
    if (dmarc_uri_valid(uri)) {
        must(colon > 0 && colon < uri.n && ascii_alpha(naive_trim(uri).p[0]));
        buf_puts(&more, " \t");
        buf_put(&more, naive_trim(uri));
        buf_puts(&more, span_find(uri, '!') == uri.n ? "!10m " : " ");
        must(dmarc_uri_valid(buf_span(&more)));
    }
    buf_done(&more);
}

/** A tag stands twice: one of those that are known. */
static bool twice(assay_span text)
{
    static const char *const TAGS[] = {"v",     "p",    "sp",  "np",  "psd", "t",
                                       "adkim", "aspf", "rua", "ruf", "fo",  "pct"};
    assay_span value;

    for (size_t i = 0; i < sizeof TAGS / sizeof *TAGS; i++)
        if (naive_find(text, TAGS[i], &value) > 1)
            return true;
    return false;
}

/** With unknown tags around it, the record says the same. */
static void check_unknown(assay_span text, const struct dmarc_record *r)
{
    struct buf more = buf_new(2 * MOST);
    struct dmarc_record other;

    buf_puts(&more, "v=DMARC1; unknown = x;;p\001=reject; x=1 ;");
    buf_put(&more, span_from(text, span_find(text, ';') + 1));
    buf_puts(&more, "; y; =; z=z");
    dmarc_record_read(buf_span(&more), &other);
    must(other.found == r->found && other.psd == r->psd && other.testing == r->testing);
    must(other.strict_dkim == r->strict_dkim && other.strict_spf == r->strict_spf);
    must(other.fo == r->fo && other.pct == r->pct && other.rua_valid == r->rua_valid);
    must(memcmp(&other.p, &r->p, sizeof r->p) == 0 && memcmp(&other.sp, &r->sp, sizeof r->sp) == 0);
    must(memcmp(&other.np, &r->np, sizeof r->np) == 0);
    buf_done(&more);
}

/** All of a record. */
static void check_record(assay_span text)
{
    struct dmarc_record r;
    assay_span value = SPAN_EMPTY;

    must(dmarc_is_record(text));
    dmarc_record_read(text, &r);
    must(r.found == (twice(text) ? DMARC_RECORD_VOID : DMARC_RECORD_ONE));
    must(span_eq(r.text, text));
    must(r.fo && (r.fo & (DMARC_FO_0 | DMARC_FO_1)) != (DMARC_FO_0 | DMARC_FO_1) && r.pct <= 100);
    if (r.found != DMARC_RECORD_ONE)
        return;
    check_policy(text, "p", &r.p);
    check_policy(text, "sp", &r.sp);
    check_policy(text, "np", &r.np);
    must((r.psd == DMARC_PSD_Y) == is_letter(text, "psd", "y"));
    must((r.psd == DMARC_PSD_N) == is_letter(text, "psd", "n"));
    must(r.testing == is_letter(text, "t", "y"));
    must(r.strict_dkim == is_letter(text, "adkim", "s"));
    must(r.strict_spf == is_letter(text, "aspf", "s"));
    check_list(text, "rua", r.rua);
    check_list(text, "ruf", r.ruf);
    must(r.rua_valid == any_valid(r.rua));
    must(r.fo == DMARC_FO_0 || naive_find(text, "fo", &value) == 1);
    check_unknown(text, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span in = {(const char *)data, n};
    struct buf text = buf_new(2 * MOST);

    if (n > MOST)
        return 0;
    check_uri(in);
    if (!dmarc_is_record(in))
        buf_puts(&text, "v=DMARC1;");
    buf_put(&text, in);
    check_record(buf_span(&text));
    buf_done(&text);
    return 0;
}

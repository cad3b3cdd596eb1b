/* SPDX-License-Identifier: BSD-2-Clause */
#include "dmarc/record.h"

#include "base/limits.h"
#include "base/number.h"

#include <stdlib.h>

const char *dmarc_policy_text(enum dmarc_policy policy)
{
    static const char *const TEXTS[] = {"none", "quarantine", "reject"};

    return TEXTS[policy];
}

enum dmarc_policy dmarc_policy_lower(enum dmarc_policy policy)
{
    return policy == DMARC_POLICY_NONE ? policy : (enum dmarc_policy)(policy - 1);
}

/** Without WSP at both ends; CR and LF are no WSP. */
static assay_span trim_wsp(assay_span s)
{
    while (s.n && ascii_wsp(s.p[0]))
        s = span_from(s, 1);
    while (s.n && ascii_wsp(s.p[s.n - 1]))
        s.n--;
    return s;
}

/** dmarc-version: "v" *WSP "=" *WSP %s"DMARC1", then a separator or the end. */
bool dmarc_is_record(assay_span text)
{
    if (!text.n || ascii_lower(text.p[0]) != 'v')
        return false;
    text = trim_wsp(span_from(text, 1));
    if (!text.n || text.p[0] != '=')
        return false;
    return span_is(trim_wsp(span_first(span_from(text, 1), span_find(span_from(text, 1), ';'))),
                   "DMARC1");
}

/* ---- URIs ---- */

/** A size limit of RFC 7489 behind the URI is obsolete; it is left out. */
static assay_span without_size(assay_span uri)
{
    return span_first(uri, span_find(uri, '!'));
}

/** scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) (RFC 3986 3.1). */
static bool is_scheme(assay_span s)
{
    if (!s.n || !ascii_alpha(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!ascii_alnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.')
            return false;
    return true;
}

bool dmarc_uri_valid(assay_span uri)
{
    size_t colon, at;

    uri = without_size(trim_wsp(uri));
    colon = span_find(uri, ':');
    if (colon == uri.n || colon + 1 == uri.n || !is_scheme(span_first(uri, colon)))
        return false;
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] <= ' ' || uri.p[i] > '~' || strchr("\"<>\\^`{|}", uri.p[i]))
            return false;
    if (!span_iis(span_first(uri, colon), "mailto"))
        return true;
    uri = span_from(uri, colon + 1);
    uri = span_first(uri, span_find(uri, '?'));
    at = span_rfind(uri, '@');
    return at > 0 && at + 1 < uri.n;
}

/** One of a list of URIs is valid. */
static bool any_uri_valid(assay_span list)
{
    assay_span uri;

    while (span_cut(&list, ',', &uri))
        if (dmarc_uri_valid(uri))
            return true;
    return false;
}

/* ---- tags ---- */

/** One of the words of a tag, without case (RFC 9989 4.8: ABNF literals). -1: none. */
static int word(assay_span value, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (span_iis(value, words[i]))
            return i;
    return -1;
}

/** p, sp, np. */
static void read_policy(assay_span value, struct dmarc_policy_tag *ret)
{
    static const char *const WORDS[] = {"none", "quarantine", "reject", NULL};
    int policy = word(value, WORDS);

    ret->present = true;
    ret->valid = policy >= 0;
    if (ret->valid)
        ret->policy = (enum dmarc_policy)policy;
}

bool dmarc_fo_read(assay_span value, unsigned *ret)
{
    static const char *const WORDS[] = {"0", "1", "d", "s", NULL};
    unsigned fo = 0;
    assay_span item;

    while (span_cut(&value, ':', &item)) {
        int option = word(trim_wsp(item), WORDS);

        if (option < 0 || fo & 1u << option)
            return false;
        fo |= 1u << option;
    }
    if (!fo || (fo & (DMARC_FO_0 | DMARC_FO_1)) == (DMARC_FO_0 | DMARC_FO_1))
        return false;
    *ret = fo;
    return true;
}

/** The tags that are read. Unknown ones are ignored (RFC 9989 4.8). */
enum tag {
    TAG_V,
    TAG_P,
    TAG_SP,
    TAG_NP,
    TAG_PSD,
    TAG_T,
    TAG_ADKIM,
    TAG_ASPF,
    TAG_RUA,
    TAG_RUF,
    TAG_FO,
    TAG_PCT
};

/** Take one tag whose syntax is right. */
static void take_tag(enum tag tag, assay_span value, struct dmarc_record *r)
{
    static const char *const YORN[] = {"u", "y", "n", NULL}, *const RORS[] = {"r", "s", NULL};
    uint64_t pct;
    int w;

    switch (tag) {
    case TAG_P: read_policy(value, &r->p); break;
    case TAG_SP: read_policy(value, &r->sp); break;
    case TAG_NP: read_policy(value, &r->np); break;
    case TAG_PSD:
        if ((w = word(value, YORN)) >= 0)
            r->psd = (enum dmarc_psd)w;
        break;
    case TAG_T: r->testing = word(value, YORN) == 1; break;
    case TAG_ADKIM: r->strict_dkim = word(value, RORS) == 1; break;
    case TAG_ASPF: r->strict_spf = word(value, RORS) == 1; break;
    case TAG_RUA:
        r->rua = value;
        r->rua_valid = any_uri_valid(value);
        break;
    case TAG_RUF: r->ruf = value; break;
    case TAG_FO: (void)dmarc_fo_read(value, &r->fo); break; /* else the default stays */
    case TAG_PCT:
        if (number_read(value, 100, &pct))
            r->pct = (unsigned)pct;
        break;
    case TAG_V: break;
    }
}

/** Read one piece between semicolons. \return false when its tag stood before */
static bool read_piece(assay_span piece, unsigned *seen, struct dmarc_record *r)
{
    static const char *const TAGS[] = {"v",    "p",   "sp",  "np", "psd", "t", "adkim",
                                       "aspf", "rua", "ruf", "fo", "pct", NULL};
    size_t equals = span_find(piece, '=');
    assay_span name = trim_wsp(span_first(piece, equals)),
               value = trim_wsp(span_from(piece, equals + 1));
    int tag = word(name, TAGS);

    if (equals == piece.n || tag < 0)
        return true;
    if (*seen & 1u << tag)
        return false;
    *seen |= 1u << tag;
    take_tag((enum tag)tag, span_printable(value) ? value : SPAN_EMPTY, r); /* dmarc-value */
    return true;
}

void dmarc_record_read(assay_span text, struct dmarc_record *ret)
{
    struct dmarc_record r = {.found = DMARC_RECORD_ONE,
                             .text = text,
                             .rua = SPAN_EMPTY,
                             .ruf = SPAN_EMPTY,
                             .fo = DMARC_FO_0,
                             .pct = 100};
    assay_span rest = text, piece;
    unsigned seen = 0;

    while (span_cut(&rest, ';', &piece))
        if (!read_piece(piece, &seen, &r))
            r.found = DMARC_RECORD_VOID;
    *ret = r;
}

/** Select among the TXT records of an answer (RFC 9989 4.10 step 2). */
static assay_status make(const struct assay_fact *fact, void **ret)
{
    struct dmarc_record *r = calloc(1, sizeof *r);

    if (!r)
        return ASSAY_ENOMEM;
    r->text = r->rua = r->ruf = SPAN_EMPTY;
    for (size_t i = 0; i < fact->n; i++) {
        if (!dmarc_is_record(fact->records[i].text))
            continue;
        if (r->found == DMARC_RECORD_NONE)
            dmarc_record_read(fact->records[i].text, r);
        else
            r->found = DMARC_RECORD_SEVERAL;
    }
    *ret = r;
    return ASSAY_DONE;
}

assay_status dmarc_record_of(const struct assay_fact *fact, const struct dmarc_record **ret)
{
    static const struct memo_type TYPE = {make, free};
    const void *made;
    assay_status s = fact_memo(fact, &TYPE, &made);

    if (s == ASSAY_DONE)
        *ret = made;
    return s;
}

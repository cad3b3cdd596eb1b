/* SPDX-License-Identifier: BSD-2-Clause */
#include "dmarc/lint.h"

/** Without WSP at both ends. */
static assay_span trim_wsp(assay_span s)
{
    while (s.n && ascii_wsp(s.p[0]))
        s = span_from(s, 1);
    while (s.n && ascii_wsp(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* ---- parts ---- */

static const char *const TAGS[] = {"v",    "p",   "sp",  "np", "psd", "t",  "adkim",
                                   "aspf", "rua", "ruf", "fo", "pct", "rf", "ri"};

const char *dmarc_tag_text(enum dmarc_tag tag)
{
    return tag < DMARC_TAG_OTHER ? TAGS[tag] : NULL;
}

const char *dmarc_fault_text(enum dmarc_fault fault)
{
    static const char *const TEXTS[] = {"well formed",
                                        "two semicolons with nothing between them",
                                        "no =",
                                        "a name that is not letters",
                                        "no value",
                                        "an octet that does not print",
                                        "a value that the tag does not take"};

    return TEXTS[fault];
}

/** A tag by its name, without case. */
static enum dmarc_tag find_tag(assay_span name)
{
    for (int i = 0; i < DMARC_TAG_OTHER; i++)
        if (span_iis(name, TAGS[i]))
            return (enum dmarc_tag)i;
    return DMARC_TAG_OTHER;
}

/** 1*ALPHA. */
static bool is_name(assay_span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!ascii_alpha(name.p[i]))
            return false;
    return name.n > 0;
}

/** The value is one of those that the table of 4.8 has for the tag; other tags have rows of their own. */
static bool is_value(enum dmarc_tag tag, assay_span value)
{
    unsigned fo = 0;

    switch (tag) {
    case DMARC_TAG_ADKIM:
    case DMARC_TAG_ASPF: return span_iis(value, "r") || span_iis(value, "s");
    case DMARC_TAG_T: return span_iis(value, "y") || span_iis(value, "n");
    case DMARC_TAG_PSD: return span_iis(value, "y") || span_iis(value, "n") || span_iis(value, "u");
    case DMARC_TAG_FO: return dmarc_fo_read(value, &fo);
    default: return true;
    }
}

/** What is wrong with a part whose name and value are set. */
static enum dmarc_fault fault_of(const struct dmarc_part *part, bool equals)
{
    if (!part->text.n)
        return DMARC_FAULT_EMPTY;
    if (!equals)
        return DMARC_FAULT_NO_EQUALS;
    if (!is_name(part->name))
        return DMARC_FAULT_NAME;
    if (!part->value.n)
        return DMARC_FAULT_NO_VALUE;
    if (!span_printable(part->value))
        return DMARC_FAULT_OCTET;
    return is_value(part->tag, part->value) ? DMARC_WELL : DMARC_FAULT_VALUE;
}

/** Read one part. */
static struct dmarc_part read_part(assay_span piece, const struct dmarc_parts *before)
{
    struct dmarc_part part = {.text = trim_wsp(piece)};
    size_t equals = span_find(part.text, '=');

    part.name = trim_wsp(span_first(part.text, equals));
    part.value = trim_wsp(span_from(part.text, equals + 1));
    part.tag = equals < part.text.n ? find_tag(part.name) : DMARC_TAG_OTHER;
    part.fault = fault_of(&part, equals < part.text.n);
    for (size_t i = 0; equals < part.text.n && i < before->n; i++)
        part.again |= part.name.n && before->parts[i].fault != DMARC_FAULT_NO_EQUALS &&
                      span_ieq(before->parts[i].name, part.name);
    return part;
}

void dmarc_parts_read(assay_span record, struct dmarc_parts *ret)
{
    assay_span rest = record, piece;

    ret->n = 0;
    ret->rest = SPAN_EMPTY;
    while (span_cut(&rest, ';', &piece)) {
        if (!rest.p && !trim_wsp(piece).n && ret->n)
            break; /* a last separator */
        if (ret->n == LIMIT_TAGS) {
            ret->rest = span_between(piece.p - 1, record.p + record.n);
            break;
        }
        ret->parts[ret->n] = read_part(piece, ret);
        ret->n++;
    }
}

const struct dmarc_part *dmarc_part_of(const struct dmarc_parts *parts, enum dmarc_tag tag)
{
    for (size_t i = 0; i < parts->n; i++)
        if (tag != DMARC_TAG_OTHER && parts->parts[i].tag == tag)
            return &parts->parts[i];
    return NULL;
}

/* ---- near misses ---- */

static const assay_span VERSION = {"DMARC1", 6};

/** Take off quotes, blanks, backslashes and a byte order mark. */
static assay_span without_lead(assay_span text)
{
    const assay_span bom = {"\xEF\xBB\xBF", 3};

    for (;;) {
        if (span_starts(text, bom))
            text = span_from(text, bom.n);
        else if (text.n && (ascii_fws(text.p[0]) || strchr("\"'\\", text.p[0])))
            text = span_from(text, 1);
        else
            return text;
    }
}

/** "DMARC1" without case and without the blanks inside. */
static bool is_version_but_for_form(assay_span value)
{
    size_t k = 0;

    for (size_t i = 0; i < value.n; i++) {
        if (ascii_wsp(value.p[i]))
            continue;
        if (k == VERSION.n || ascii_lower(value.p[i]) != ascii_lower(VERSION.p[k++]))
            return false;
    }
    return k == VERSION.n;
}

/** Take `v`, WSP, `=`, WSP off. \return false, and nothing taken, when it is not there */
static bool take_v(assay_span *text)
{
    assay_span rest = *text;

    if (!rest.n || ascii_lower(rest.p[0]) != 'v')
        return false;
    rest = trim_wsp(span_from(rest, 1));
    if (!rest.n || rest.p[0] != '=')
        return false;
    *text = trim_wsp(span_from(rest, 1));
    return true;
}

/** A tag `v` of value DMARC1 stands behind the first part. */
static bool has_later_version(assay_span text)
{
    assay_span piece;
    bool first = true;

    while (span_cut(&text, ';', &piece)) {
        assay_span part = trim_wsp(piece);

        if (!first && take_v(&part) && span_eq(part, VERSION))
            return true;
        first = false;
    }
    return false;
}

/** What stands behind the version and the separator, or what was written in its place. */
static assay_span behind(assay_span text, size_t n)
{
    text = span_from(text, n);
    while (text.n && (ascii_wsp(text.p[0]) || strchr(";,:.", text.p[0])))
        text = span_from(text, 1);
    return text;
}

/** The text begins with DMARC1 or v=DMARC1, and goes on as no record does. */
static bool is_misspelt(assay_span text, assay_span *ret_rest)
{
    assay_span rest = text;

    take_v(&rest);
    if (!span_istarts(rest, VERSION))
        return false;
    if (rest.n > VERSION.n && ascii_digit(rest.p[VERSION.n]))
        return false; /* another version */
    *ret_rest = behind(rest, VERSION.n);
    return true;
}

enum dmarc_near_miss dmarc_near_miss(assay_span text, assay_span *ret_rest)
{
    assay_span bare = without_lead(text), rest = bare;
    size_t semicolon = span_find(bare, ';');

    if (dmarc_is_record(text))
        return DMARC_NOT_MEANT;
    if (dmarc_is_record(bare)) {
        *ret_rest = behind(bare, semicolon);
        return DMARC_MISS_LEAD;
    }
    rest = span_first(bare, semicolon);
    if (take_v(&rest) && is_version_but_for_form(rest)) {
        *ret_rest = behind(bare, semicolon);
        return bare.n == text.n ? DMARC_MISS_VERSION : DMARC_MISS_LEAD;
    }
    if (is_misspelt(bare, ret_rest))
        return bare.n == text.n ? DMARC_MISS_SPELLING : DMARC_MISS_LEAD;
    if (!has_later_version(text))
        return DMARC_NOT_MEANT;
    *ret_rest = text;
    return DMARC_MISS_NOT_FIRST;
}

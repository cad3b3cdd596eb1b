/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mark_logo.c The logo inside a mark certificate (VMC 4.1, 4.2; RFC 3709 4.1, RFC 6170). */
#include "bimi/mark_own.h"

#include "base/base64.h"

#define OID_SHA1   "\x2B\x0E\x03\x02\x1A"
#define OID_SHA256 "\x60\x86\x48\x01\x65\x03\x04\x02\x01"

enum { HASHES_MOST = 16, IMAGES_MOST = 16, URI_MOST = 2 * LIMIT_SVG };

/** Read HashAlgAndValue, several. \return false when one is none */
static bool read_hashes(assay_span list, struct mark_logo *logo)
{
    while (list.n && logo->nhashes < HASHES_MOST) {
        assay_span one, algorithm, oid, value;

        if (!der_take(&list, DER_SEQUENCE, &one) || !der_take(&one, DER_SEQUENCE, &algorithm) ||
            !der_take(&algorithm, DER_OID, &oid) || !der_take(&one, DER_OCTET_STRING, &value) ||
            one.n)
            return false;
        logo->nhashes++;
        if (span_eq(oid, SPAN(OID_SHA1)))
            logo->sha1 = value;
        else if (span_eq(oid, SPAN(OID_SHA256)))
            logo->sha256 = value;
    }
    return !list.n;
}

/** Read LogotypeDetails. */
static bool read_details(assay_span details, struct mark_logo *logo)
{
    assay_span hashes, uris;

    return der_take(&details, DER_IA5_STRING, &logo->media_type) &&
           der_take(&details, DER_SEQUENCE, &hashes) && read_hashes(hashes, logo) &&
           der_take(&details, DER_SEQUENCE, &uris) && !details.n &&
           der_take(&uris, DER_IA5_STRING, &logo->uri);
}

/** A media type of SVG, perhaps compressed (RFC 6170 5.2). */
static bool is_svg_type(assay_span type)
{
    return span_istarts(type, SPAN("image/svg+xml"));
}

/** Read the images: the first that is an SVG, else the first. */
static void read_images(assay_span images, struct mark_logo *ret)
{
    bool found = false;

    while (images.n && ret->nimages < IMAGES_MOST) {
        struct mark_logo logo = {.media_type = SPAN_EMPTY};
        assay_span image, details;

        if (!der_take(&images, DER_SEQUENCE, &image) || !der_take(&image, DER_SEQUENCE, &details) ||
            !read_details(details, &logo)) {
            ret->problem = "the logotype is damaged";
            return;
        }
        logo.nimages = ret->nimages + 1;
        if (!ret->nimages || (!found && is_svg_type(logo.media_type)))
            *ret = logo;
        ret->nimages = logo.nimages;
        found |= is_svg_type(logo.media_type);
    }
    if (!ret->nimages)
        ret->problem = "the logotype has no image";
}

void mark_logo_read(assay_span value, struct mark_logo *ret)
{
    assay_span extension, info, data, images, content;
    unsigned char tag;

    *ret = (struct mark_logo){.problem = "the logotype is damaged"};
    if (!der_take(&value, DER_SEQUENCE, &extension) || value.n)
        return;
    while (extension.n && (unsigned char)extension.p[0] != DER_CONTEXT_2)
        if (!mark_take_any(&extension, &tag, NULL, &content))
            return;
    if (!der_take(&extension, DER_CONTEXT_2, &info)) {
        ret->problem = "the logotype has no logo of the subject";
        return;
    }
    if (!der_take(&info, DER_CONTEXT_0, &data)) {
        ret->problem = "the logotype only points to a logo elsewhere; it has to hold it";
        return;
    }
    if (!der_take(&data, DER_SEQUENCE, &images)) {
        ret->problem = "the logotype has no image";
        return;
    }
    ret->problem = NULL;
    read_images(images, ret);
}

/* ---- the document ---- */

/** What stands behind `data:image/svg+xml...;base64,` (RFC 2397 3). \return false for another URI */
static bool data_of(assay_span uri, assay_span *ret)
{
    size_t comma = span_find(uri, ',');
    assay_span head = span_first(uri, comma);

    if (!span_istarts(head, SPAN("data:image/svg+xml")) || comma == uri.n ||
        !span_iends(head, SPAN(";base64")))
        return false;
    *ret = span_from(uri, comma + 1);
    return true;
}

/** The listed digest is missing, right or wrong. */
static enum mark_truth compare(assay_span listed, const uint8_t *digest, size_t n)
{
    if (!listed.n)
        return MARK_UNKNOWN;
    return span_eq(listed, (assay_span){(const char *)digest, n}) ? MARK_YES : MARK_NO;
}

/** At least one digest that is known is right, and none is wrong. */
static void check_digests(struct mark_run *run, const struct mark_logo *logo)
{
    struct mark_report *r = run->report;
    enum mark_truth sha1 = compare(logo->sha1, r->drawing.sha1, sizeof r->drawing.sha1);
    enum mark_truth sha256 = compare(logo->sha256, r->drawing.sha256, sizeof r->drawing.sha256);

    r->sha1_only = sha1 != MARK_UNKNOWN && sha256 == MARK_UNKNOWN;
    if (sha1 == MARK_NO || sha256 == MARK_NO)
        r->logo_problem =
            mark_printf(run, "the %s that the certificate lists is not that of the logo inside",
                        sha256 == MARK_NO ? "SHA-256" : "SHA-1");
    else if (sha1 == MARK_UNKNOWN && sha256 == MARK_UNKNOWN)
        r->logo_problem =
            SPAN("the certificate lists neither SHA-1 nor SHA-256 of the logo inside");
    else if (r->drawing.over)
        r->logo_problem = SPAN("the logo inside is too large");
    else if (!r->drawing.is_svg)
        r->logo_problem = SPAN("what is inside is no SVG");
    else
        r->logo = MARK_YES;
}

assay_status mark_logotype(struct mark_run *run)
{
    const struct mark_cert *leaf = &run->chain.certs[run->chain.leaf];
    struct mark_report *r = run->report;
    struct mark_logo logo;
    assay_span value, base64;
    uint8_t *octets;
    size_t n = 0;
    assay_status s;

    r->logo = MARK_NO;
    r->logo_problem = SPAN("the certificate has no logotype: no logo is inside");
    if (!mark_extension(leaf, SPAN(OID_LOGOTYPE), &value, NULL))
        return ASSAY_DONE;
    mark_logo_read(value, &logo);
    r->logo_problem = span_of(logo.problem);
    if (logo.problem)
        return ASSAY_DONE;
    r->logo_problem = SPAN("the logo inside is no data URI of an SVG");
    if (!is_svg_type(logo.media_type) || !data_of(logo.uri, &base64) || base64.n > URI_MOST)
        return ASSAY_DONE;
    if (!(octets = arena_get(run->arena, base64_decoded_max(base64.n))))
        return ASSAY_ENOMEM;
    r->logo_problem = SPAN("the base64 of the logo inside is damaged");
    if (!base64_decode(base64, octets, &n))
        return ASSAY_DONE;
    s = svg_check(run->engine, run->arena, (assay_span){(const char *)octets, n}, &r->drawing);
    if (s != ASSAY_DONE)
        return s;
    r->svg = r->drawing.document;
    r->logo_problem = SPAN_EMPTY;
    check_digests(run, &logo);
    return ASSAY_DONE;
}

/* ---- comparing ---- */

/** The next octet, line ends as LF; -1 at the end. */
static int next_octet(assay_span *s)
{
    char c;

    if (!s->n)
        return -1;
    c = s->p[0];
    *s = span_from(*s, c == '\r' && s->n > 1 && s->p[1] == '\n' ? 2 : 1);
    return c == '\r' ? '\n' : (unsigned char)c;
}

bool mark_same_logo(assay_span a, assay_span b)
{
    int x;

    do {
        x = next_octet(&a);
        if (x != next_octet(&b))
            return false;
    } while (x >= 0);
    return true;
}

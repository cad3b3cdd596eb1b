/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mark_cert.c The certificates of a file, taken apart. */
#include "bimi/mark_own.h"

#include "base/base64.h"
#include "base/time.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

enum { TEXT_MOST = 1024, SPARE = 1 << 16 };

/* ---- PEM (RFC 7468) ---- */

/** The line is `-----WORD label-----`. */
static bool is_border(assay_span line, const char *word, const char *label)
{
    char want[64];

    snprintf(want, sizeof want, "-----%s %s-----", word, label);
    return span_is(span_trim(line), want);
}

/** Decode the lines between the borders. */
static assay_status decode(struct arena *a, assay_span base64, assay_span *ret)
{
    uint8_t *octets = arena_get(a, base64_decoded_max(base64.n));
    size_t n = 0;

    if (!octets)
        return ASSAY_ENOMEM;
    *ret = base64_decode(base64, octets, &n) ? (assay_span){(const char *)octets, n} : SPAN_EMPTY;
    return ASSAY_DONE;
}

assay_status mark_next_pem(struct arena *a, const char *label, assay_span *rest, assay_span *before,
                           assay_span *ret)
{
    const char *begin = rest->p;
    assay_span line;

    while (span_line(rest, &line)) {
        const char *inside = rest->p;

        if (!is_border(line, "BEGIN", label))
            continue;
        *before = span_between(begin, line.p);
        while (span_line(rest, &line))
            if (is_border(line, "END", label))
                return decode(a, span_between(inside, line.p), ret);
        return ASSAY_MORE; /* the file is cut short */
    }
    return ASSAY_MORE;
}

/* ---- DER ---- */

bool mark_take_any(assay_span *in, unsigned char *tag, assay_span *whole, assay_span *content)
{
    const char *begin = in->p;

    if (!in->n)
        return false;
    *tag = (unsigned char)in->p[0];
    if (!der_take(in, (enum der_tag) * tag, content))
        return false;
    if (whole)
        *whole = (assay_span){begin, content->n + (size_t)(content->p - begin)};
    return true;
}

/** Two digits. */
static bool is_digits(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_digit(s.p[i]))
            return false;
    return true;
}

bool mark_time_read(unsigned char tag, assay_span content, int64_t *ret)
{
    char text[TIME_TEXT];
    assay_span digits = span_first(content, content.n ? content.n - 1 : 0), year = SPAN("20");

    if (!span_iends(content, SPAN("Z")) || !is_digits(digits))
        return false;
    if (tag == DER_GENERALIZED_TIME && digits.n == 14) {
        year = span_first(digits, 2);
        digits = span_from(digits, 2);
    } else if (tag != DER_UTC_TIME || digits.n != 12) {
        return false;
    } else if (digits.p[0] >= '5') { /* RFC 5280 4.1.2.5.1 */
        year = SPAN("19");
    }
    snprintf(text, sizeof text, "%.2s%.2s-%.2s-%.2sT%.2s:%.2s:%.2sZ", year.p, digits.p,
             digits.p + 2, digits.p + 4, digits.p + 6, digits.p + 8, digits.p + 10);
    return time_read(span_of(text), ret);
}

/** Validity (RFC 5280 4.1.2.5). */
static bool read_validity(assay_span validity, struct mark_cert *cert)
{
    unsigned char tag;
    assay_span content;

    return mark_take_any(&validity, &tag, NULL, &content) &&
           mark_time_read(tag, content, &cert->from) &&
           mark_take_any(&validity, &tag, NULL, &content) &&
           mark_time_read(tag, content, &cert->to) && !validity.n;
}

/** What follows the key: unique identifiers, extensions. */
static bool read_tail(assay_span tail, struct mark_cert *cert)
{
    unsigned char tag;
    assay_span content;

    cert->extensions = SPAN_EMPTY;
    while (tail.n) {
        if (!mark_take_any(&tail, &tag, NULL, &content))
            return false;
        if (tag != DER_CONTEXT_3)
            continue;
        if (!der_take(&content, DER_SEQUENCE, &cert->extensions) || content.n || tail.n)
            return false;
    }
    return true;
}

/** basicConstraints: cA TRUE (RFC 5280 4.2.1.9). */
static bool is_ca(const struct mark_cert *cert)
{
    assay_span value, content, flag;

    return mark_extension(cert, SPAN(OID_BASIC_CONSTRAINTS), &value, NULL) &&
           der_take(&value, DER_SEQUENCE, &content) && der_take(&content, DER_BOOLEAN, &flag) &&
           flag.n == 1 && flag.p[0] != 0;
}

bool mark_cert_read(assay_span der, struct mark_cert *ret)
{
    struct mark_cert cert = {.der = der};
    assay_span rest = der, outer, tbs, content;
    unsigned char tag;

    if (!der_take(&rest, DER_SEQUENCE, &outer) || rest.n ||
        !der_take(&outer, DER_SEQUENCE, &cert.tbs))
        return false;
    tbs = cert.tbs;
    (void)der_take(&tbs, DER_CONTEXT_0, &content); /* the version */
    if (!der_take(&tbs, DER_INTEGER, &cert.serial) || !cert.serial.n ||
        !der_take(&tbs, DER_SEQUENCE, &content) || !der_take(&tbs, DER_SEQUENCE, &cert.issuer) ||
        !der_take(&tbs, DER_SEQUENCE, &content) || !read_validity(content, &cert) ||
        !der_take(&tbs, DER_SEQUENCE, &cert.subject) ||
        !mark_take_any(&tbs, &tag, &cert.spki, &content) || tag != DER_SEQUENCE ||
        !read_tail(tbs, &cert))
        return false;
    cert.ca = is_ca(&cert);
    *ret = cert;
    return true;
}

bool mark_next_extension(assay_span *rest, assay_span *oid, assay_span *value, bool *critical)
{
    assay_span extension, flag;

    if (!der_take(rest, DER_SEQUENCE, &extension) || !der_take(&extension, DER_OID, oid))
        return false;
    *critical = der_take(&extension, DER_BOOLEAN, &flag) && flag.n == 1 && flag.p[0] != 0;
    return der_take(&extension, DER_OCTET_STRING, value) && !extension.n;
}

bool mark_extension(const struct mark_cert *cert, assay_span oid, assay_span *value, bool *critical)
{
    assay_span rest = cert->extensions, found, content;
    bool is_critical;

    while (mark_next_extension(&rest, &found, &content, &is_critical))
        if (span_eq(found, oid)) {
            *value = content;
            if (critical)
                *critical = is_critical;
            return true;
        }
    return false;
}

bool mark_has_oid(assay_span value, assay_span oid, bool *others)
{
    assay_span list, found;
    bool has = false, other = false;

    if (der_take(&value, DER_SEQUENCE, &list))
        while (der_take(&list, DER_OID, &found)) {
            has |= span_eq(found, oid);
            other |= !span_eq(found, oid);
        }
    if (others)
        *others = other;
    return has;
}

assay_span mark_attribute(assay_span name, assay_span oid)
{
    assay_span set, pair, found, value;
    unsigned char tag;

    while (der_take(&name, DER_SET, &set))
        while (der_take(&set, DER_SEQUENCE, &pair))
            if (der_take(&pair, DER_OID, &found) && span_eq(found, oid) &&
                mark_take_any(&pair, &tag, NULL, &value))
                return value;
    return SPAN_EMPTY;
}

/* ---- texts ---- */

assay_span mark_printf(struct mark_run *run, const char *format, ...)
{
    char text[TEXT_MOST];
    assay_span ret;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (arena_copy(run->arena, span_of(text), &ret))
        return ret;
    run->no_memory = true;
    return SPAN_EMPTY;
}

assay_span mark_name_text(struct mark_run *run, assay_span name)
{
    assay_span cn = mark_attribute(name, SPAN("\x55\x04\x03")),
               o = mark_attribute(name, SPAN("\x55\x04\x0A"));

    if (span_eq(cn, o))
        o = SPAN_EMPTY;
    return mark_printf(run, "%.*s%s%.*s", SPAN_ARG(span_first(cn, 200)), cn.n && o.n ? ", " : "",
                       SPAN_ARG(span_first(o, 200)));
}

/* ---- OpenSSL ---- */

bool mark_memory_is_out(void)
{
    unsigned long error;

    while ((error = ERR_get_error()) != 0)
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
            return true;
    return false;
}

bool mark_memory_to_spare(void)
{
    struct arena a = {0};
    bool spare = arena_get(&a, SPARE) != NULL;

    arena_done(&a);
    return spare;
}

assay_status mark_cert_open(const struct assay_engine *engine, struct mark_cert *cert)
{
    const unsigned char *p = (const unsigned char *)cert->der.p;
    bool ok, memory;

    if (cert->x)
        return ASSAY_DONE;
    ERR_set_mark();
    cert->x = X509_new_ex(engine->lib, NULL);
    memory = !cert->x;
    ok = cert->x && d2i_X509(&cert->x, &p, (long)cert->der.n) &&
         p == (const unsigned char *)cert->der.p + cert->der.n;
    memory |= !ok && mark_memory_is_out();
    ERR_pop_to_mark();
    if (ok)
        return ASSAY_DONE;
    X509_free(cert->x); /* NULL when it was freed already */
    cert->x = NULL;
    return memory ? ASSAY_ENOMEM : ASSAY_EINVAL;
}

/* ---- the chain ---- */

/** What a file without certificates is. */
static const char *no_chain(assay_span pem)
{
    assay_span text = span_trim(pem);

    if (!text.n)
        return "it is empty";
    if (text.n > 1 && text.p[0] == 0x30)
        return "it is DER; PEM is wanted";
    if (text.p[0] == '<')
        return "it is a page or a picture, no certificate in PEM";
    if (span_contains(text, SPAN("-----BEGIN ")))
        return "there is a PEM block, but no certificate that can be read";
    return "there is no certificate in PEM";
}

/** The mark certificate among them: for marks and no CA, else no CA, else the first. */
static size_t find_leaf(const struct mark_chain *chain)
{
    size_t leaf = chain->n;

    for (size_t i = 0; i < chain->n; i++) {
        assay_span value;

        if (chain->certs[i].ca)
            continue;
        if (mark_extension(&chain->certs[i], SPAN(OID_LOGOTYPE), &value, NULL))
            return i;
        if (leaf == chain->n)
            leaf = i;
    }
    return leaf < chain->n ? leaf : 0;
}

/** The certificate that signed the leaf. \return ASSAY_DONE, ASSAY_ENOMEM */
static assay_status find_issuer(const struct assay_engine *engine, struct mark_chain *chain)
{
    struct mark_cert *leaf = &chain->certs[chain->leaf];
    assay_status s = mark_cert_open(engine, leaf);

    for (size_t i = 0; s == ASSAY_DONE && i < chain->n; i++) {
        struct mark_cert *cert = &chain->certs[i];
        EVP_PKEY *key;
        int verified;

        if (i == chain->leaf || !span_eq(cert->subject, leaf->issuer))
            continue;
        if ((s = mark_cert_open(engine, cert)) != ASSAY_DONE)
            break;
        ERR_set_mark();
        key = X509_get0_pubkey(cert->x);
        verified = key ? X509_verify(leaf->x, key) : 0;
        if (verified != 1 && mark_memory_is_out())
            s = ASSAY_ENOMEM;
        ERR_pop_to_mark();
        if (verified != 1)
            continue;
        chain->issuer = cert;
        break;
    }
    return s == ASSAY_EINVAL ? ASSAY_DONE : s;
}

assay_status mark_chain_read(const struct assay_engine *engine, struct arena *a, assay_span pem,
                             struct mark_chain *ret)
{
    assay_span rest = pem, before, der;
    assay_status s;

    *ret = (struct mark_chain){0};
    while ((s = mark_next_pem(a, "CERTIFICATE", &rest, &before, &der)) == ASSAY_DONE) {
        if (ret->n == LIMIT_MARK_CERTS) {
            ret->problem = "it holds more certificates than are looked at";
            break;
        }
        if (mark_cert_read(der, &ret->certs[ret->n]))
            ret->n++;
        else
            ret->unreadable++;
    }
    if (s == ASSAY_ENOMEM)
        return s;
    if (!ret->n) {
        ret->problem = no_chain(pem);
        return ASSAY_DONE;
    }
    ret->leaf = find_leaf(ret);
    return find_issuer(engine, ret);
}

void mark_chain_done(struct mark_chain *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        X509_free(chain->certs[i].x);
        chain->certs[i].x = NULL;
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/leaf.h"

#include "base/time.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

/** Octets of DNS-IDs that are shown; the date in front of a time. */
enum { NAMES_SHOWN = 120, DATE = 10 };

int64_t leaf_time(const ASN1_TIME *t)
{
    struct tm tm;

    return t && ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

/** The octet may stand in a DNS-ID: letters, digits, hyphen, dot, star, underscore. */
static bool in_name(char c)
{
    return ascii_alnum(c) || c == '-' || c == '.' || c == '*' || c == '_';
}

/** The text is a DNS-ID that can be told. */
static bool is_name(assay_span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!in_name(s.p[i]))
            return false;
    return s.n > 0;
}

void leaf_names(X509 *cert, struct buf *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    size_t begin = out->n;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        assay_span s;

        if (name->type != GEN_DNS)
            continue;
        s = (assay_span){(const char *)ASN1_STRING_get0_data(name->d.dNSName),
                         (size_t)ASN1_STRING_length(name->d.dNSName)};
        if (!is_name(s) || out->n + s.n + 1 > out->max)
            continue;
        if (out->n > begin)
            buf_putc(out, ',');
        buf_put(out, s);
    }
    GENERAL_NAMES_free(names);
}

/** Say whose certificate it is. */
static void say_name(X509 *cert, assay_span host, struct leaf *leaf)
{
    struct buf names = buf_new(NAMES_SHOWN);

    leaf_names(cert, &names);
    snprintf(leaf->fault, sizeof leaf->fault, "name: the certificate is for %.*s, not for %.*s",
             SPAN_ARG(names.n ? buf_span(&names) : SPAN("no host at all")),
             SPAN_ARG(span_first(host, 80)));
    buf_done(&names);
}

/** Say when it ended, or begins. */
static void say_dates(X509_STORE_CTX *x, int error, struct leaf *leaf)
{
    X509 *cert = X509_STORE_CTX_get_current_cert(x);
    bool early = error == X509_V_ERR_CERT_NOT_YET_VALID;
    char text[TIME_TEXT];

    time_text(leaf_time(early ? X509_get0_notBefore(cert) : X509_get0_notAfter(cert)), text);
    snprintf(leaf->fault, sizeof leaf->fault, "expired: the certificate%s %s %.*s",
             X509_STORE_CTX_get_error_depth(x) ? " of an issuer" : "",
             early ? "is not valid before" : "ended on", DATE, text);
}

/** Say what is wrong with a chain. */
static void say_fault(X509_STORE_CTX *x, assay_span host, struct leaf *leaf)
{
    int error = X509_STORE_CTX_get_error(x);

    switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH: say_name(X509_STORE_CTX_get0_cert(x), host, leaf); break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: say_dates(x, error, leaf); break;
    default:
        snprintf(leaf->fault, sizeof leaf->fault, "untrusted: %s",
                 X509_verify_cert_error_string(error));
    }
}

int leaf_verify(X509_STORE_CTX *x, assay_span host, struct leaf *ret)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(x);
    X509 *cert = X509_STORE_CTX_get0_cert(x);
    int good;

    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!X509_VERIFY_PARAM_set1_host(param, host.p, host.n))
        return 0;
    ret->until = cert ? leaf_time(X509_get0_notAfter(cert)) : 0;
    good = X509_verify_cert(x) > 0;
    if (!good)
        say_fault(x, host, ret);
    return good;
}

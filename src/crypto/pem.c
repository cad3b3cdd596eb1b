/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/pem.h"

/** What an encrypted key is told. */
static const char ENCRYPTED[] =
    "the key is encrypted, and nobody is there to ask for its password; decrypt it with: openssl"
    " pkey -in FILE -out NEWFILE";

/** What else PEM may hold, and what to say of it when nothing better comes. */
static const struct other {
    const char *label;
    bool final; /* a private key, too: nothing behind it is looked at */
    const char *why;
} OTHERS[] = {
    {"ENCRYPTED PRIVATE KEY", true, ENCRYPTED},
    {"EC PRIVATE KEY", true,
     "an EC key; DKIM signs with RSA (RFC 6376 3.3.1) or Ed25519 (RFC 8463 3)"},
    {"DSA PRIVATE KEY", true,
     "a DSA key; DKIM signs with RSA (RFC 6376 3.3.1) or Ed25519 (RFC 8463 3)"},
    {"OPENSSH PRIVATE KEY", true,
     "a key of OpenSSH; a PKCS#8 key is needed, `assay key new` makes one"},
    {"PUBLIC KEY", false, "a public key; signing takes the private one"},
    {"RSA PUBLIC KEY", false, "a public key; signing takes the private one"},
    {"CERTIFICATE", false, "a certificate; signing takes a private key"},
};

/** The label of `-----BEGIN label-----`; empty for another line. */
static assay_span label_of(assay_span line, assay_span head)
{
    line = span_trim(line);
    if (!span_starts(line, head) || line.n < head.n + 5 || !span_iends(line, SPAN("-----")))
        return SPAN_EMPTY;
    return span_from(span_first(line, line.n - 5), head.n);
}

/** Take the lines up to the END of a block. \return false when it does not come */
static bool take_block(assay_span *rest, assay_span label, assay_span *ret)
{
    const char *begin = rest->p;
    assay_span line;

    while (span_line(rest, &line))
        if (span_eq(label_of(line, SPAN("-----END ")), label)) {
            *ret = span_between(begin, line.p);
            return true;
        }
    return false;
}

/** A block that is a private key, by its label. */
static bool is_private(assay_span label, enum pem_kind *ret)
{
    *ret = span_is(label, "PRIVATE KEY") ? PEM_PKCS8 : PEM_PKCS1;
    return *ret == PEM_PKCS8 || span_is(label, "RSA PRIVATE KEY");
}

/** What is known of another label, or NULL. */
static const struct other *other_of(assay_span label)
{
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
        if (span_is(label, OTHERS[i].label))
            return &OTHERS[i];
    return NULL;
}

/** Take the block of a private key. */
static bool take_private(assay_span *rest, assay_span label, assay_span *ret, const char **ret_why)
{
    assay_span block;

    if (!rest->p || !take_block(rest, label, &block)) {
        *ret_why = "the line -----END ... PRIVATE KEY----- is missing: the key is cut short";
        return false;
    }
    if (span_contains(block, SPAN("ENCRYPTED"))) { /* Proc-Type: 4,ENCRYPTED (RFC 1421 4.6.1.1) */
        *ret_why = ENCRYPTED;
        return false;
    }
    *ret = block;
    return true;
}

bool pem_private_key(assay_span text, enum pem_kind *ret_kind, assay_span *ret_base64,
                     const char **ret_why)
{
    const char *why = "no key in PEM: there is no line -----BEGIN PRIVATE KEY-----";
    assay_span rest = text, line;

    while (span_line(&rest, &line)) {
        assay_span label = label_of(line, SPAN("-----BEGIN "));
        const struct other *other = other_of(label);
        enum pem_kind kind;

        if (label.n && is_private(label, &kind)) {
            if (!take_private(&rest, label, ret_base64, ret_why))
                return false;
            *ret_kind = kind;
            return true;
        }
        if (other)
            why = other->why;
        if (other && other->final)
            break;
    }
    *ret_why = why;
    return false;
}

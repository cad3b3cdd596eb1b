/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file mark_profile.c The rest of the profile of mark certificates (VMC 4, 5.3(8)): the requirements that their
 * authorities agreed on, MCR. Nothing here makes a certificate invalid by itself.
 */
#include "bimi/mark_own.h"

#include "crypto/key.h"

enum { DAY = 24 * 3600, MOST_DAYS = 825, SERIAL_OCTETS = 8, RSA_BITS = 2048 };

#define OID_POLICY_MARK OID_MARKS "\x01\x01"
#define OID_CPS         "\x2B\x06\x01\x05\x05\x07\x02\x01"
#define OID_EC          "\x2A\x86\x48\xCE\x3D\x02\x01"
#define OID_P256        "\x2A\x86\x48\xCE\x3D\x03\x01\x07"
#define OID_P384        "\x2B\x81\x04\x00\x22"
#define OID_JURISDICTION \
    "\x2B\x06\x01\x04\x01\x82\x37\x3C\x02\x01" /* then 1 locality, 2 state, 3 country */

/** From these days on (MCR 1.7). */
static const int64_t NO_PILOT = 1741996800,
                     PRIOR_USE_SOURCE = 1744675200; /* 2025-03-15, 2025-04-15 */

/** Note a breach. */
static void lint(struct mark_run *run, const char *ref, assay_span text)
{
    struct mark_report *r = run->report;

    if (r->nlints < LIMIT_MARK_LINTS)
        run->lints[r->nlints++] = (struct mark_lint){.text = text, .ref = ref};
}

/* ---- the mark ---- */

/** Types of marks. */
static const struct mark_type {
    const char *name;
    bool common;    /**< of a Common Mark Certificate */
    bool trademark; /**< wants a trademark's office and number */
    bool statute;   /**< wants the law that made it */
    bool source;    /**< wants where its prior use is seen */
} TYPES[] = {
    {"Registered Mark", false, true, false, false},
    {"Government Mark", false, false, true, false},
    {"Prior Use Mark", true, false, false, true},
    {"Modified Registered Mark", true, true, false, false},
    {"Pending Registration Mark", true, false, false, false},
};

/** The attribute of the subject is there. */
static bool has(const struct mark_cert *cert, assay_span oid)
{
    return mark_attribute(cert->subject, oid).n > 0;
}

/** What each subject names (MCR 7.1.4.2). */
static void check_subject(struct mark_run *run, const struct mark_cert *leaf)
{
    static const struct {
        assay_span oid;
        const char *text;
    } WANTED[] = {
        {SPAN("\x55\x04\x0A"), "the subject has no organization (O)"},
        {SPAN("\x55\x04\x09"), "the subject has no street address"},
        {SPAN("\x55\x04\x06"), "the subject has no country (C)"},
        {SPAN("\x55\x04\x0F"), "the subject has no business category"},
        {SPAN("\x55\x04\x05"), "the subject has no registration number (serialNumber)"},
        {SPAN(OID_JURISDICTION "\x03"), "the subject has no country of incorporation"},
    };

    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++)
        if (!has(leaf, WANTED[i].oid))
            lint(run, "MCR 7.1.4.2", span_of(WANTED[i].text));
    if (!has(leaf, SPAN("\x55\x04\x07")) && !has(leaf, SPAN("\x55\x04\x08")))
        lint(run, "MCR 7.1.4.2", SPAN("the subject has neither a town (L) nor a state (ST)"));
    if (has(leaf, SPAN(OID_JURISDICTION "\x01")) && !has(leaf, SPAN(OID_JURISDICTION "\x02")))
        lint(run, "MCR 7.1.4.2", SPAN("the subject has a town of incorporation, but no state"));
}

/** What a mark of that type names. */
static void check_type(struct mark_run *run, const struct mark_cert *leaf,
                       const struct mark_type *type)
{
    if (type->trademark &&
        (!has(leaf, SPAN(OID_MARKS "\x01\x03")) || !has(leaf, SPAN(OID_MARKS "\x01\x04"))))
        lint(run, "MCR 7.1.4.2", SPAN("the country or the number of the trademark is missing"));
    if (type->statute &&
        (!has(leaf, SPAN(OID_MARKS "\x03\x02")) || !has(leaf, SPAN(OID_MARKS "\x03\x05"))))
        lint(run, "MCR 7.1.4.2", SPAN("the country or the citation of the statute is missing"));
    if (type->source && leaf->from >= PRIOR_USE_SOURCE && !has(leaf, SPAN(OID_MARKS "\x05\x01")))
        lint(run, "MCR 7.1.4.2", SPAN("it does not say where the prior use is seen"));
}

/** The type of the mark, absent before 2023, and what follows from it. */
static void check_mark(struct mark_run *run, const struct mark_cert *leaf)
{
    struct mark_report *r = run->report;

    r->mark_type = mark_attribute(leaf->subject, SPAN(OID_MARK_TYPE));
    if (!r->mark_type.n)
        return;
    check_subject(run, leaf);
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (span_is(r->mark_type, TYPES[i].name)) {
            r->common = TYPES[i].common;
            check_type(run, leaf, &TYPES[i]);
            return;
        }
    lint(run, "MCR 7.1.4.2",
         mark_printf(run, "\"%.*s\" is no type of mark that is known",
                     SPAN_ARG(span_first(r->mark_type, 64))));
}

/* ---- extensions ---- */

/** certificatePolicies: that of marks with a CPS, and one of the authority. */
static void check_policies(struct mark_run *run, const struct mark_cert *leaf)
{
    assay_span value, list = SPAN_EMPTY, policy, oid, qualifiers, qualifier;
    bool mark = false, cps = false, other = false;

    if (mark_extension(leaf, SPAN(OID_POLICIES), &value, NULL))
        (void)der_take(&value, DER_SEQUENCE, &list);
    while (der_take(&list, DER_SEQUENCE, &policy) && der_take(&policy, DER_OID, &oid)) {
        mark |= span_eq(oid, SPAN(OID_POLICY_MARK));
        other |= !span_eq(oid, SPAN(OID_POLICY_MARK));
        if (der_take(&policy, DER_SEQUENCE, &qualifiers))
            while (der_take(&qualifiers, DER_SEQUENCE, &qualifier))
                cps |= der_take(&qualifier, DER_OID, &oid) && span_eq(oid, SPAN(OID_CPS));
    }
    if (!mark)
        lint(run, "MCR 7.1.6.4",
             SPAN("it lacks the policy of mark certificates, 1.3.6.1.4.1.53087.1.1"));
    if (!other)
        lint(run, "MCR 7.1.6.4", SPAN("it lacks a policy of its authority"));
    if (!cps)
        lint(run, "MCR 7.1.6.4", SPAN("no policy says where its practice statement is"));
}

/** Extensions that have to be there, or must not. */
static void check_extensions(struct mark_run *run, const struct mark_cert *leaf)
{
    struct mark_report *r = run->report;
    assay_span value;
    bool others = false;

    if (mark_extension(leaf, SPAN(OID_EXT_KEY_USAGE), &value, NULL))
        (void)mark_has_oid(value, SPAN(OID_FOR_BIMI), &others);
    if (others)
        lint(run, "MCR 7.1.2.7", SPAN("its extended key usage names more than marks"));
    if (mark_extension(leaf, SPAN(OID_NAME_CONSTRAINTS), &value, NULL))
        lint(run, "MCR 7.1.5", SPAN("it constrains names, which only an authority may"));
    if (leaf->ca)
        lint(run, "MCR 7.1.2.7", SPAN("it says that it is an authority itself (cA)"));
    r->pilot = mark_extension(leaf, SPAN(OID_PILOT), &value, NULL);
    if (r->pilot && leaf->from >= NO_PILOT)
        lint(run, "MCR 7.1.2.7", SPAN("it is marked as a pilot, which ended on 2025-03-15"));
}

/* ---- numbers ---- */

/** The key: RSA of 2,048 bits, P-256 or P-384. */
static void check_key(struct mark_run *run, const struct mark_cert *leaf)
{
    struct rsa_numbers rsa;
    assay_span rest = leaf->spki, spki, algorithm, oid, curve;

    if (rsa_read(leaf->spki, &rsa) == KEY_OK) {
        if (rsa.bits < RSA_BITS)
            lint(run, "MCR 6.1.5",
                 mark_printf(run, "its RSA key has %u bits; 2,048 are wanted", rsa.bits));
        return;
    }
    if (!der_take(&rest, DER_SEQUENCE, &spki) || !der_take(&spki, DER_SEQUENCE, &algorithm) ||
        !der_take(&algorithm, DER_OID, &oid) || !span_eq(oid, SPAN(OID_EC)) ||
        !der_take(&algorithm, DER_OID, &curve) ||
        !(span_eq(curve, SPAN(OID_P256)) || span_eq(curve, SPAN(OID_P384))))
        lint(run, "MCR 6.1.5", SPAN("its key is neither RSA nor of the curves P-256 and P-384"));
}

/** Serial number and time. */
static void check_numbers(struct mark_run *run, const struct mark_cert *leaf)
{
    int64_t days = (leaf->to - leaf->from) / DAY;

    if (leaf->serial.n < SERIAL_OCTETS)
        lint(run, "MCR 7.1",
             mark_printf(run, "its serial number has %zu octets; 8 are wanted", leaf->serial.n));
    if (days > MOST_DAYS)
        lint(run, "MCR 6.3.2",
             mark_printf(run, "it is valid for %lld days; 825 are the most", (long long)days));
}

/** The file: the leaf first, each one once, in order (VMC 3.3). */
static void check_file(struct mark_run *run)
{
    const struct mark_chain *chain = &run->chain;

    if (chain->unreadable)
        lint(run, "VMC 3.3", SPAN("a certificate in the file cannot be read"));
    if (chain->leaf != 0)
        lint(run, "VMC 3.3", SPAN("the mark certificate is not the first one in the file"));
    for (size_t i = 0; i < chain->n; i++) {
        assay_span value;

        for (size_t k = 0; k < i; k++)
            if (span_eq(chain->certs[i].der, chain->certs[k].der)) {
                lint(run, "VMC 3.3", SPAN("a certificate stands in the file twice"));
                return;
            }
        if (i != chain->leaf &&
            mark_extension(&chain->certs[i], SPAN(OID_LOGOTYPE), &value, NULL)) {
            lint(run, "VMC 3.3", SPAN("there is more than one mark certificate in the file"));
            return;
        }
        if (i && chain->leaf == 0 &&
            !span_eq(chain->certs[i - 1].issuer, chain->certs[i].subject)) {
            lint(run, "VMC 3.3",
                 SPAN("the certificates of the file are not in the order of issuing"));
            return;
        }
    }
}

/** Where the CRL is: the first https or http URI of the distribution points (RFC 5280 4.2.1.13). */
static void note_crl(struct mark_run *run, const struct mark_cert *leaf)
{
    assay_span value, points, point, name, full, uri;
    unsigned char tag;

    run->report->crl_url = SPAN_EMPTY;
    if (!mark_extension(leaf, SPAN(OID_CRL_POINTS), &value, NULL) ||
        !der_take(&value, DER_SEQUENCE, &points))
        return;
    while (der_take(&points, DER_SEQUENCE, &point)) {
        if (!der_take(&point, DER_CONTEXT_0, &name) || !der_take(&name, DER_CONTEXT_0, &full))
            continue;
        while (mark_take_any(&full, &tag, NULL, &uri))
            if (tag == DER_URI && span_istarts(uri, SPAN("http")) && span_printable(uri) &&
                span_find(uri, ' ') == uri.n) {
                run->report->crl_url = uri;
                return;
            }
    }
}

void mark_profile(struct mark_run *run)
{
    const struct mark_cert *leaf = &run->chain.certs[run->chain.leaf];

    note_crl(run, leaf);
    check_mark(run, leaf);
    check_policies(run, leaf);
    check_extensions(run, leaf);
    check_key(run, leaf);
    check_numbers(run, leaf);
    check_file(run);
    if (run->report->svg.n && !run->report->drawing.gzip)
        lint(run, "VMC 4.2", SPAN("the logo inside is not compressed"));
    run->report->lints = run->lints;
}

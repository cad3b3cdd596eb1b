/* SPDX-License-Identifier: BSD-2-Clause */
/** \file mark_path.c The path from a mark certificate to a root (RFC 5280 6.1; VMC 5.1(1), 4.4). */
#include "bimi/mark_own.h"

#include "base/time.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

enum { ROOTS_MOST = 256, DAY = 24 * 3600 };

/** The roots of a list. */
struct roots {
    struct mark_cert certs[ROOTS_MOST];
    assay_span before[ROOTS_MOST]; /**< the text in front of each */
    size_t n;
    X509_STORE *store;
};

/** What a path came to. */
struct path {
    struct mark_run *run;
    int error; /**< of OpenSSL; X509_V_OK: none */
    int depth; /**< of the certificate that it is about */
};

/** Read the list of roots. What cannot be read is passed over: the list is ours. */
static assay_status read_roots(struct mark_run *run, struct roots *roots)
{
    assay_span rest = run->request->roots, der;
    assay_status s = ASSAY_DONE;

    while (roots->n < ROOTS_MOST) {
        struct mark_cert *cert = &roots->certs[roots->n];

        s = mark_next_pem(run->arena, "CERTIFICATE", &rest, &roots->before[roots->n], &der);
        if (s != ASSAY_DONE)
            break;
        if (!mark_cert_read(der, cert))
            continue;
        s = mark_cert_open(run->engine, cert);
        if (s == ASSAY_ENOMEM)
            break;
        if (s != ASSAY_DONE)
            continue;
        roots->n++;
        ERR_set_mark();
        if (X509_STORE_add_cert(roots->store, cert->x) != 1 && mark_memory_is_out())
            s = ASSAY_ENOMEM;
        ERR_pop_to_mark();
        if (s == ASSAY_ENOMEM)
            break;
    }
    return s == ASSAY_ENOMEM ? s : ASSAY_DONE;
}

/** Every critical extension is one that is understood: by OpenSSL, or one of marks. */
static bool understood(const struct mark_cert *cert)
{
    static const char *const KNOWN[] = {OID_BASIC_CONSTRAINTS,
                                        OID_KEY_USAGE,
                                        OID_ALT_NAME,
                                        OID_EXT_KEY_USAGE,
                                        OID_POLICIES,
                                        OID_NAME_CONSTRAINTS,
                                        OID_CRL_POINTS,
                                        OID_LOGOTYPE,
                                        OID_PILOT,
                                        "\x55\x1D\x24" /* policyConstraints */,
                                        "\x55\x1D\x21" /* policyMappings */,
                                        "\x55\x1D\x36" /* inhibitAnyPolicy */};
    assay_span rest = cert->extensions, oid, value;
    bool critical;

    while (mark_next_extension(&rest, &oid, &value, &critical)) {
        bool known = !critical;

        for (size_t i = 0; !known && i < sizeof KNOWN / sizeof *KNOWN; i++)
            known = span_is(oid, KNOWN[i]);
        if (!known)
            return false;
    }
    return !rest.n;
}

/** The certificate of ours that OpenSSL speaks of, or NULL. */
static const struct mark_cert *ours(const struct mark_run *run, const X509 *x)
{
    for (size_t i = 0; i < run->chain.n; i++)
        if (run->chain.certs[i].x && X509_cmp(run->chain.certs[i].x, x) == 0)
            return &run->chain.certs[i];
    return NULL;
}

/**
 * What OpenSSL finds wrong. The dates of the leaf are told apart from its path; the pilot extension may be
 * critical.
 */
static int on_error(int ok, X509_STORE_CTX *ctx)
{
    struct path *path = X509_STORE_CTX_get_app_data(ctx);
    int error = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
    X509 *x = X509_STORE_CTX_get_current_cert(ctx);
    const struct mark_cert *cert;

    if (ok)
        return 1;
    if (depth == 0 &&
        (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID))
        return 1;
    if (error == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION && x && (cert = ours(path->run, x)) &&
        understood(cert))
        return 1;
    if (path->error == X509_V_OK) {
        path->error = error;
        path->depth = depth;
    }
    return 0;
}

/** The other certificates of the file, for OpenSSL to build the path of. */
static assay_status gather(struct mark_run *run, STACK_OF(X509) * others)
{
    for (size_t i = 0; i < run->chain.n; i++) {
        struct mark_cert *cert = &run->chain.certs[i];
        assay_status s = i == run->chain.leaf ? ASSAY_EINVAL : mark_cert_open(run->engine, cert);

        if (s == ASSAY_ENOMEM || (s == ASSAY_DONE && !sk_X509_push(others, cert->x)))
            return ASSAY_ENOMEM;
    }
    return ASSAY_DONE;
}

/** In words, what is wrong with the path. */
static assay_span path_text(struct mark_run *run, const struct path *path)
{
    switch (path->error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        return run->chain.n == 1
                   ? SPAN(
                         "the file holds one certificate, and its issuer is no root of marks: the chain"
                         " is not complete")
                   : SPAN("the chain leads to no known root of marks");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return SPAN("the chain ends at a root that is not known for marks");
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return SPAN("a signature in the chain is wrong: a certificate was changed");
    default:
        return mark_printf(run, "certificate %d of the path: %s", path->depth + 1,
                           X509_verify_cert_error_string(path->error));
    }
}

/** Note the root, and whether some receivers have ceased to trust it for what is issued now. */
static void note_root(struct mark_run *run, const struct roots *roots, const X509 *x)
{
    struct mark_report *r = run->report;

    for (size_t i = 0; i < roots->n; i++) {
        assay_span rest = roots->before[i], line;
        int64_t until;

        if (X509_cmp(roots->certs[i].x, x) != 0)
            continue;
        r->root = mark_name_text(run, roots->certs[i].subject);
        while (span_line(&rest, &line)) {
            if (!span_starts(line, SPAN("# cut-off=")) ||
                !time_read(span_first(span_from(line, 10), 10), &until))
                continue;
            r->cut_off = run->chain.certs[run->chain.leaf].from >= until + DAY;
            if (r->cut_off)
                r->cut_off_text = span_from(line, 10);
        }
        return;
    }
}

/** Have OpenSSL verify the path. */
static assay_status verify(struct mark_run *run, struct roots *roots, X509_STORE_CTX *ctx,
                           STACK_OF(X509) * others)
{
    struct path path = {.run = run, .error = X509_V_OK};
    struct mark_report *r = run->report;
    X509_VERIFY_PARAM *param;
    int verified;

    if (X509_STORE_CTX_init(ctx, roots->store, run->chain.certs[run->chain.leaf].x, others) != 1)
        return ASSAY_ENOMEM;
    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)run->request->now);
    X509_STORE_CTX_set_verify_cb(ctx, on_error);
    if (X509_STORE_CTX_set_app_data(ctx, &path) != 1)
        return ASSAY_ENOMEM;
    verified = X509_verify_cert(ctx);
    if (verified != 1 && (mark_memory_is_out() || path.error == X509_V_ERR_OUT_OF_MEM ||
                          X509_STORE_CTX_get_error(ctx) == X509_V_ERR_OUT_OF_MEM))
        return ASSAY_ENOMEM;
    r->chain = verified == 1 ? MARK_YES : MARK_NO;
    if (verified == 1) {
        STACK_OF(X509) *found = X509_STORE_CTX_get0_chain(ctx);

        note_root(run, roots, sk_X509_value(found, sk_X509_num(found) - 1));
    } else {
        r->chain_problem = path_text(run, &path);
    }
    return ASSAY_DONE;
}

/** The key usage for marks, in the leaf and in its issuer (VMC 4.4). */
static void check_usage(struct mark_run *run)
{
    struct mark_report *r = run->report;
    const struct mark_cert *certs[] = {&run->chain.certs[run->chain.leaf], run->chain.issuer};
    static const char *const TEXTS[] = {
        "the certificate is not for marks: its extended key usage lacks 1.3.6.1.5.5.7.3.31",
        "its issuer may not issue for marks: its extended key usage lacks 1.3.6.1.5.5.7.3.31"};

    for (size_t i = 0; i < 2; i++) {
        assay_span value;

        if (!certs[i] || (mark_extension(certs[i], SPAN(OID_EXT_KEY_USAGE), &value, NULL) &&
                          mark_has_oid(value, SPAN(OID_FOR_BIMI), NULL)))
            continue;
        r->chain = MARK_NO;
        if (!r->chain_problem.n)
            r->chain_problem = span_of(TEXTS[i]);
        return;
    }
}

/** The path itself. */
static assay_status find_path(struct mark_run *run, struct roots *roots)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(run->engine->lib, NULL);
    STACK_OF(X509) *others = sk_X509_new_null();
    assay_status s = ctx && others ? gather(run, others) : ASSAY_ENOMEM;

    if (s == ASSAY_DONE)
        s = verify(run, roots, ctx, others);
    X509_STORE_CTX_free(ctx);
    sk_X509_free(others);
    return s;
}

assay_status mark_path(struct mark_run *run)
{
    struct roots *roots = ARENA_NEW(run->arena, struct roots);
    struct mark_cert *leaf = &run->chain.certs[run->chain.leaf];
    assay_status s = roots ? mark_cert_open(run->engine, leaf) : ASSAY_ENOMEM;

    run->report->chain = MARK_UNKNOWN;
    if (leaf->ca && run->chain.unreadable) {
        run->report->chain = MARK_NO;
        run->report->chain_problem =
            SPAN("the mark certificate cannot be read; only its authorities can");
        return ASSAY_DONE;
    }
    if (s == ASSAY_EINVAL) {
        run->report->chain = MARK_NO;
        run->report->chain_problem = SPAN("the certificate is damaged");
        return ASSAY_DONE;
    }
    if (s == ASSAY_DONE && run->request->roots.n) {
        ERR_set_mark();
        s = (roots->store = X509_STORE_new()) ? read_roots(run, roots) : ASSAY_ENOMEM;
        if (s == ASSAY_DONE)
            s = find_path(run, roots);
        X509_STORE_free(roots->store);
        for (size_t i = 0; i < roots->n; i++)
            X509_free(roots->certs[i].x);
        ERR_pop_to_mark();
    }
    if (s == ASSAY_DONE)
        check_usage(run);
    return s;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_authres.c Any octets as Authentication-Results: what is read is bounded and lies in
 * the arena, and survives being written and read again; whoever is named is recognised.
 */
#include "mail/fuzz_authres.h"

/** Octets that a span of the reader may point to. */
static size_t check_span(const struct arena *a, assay_span s)
{
    must(s.n == 0 || (arena_owns(a, s.p) && arena_owns(a, s.p + s.n - 1)));
    return s.n;
}

/** A name that was read is in lower case, and a Keyword where nothing is wrong. */
static size_t check_name(const struct arena *a, assay_span name, bool fault)
{
    for (size_t i = 0; i < name.n; i++)
        must(name.p[i] < 'A' || name.p[i] > 'Z');
    if (!fault && name.n <= LIMIT_AUTHRES_NAME)
        must_be_name(name, name);
    return check_span(a, name);
}

/** A value that was read is UTF-8 without ASCII controls where nothing is wrong. */
static size_t check_value(const struct arena *a, assay_span value, bool fault)
{
    for (size_t i = 0, n; !fault && i < value.n; i += n) {
        n = model_utf8(span_from(value, i));
        must(n > 0 && (unsigned char)value.p[i] >= ' ' && value.p[i] != 0x7F);
    }
    return check_span(a, value);
}

/** Every promise of authres.h about the shape of what was read. */
static void check_shape(const struct arena *a, assay_span value, const struct authres *got)
{
    size_t octets = check_value(a, got->authserv_id, got->fault);

    must(got->n <= LIMIT_AUTHRES_RESULTS && !(got->none && got->n));
    must(got->fault || got->none || got->n);
    must(got->fault || got->authserv_id.n || span_find(value, '"') < value.n);
    for (size_t i = 0; i < got->n; i++) {
        const struct authres_result *r = &got->results[i];

        must(r->nproperties <= LIMIT_AUTHRES_PROPERTIES && r->method.n && r->result.n);
        octets += check_name(a, r->method, got->fault) + check_name(a, r->result, got->fault) +
                  check_value(a, r->reason, got->fault);
        for (size_t k = 0; k < r->nproperties; k++)
            octets += check_name(a, r->properties[k].ptype, got->fault) +
                      check_name(a, r->properties[k].name, got->fault) +
                      check_value(a, r->properties[k].value, got->fault);
    }
    must(octets <= value.n);
}

/** Write what was read, and read it again. */
static void check_again(struct arena *a, const struct authres *got)
{
    struct buf out = buf_new(1 << 22);
    struct authres again;

    authres_write(got->authserv_id, got->results, got->n, 23, &out);
    must(out.status == ASSAY_DONE && authres_read(a, buf_span(&out), &again) == ASSAY_DONE);
    must(!again.fault);
    must_be_results(&again, got->authserv_id, got->results, got->n);
    buf_done(&out);
}

/** The field is from whom it names, and from nobody else. */
static void check_from(assay_span value, const struct authres *got)
{
    char longer[256];
    size_t n = got->authserv_id.n;

    must(!authres_is_from(value, SPAN_EMPTY));
    if (!n)
        return;
    must(authres_is_from(value, got->authserv_id));
    if (got->fault || n + 2 > sizeof longer || got->authserv_id.p[n - 1] == '.')
        return;
    memcpy(longer, got->authserv_id.p, n);
    longer[n] = 'x';
    must(!authres_is_from(value, (assay_span){longer, n + 1}));
    must(n == 1 || got->authserv_id.p[n - 2] == '.' ||
         !authres_is_from(value, (assay_span){longer, n - 1}));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span value = {(const char *)data, n};
    struct arena a = {0};
    struct authres got;

    if (n > 65536)
        return 0;
    must(authres_read(&a, value, &got) == ASSAY_DONE);
    check_shape(&a, value, &got);
    check_from(value, &got);
    check_again(&a, &got);
    arena_done(&a);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_sign.c Any text as sign.table, seal.key and seal.fields: what is taken obeys the limits
 * and can be signed by; what is refused says why, in printable text. The first octet is for one of
 * the three.
 */
#include "base/fuzz_must.h"
#include "policy/sign.h"

enum { MOST = 1 << 14 };

/** A name is canonical: read again it is itself. */
static void check_name(assay_span name)
{
    struct dns_name read;

    must(name.n > 0 && dns_name_read(name, &read) && span_eq(dns_name_span(&read), name));
    must(dkim_is_host_name(name));
}

/** A key can be asked for. */
static void check_key(const struct sign_key *key, bool author)
{
    struct dns_name name;

    check_name(key->selector);
    must(author || key->domain.n);
    must(key->algorithm == DKIM_RSA_SHA256 || key->algorithm == DKIM_ED25519_SHA256);
    if (key->domain.n) {
        check_name(key->domain);
        must(dns_labels(key->domain) >= 2);
    }
    must(dns_join(key->selector, "_domainkey", key->domain, &name));
}

/** Fields that can be signed: From is among them. */
static void check_fields(const struct sign_fields *f)
{
    const struct dkim_signer s = {.profile = f->profile, .names = f->names};
    assay_span names, name;
    struct arena a = {0};
    struct header h;
    bool from = false;

    header_init(&h);
    must((f->profile == DKIM_OWN) == (f->names.n > 0));
    must(dkim_choose_names(&a, &h, &s, &names) == ASSAY_DONE);
    while (span_cut(&names, ':', &name)) {
        must(name.n > 0 && name.n <= LIMIT_FIELD_NAME && !span_iis(name, "Received"));
        from |= span_iis(name, "From");
    }
    must(from);
    header_done(&h);
    arena_done(&a);
}

/** One entry. */
static void check_rule(const struct sign_rule *r)
{
    must(r->text.n > 0 && r->nkeys > 0 && r->nkeys <= LIMIT_SIGN_KEYS);
    must(r->nusers <= LIMIT_SIGN_LIST && r->nets.n <= LIMIT_MATCHES);
    must((r->pattern == SIGN_ANY) == (r->domain.n == 0));
    must((r->pattern == SIGN_ADDRESS) == (r->local.n > 0));
    if (r->domain.n)
        check_name(r->domain);
    for (size_t i = 0; i < r->nkeys; i++) {
        check_key(&r->keys[i], true);
        must(!r->identity.n || !r->keys[i].domain.n ||
             dns_is_under(r->identity_domain, r->keys[i].domain));
    }
    for (size_t i = 0; i < r->nusers; i++)
        must(r->users[i].n > 0);
    for (size_t i = 0; i < r->nets.n; i++)
        must(r->nets.all[i].type == MATCH_NETWORK &&
             r->nets.all[i].bits <= ip_size(&r->nets.all[i].net) * 8);
    must(r->identity.n <= LIMIT_SIGN_IDENTITY);
    check_fields(&r->fields);
}

/** Read it as one of the three. \return whether it was taken */
static bool read_as(char which, struct arena *a, assay_span text, struct sign_error *error)
{
    struct sign_table table = {NULL, 0};
    struct sign_fields fields;
    struct sign_key key;
    assay_status s;

    if (which == 'k') {
        s = sign_key_read(a, text, &key, error);
        if (s == ASSAY_DONE && key.selector.n)
            check_key(&key, false);
    } else if (which == 'f') {
        s = sign_fields_read(a, text, &fields, error);
        if (s == ASSAY_DONE)
            check_fields(&fields);
    } else {
        s = sign_table_read(a, text, &table, error);
        must(table.n <= LIMIT_SIGN_RULES);
        for (size_t i = 0; i < table.n; i++)
            check_rule(&table.rules[i]);
    }
    must(s == ASSAY_DONE || s == ASSAY_EINVAL);
    return s == ASSAY_DONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sign_error error = {""};
    struct arena a = {0};

    if (n < 1 || n > MOST)
        return 0;
    if (!read_as((char)data[0], &a, (assay_span){(const char *)data + 1, n - 1}, &error))
        must(error.text[0] && span_printable(span_of(error.text)));
    arena_done(&a);
    return 0;
}

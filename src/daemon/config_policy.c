/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file config_policy.c Policies: the options at the top, their refinements, and what the library
 * takes as tables - who signs, who seals, whom is trusted.
 */
#include "base/limits.h"
#include "daemon/config_own.h"

#include <stdlib.h>
#include <string.h>

/** Set an option of a policy; what it does not take is complained of. \return false: memory is out */
static bool set(struct making *m, assay_policy *policy, struct conf_place at, const char *name,
                const char *value)
{
    const char *why = NULL;
    assay_status s = assay_policy_set(policy, name, value, &why);

    if (s == ASSAY_EINVAL)
        config_complain(m, at, why ? why : name, NULL);
    return s != ASSAY_ENOMEM;
}

/** Set an option to what was gathered. */
static bool set_text(struct making *m, struct conf_place at, const char *name, struct buf *value)
{
    bool fine;

    buf_putc(value, '\0'); /* what was gathered may begin with a blank, which no .case can hold */
    fine = value->status == ASSAY_DONE &&
           set(m, m->config->policy, at, name, value->p + strspn(value->p, " "));
    buf_done(value);
    return fine;
}

/** The options of the receiver that stand at the top or in a policy block. */
static bool set_all(struct making *m, assay_policy *policy, const struct conf_block *b)
{
    size_t n;
    const struct conf_setting *settings = conf_settings(b, &n);

    for (size_t i = 0; i < n; i++)
        if (!set(m, policy, settings[i].at, settings[i].name, settings[i].value))
            return false;
    return true;
}

/* ---- tables ---- */

/** Append ` key=` with the values of an option, parted by commas; nothing when there are none. */
static void put_list(struct buf *out, const char *key, const struct conf_block *b,
                     enum conf_option option, char between)
{
    for (size_t i = 0; i < conf_count(b, option); i++) {
        if (i == 0)
            buf_printf(out, " %s=", key);
        else
            buf_putc(out, between);
        buf_put(out, conf_text(b, option, i));
    }
}

/** Append a text in quotes. The table knows no quote inside of them. */
static void put_quoted(struct buf *out, const char *key, assay_span text)
{
    buf_printf(out, " %s=\"", key);
    for (size_t i = 0; i < text.n; i++)
        buf_putc(out, text.p[i] == '"' ? '\'' : text.p[i]);
    buf_putc(out, '"');
}

/** How near a pattern is: an address, a domain, the longest of domains above it, anything. */
static unsigned nearness(assay_span pattern)
{
    if (span_is(pattern, "*"))
        return 0;
    if (span_starts(pattern, SPAN(".")))
        return 1 + (unsigned)pattern.n;
    return span_find(pattern, '@') < pattern.n ? 1000 : 500;
}

/** Which of two sign blocks is looked at first: the nearer; of equal ones that for users, then clients. */
static int compare_signs(const void *a, const void *b)
{
    const struct conf_block *x = *(const struct conf_block *const *)a,
                            *y = *(const struct conf_block *const *)b;
    unsigned n = nearness(conf_block_name(x)), k = nearness(conf_block_name(y));

    if (n == k) {
        n = conf_count(x, CONF_SIGN_USER) ? 2 : conf_count(x, CONF_SIGN_CLIENT) ? 1 : 0;
        k = conf_count(y, CONF_SIGN_USER) ? 2 : conf_count(y, CONF_SIGN_CLIENT) ? 1 : 0;
    }
    return n == k ? (x > y) - (x < y) : n < k ? 1 : -1;
}

/** Append the entry of a sign block. */
static void put_sign(struct making *m, const struct conf_block *b, struct buf *out)
{
    static const char *const PROFILES[] = {"strict", "list-friendly"};
    static const char *const CANONS[] = {"relaxed/relaxed", "relaxed/simple", "simple/relaxed",
                                         "simple/simple"};
    assay_span pattern = conf_block_name(b);

    if (out->n)
        buf_puts(out, "; ");
    buf_put(out, pattern);
    for (size_t i = 0; i < conf_count(b, CONF_SIGN_KEY); i++) {
        const struct conf_block *key =
            conf_block_named(m->config->conf, CONF_KEY, conf_text(b, CONF_SIGN_KEY, i));

        buf_puts(out, i ? "," : " key=");
        config_write_key(key, config_key_domain(key, pattern), out);
    }
    if (conf_count(b, CONF_SIGN_FIELDS))
        put_list(out, "fields", b, CONF_SIGN_FIELDS, ':');
    else
        buf_printf(out, " profile=%s", PROFILES[conf_number(b, CONF_SIGN_PROFILE)]);
    buf_printf(out, " canonicalization=%s", CANONS[conf_number(b, CONF_SIGN_CANONICALIZATION)]);
    if (conf_number(b, CONF_SIGN_EXPIRE))
        buf_printf(out, " expire=%lld", (long long)conf_number(b, CONF_SIGN_EXPIRE));
    if (!conf_number(b, CONF_SIGN_TIMESTAMP))
        buf_puts(out, " timestamp=no");
    put_list(out, "identity", b, CONF_SIGN_IDENTITY, ',');
    put_list(out, "user", b, CONF_SIGN_USER, ',');
    put_list(out, "client", b, CONF_SIGN_CLIENT, ',');
}

/** sign.table, the nearest first. */
static bool set_signs(struct making *m)
{
    struct buf out = buf_new(LIMIT_CONF_TEXT);
    const struct conf_block **all, *b;
    size_t n = 0;

    while (conf_block(m->config->conf, CONF_SIGN, n))
        n++;
    if (!n)
        return true;
    if (!(all = calloc(n, sizeof(*all))))
        return false;
    for (size_t i = 0; i < n; i++)
        all[i] = conf_block(m->config->conf, CONF_SIGN, i);
    b = all[0];
    qsort(all, n, sizeof(*all), compare_signs);
    for (size_t i = 0; i < n; i++)
        put_sign(m, all[i], &out);
    free(all);
    return set_text(m, conf_block_place(b), "sign.table", &out);
}

/** seal.key and seal.fields. */
static bool set_seal(struct making *m)
{
    const struct conf_block *b = conf_block(m->config->conf, CONF_SEAL, 0), *key;
    struct buf out = buf_new(LIMIT_CONF_TEXT), fields = buf_new(LIMIT_CONF_TEXT);
    assay_span domain;

    if (!b)
        return true;
    key = conf_block_named(m->config->conf, CONF_KEY, conf_text(b, CONF_SEAL_KEY, 0));
    domain = conf_count(b, CONF_SEAL_DOMAIN) ? conf_text(b, CONF_SEAL_DOMAIN, 0)
                                             : config_key_domain(key, SPAN("*"));
    if (span_is(domain, "*")) {
        config_complain(m, conf_block_place(b), "who seals?",
                        "say domain = NAME here or in the key");
        return true;
    }
    config_write_key(key, domain, &out);
    if (!set_text(m, conf_where(b, CONF_SEAL_KEY), "seal.key", &out))
        return false;
    for (size_t i = 0; i < conf_count(b, CONF_SEAL_FIELDS); i++) {
        if (i)
            buf_putc(&fields, ':');
        buf_put(&fields, conf_text(b, CONF_SEAL_FIELDS, i));
    }
    return !fields.n || set_text(m, conf_where(b, CONF_SEAL_FIELDS), "seal.fields", &fields);
}

/** Append the entry of a forwarder. */
static void put_forwarder(const struct conf_block *b, struct buf *out)
{
    if (out->n)
        buf_putc(out, ';');
    put_list(out, "client", b, CONF_FORWARDER_CLIENT, ',');
    put_list(out, "name", b, CONF_FORWARDER_NAME, ',');
    put_list(out, "sealer", b, CONF_FORWARDER_SEALER, ',');
    put_list(out, "authors", b, CONF_FORWARDER_AUTHORS, ',');
    put_list(out, "recipients", b, CONF_FORWARDER_RECIPIENTS, ',');
    put_list(out, "until", b, CONF_FORWARDER_UNTIL, ',');
    put_quoted(out, "note",
               conf_count(b, CONF_FORWARDER_NOTE) ? conf_text(b, CONF_FORWARDER_NOTE, 0)
                                                  : conf_block_name(b));
}

/** forwarders. */
static bool set_forwarders(struct making *m)
{
    struct buf out = buf_new(LIMIT_CONF_TEXT);
    const struct conf_block *b, *first = conf_block(m->config->conf, CONF_FORWARDER, 0);

    for (size_t i = 0; (b = conf_block(m->config->conf, CONF_FORWARDER, i)); i++)
        put_forwarder(b, &out);
    return !first || set_text(m, conf_block_place(first), "forwarders", &out);
}

/* ---- policies ---- */

/** The conditions of a policy block, as assay_policy_when() names them. */
static const struct {
    enum conf_option option;
    const char *name;
} CONDITIONS[] = {
    {CONF_POLICY_WHEN_LISTENER, "listener"},
    {CONF_POLICY_WHEN_CLIENT, "client"},
    {CONF_POLICY_WHEN_AUTHENTICATED, "authenticated"},
    {CONF_POLICY_WHEN_SENDER, "sender"},
    {CONF_POLICY_WHEN_RECIPIENT, "recipient"},
    {CONF_POLICY_WHEN_AUTHOR, "author"},
    {CONF_POLICY_WHEN_DKIM, "dkim"},
    {CONF_POLICY_WHEN_HEADER, "header"},
};

/** Add the conditions of a block to its policy. */
static bool add_conditions(struct making *m, assay_policy *policy, const struct conf_block *b)
{
    for (size_t i = 0; i < sizeof CONDITIONS / sizeof *CONDITIONS; i++)
        for (size_t k = 0; k < conf_count(b, CONDITIONS[i].option); k++) {
            const char *why = NULL;
            assay_status s = assay_policy_when(policy, CONDITIONS[i].name,
                                               conf_text(b, CONDITIONS[i].option, k).p, &why);

            if (s == ASSAY_EINVAL)
                config_complain(m, conf_where(b, CONDITIONS[i].option), CONDITIONS[i].name, why);
            if (s == ASSAY_ENOMEM)
                return false;
        }
    return true;
}

/** The place of the policy block of a name. */
static size_t find_block(const struct making *m, assay_span name)
{
    const struct conf_block *b;
    size_t i = 0;

    while ((b = conf_block(m->config->conf, CONF_POLICY, i)) && !span_eq(conf_block_name(b), name))
        i++;
    return i;
}

/** Make the policy of a block, after its parent's; circles were refused when the text was checked. */
static bool make_policy(struct making *m, size_t i)
{
    const struct conf_block *b = conf_block(m->config->conf, CONF_POLICY, i);
    assay_policy *parent = m->config->policy;

    if (m->policies[i])
        return true;
    if (conf_count(b, CONF_POLICY_PARENT)) {
        size_t above = find_block(m, conf_text(b, CONF_POLICY_PARENT, 0));

        if (!make_policy(m, above))
            return false;
        parent = m->policies[above];
    }
    return assay_policy_child(parent, conf_block_name(b).p, &m->policies[i]) == ASSAY_DONE &&
           add_conditions(m, m->policies[i], b) && set_all(m, m->policies[i], b);
}

const assay_policy *config_policy_named(const struct making *m, assay_span name)
{
    return m->policies[find_block(m, name)];
}

bool config_read_policies(struct making *m)
{
    struct config *c = m->config;
    size_t n = 0;

    while (conf_block(c->conf, CONF_POLICY, n))
        n++;
    if (!(m->policies = arena_zero(&c->arena, (n + 1) * sizeof(*m->policies))) ||
        assay_policy_new(&c->policy) != ASSAY_DONE)
        return false;
    /* Children begin with what their parent has: so it is given all it has first. */
    if (!set_signs(m) || !set_seal(m) || !set_forwarders(m) || !set_all(m, c->policy, m->top))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!make_policy(m, i))
            return false;
    return true;
}

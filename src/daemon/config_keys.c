/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file config_keys.c Keys: which the keys process is to hold, and under which names they are asked
 * for.
 */
#include "base/limits.h"
#include "daemon/config_own.h"
#include "dns/alabel.h"

#include <string.h>

/** Names of algorithms, by the places of the option's words. */
static const char *const ALGORITHMS[] = {"rsa", "ed25519"};

assay_span config_key_domain(const struct conf_block *key, assay_span pattern)
{
    size_t at = span_find(pattern, '@');

    if (conf_count(key, CONF_KEY_DOMAIN))
        return conf_text(key, CONF_KEY_DOMAIN, 0);
    if (at < pattern.n)
        return span_from(pattern, at + 1);
    return span_starts(pattern, SPAN(".")) ? span_from(pattern, 1) : pattern;
}

void config_write_key(const struct conf_block *key, assay_span domain, struct buf *out)
{
    buf_put(out, conf_text(key, CONF_KEY_SELECTOR, 0));
    buf_putc(out, ':');
    buf_put(out, domain);
    buf_putc(out, ':');
    buf_puts(out, ALGORITHMS[conf_number(key, CONF_KEY_ALGORITHM)]);
}

/** The plan has this name already. */
static bool is_planned(const struct keyproc_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->n; i++)
        if (strcmp(plan->items[i].name, name) == 0)
            return true;
    return false;
}

/** Where something stands, as text that lives. */
static const char *place_text(struct config *c, struct conf_place at)
{
    struct buf text = buf_new(1024);
    const char *kept;

    buf_printf(&text, "%.*s:%u:%u", SPAN_ARG(at.file), at.line, at.column);
    buf_putc(&text, '\0');
    kept = text.status == ASSAY_DONE ? arena_text(&c->arena, text.p) : NULL;
    buf_done(&text);
    return kept;
}

/** Plan to hold something. \return false: memory is out */
static bool plan(struct config *c, struct keyproc_item item)
{
    struct keyproc_item *items = (struct keyproc_item *)(uintptr_t)c->keys.items;

    if (!item.name || !item.where)
        return false;
    if (!is_planned(&c->keys, item.name))
        items[c->keys.n++] = item;
    return true;
}

/** Plan to hold a key for a domain. */
static bool plan_key(struct making *m, const struct conf_block *key, assay_span domain)
{
    struct config *c = m->config;
    struct buf name = buf_new(1024);
    struct keyproc_item item = {.path = conf_text(key, CONF_KEY_FILE, 0).p,
                                .where = place_text(c, conf_where(key, CONF_KEY_FILE)),
                                .ed25519 = conf_number(key, CONF_KEY_ALGORITHM) != 0};
    bool fine;

    buf_put(&name, conf_text(key, CONF_KEY_SELECTOR, 0));
    buf_puts(&name, "._domainkey.");
    buf_put(&name, domain);
    buf_putc(&name, '\0');
    item.name = name.status == ASSAY_DONE ? arena_text(&c->arena, name.p) : NULL;
    fine = plan(c, item);
    buf_done(&name);
    return fine;
}

/** Plan the keys of one block of `sign` or `seal`. */
static bool plan_keys_of(struct making *m, const struct conf_block *b, enum conf_option option,
                         assay_span pattern)
{
    bool fine = true;

    for (size_t i = 0; i < conf_count(b, option) && fine; i++) {
        const struct conf_block *key =
            conf_block_named(m->config->conf, CONF_KEY, conf_text(b, option, i));

        fine = plan_key(m, key, config_key_domain(key, pattern));
    }
    return fine;
}

/** How many items there may be. */
static size_t count_items(const struct conf *conf)
{
    const struct conf_block *b;
    size_t n = 2; /* the seal's key, the secret of SRS */

    for (size_t i = 0; (b = conf_block(conf, CONF_SIGN, i)); i++)
        n += conf_count(b, CONF_SIGN_KEY);
    return n;
}

/** The domain that seals. */
static assay_span seal_domain(const struct conf_block *seal)
{
    return conf_count(seal, CONF_SEAL_DOMAIN) ? conf_text(seal, CONF_SEAL_DOMAIN, 0) : SPAN("*");
}

bool config_read_keys(struct making *m)
{
    struct config *c = m->config;
    const struct conf_block *b;
    bool fine = true;

    if (!(c->keys.items = arena_zero(&c->arena, count_items(c->conf) * sizeof *c->keys.items)))
        return false;
    for (size_t i = 0; (b = conf_block(c->conf, CONF_SIGN, i)) && fine; i++)
        fine = plan_keys_of(m, b, CONF_SIGN_KEY, conf_block_name(b));
    if ((b = conf_block(c->conf, CONF_SEAL, 0)) && fine)
        fine = plan_keys_of(m, b, CONF_SEAL_KEY, seal_domain(b));
    if ((b = conf_block(c->conf, CONF_SRS, 0)) && fine)
        fine = plan(c, (struct keyproc_item){.name = "srs",
                                             .path = conf_text(b, CONF_SRS_SECRET, 0).p,
                                             .where = place_text(c, conf_where(b, CONF_SRS_SECRET)),
                                             .secret = true});
    return fine;
}

bool config_read_srs(struct making *m)
{
    struct config *c = m->config;
    const struct conf_block *b = conf_block(c->conf, CONF_SRS, 0);
    enum { DAY = 86400 };

    c->srs.on = b != NULL;
    if (!b)
        return true;
    c->srs.domain = conf_text(b, CONF_SRS_DOMAIN, 0);
    c->srs.hash_length = (unsigned)conf_number(b, CONF_SRS_HASH_LENGTH);
    c->srs.hash_least = (unsigned)conf_number(b, CONF_SRS_HASH_LEAST);
    c->srs.separator = "=+-"[conf_number(b, CONF_SRS_SEPARATOR)];
    c->srs.max_age_days = (unsigned)(conf_number(b, CONF_SRS_MAX_AGE) / DAY);
    c->srs.refuse_overflow = conf_number(b, CONF_SRS_OVERFLOW) != 0;
    c->srs.milter = conf_number(b, CONF_SRS_MILTER) != 0;
    c->srs.nlocal = conf_count(b, CONF_SRS_LOCAL);
    if (!(c->srs.local = arena_zero(&c->arena, (c->srs.nlocal + 1) * sizeof *c->srs.local)))
        return false;
    for (size_t i = 0; i < c->srs.nlocal; i++)
        ((assay_span *)(uintptr_t)c->srs.local)[i] = conf_text(b, CONF_SRS_LOCAL, i);
    return true;
}

bool config_is_local(const struct config *c, assay_span address)
{
    size_t at = span_rfind(address, '@');
    struct dns_name name;

    if (at == address.n) /* postmaster, or what the mail server completes by its own name */
        return true;
    if (dns_to_alabels(span_from(address, at + 1), &name) != ASSAY_DONE)
        return false;
    if (dns_is_under(dns_name_span(&name), c->srs.domain))
        return true;
    for (size_t i = 0; i < c->srs.nlocal; i++)
        if (conf_pattern_holds(c->srs.local[i], SPAN_EMPTY, dns_name_span(&name)))
            return true;
    return false;
}

struct assay_srs config_srs_request(const struct config *c)
{
    const struct config_srs *srs = &c->srs;

    return (struct assay_srs){.size = sizeof(struct assay_srs),
                              .address = SPAN_EMPTY,
                              .forwarder = srs->domain,
                              .local = srs->local,
                              .nlocal = srs->nlocal,
                              .hash_length = srs->hash_length,
                              .hash_min = srs->hash_least,
                              .max_age_days = srs->max_age_days,
                              .separator = srs->separator,
                              .overflow = srs->refuse_overflow ? ASSAY_SRS_REFUSE : ASSAY_SRS_KEEP,
                              .secret = SPAN_EMPTY};
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ip.h"
#include "base/number.h"
#include "base/time.h"
#include "case/read.h"
#include "dns/alabel.h"
#include "srs/address.h"

/** Append a line. */
static assay_status keep(struct case_reader *r, struct case_lines *lines, assay_span key,
                         assay_span value)
{
    int most = lines == &r->one->expect ? LIMIT_CASE_EXPECT : LIMIT_CASE_LINES;
    struct case_line *line;

    if (lines->n >= (size_t)most)
        return CASE_REFUSE(r, key, "more than %d lines in one [%s]", most, r->section);
    if (!(line = ARENA_NEW(&r->set->arena, struct case_line)))
        return ASSAY_ENOMEM;
    line->key = key;
    line->value = value;
    if (lines->last)
        lines->last->next = line;
    else
        lines->first = line;
    lines->last = line;
    lines->n++;
    return ASSAY_DONE;
}

/* ---- [envelope] ---- */

/** Read a value into the envelope. \return NULL, or what is wrong */
typedef const char *value_fn(struct assay_envelope *e, assay_span value);

static const char *set_now(struct assay_envelope *e, assay_span value)
{
    return time_read(value, &e->now)
               ? NULL
               : "a time is 2026-11-23T12:00:00Z (RFC 3339) or seconds since 1970";
}

static const char *set_ip(struct assay_envelope *e, assay_span value)
{
    struct ip ip;

    e->ip = value;
    return !value.n || ip_read(value, &ip) ? NULL : "not an IPv4 or IPv6 address";
}

static const char *set_helo(struct assay_envelope *e, assay_span value)
{
    e->helo = value;
    return NULL;
}

static const char *set_from(struct assay_envelope *e, assay_span value)
{
    e->mail_from_unknown = span_is(value, "?");
    e->mail_from = span_is(value, "<>") || span_is(value, "?") ? SPAN_EMPTY : value;
    return NULL;
}

static const char *set_hostname(struct assay_envelope *e, assay_span value)
{
    e->hostname = value;
    return NULL;
}

static const char *set_listener(struct assay_envelope *e, assay_span value)
{
    e->listener = value;
    return NULL;
}

static const char *set_user(struct assay_envelope *e, assay_span value)
{
    e->user = value;
    return NULL;
}

static const char *set_direction(struct assay_envelope *e, assay_span value)
{
    (void)e; /* kind.c looks at it */
    return span_is(value, "in") || span_is(value, "out") ? NULL : "in or out is expected";
}

static const char *set_sample(struct assay_envelope *e, assay_span value)
{
    uint64_t number;

    if (!number_read(value, 99, &number))
        return "a sample is a number from 0 to 99";
    e->sample = (uint8_t)number;
    return NULL;
}

/* ---- [envelope] of an SRS case ---- */

/** Read a value into the request. \return NULL, or what is wrong */
typedef const char *srs_fn(struct assay_srs *srs, assay_span value);

static const char *set_srs_now(struct assay_srs *srs, assay_span value)
{
    return time_read(value, &srs->now) ? NULL : "no time"; /* set_now() has looked at it */
}

static const char *set_srs(struct assay_srs *srs, assay_span value)
{
    srs->reverse = span_is(value, "reverse");
    return srs->reverse || span_is(value, "forward") ? NULL : "forward or reverse is expected";
}

static const char *set_address(struct assay_srs *srs, assay_span value)
{
    srs->address = value;
    return NULL;
}

static const char *set_forwarder(struct assay_srs *srs, assay_span value)
{
    srs->forwarder = value;
    return srs_domain_ok(value) && value.p[0] != '[' ? NULL : "a domain name is expected";
}

/** A number of a range. */
static bool read_ranged(assay_span value, unsigned least, unsigned most, unsigned *ret)
{
    uint64_t number;

    if (!number_read(value, most, &number) || number < least)
        return false;
    *ret = (unsigned)number;
    return true;
}

static const char *set_hash_length(struct assay_srs *srs, assay_span value)
{
    return read_ranged(value, 4, 27, &srs->hash_length) ? NULL : "a number from 4 to 27";
}

static const char *set_hash_min(struct assay_srs *srs, assay_span value)
{
    return read_ranged(value, 4, 27, &srs->hash_min) ? NULL : "a number from 4 to 27";
}

static const char *set_max_age(struct assay_srs *srs, assay_span value)
{
    return read_ranged(value, 1, 1022, &srs->max_age_days) ? NULL
                                                           : "a number of days, from 1 to 1022";
}

static const char *set_separator(struct assay_srs *srs, assay_span value)
{
    srs->separator = value.n == 1 ? value.p[0] : '\0';
    return span_is(value, "=") || span_is(value, "+") || span_is(value, "-") ? NULL : "= + or -";
}

static const char *set_overflow(struct assay_srs *srs, assay_span value)
{
    static const char *const WORDS[] = {"refuse", "keep", "long"};

    for (int i = 0; i < 3; i++)
        if (span_is(value, WORDS[i])) {
            srs->overflow = (enum assay_srs_overflow)i;
            return NULL;
        }
    return "refuse, keep or long is expected";
}

/* ---- [envelope] of a domain case ---- */

/** Read a value into what is asked. \return NULL, or what is wrong */
typedef const char *domain_fn(struct assay_domain *d, assay_span value);

static const char *set_domain_now(struct assay_domain *d, assay_span value)
{
    return time_read(value, &d->now) ? NULL : "no time"; /* set_now() has looked at it */
}

/** A value is a domain name; what is not ASCII is looked at when the case is run. */
static const char *check_name(struct assay_domain *d, assay_span value)
{
    struct dns_name name;

    (void)d; /* run.c gathers those that repeat */
    return value.n && (!span_ascii(value) || dns_name_read(value, &name)) ? NULL : "no domain name";
}

static const char *set_domain(struct assay_domain *d, assay_span value)
{
    d->domain = value;
    return check_name(d, value);
}

static const char *set_profile(struct assay_domain *d, assay_span value)
{
    for (int i = ASSAY_PROFILE_MAIL; i <= ASSAY_PROFILE_PARKED; i++)
        if (span_is(value, assay_profile_text((enum assay_profile)i))) {
            d->profile = (enum assay_profile)i;
            return NULL;
        }
    return "mail, send, receive or parked is expected";
}

static const char *set_depth(struct assay_domain *d, assay_span value)
{
    static const char *const WORDS[] = {"check", "deep", "scan"};

    for (int i = 0; i < 3; i++)
        if (span_is(value, WORDS[i])) {
            d->depth = (enum assay_depth)i;
            return NULL;
        }
    return "check, deep or scan is expected";
}

/** Yes or no. */
static const char *set_flag(bool *flag, assay_span value)
{
    *flag = span_is(value, "yes");
    return *flag || span_is(value, "no") ? NULL : "yes or no is expected";
}

static const char *set_each_server(struct assay_domain *d, assay_span value)
{
    return set_flag(&d->each_server, value);
}

static const char *set_no_probe(struct assay_domain *d, assay_span value)
{
    return set_flag(&d->no_probe, value);
}

static const char *set_no_web(struct assay_domain *d, assay_span value)
{
    return set_flag(&d->no_web, value);
}

static const char *set_probe(struct assay_domain *d, assay_span value)
{
    return set_flag(&d->probe, value);
}

static const char *set_web(struct assay_domain *d, assay_span value)
{
    return set_flag(&d->web, value);
}

static const char *set_signs_nothing(struct assay_domain *d, assay_span value)
{
    return set_flag(&d->signs_nothing, value);
}

enum { RECEIVED = CASE_MESSAGE | CASE_SPF | CASE_SENDING };

/** The keys of [envelope]. */
static const struct key {
    const char *name;
    unsigned kinds;
    bool repeats;
    value_fn *set;     /* NULL: nothing to run it with yet */
    srs_fn *srs;       /* of an SRS case */
    domain_fn *domain; /* of a domain case */
} KEYS[] = {
    {"now", CASE_ANY, false, set_now, set_srs_now, set_domain_now},
    {"ip", RECEIVED, false, set_ip, NULL, NULL},
    {"helo", RECEIVED, false, set_helo, NULL, NULL},
    {"from", RECEIVED, false, set_from, NULL, NULL},
    {"to", RECEIVED, true, NULL, NULL, NULL},
    {"hostname", RECEIVED, false, set_hostname, NULL, NULL},
    {"sample", RECEIVED, false, set_sample, NULL, NULL},
    {"listener", RECEIVED, false, set_listener, NULL, NULL},
    {"domain", CASE_DOMAIN, false, NULL, NULL, set_domain},
    {"selector", CASE_DOMAIN, true, NULL, NULL, check_name},
    {"known_subdomain", CASE_DOMAIN, true, NULL, NULL, check_name},
    {"evidence", CASE_DOMAIN, false, NULL, NULL, NULL}, /* below: it is a file */
    {"profile", CASE_DOMAIN, false, NULL, NULL, set_profile},
    {"depth", CASE_DOMAIN, false, NULL, NULL, set_depth},
    {"each_server", CASE_DOMAIN, false, NULL, NULL, set_each_server},
    {"no_probe", CASE_DOMAIN, false, NULL, NULL, set_no_probe},
    {"no_web", CASE_DOMAIN, false, NULL, NULL, set_no_web},
    {"probe", CASE_DOMAIN, false, NULL, NULL, set_probe},
    {"web", CASE_DOMAIN, false, NULL, NULL, set_web},
    {"signs_nothing", CASE_DOMAIN, false, NULL, NULL, set_signs_nothing},
    {"nexthop", CASE_DESTINATION, false, NULL, NULL, NULL},
    {"direction", RECEIVED, false, set_direction, NULL, NULL},
    {"user", RECEIVED, false, set_user, NULL, NULL},
    {"srs", CASE_SRS, false, NULL, set_srs, NULL},
    {"address", CASE_SRS, false, NULL, set_address, NULL},
    {"forwarder", CASE_SRS, false, NULL, set_forwarder, NULL},
    {"local", CASE_SRS, true, NULL, NULL, NULL}, /* as they are needed (srs.c) */
    {"hash_length", CASE_SRS, false, NULL, set_hash_length, NULL},
    {"hash_min", CASE_SRS, false, NULL, set_hash_min, NULL},
    {"max_age", CASE_SRS, false, NULL, set_max_age, NULL},
    {"separator", CASE_SRS, false, NULL, set_separator, NULL},
    {"overflow", CASE_SRS, false, NULL, set_overflow, NULL},
};

enum { N_KEYS = sizeof KEYS / sizeof *KEYS };

static const char *key_name(size_t i)
{
    return i < N_KEYS ? KEYS[i].name : NULL;
}

/** The row of a key, or NULL. */
static const struct key *find_key(assay_span name)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (span_is(name, KEYS[i].name))
            return &KEYS[i];
    return NULL;
}

unsigned case_envelope_kinds(assay_span key)
{
    const struct key *k = find_key(key);

    return k ? k->kinds : 0;
}

/** A key stands in the lines already. */
static bool is_there(const struct case_lines *lines, assay_span key)
{
    for (const struct case_line *line = lines->first; line; line = line->next)
        if (span_eq(line->key, key))
            return true;
    return false;
}

/** `evidence = PATH`. */
static assay_status read_metrics(struct case_reader *r, assay_span path)
{
    assay_status s;

    buf_clear(&r->body);
    if ((s = case_open(r, path, &r->body)) != ASSAY_DONE)
        return s;
    return arena_copy(&r->set->arena, buf_span(&r->body), &r->one->evidence) ? ASSAY_DONE
                                                                             : ASSAY_ENOMEM;
}

assay_status case_read_envelope(struct case_reader *r, assay_span line)
{
    assay_span name, value;
    assay_status s = case_key_value(r, line, &name, &value);
    const struct key *key;
    const char *why;

    if (s != ASSAY_DONE)
        return s;
    if (!(key = find_key(name)))
        return CASE_REFUSE(r, name, "unknown key %s in [envelope]%s", case_shown(name).text,
                           case_hint(name, key_name).text);
    if (!key->repeats && is_there(&r->one->envelope, name))
        return CASE_REFUSE(r, name, "%s stands twice in this [envelope]", case_shown(name).text);
    if (key->set && (why = key->set(&r->one->values, value)))
        return CASE_REFUSE(r, value, "%s = %s: %s", key->name, case_shown(value).text, why);
    if (key->srs && (why = key->srs(&r->one->srs, value)))
        return CASE_REFUSE(r, value, "%s = %s: %s", key->name, case_shown(value).text, why);
    if (key->domain && (why = key->domain(&r->one->domain, value)))
        return CASE_REFUSE(r, value, "%s = %s: %s", key->name, case_shown(value).text, why);
    if (span_is(name, "evidence") && (s = read_metrics(r, value)) != ASSAY_DONE)
        return s;
    return keep(r, &r->one->envelope, name, value);
}

/* ---- [policy], [expect] ---- */

assay_status case_read_policy(struct case_reader *r, assay_span line)
{
    assay_span key, value;
    assay_status s = case_key_value(r, line, &key, &value);

    return s == ASSAY_DONE ? keep(r, &r->one->policy, key, value) : s;
}

/** The id of a check, or NULL behind the last. */
static const char *check_id(size_t i)
{
    const struct assay_check_kind *kind = assay_check_kind_at(i);

    return kind ? kind->id : NULL;
}

/** Each `finding` names a check that there is. */
static assay_status check_ids(struct case_reader *r, assay_span key, assay_span value)
{
    assay_span id;

    if (!span_is(key, "finding") && !span_is(key, "not_finding"))
        return ASSAY_DONE;
    while (case_next_finding(&value, &id)) {
        size_t i = 0;

        while (check_id(i) && !span_is(id, check_id(i)))
            i++;
        if (!check_id(i))
            return CASE_REFUSE(r, id, "there is no check %s%s", case_shown(id).text,
                               case_hint(id, check_id).text);
    }
    return ASSAY_DONE;
}

assay_status case_read_expect(struct case_reader *r, assay_span line)
{
    assay_span key, value;
    assay_status s = case_key_value(r, line, &key, &value);
    const char *why;

    if (s != ASSAY_DONE)
        return s;
    if (!case_expect_kinds(key))
        return CASE_REFUSE(r, key, "unknown key %s in [expect]%s", case_shown(key).text,
                           case_hint(key, case_expect_name).text);
    if ((why = case_expect_fault(key, value)))
        return CASE_REFUSE(r, value, "%.*s = %s: %s", SPAN_ARG(key), case_shown(value).text, why);
    if ((s = check_ids(r, key, value)) != ASSAY_DONE)
        return s;
    return keep(r, &r->one->expect, key, value);
}

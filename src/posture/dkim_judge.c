/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dkim_judge.c The checks of DKIM: each known selector's key, then what is true of all of them. */
#include "posture/dkim_judge.h"

#include "crypto/digest.h"
#include "crypto/weak.h"
#include "posture/reported.h"

enum {
    BITS_WEAK = 1024,
    BITS_SHORT = 2048,
    BITS_LONG = 4096,
    YEAR = 365 * 86400,
    COMPARED = 16 /* RSA keys that are looked at for a common prime */
};

/* ---- which selectors count ---- */

/** The wildcard gives this answer too: it says nothing of the selector. */
static bool from_wildcard(const struct posture *p, const struct posture_selector *s)
{
    const struct asked *probe = &p->dkim.probe;

    return asked_data(probe) == YES && asked_data(&s->txt) == YES &&
           probe->fact->n == s->txt.fact->n &&
           span_eq(probe->fact->records[0].text, s->txt.fact->records[0].text);
}

/** Some record of the answer has a key, be it empty. */
static bool any_key(const struct posture_selector *s)
{
    for (size_t i = 0; asked_data(&s->txt) == YES && i < s->txt.fact->n; i++)
        if (dkim_has_tag(s->txt.fact->records[i].text, "p"))
            return true;
    return false;
}

/** Set which selectors count, and which of their records is the key. */
static void choose(struct posture *p)
{
    bool given_only = p->profile == ASSAY_PROFILE_RECEIVE || p->profile == ASSAY_PROFILE_PARKED;

    for (size_t i = 0; i < p->dkim.nselectors; i++) {
        struct posture_selector *s = &p->dkim.selectors[i];

        s->counts =
            s->known == KNOWN_GIVEN ||
            (!given_only && (s->known == KNOWN_REPORTED || (any_key(s) && !from_wildcard(p, s))));
        s->best = 0;
        for (size_t k = s->keys ? s->keys->n : 0; k-- > 0;)
            if (!s->keys->keys[k].fault)
                s->best = k;
    }
}

/* ---- the key ---- */

/** DKIM-KEY-WEAK, -SHORT, -LONG. */
static void judge_size(struct posture *p, const struct posture_selector *s)
{
    const struct dkim_key *key = dkim_key_of(s);
    const struct {
        enum finding_id id;
        enum assay_outcome severity;
        bool hits;
        const char *what;
    } ROWS[] = {
        {F_DKIM_KEY_WEAK, ASSAY_ERROR, key->type == KEY_RSA && key->bits < BITS_WEAK,
         "receivers take no key below 1,024"},
        {F_DKIM_KEY_SHORT, ASSAY_WARNING,
         key->type == KEY_RSA && key->bits >= BITS_WEAK && key->bits < BITS_SHORT,
         "2,048 is what is asked for today"},
        {F_DKIM_KEY_LONG, ASSAY_WARNING, key->type == KEY_RSA && key->bits > BITS_LONG,
         "receivers need take no more than 4,096"},
    };

    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct finding *f;

        if (!ROWS[i].hits) {
            pass(p, ROWS[i].id, s->selector);
            continue;
        }
        f = hit(p, ROWS[i].id, ROWS[i].severity, s->selector, NULL);
        say(p, f, "the key of selector %.*s has %u bits; %s", SPAN_ARG(s->selector), key->bits,
            ROWS[i].what);
        dkim_show_tag(p, f, s, "p");
        advise(
            p, f,
            "Make an RSA key of 2048 bits with a new selector, publish it, sign with it, then withdraw %.*s.",
            SPAN_ARG(s->selector));
    }
}

/** The modulus of a key; empty: it is none, or of another kind. */
static assay_span modulus_of(const struct posture_selector *s)
{
    enum key_state state = dkim_key_state(s);
    struct rsa_numbers rsa;

    if ((state != KEY_LIVE && state != KEY_EVEN) || dkim_key_of(s)->type != KEY_RSA ||
        rsa_numbers_of(dkim_key_of(s)->octets, &rsa) != KEY_OK)
        return SPAN_EMPTY;
    return rsa.n;
}

/** The list of known weak keys has this modulus: a line is its SHA-256 in hexadecimal. */
static bool is_listed(struct posture *p, assay_span modulus)
{
    const struct assay_fact *fact = p->dkim.weak.fact;
    uint8_t digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE];
    assay_span list, line;

    if (!fact || fact->how != ASSAY_OK || fact->n != 1)
        return false;
    if (digest_of(p->ev.engine, modulus, digest) != ASSAY_DONE) {
        p->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    list = fact->data[0];
    while (span_line(&list, &line))
        if (span_istarts(span_trim(line), (assay_span){hex, sizeof hex}))
            return true;
    return false;
}

/** Another known key whose modulus has a prime in common, or NULL. */
static const struct posture_selector *sharer(const struct posture *p,
                                             const struct posture_selector *s, assay_span modulus)
{
    size_t compared = 0;

    for (size_t i = 0; i < p->dkim.nselectors && compared < COMPARED; i++) {
        const struct posture_selector *other = &p->dkim.selectors[i];
        assay_span n = other->counts && other != s ? modulus_of(other) : SPAN_EMPTY;

        if (!n.n)
            continue;
        compared++;
        if (weak_share_factor(modulus, n))
            return other;
    }
    return NULL;
}

/** A selector whose answer is missing, so that its key is not known; NULL: there is none. */
static const struct asked *missing_key(const struct posture *p, bool used)
{
    for (size_t i = 0; i < p->dkim.nselectors; i++) {
        const struct posture_selector *s = &p->dkim.selectors[i];

        if ((!used || s->known != KNOWN_GUESSED) && s->txt.fact && asked_data(&s->txt) == UNKNOWN)
            return &s->txt;
    }
    return NULL;
}

/**
 * What is missing to know that no key gives itself away; NULL: nothing. The list may be left out: where there is
 * none (ASSAY_REFUSED) the check is made without it.
 */
static const struct asked *missing_factor(const struct posture *p)
{
    const struct assay_fact *list = p->dkim.weak.fact;

    if (list && fact_state(list) == FACT_UNKNOWN && list->how != ASSAY_REFUSED)
        return &p->dkim.weak;
    return missing_key(p, false);
}

/** DKIM-KEY-FACTORED. */
static void judge_factored(struct posture *p, const struct posture_selector *s, bool compare)
{
    assay_span modulus = modulus_of(s);
    unsigned factor = modulus.n ? weak_small_factor(modulus) : 0;
    const struct posture_selector *other =
        modulus.n && !factor && compare ? sharer(p, s, modulus) : NULL;
    struct finding *f;

    if (!factor && !other && !(modulus.n && is_listed(p, modulus))) {
        judged(p, F_DKIM_KEY_FACTORED, modulus.n && missing_factor(p) ? UNKNOWN : NO, s->selector,
               missing_factor(p));
        return;
    }
    f = hit(p, F_DKIM_KEY_FACTORED, ASSAY_ERROR, s->selector, NULL);
    if (factor)
        say(p, f,
            "the key of selector %.*s can be divided by %u: anyone can compute its private half",
            SPAN_ARG(s->selector), factor);
    else if (other)
        say(p, f,
            "the keys of selectors %.*s and %.*s have a prime in common: anyone can compute their private halves",
            SPAN_ARG(s->selector), SPAN_ARG(other->selector));
    else
        say(p, f, "the private half of the key of selector %.*s is known to everyone",
            SPAN_ARG(s->selector));
    dkim_show_tag(p, f, s, "p");
    if (other)
        show(p, f, &other->txt, dkim_record_text(other),
             dkim_tag_value(dkim_record_text(other), "p"));
    advise(
        p, f,
        "Make a new key today, with another program or another source of chance, and empty p of this one.");
}

/** DKIM-TESTING. */
static void judge_testing(struct posture *p, const struct posture_selector *s)
{
    assay_span text = dkim_record_text(s);
    struct finding *f;

    if (!dkim_key_of(s)->testing) {
        pass(p, F_DKIM_TESTING, s->selector);
        return;
    }
    f = hit(p, F_DKIM_TESTING, ASSAY_WARNING, s->selector, NULL);
    say(p, f,
        "selector %.*s says that signing is only being tried (t=y): receivers may treat its mail as unsigned",
        SPAN_ARG(s->selector));
    dkim_show_tag(p, f, s, "t");
    publish(p, f, "TXT", s->name, text,
            dkim_with_tag(p, text, "t", dkim_key_of(s)->strict ? SPAN("s") : SPAN_EMPTY));
}

/** DKIM-KEY-AGE: the same record was seen a year ago. */
static void judge_age(struct posture *p, const struct posture_selector *s)
{
    const struct assay_fact *was = s->recalled.fact;
    int64_t age = was ? p->ev.now - was->until : 0;
    struct finding *f;
    bool same = false;

    if (asked_data(&s->recalled) != YES || !was->until)
        return;
    for (size_t i = 0; i < was->n && i < s->txt.fact->n; i++)
        same |= span_eq(was->data[i], s->txt.fact->data[i]) ||
                span_eq(was->records[i].text, s->txt.fact->records[i].text);
    if (!same || age <= YEAR) {
        pass(p, F_DKIM_KEY_AGE, s->selector);
        return;
    }
    f = hit(p, F_DKIM_KEY_AGE, ASSAY_NOTICE, s->selector, NULL);
    say(p, f, "the key of selector %.*s has not changed for %lld days", SPAN_ARG(s->selector),
        (long long)(age / 86400));
    dkim_show_tag(p, f, s, "p");
    advise(
        p, f,
        "Publish a new key under a new selector, sign with it, and after a week empty p of %.*s.",
        SPAN_ARG(s->selector));
}

/** DKIM-OBSOLETE, in a key. */
static void judge_g_tag(struct posture *p, const struct posture_selector *s)
{
    assay_span text = dkim_record_text(s);
    struct finding *f;

    if (!dkim_has_tag(text, "g")) {
        pass(p, F_DKIM_OBSOLETE, s->selector);
        return;
    }
    f = hit(p, F_DKIM_OBSOLETE, ASSAY_NOTICE, s->selector, "g-tag");
    say(p, f, "the tag g in the key of selector %.*s is gone from DKIM since 2011",
        SPAN_ARG(s->selector));
    dkim_show_tag(p, f, s, "g");
    publish(p, f, "TXT", s->name, text, dkim_with_tag(p, text, "g", SPAN_EMPTY));
}

/** The checks of one selector. \param compare  look for primes in common */
static void judge_selector(struct posture *p, const struct posture_selector *s, bool compare)
{
    enum key_state state = dkim_key_state(s);

    judge_dkim_record(p, s);
    if (state == KEY_NONE)
        return;
    judge_g_tag(p, s);
    judge_age(p, s);
    if (state == KEY_LIVE) {
        judge_size(p, s);
        judge_testing(p, s);
    }
    if (state == KEY_LIVE || state == KEY_EVEN)
        judge_factored(p, s, compare);
}

/* ---- all selectors together ---- */

/** Where a key record really stands: behind its aliases. */
static assay_span final_name(const struct posture_selector *s)
{
    const struct assay_fact *fact = s->txt.fact;

    return fact->nchain ? fact->chain[fact->nchain - 1].target : s->name;
}

/** Two names are of two organizations, as far as that can be told without asking. */
static bool two_organizations(const struct posture *p, assay_span a, assay_span b)
{
    enum truth own_a = posture_own(p, a), own_b = posture_own(p, b);

    if (own_a == YES || own_b == YES)
        return own_a == NO || own_b == NO;
    return !span_eq(dns_last_labels(a, 2), dns_last_labels(b, 2));
}

/** DKIM-KEY-SHARED of one selector: with one that stands before it. */
static void judge_shared(struct posture *p, const struct posture_selector *s)
{
    for (const struct posture_selector *o = p->dkim.selectors; o < s; o++) {
        struct finding *f;
        bool two;

        if (!o->counts || dkim_key_state(o) != KEY_LIVE ||
            !span_eq(dkim_key_of(o)->octets, dkim_key_of(s)->octets) ||
            span_eq(final_name(o), final_name(s)))
            continue;
        two = two_organizations(p, final_name(o), final_name(s));
        f = hit(p, F_DKIM_KEY_SHARED, two ? ASSAY_WARNING : ASSAY_NOTICE, s->selector, NULL);
        say(p, f, "selectors %.*s and %.*s have the same key%s: who gets one gets both",
            SPAN_ARG(o->selector), SPAN_ARG(s->selector),
            two ? ", in the hands of two organizations" : "");
        dkim_show_tag(p, f, s, "p");
        note(p, f, "at %.*s", SPAN_ARG(final_name(s)));
        dkim_show_tag(p, f, o, "p");
        note(p, f, "at %.*s", SPAN_ARG(final_name(o)));
        advise(p, f, "Give each selector a key of its own.");
        return;
    }
    judged(p, F_DKIM_KEY_SHARED, missing_key(p, false) ? UNKNOWN : NO, s->selector,
           missing_key(p, false));
}

/** How many selectors have a live key; with `used` only given and reported ones, with `type` only of that type. */
static size_t live(const struct posture *p, bool used, enum key_type type)
{
    size_t n = 0;

    for (size_t i = 0; i < p->dkim.nselectors; i++) {
        const struct posture_selector *s = &p->dkim.selectors[i];

        n += s->counts && (!used || s->known != KNOWN_GUESSED) && dkim_key_state(s) == KEY_LIVE &&
             (!type || dkim_key_of(s)->type == type);
    }
    return n;
}

/** DKIM-SELECTORS. */
static void judge_selectors(struct posture *p)
{
    const struct topic_dkim *t = &p->dkim;
    size_t guesses = 0, named;

    if (live(p, false, (enum key_type)0)) {
        pass(p, F_DKIM_SELECTORS, p->domain);
        return;
    }
    for (size_t i = 0; i < t->nselectors; i++)
        guesses += t->selectors[i].known == KNOWN_GUESSED;
    named = t->nselectors - guesses;
    unknown(p, F_DKIM_SELECTORS, p->domain, NULL,
            named && guesses
                ? "no selector with a key is known, and none of those that are common has one"
            : named   ? "no selector with a key is known"
            : guesses ? "no selector is known, and none of those that are common has a key"
                      : "no selector is known");
}

/** DKIM-ED25519-ALONE. */
static void judge_ed25519(struct posture *p)
{
    size_t all = live(p, true, (enum key_type)0), ed25519 = live(p, true, KEY_ED25519);
    struct finding *f;

    if (!all)
        return;
    if (ed25519 < all || missing_key(p, true)) {
        judged(p, F_DKIM_ED25519_ALONE, ed25519 < all ? NO : UNKNOWN, p->domain,
               missing_key(p, true));
        return;
    }
    f = hit(p, F_DKIM_ED25519_ALONE, ASSAY_WARNING, p->domain, NULL);
    if (all == 1)
        say(p, f, "the only key that is known is Ed25519, which many receivers cannot check");
    else
        say(p, f, "all %zu keys that are known are Ed25519, which many receivers cannot check",
            all);
    for (size_t i = 0; i < p->dkim.nselectors; i++)
        if (p->dkim.selectors[i].counts && dkim_key_state(&p->dkim.selectors[i]) == KEY_LIVE &&
            p->dkim.selectors[i].known != KNOWN_GUESSED)
            dkim_show_tag(p, f, &p->dkim.selectors[i], "k");
    advise(p, f, "Sign with an RSA key of 2048 bits as well, under a selector of its own.");
}

/** The answer to the probe label is one revoked key. */
static bool is_one_revoked(const struct asked *q)
{
    struct dkim_key key;
    uint8_t octets[4];

    if (q->fact->n != 1 || dkim_tag_value(q->fact->records[0].text, "p").n)
        return false; /* so there is nothing to decode */
    dkim_key_read(q->fact->records[0].text, octets, &key);
    return key.revoked;
}

/** DKIM-WILDCARD. */
static void judge_wildcard(struct posture *p)
{
    const struct asked *q = &p->dkim.probe;
    struct finding *f;

    if (asked_data(q) != YES || is_one_revoked(q)) {
        judged(p, F_DKIM_WILDCARD, asked_data(q) == UNKNOWN ? UNKNOWN : NO, p->domain, q);
        return;
    }
    f = hit(p, F_DKIM_WILDCARD, ASSAY_WARNING, p->domain, NULL);
    say(p, f,
        "every selector of %.*s has a TXT record, made up ones too: a wildcard answers for them",
        SPAN_ARG(p->domain));
    for (size_t i = 0; i < q->fact->n; i++)
        show(p, f, q, q->fact->records[i].text, SPAN_EMPTY);
    advise(p, f, "Narrow the wildcard, so that it does not reach below _domainkey.%.*s.",
           SPAN_ARG(p->domain));
}

/** One of the two names of old. \return it hits */
static bool judge_old(struct posture *p, const struct asked *q, const char *reason,
                      const char *what, bool (*is)(assay_span))
{
    struct finding *f;

    for (size_t i = 0; asked_data(q) == YES && i < q->fact->n; i++) {
        if (!is(q->fact->records[i].text))
            continue;
        f = hit(p, F_DKIM_OBSOLETE, ASSAY_NOTICE, p->domain, reason);
        say(p, f, "%.*s holds a record of %s, which nobody reads any more", SPAN_ARG(q->name),
            what);
        show(p, f, q, q->fact->records[i].text, SPAN_EMPTY);
        publish(p, f, "TXT", q->name, q->fact->records[i].text, SPAN_EMPTY);
        return true;
    }
    return false;
}

/** Any TXT at `_adsp._domainkey` (RFC 5617 4.2.1). */
static bool is_adsp(assay_span text)
{
    return text.n > 0;
}

/** A DomainKeys policy: `o=`, or `t=y`. */
static bool is_domainkeys(assay_span text)
{
    return !dkim_has_tag(text, "p") &&
           (dkim_has_tag(text, "o") || span_is(dkim_tag_value(text, "t"), "y"));
}

/** DKIM-OBSOLETE of the domain. What a wildcard gives is DKIM-WILDCARD's. */
static void judge_obsolete(struct posture *p)
{
    const struct topic_dkim *t = &p->dkim;
    bool any = has_hit(p, F_DKIM_WILDCARD, SPAN_EMPTY) || asked_data(&t->probe) == YES
                   ? false
                   : judge_old(p, &t->adsp, "adsp", "ADSP", is_adsp);

    any |= judge_old(p, &t->domainkeys, "domainkeys", "DomainKeys", is_domainkeys);
    if (!any)
        judged(p, F_DKIM_OBSOLETE,
               truth_or(asked_data(&t->adsp) == UNKNOWN ? UNKNOWN : NO,
                        asked_data(&t->domainkeys) == UNKNOWN ? UNKNOWN : NO),
               p->domain, asked_data(&t->adsp) == UNKNOWN ? &t->adsp : &t->domainkeys);
}

/* ---- the goal ---- */

/** What goal G6 gives for one selector in use, in thousandths; -1: it is not known. */
static int value_of(const struct posture *p, const struct posture_selector *s)
{
    static const enum finding_id ERRORS[] = {F_DKIM_KEY_MISSING,  F_DKIM_KEY_SYNTAX,
                                             F_DKIM_KEY_MULTIPLE, F_DKIM_KEY_UNUSABLE,
                                             F_DKIM_KEY_WEAK,     F_DKIM_KEY_FACTORED};

    if (asked_data(&s->txt) == UNKNOWN)
        return -1;
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        if (has_hit(p, ERRORS[i], s->selector))
            return 0;
    if (has_unknown(p, F_DKIM_KEY_FACTORED, s->selector))
        return -1;
    if (has_hit(p, F_DKIM_TESTING, s->selector))
        return 300;
    return has_hit(p, F_DKIM_KEY_SHORT, s->selector) ? 600 : 1000;
}

/** Goal G6: the mean over selectors in use. */
static void conclude(struct posture *p)
{
    struct topic_dkim *t = &p->dkim;
    unsigned sum = 0, n = 0;

    t->known = UNKNOWN;
    t->value = 0;
    for (size_t i = 0; i < t->nselectors; i++) {
        const struct posture_selector *s = &t->selectors[i];
        bool revoked = dkim_key_state(s) == KEY_EMPTY &&
                       reported_signs(p, s->selector, DKIM_REVOKED_DAYS) != YES;
        int value = value_of(p, s);

        if (!s->counts || s->known == KNOWN_GUESSED || revoked)
            continue;
        if (value < 0)
            return;
        if (dkim_key_state(s) == KEY_EMPTY)
            value = 0;
        sum += (unsigned)value;
        n++;
    }
    if (!n)
        return;
    t->known = YES;
    t->value = (sum + n / 2) / n;
}

/** The line where all is well. */
static void sum(struct posture *p)
{
    size_t n = live(p, false, (enum key_type)0), rsa = live(p, false, KEY_RSA);
    const struct posture_selector *first = NULL;

    for (size_t i = 0; i < p->dkim.nselectors && !first; i++)
        if (p->dkim.selectors[i].counts && dkim_key_state(&p->dkim.selectors[i]) == KEY_LIVE)
            first = &p->dkim.selectors[i];
    if (!first)
        return;
    p->summary[AREA_DKIM] =
        n == 1 ? posture_printf(p, "1 key, selector %.*s (%s %u)", SPAN_ARG(first->selector),
                                dkim_key_of(first)->type == KEY_RSA ? "RSA" : "Ed25519",
                                dkim_key_of(first)->bits)
               : posture_printf(p, "%zu keys, %zu of them RSA", n, rsa);
}

void judge_dkim(struct posture *p)
{
    struct topic_dkim *t = &p->dkim;
    bool all = p->profile != ASSAY_PROFILE_RECEIVE && p->profile != ASSAY_PROFILE_PARKED;
    size_t compared = 0;

    choose(p);
    for (size_t i = 0; i < t->nselectors; i++)
        if (t->selectors[i].counts)
            judge_selector(p, &t->selectors[i],
                           modulus_of(&t->selectors[i]).n && compared++ < COMPARED);
    for (size_t i = 0; i < t->nselectors; i++)
        if (t->selectors[i].counts && dkim_key_state(&t->selectors[i]) == KEY_LIVE)
            judge_shared(p, &t->selectors[i]);
    if (all || p->nselectors)
        judge_selectors(p);
    judge_ed25519(p);
    if (all) {
        judge_wildcard(p);
        judge_obsolete(p);
    }
    conclude(p);
    sum(p);
}

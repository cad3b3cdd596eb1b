/* SPDX-License-Identifier: BSD-2-Clause */
/** \file dkim_record.c The key record of a selector: is it there, can it be read, can mail use it? */
#include "posture/dkim_judge.h"

#include "base/base64.h"
#include "mail/taglist.h"
#include "posture/reported.h"

enum { SIGNS_DAYS = 14 };

/* ---- what a selector has ---- */

assay_span dkim_record_text(const struct posture_selector *s)
{
    return s->txt.fact->records[s->best].text;
}

const struct dkim_key *dkim_key_of(const struct posture_selector *s)
{
    return &s->keys->keys[s->best];
}

assay_span dkim_tag_value(assay_span text, const char *name)
{
    struct taglist tags;
    assay_span where;
    const assay_span *value;

    (void)taglist_read(text, &tags, &where);
    value = taglist_find(&tags, name);
    return value ? *value : SPAN_EMPTY;
}

bool dkim_has_tag(assay_span text, const char *name)
{
    struct taglist tags;
    assay_span where;

    (void)taglist_read(text, &tags, &where);
    return taglist_find(&tags, name) != NULL;
}

enum key_state dkim_key_state(const struct posture_selector *s)
{
    const struct dkim_key *key;
    struct taglist tags;
    struct rsa_numbers rsa;
    assay_span text, where;
    const assay_span *k;

    if (!s->keys || !s->keys->n)
        return KEY_NONE;
    key = dkim_key_of(s);
    if (!key->fault)
        return KEY_LIVE;
    text = dkim_record_text(s);
    k = taglist_read(text, &tags, &where) == TAGLIST_OK ? taglist_find(&tags, "k") : NULL;
    if (taglist_read(text, &tags, &where) != TAGLIST_OK || !taglist_find(&tags, "p") ||
        (dkim_has_tag(text, "v") &&
         (!span_is(tags.tags[0].name, "v") || !span_is(tags.tags[0].value, "DKIM1"))))
        return KEY_BROKEN;
    if (key->revoked)
        return KEY_EMPTY;
    if (k && !span_is(*k, "rsa") && !span_is(*k, "ed25519"))
        return KEY_OTHER_TYPE;
    if (key->type == KEY_RSA && key->octets.n && rsa_numbers_of(key->octets, &rsa) == KEY_OK &&
        !(rsa.n.p[rsa.n.n - 1] & 1))
        return KEY_EVEN;
    return KEY_BROKEN;
}

assay_span dkim_with_tag(struct posture *p, assay_span text, const char *name, assay_span value)
{
    struct buf out = buf_new(2 * LIMIT_TXT);
    struct taglist tags;
    assay_span where, ret = SPAN_EMPTY;

    (void)taglist_read(text, &tags, &where);
    for (size_t i = 0; i < tags.n; i++) {
        bool it = span_is(tags.tags[i].name, name);

        if (it && !value.n)
            continue;
        if (out.n)
            buf_puts(&out, "; ");
        buf_put(&out, tags.tags[i].name);
        buf_putc(&out, '=');
        buf_put(&out, it ? value : tags.tags[i].value);
    }
    if (out.status == ASSAY_ENOMEM || !arena_copy(&p->ev.keep, buf_span(&out), &ret))
        p->no_memory = true;
    buf_done(&out);
    return ret;
}

/** How a selector is known, in words. */
static const char *known_text(const struct posture_selector *s)
{
    static const char *const TEXTS[] = {"given", "seen in reports", "found by guessing"};

    return TEXTS[s->known];
}

void dkim_show_tag(struct posture *p, struct finding *f, const struct posture_selector *s,
                   const char *tag)
{
    assay_span text = dkim_record_text(s);

    show(p, f, &s->txt, text, tag ? dkim_tag_value(text, tag) : SPAN_EMPTY);
    note(p, f, "the selector was %s", known_text(s));
}

/* ---- the record ---- */

/** DKIM-KEY-MISSING. */
static void judge_missing(struct posture *p, const struct posture_selector *s)
{
    struct finding *f;

    if (s->known == KNOWN_GUESSED ||
        (s->known == KNOWN_REPORTED && reported_signs(p, s->selector, SIGNS_DAYS) != YES))
        return;
    if (asked_data(&s->txt) != NO) {
        judged(p, F_DKIM_KEY_MISSING, truth_not(asked_data(&s->txt)), s->selector, &s->txt);
        return;
    }
    f = hit(p, F_DKIM_KEY_MISSING, ASSAY_ERROR, s->selector, NULL);
    say(p, f, "there is no key at %.*s: no signature made with selector %.*s can be checked",
        SPAN_ARG(s->name), SPAN_ARG(s->selector));
    show(p, f, &s->txt, SPAN_EMPTY, SPAN_EMPTY);
    note(p, f, "the selector was %s", known_text(s));
    advise(p, f, "Publish the public key as TXT at %.*s, or sign with another selector.",
           SPAN_ARG(s->name));
}

/** DKIM-KEY-MULTIPLE. */
static void judge_multiple(struct posture *p, const struct posture_selector *s)
{
    struct finding *f;

    if (s->txt.fact->n < 2) {
        pass(p, F_DKIM_KEY_MULTIPLE, s->selector);
        return;
    }
    f = hit(p, F_DKIM_KEY_MULTIPLE, ASSAY_ERROR, s->selector, NULL);
    say(p, f, "%zu TXT records stand at %.*s; which of them a receiver takes is not defined",
        s->txt.fact->n, SPAN_ARG(s->name));
    for (size_t i = 0; i < s->txt.fact->n; i++) {
        assay_span text = s->txt.fact->records[i].text;

        show(p, f, &s->txt, text, SPAN_EMPTY);
        if (i != s->best)
            publish(p, f, "TXT", s->name, text, SPAN_EMPTY);
    }
}

/** Where `p` and its `=` stand in a text that may be no list; empty: nowhere. */
static assay_span loose_key(assay_span text)
{
    for (size_t i = 0; i + 1 < text.n; i++) {
        assay_span rest = span_from(text, i + 1);

        if (ascii_lower(text.p[i]) != 'p' || (i && ascii_alnum(text.p[i - 1])))
            continue;
        while (rest.n && ascii_fws(rest.p[0]))
            rest = span_from(rest, 1);
        if (rest.n && rest.p[0] == '=')
            return span_first(span_from(rest, 1), span_find(span_from(rest, 1), ';'));
    }
    return SPAN_EMPTY;
}

/** The record as it was meant, if a key can be made of what is there; else empty. */
static assay_span repaired(struct posture *p, assay_span text)
{
    assay_span value = loose_key(text), ret = SPAN_EMPTY;
    struct buf out = buf_new(2 * LIMIT_TXT);
    struct dkim_key key;
    uint8_t *octets;

    buf_puts(&out, "v=DKIM1; k=");
    buf_puts(&out, span_contains(text, SPAN("ed25519")) ? "ed25519; p=" : "rsa; p=");
    for (size_t i = 0; i < value.n; i++)
        if (ascii_alnum(value.p[i]) || strchr("+/=", value.p[i]))
            buf_putc(&out, value.p[i]);
    octets = arena_get(&p->ev.pass, base64_decoded_max(out.n) + 1);
    if (out.status == ASSAY_ENOMEM || !octets) {
        p->no_memory = true;
    } else if (value.n && out.status == ASSAY_DONE) {
        dkim_key_read(buf_span(&out), octets, &key);
        if (!key.fault && !arena_copy(&p->ev.keep, buf_span(&out), &ret))
            p->no_memory = true;
    }
    buf_done(&out);
    return ret;
}

/** DKIM-KEY-SYNTAX. */
static void judge_syntax(struct posture *p, const struct posture_selector *s)
{
    assay_span text = dkim_record_text(s), better;
    struct taglist tags;
    assay_span where = SPAN_EMPTY;
    struct finding *f;

    if (dkim_key_state(s) != KEY_BROKEN) {
        pass(p, F_DKIM_KEY_SYNTAX, s->selector);
        return;
    }
    if (taglist_read(text, &tags, &where) == TAGLIST_OK)
        where = dkim_tag_value(text, "p");
    f = hit(p, F_DKIM_KEY_SYNTAX, ASSAY_ERROR, s->selector, NULL);
    say(p, f, "the key record of selector %.*s cannot be used: %s", SPAN_ARG(s->selector),
        dkim_key_of(s)->fault);
    show(p, f, &s->txt, text, where);
    note(p, f, "the selector was %s", known_text(s));
    better = repaired(p, text);
    if (better.n && !span_eq(better, text))
        publish(p, f, "TXT", s->name, text, better);
    else
        advise(p, f, "Publish the record exactly as the signing software prints it.");
}

/** Tell of one reason of DKIM-KEY-UNUSABLE. */
static void hit_unusable(struct posture *p, const struct posture_selector *s, const char *reason,
                         const char *what)
{
    struct finding *f = hit(p, F_DKIM_KEY_UNUSABLE, ASSAY_ERROR, s->selector, reason);
    assay_span text = dkim_record_text(s);

    say(p, f, "%s=%.*s of selector %.*s %s", reason, SPAN_ARG(dkim_tag_value(text, reason)),
        SPAN_ARG(s->selector), what);
    dkim_show_tag(p, f, s, reason);
    if (*reason == 'k')
        advise(p, f, "Publish an RSA key of 2048 bits with k=rsa");
    else
        publish(p, f, "TXT", s->name, text, dkim_with_tag(p, text, reason, SPAN_EMPTY));
}

/** DKIM-KEY-UNUSABLE. */
static void judge_unusable(struct posture *p, const struct posture_selector *s)
{
    enum key_state state = dkim_key_state(s);
    const struct dkim_key *key = dkim_key_of(s);
    bool h = state == KEY_LIVE && !key->sha256;
    bool service = state == KEY_LIVE && !key->email && !key->tlsrpt;

    if (state == KEY_OTHER_TYPE)
        hit_unusable(p, s, "k", "is a kind of key that receivers do not know");
    if (h)
        hit_unusable(p, s, "h", "leaves out sha256, the only digest that is still taken");
    if (service)
        hit_unusable(p, s, "s", "keeps the key from being used for mail");
    if (state != KEY_OTHER_TYPE && !h && !service)
        pass(p, F_DKIM_KEY_UNUSABLE, s->selector);
}

/** DKIM-KEY-REVOKED. */
static void judge_revoked(struct posture *p, const struct posture_selector *s)
{
    bool signs = reported_signs(p, s->selector, DKIM_REVOKED_DAYS) == YES;
    struct finding *f;

    if (dkim_key_state(s) != KEY_EMPTY) {
        pass(p, F_DKIM_KEY_REVOKED, s->selector);
        return;
    }
    f = hit(p, F_DKIM_KEY_REVOKED, signs ? ASSAY_ERROR : ASSAY_NOTICE, s->selector, NULL);
    say(p, f, "the key of selector %.*s is withdrawn (p is empty)%s", SPAN_ARG(s->selector),
        signs ? ", but reports still show mail signed with it" : "");
    dkim_show_tag(p, f, s, NULL);
    if (signs)
        advise(p, f, "Sign with a selector whose key is published.");
    else
        advise(p, f,
               "Nothing, if a new selector signs by now; some weeks later delete the record.");
}

void judge_dkim_record(struct posture *p, const struct posture_selector *s)
{
    judge_missing(p, s);
    if (dkim_key_state(s) == KEY_NONE)
        return;
    judge_multiple(p, s);
    judge_syntax(p, s);
    judge_unusable(p, s);
    judge_revoked(p, s);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "send/send.h"

/** How an entry and a message go together. */
enum fit { OTHER_AUTHOR, OTHER_USER, OTHER_CLIENT, MATCHES };

enum { SHOWN_ENTRIES = 8 };

/** Words for what does not match. */
static const char *const WORDS[] = {"is for other authors", "is for other users",
                                    "is for other clients", "matches"};

/** The local part of the author, when there is one address alone. */
static assay_span author_local(const struct authors *a)
{
    size_t at = span_rfind(a->address, '@');

    return a->mailboxes == 1 && at < a->address.n ? span_first(a->address, at)
                                                  : (assay_span){NULL, 0};
}

/** The author is one that an entry is about. Local parts are compared without case. */
static bool is_author(const struct sign_rule *rule, const struct authors *a)
{
    assay_span domain = a->domains[0], local = author_local(a);

    switch (rule->pattern) {
    case SIGN_ANY: return true;
    case SIGN_ADDRESS:
        return local.p && span_eq(domain, rule->domain) && span_ieq(local, rule->local);
    case SIGN_DOMAIN: return span_eq(domain, rule->domain);
    case SIGN_BELOW: return dns_is_under(domain, rule->domain) && !span_eq(domain, rule->domain);
    }
    return false;
}

/** The authenticated user is one of those named. */
static bool is_user(const struct sign_rule *rule, assay_span user)
{
    for (size_t i = 0; i < rule->nusers; i++)
        if (user.n && (span_is(rule->users[i], "*") || span_eq(rule->users[i], user)))
            return true;
    return rule->nusers == 0;
}

/** Compare an entry with the message. */
static enum fit compare(const struct send *s, const struct sign_rule *rule)
{
    if (!is_author(rule, &s->authors))
        return OTHER_AUTHOR;
    if (!is_user(rule, s->user))
        return OTHER_USER;
    return !rule->nets.n || matches_ip(&rule->nets, &s->ip) ? MATCHES : OTHER_CLIENT;
}

/** Why the author is not clear, or NULL. */
static const char *unclear_author(const struct authors *a)
{
    if (a->fields == 0)
        return "there is no From field";
    if (a->hidden)
        return "a From field stands behind a CR alone: not all see the same author";
    if (a->fields > 1)
        return "there is more than one From field";
    if (a->mailboxes == 0)
        return "From holds no address";
    if (a->n == 0)
        return "From holds no address with a domain";
    return a->n > 1 || a->over ? "From has authors of several domains" : NULL;
}

/** Nothing is signed. The reason lives for the pass. */
static assay_status refuse(struct send *s, const char *ref, assay_span reason)
{
    s->why_ref = ref;
    return arena_copy(&s->ev.keep, reason, &s->why_not) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** No entry matches: say which there are, those first that are about the author. */
static assay_span why_none(struct send *s)
{
    const struct sign_table *t = &s->policy->sign_table;
    struct buf out = buf_new(1000);
    assay_span text = SPAN_EMPTY;
    size_t shown = 0;

    buf_put(&out, s->authors.address);
    buf_puts(&out, ": no entry of sign.table matches");
    for (int near = 1; near >= 0; near--)
        for (size_t i = 0; i < t->n && shown < SHOWN_ENTRIES; i++) {
            enum fit m = compare(s, &t->rules[i]);

            if ((m != OTHER_AUTHOR) != near)
                continue;
            buf_puts(&out, shown++ ? "; " : ": ");
            buf_put(&out, span_first(t->rules[i].text, 80));
            buf_puts(&out, m == OTHER_AUTHOR ? "" : " ");
            buf_puts(&out, m == OTHER_AUTHOR ? "" : WORDS[m]);
        }
    if (shown < t->n)
        buf_puts(&out, "; ...");
    if (!arena_copy(&s->ev.pass, buf_span(&out), &text))
        s->ev.no_memory = true;
    buf_done(&out);
    return text;
}

assay_status send_match(struct send *s)
{
    const struct sign_table *t = &s->policy->sign_table;
    const char *unclear = unclear_author(&s->authors);
    assay_span why;

    s->rule = NULL;
    if (t->n == 0)
        return refuse(s, NULL, SPAN("sign.table has no entry"));
    if (s->in.message.faults & MESSAGE_LIMIT)
        return refuse(s, "RFC 6376 5.3", SPAN("the header is over a limit"));
    if (unclear)
        return refuse(s, "RFC 6376 5.4", span_of(unclear));
    for (size_t i = 0; i < t->n && !s->rule; i++)
        if (compare(s, &t->rules[i]) == MATCHES) {
            s->rule = &t->rules[i];
            s->entry = i + 1;
        }
    if (s->rule)
        return ASSAY_DONE;
    why = why_none(s);
    return why.n ? refuse(s, "RFC 6376 5.1", why) : ASSAY_ENOMEM;
}

assay_status send_tell_match(struct assay_eval *ev, void *send)
{
    struct send *s = send;
    const struct sign_table *t = &s->policy->sign_table;
    size_t told = 0;

    trace(ev, NULL, SPAN("Sending, author %1"),
          s->authors.address.n ? s->authors.address : SPAN("unknown"));
    trace_in(ev);
    for (size_t i = 0; i < t->n && told < SHOWN_ENTRIES && !unclear_author(&s->authors); i++) {
        enum fit m = compare(s, &t->rules[i]);

        if (m == OTHER_AUTHOR && t->n > SHOWN_ENTRIES)
            continue;
        told++;
        trace(ev, "RFC 6376 5.1", SPAN("entry %1, %2\t%3"), pass_number(ev, i + 1),
              t->rules[i].text, span_of(WORDS[m]));
        if (m == MATCHES)
            return ASSAY_DONE;
    }
    if (s->why_not.n)
        trace(ev, s->why_ref, SPAN("not signed\t\t%1"), s->why_not);
    return ASSAY_DONE;
}

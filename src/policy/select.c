/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/select.h"

#include "base/limits.h"
#include "policy/policy.h"

/* ---- when options are read ---- */

/** Options that are read before the header is there, and those that are read at the end. */
static const char *const AT_ONCE[] = {"iprev.check", "message.bare_cr",   "message.bare_lf",
                                      "message.nul", "message.long_line", "message.no_colon"};
static const char *const AT_END[] = {"arc.trusted",       "authres.layout",   "authserv_id",
                                     "authserv_id.also",  "dmarc.permerror",  "dmarc.quarantine",
                                     "dmarc.reject",      "enforce",          "forwarders",
                                     "message.no_from",   "quarantine.by",    "quarantine.field",
                                     "received_spf",      "reply.text",       "reply.url",
                                     "spf.fail",          "temperror.action", "temperror.late",
                                     "temperror.patience"};

enum policy_stage policy_stage_of(const char *option)
{
    for (size_t i = 0; i < sizeof AT_ONCE / sizeof *AT_ONCE; i++)
        if (strcmp(AT_ONCE[i], option) == 0)
            return POLICY_AT_ONCE;
    for (size_t i = 0; i < sizeof AT_END / sizeof *AT_END; i++)
        if (strcmp(AT_END[i], option) == 0)
            return POLICY_AT_END;
    return POLICY_AT_HEADER;
}

/* ---- reading conditions ---- */

/** The conditions, and what each takes. */
static const struct {
    const char *name, *expected;
    unsigned kinds; /* of matches; 0: none */
} CONDITIONS[CONDITION_TYPES] = {
    [CONDITION_LISTENER] = {"listener", "the name of a listener", 0},
    [CONDITION_CLIENT] = {"client",
                          "networks such as 192.0.2.0/24, and names such as mail.example.org or "
                          ".example.org",
                          MATCH_NETWORKS | MATCH_DOMAINS},
    [CONDITION_AUTHENTICATED] = {"authenticated", "yes, no or the name of a user", 0},
    [CONDITION_SENDER] = {"sender", "domains, .domains, addresses and <>", MATCH_PATHS},
    [CONDITION_RECIPIENT] = {"recipient", "domains, .domains and addresses", MATCH_ADDRESSES},
    [CONDITION_AUTHOR] = {"author", "domains and .domains", MATCH_DOMAINS},
    [CONDITION_DKIM] = {"dkim", "domains and .domains", MATCH_DOMAINS},
    [CONDITION_HEADER] = {"header", "the name of a field, or NAME: TEXT", 0},
};

const char *condition_name(size_t type)
{
    return type < CONDITION_TYPES ? CONDITIONS[type].name : NULL;
}

/** Divide `Name: text`. \return false: there is no name of a field (RFC 5322 2.2) */
static bool read_field(assay_span value, assay_span *name, assay_span *text)
{
    size_t colon = span_find(value, ':');

    *name = span_trim(span_first(value, colon));
    *text = span_trim(span_from(value, colon + 1));
    for (size_t i = 0; i < name->n; i++)
        if (name->p[i] <= ' ' || name->p[i] > '~')
            return false;
    return name->n > 0;
}

/** Some pattern is a domain. */
static bool has_domain(const struct matches *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->all[i].type != MATCH_NETWORK)
            return true;
    return false;
}

/** Read a value of a known type. */
static assay_status read_value(struct arena *a, assay_span value, struct condition *c)
{
    assay_span bad;

    if (CONDITIONS[c->type].kinds)
        return matches_read(a, value, CONDITIONS[c->type].kinds, &c->matches, &bad);
    if (!value.n)
        return ASSAY_EINVAL;
    if (!arena_copy(a, value, &c->text))
        return ASSAY_ENOMEM;
    if (c->type == CONDITION_HEADER && !read_field(c->text, &c->field, &c->text))
        return ASSAY_EINVAL;
    return ASSAY_DONE;
}

assay_status condition_read(struct arena *a, const char *name, assay_span value,
                            struct condition *ret, const char **ret_why)
{
    struct condition c = {.text = SPAN_EMPTY, .field = SPAN_EMPTY};
    assay_status s;
    size_t type = 0;

    while (type < CONDITION_TYPES && strcmp(CONDITIONS[type].name, name) != 0)
        type++;
    *ret_why = type < CONDITION_TYPES ? CONDITIONS[type].expected : NULL;
    if (type == CONDITION_TYPES)
        return ASSAY_EINVAL;
    c.type = (enum condition_type)type;
    if ((s = read_value(a, span_trim(value), &c)) != ASSAY_DONE)
        return s;
    c.late = type == CONDITION_DKIM || (type == CONDITION_CLIENT && has_domain(&c.matches));
    *ret = c;
    return ASSAY_DONE;
}

/* ---- what holds ---- */

/** The message is of a client that the condition means. */
static enum truth holds_client(const struct condition *c, const struct policy_facts *f)
{
    if (matches_ip(&c->matches, &f->ip))
        return TRUTH_YES;
    if (!c->late || !f->end)
        return TRUTH_NO;
    if (f->named == TRUTH_MAYBE)
        return TRUTH_MAYBE; /* whatever name it has may be one of these */
    return f->named == TRUTH_YES && matches_domain(&c->matches, f->client_name) ? TRUTH_YES
                                                                                : TRUTH_NO;
}

/** A signature of one of the domains passes. */
static enum truth holds_dkim(const struct condition *c, const struct policy_facts *f)
{
    enum truth t = TRUTH_NO;

    for (size_t i = 0; f->end && i < f->nsigners; i++)
        if (matches_domain(&c->matches, f->signers[i].domain))
            t = truth_or(t, f->signers[i].passes);
    return t;
}

/** `needle` stands in `s`, letters without case. */
static bool contains(assay_span s, assay_span needle)
{
    for (; s.n >= needle.n; s = span_from(s, 1)) {
        if (span_istarts(s, needle))
            return true;
        if (!s.n)
            return false;
    }
    return false;
}

/** Some field of the name contains the text. */
static bool holds_header(const struct condition *c, const struct header *h)
{
    for (size_t i = 0; h && (i = header_find(h, c->field, i)) < h->n; i++)
        if (contains(field_value(h, i), c->text))
            return true;
    return false;
}

/** The user is as the condition has it. */
static bool holds_user(const struct condition *c, assay_span user)
{
    if (span_is(c->text, "yes") || span_is(c->text, "no"))
        return (user.n > 0) == span_is(c->text, "yes");
    return span_eq(c->text, user);
}

/** A condition holds. */
static enum truth holds_one(const struct condition *c, const struct policy_facts *f)
{
    bool yes = false;

    switch (c->type) {
    case CONDITION_CLIENT: return holds_client(c, f);
    case CONDITION_DKIM: return holds_dkim(c, f);
    case CONDITION_LISTENER: yes = span_eq(c->text, f->listener); break;
    case CONDITION_AUTHENTICATED: yes = holds_user(c, f->user); break;
    case CONDITION_SENDER: yes = !f->sender_unknown && matches_path(&c->matches, &f->sender); break;
    case CONDITION_HEADER: yes = holds_header(c, f->header); break;
    default: break; /* of those that every recipient or author has to match: holds_every() */
    }
    return yes ? TRUTH_YES : TRUTH_NO;
}

/** A condition of some type matches a recipient, or an author. */
static bool some_matches(const struct assay_policy *p, enum condition_type type,
                         const struct policy_facts *f, size_t i)
{
    for (const struct condition *c = p->conditions; c; c = c->next)
        if (c->type == type &&
            (type == CONDITION_RECIPIENT ? matches_path(&c->matches, &f->recipients[i])
                                         : matches_domain(&c->matches, f->authors[i])))
            return true;
    return false;
}

/** Every recipient, or every author, matches some condition of that type; and there are some. */
static enum truth holds_every(const struct assay_policy *p, enum condition_type type,
                              const struct policy_facts *f)
{
    size_t n = type == CONDITION_RECIPIENT ? f->nrecipients : f->nauthors;

    for (size_t i = 0; i < n; i++)
        if (!some_matches(p, type, f, i))
            return TRUTH_NO;
    return n > 0 ? TRUTH_YES : TRUTH_NO;
}

/** The conditions of a policy hold: of each type one of them. */
static enum truth holds(const struct assay_policy *p, const struct policy_facts *f)
{
    enum truth of[CONDITION_TYPES] = {TRUTH_NO}, all = TRUTH_YES;
    bool has[CONDITION_TYPES] = {false};

    for (const struct condition *c = p->conditions; c; c = c->next) {
        bool every = c->type == CONDITION_RECIPIENT || c->type == CONDITION_AUTHOR;

        if (!every)
            of[c->type] = truth_or(of[c->type], holds_one(c, f));
        else if (!has[c->type])
            of[c->type] = holds_every(p, c->type, f);
        has[c->type] = true;
    }
    for (size_t i = 0; i < CONDITION_TYPES; i++)
        all = has[i] ? truth_and(all, of[i]) : all;
    return all;
}

/* ---- selection ---- */

const struct assay_policy *policy_select(const struct assay_policy *top,
                                         const struct policy_facts *facts)
{
    const struct assay_policy *nearest = top, *child = top->children;

    while (child) {
        if (holds(child, facts) == TRUTH_YES) {
            nearest = child;
            child = child->children;
        } else {
            child = child->next;
        }
    }
    return nearest;
}

/** Add the candidates of a policy that may hold to the `n` there are. \return how many there are then */
static size_t collect(const struct assay_policy *p, const struct policy_facts *facts,
                      const struct assay_policy **ret, size_t n)
{
    for (const struct assay_policy *child = p->children; child; child = child->next) {
        enum truth t = holds(child, facts);

        if (t != TRUTH_NO)
            n = collect(child, facts, ret, n);
        if (t == TRUTH_YES)
            return n;
    }
    if (n < LIMIT_CANDIDATES)
        ret[n] = p;
    return n + 1;
}

size_t policy_candidates(const struct assay_policy *top, const struct policy_facts *facts,
                         const struct assay_policy **ret)
{
    return collect(top, facts, ret, 0);
}

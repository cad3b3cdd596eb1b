/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/policy.h"

#include "base/buf.h"
#include "base/near.h"
#include "base/number.h"
#include "dns/alabel.h"
#include "policy/options.h"
#include "policy/template.h"

#include <stdlib.h>

/** How a value is read. */
enum type { NUMBER, CHOICE, NAMES, WORDS, TEXT, FIELD, REPLY, LINK, TABLE, SIGN, KEY, FIELDS };

enum { WHY_MAX = 512, NAMES_MAX = 1000, TEMPLATE_MAX = 1000, SHOWN_MAX = 100 };

/* Types as assay_policy_option() spells them. */
#define WORD_NUMBER "number"
#define WORD_CHOICE "choice"
#define WORD_NAMES  "names"
#define WORD_WORDS  "words"
#define WORD_TEXT   "text"
#define WORD_SIGN   "text"
#define WORD_KEY    "text"
#define WORD_FIELDS "text"
#define WORD_FIELD  "field"
#define WORD_REPLY  "template"
#define WORD_LINK   "template"
#define WORD_TABLE  "table"

#define OPTION(name, member, type, range, initial, help) \
    {{name, WORD_##type, range, initial, help}, type, offsetof(struct assay_policy, member)},

/** One row of options.h. */
static const struct row {
    struct assay_option shown;
    enum type type;
    size_t offset;
} ROWS[] = {POLICY_OPTIONS(OPTION)};

enum { N_ROWS = sizeof ROWS / sizeof *ROWS };

const struct assay_option *assay_policy_option(size_t index)
{
    return index < N_ROWS ? &ROWS[index].shown : NULL;
}

/** The row of a name, or NULL. */
static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(ROWS[i].shown.name, name) == 0)
            return &ROWS[i];
    return NULL;
}

/** Refuse, with words that live until the next refusal. */
static assay_status refuse(assay_policy *p, const char **ret_why, const char *format, const char *a,
                           const char *b)
{
    struct buf text = buf_new(WHY_MAX);

    buf_printf(&text, format, a, b);
    buf_putc(&text, '\0');
    p->why = text.status == ASSAY_DONE ? arena_text(&p->arena, text.p) : NULL;
    buf_done(&text);
    if (ret_why)
        *ret_why = p->why ? p->why : "refused";
    return ASSAY_EINVAL;
}

/* ---- reading values ---- */

/** A number inside "LOW-HIGH". */
static bool read_number(const char *range, assay_span value, unsigned *ret)
{
    assay_span high = span_of(range), low;
    uint64_t least, most, number;

    if (!span_cut(&high, '-', &low) || !number_read(low, UINT32_MAX, &least) ||
        !number_read(high, UINT32_MAX, &most))
        return false;
    if (!number_read(value, most, &number) || number < least)
        return false;
    *ret = (unsigned)number;
    return true;
}

/** One of the words of a range. */
static bool read_choice(const char *range, assay_span value, unsigned *ret)
{
    assay_span words = span_of(range), word;

    for (unsigned i = 0; span_cut(&words, ' ', &word); i++) {
        if (!span_eq(word, value))
            continue;
        *ret = i;
        return true;
    }
    return false;
}

/** Keep a word: as it is, or as a canonical name. */
static assay_status keep_word(struct arena *a, assay_span text, bool domain, assay_span *ret)
{
    struct dns_name name;
    assay_status s = domain ? dns_to_alabels(text, &name) : ASSAY_DONE;

    if (s != ASSAY_DONE)
        return s;
    return arena_copy(a, domain ? dns_name_span(&name) : text, ret) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/** Words, or domain names. \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM */
static assay_status read_words(struct arena *a, assay_span value, bool domains,
                               struct policy_names *ret)
{
    struct policy_names names = {NULL, 0};
    assay_span rest = value, text;
    size_t n = 0;

    while (matches_next(&rest, &text))
        n++;
    if (n > NAMES_MAX)
        return ASSAY_EINVAL;
    if (!(names.names = arena_get(a, (n + 1) * sizeof *names.names)))
        return ASSAY_ENOMEM;
    for (rest = value; matches_next(&rest, &text); names.n++) {
        assay_status s = keep_word(a, text, domains, &names.names[names.n]);

        if (s != ASSAY_DONE)
            return s;
    }
    *ret = names;
    return ASSAY_DONE;
}

/** A value is the name of a field (RFC 5322 2.2). */
static bool is_field_name(assay_span value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!ascii_alnum(value.p[i]) && value.p[i] != '-' && value.p[i] != '_')
            return false;
    return value.n > 0 && value.n < 64;
}

/** A value of a type that is kept as it is has no fault. */
static bool is_text(enum type type, assay_span value)
{
    if (type == FIELD)
        return is_field_name(value);
    return type == TEXT || (value.n <= TEMPLATE_MAX && template_fault(value, type == LINK) == NULL);
}

/** Read a value into its member. \param error  filled on ASSAY_EINVAL of what has much to say */
static assay_status read_value(assay_policy *p, const struct row *row, const char *text,
                               struct sign_error *error)
{
    void *member = (char *)p + row->offset;
    assay_span value = span_of(text), bad;
    const char *why;

    switch (row->type) {
    case NUMBER: return read_number(row->shown.range, value, member) ? ASSAY_DONE : ASSAY_EINVAL;
    case CHOICE: return read_choice(row->shown.range, value, member) ? ASSAY_DONE : ASSAY_EINVAL;
    case NAMES:
    case WORDS: return read_words(&p->arena, value, row->type == NAMES, member);
    case TABLE: return forwarders_read(&p->arena, value, member, &why, &bad);
    case SIGN: return sign_table_read(&p->arena, value, member, error);
    case KEY: return sign_key_read(&p->arena, value, member, error);
    case FIELDS: return sign_fields_read(&p->arena, value, member, error);
    default: break;
    }
    if (!is_text(row->type, value))
        return ASSAY_EINVAL;
    return arena_copy(&p->arena, value, member) ? ASSAY_DONE : ASSAY_ENOMEM;
}

/* ---- the public calls ---- */

/** Set an option that exists. */
static assay_status set(assay_policy *p, const struct row *row, const char *value,
                        struct sign_error *error)
{
    const char *kept = arena_text(&p->arena, value);
    assay_status s = kept ? read_value(p, row, value, error) : ASSAY_ENOMEM;

    if (s != ASSAY_DONE)
        return s;
    p->values[row - ROWS] = kept;
    p->dkim.partial_body = p->dkim_partial_body != 0;
    return ASSAY_DONE;
}

assay_status assay_policy_new(assay_policy **ret)
{
    assay_policy *p = calloc(1, sizeof *p);
    struct sign_error error;
    assay_status s = ASSAY_DONE;

    if (!p)
        return ASSAY_ENOMEM;
    p->name = p->unsure_of = SPAN_EMPTY;
    if (!(p->values = arena_zero(&p->arena, N_ROWS * sizeof *p->values)))
        s = ASSAY_ENOMEM;
    for (size_t i = 0; i < N_ROWS && s == ASSAY_DONE; i++)
        s = set(p, &ROWS[i], ROWS[i].shown.initial, &error);
    if (s != ASSAY_DONE) {
        assay_policy_free(p);
        return s;
    }
    *ret = p;
    return ASSAY_DONE;
}

/** Refuse a name that no option has, with the nearest one. */
static assay_status refuse_name(assay_policy *p, const char *name, const char **ret_why)
{
    struct near near = near_new(name);

    for (size_t i = 0; i < N_ROWS; i++)
        near_try(&near, ROWS[i].shown.name);
    return refuse(p, ret_why,
                  near.best ? "unknown option \"%s\"; did you mean \"%s\"?"
                            : "unknown option \"%s\"",
                  name, near.best);
}

/** Refuse a table of forwarders, with the octets that are wrong. */
static assay_status refuse_table(assay_policy *p, const char *value, const char **ret_why)
{
    struct arena a = {0};
    struct forwarders ignored;
    const char *why = "";
    char shown[SHOWN_MAX + 4] = "";
    assay_span bad = SPAN_EMPTY;
    assay_status s = forwarders_read(&a, span_of(value), &ignored, &why, &bad);

    if (bad.n) /* it lies in the arena */
        memcpy(shown + 1, bad.p, span_first(bad, SHOWN_MAX).n);
    if (bad.n) {
        shown[0] = '"';
        shown[span_first(bad, SHOWN_MAX).n + 1] = '"';
    }
    arena_done(&a);
    if (s == ASSAY_ENOMEM)
        return s;
    return refuse(p, ret_why, bad.n ? "forwarders: %s, not %s" : "forwarders: %s", why, shown);
}

/** Refuse a value. */
static assay_status refuse_value(assay_policy *p, const struct row *row, const char *value,
                                 const char **ret_why)
{
    static const char *const FORMATS[] = {
        [NUMBER] = "%s takes a number in the range %s",
        [CHOICE] = "%s takes one of: %s",
        [NAMES] = "%s: a name in it is no domain%s",
        [WORDS] = "%s holds too many words%s",
        [TEXT] = "%s does not take this%s",
        [FIELD] = "%s takes the name of a header field: letters, digits and hyphens%s",
        [REPLY] = "%s: %s",
        [LINK] = "%s: %s"};
    const char *fault = row->shown.range;

    if (row->type == TABLE)
        return refuse_table(p, value, ret_why);
    if (row->type == REPLY || row->type == LINK)
        fault = template_fault(span_of(value), row->type == LINK);
    return refuse(p, ret_why, FORMATS[row->type], row->shown.name,
                  fault ? fault : "longer than 1000 octets");
}

/** Why an option may not differ here from the parent's; NULL: it may. */
static const char *no_difference(const assay_policy *p, const char *name)
{
    enum policy_stage stage = policy_stage_of(name);

    if (!p->parent || stage == POLICY_AT_END)
        return NULL;
    if (stage == POLICY_AT_ONCE)
        return "it counts before the header is there, so the topmost policy has it";
    return p->late ? "it counts before the condition dkim, or client by a name, can be told" : NULL;
}

assay_status assay_policy_set(assay_policy *p, const char *name, const char *value,
                              const char **ret_why)
{
    const struct row *row = find_row(name);
    struct sign_error error;
    const char *why;
    assay_status s;

    if (p->sealed)
        return ASSAY_EORDER;
    if (!row)
        return refuse_name(p, name, ret_why);
    if ((why = no_difference(p, name)) && strcmp(p->values[row - ROWS], value) != 0)
        return refuse(p, ret_why, "%s cannot differ here: %s", name, why);
    if ((s = set(p, row, value, &error)) != ASSAY_EINVAL)
        return s;
    if (row->type >= SIGN)
        return refuse(p, ret_why, "%s: %s", name, error.text);
    return refuse_value(p, row, value, ret_why);
}

const char *assay_policy_get(const assay_policy *p, const char *name)
{
    const struct row *row = find_row(name);

    return row ? p->values[row - ROWS] : NULL;
}

assay_status policy_rename(assay_policy *p, assay_span name)
{
    if (p->sealed)
        return ASSAY_EORDER;
    return arena_copy(&p->arena, name, &p->name) ? ASSAY_DONE : ASSAY_ENOMEM;
}

assay_status policy_unsure(assay_policy *p, assay_span other)
{
    if (p->sealed)
        return ASSAY_EORDER;
    if (!arena_copy(&p->arena, other, &p->unsure_of))
        return ASSAY_ENOMEM;
    p->unsure = true;
    return ASSAY_DONE;
}

/* ---- children ---- */

/** A policy that begins with the values of another, which outlives it. */
static assay_policy *copy_of(const assay_policy *parent)
{
    assay_policy *p = malloc(sizeof *p);

    if (!p)
        return NULL;
    *p = *parent;
    p->arena = (struct arena){0};
    p->why = NULL;
    p->children = p->youngest = p->next = NULL;
    p->conditions = NULL;
    if (!(p->values = arena_get(&p->arena, N_ROWS * sizeof *p->values))) {
        free(p);
        return NULL;
    }
    memcpy(p->values, parent->values, N_ROWS * sizeof *p->values);
    return p;
}

assay_status assay_policy_child(assay_policy *parent, const char *name, assay_policy **ret)
{
    assay_policy *p;

    if (parent->sealed)
        return ASSAY_EORDER;
    if (!(p = copy_of(parent)))
        return ASSAY_ENOMEM;
    if (!arena_copy(&p->arena, span_of(name), &p->name)) {
        assay_policy_free(p);
        return ASSAY_ENOMEM;
    }
    p->parent = parent;
    if (parent->youngest)
        parent->youngest->next = p;
    else
        parent->children = p;
    parent->youngest = p;
    *ret = p;
    return ASSAY_DONE;
}

/** An option, in a policy or below it, that differs from its parent's and is not read at the end. */
static const char *early_difference(const assay_policy *p)
{
    const char *name = NULL;

    for (size_t i = 0; i < N_ROWS; i++)
        if (policy_stage_of(ROWS[i].shown.name) != POLICY_AT_END &&
            strcmp(p->values[i], p->parent->values[i]) != 0)
            return ROWS[i].shown.name;
    for (const assay_policy *child = p->children; child && !name; child = child->next)
        name = early_difference(child);
    return name;
}

/** A condition that is known at the end only: for all below it too. */
static void mark_late(assay_policy *p)
{
    p->late = true;
    for (assay_policy *child = p->children; child; child = child->next)
        mark_late(child);
}

/** Refuse a condition. \param why  what it takes; NULL: there is none of this name */
static assay_status refuse_condition(assay_policy *p, const char *condition, const char *why,
                                     const char **ret_why)
{
    struct near near = near_new(condition);

    if (why)
        return refuse(p, ret_why, "%s takes %s", condition, why);
    for (size_t i = 0; condition_name(i); i++)
        near_try(&near, condition_name(i));
    return refuse(p, ret_why,
                  near.best ? "unknown condition \"%s\"; did you mean \"%s\"?"
                            : "unknown condition \"%s\"",
                  condition, near.best);
}

assay_status assay_policy_when(assay_policy *p, const char *condition, const char *value,
                               const char **ret_why)
{
    struct condition *c, **last = &p->conditions;
    const char *why = NULL;
    assay_status s;

    if (p->sealed || !p->parent)
        return ASSAY_EORDER;
    if (!(c = ARENA_NEW(&p->arena, struct condition)))
        return ASSAY_ENOMEM;
    s = condition_read(&p->arena, condition, span_of(value), c, &why);
    if (s == ASSAY_EINVAL)
        return refuse_condition(p, condition, why, ret_why);
    if (s != ASSAY_DONE)
        return s;
    if (c->late && (why = early_difference(p)))
        return refuse(
            p, ret_why,
            "%s is known at the end only, but this policy differs in %s, which counts before",
            condition, why);
    while (*last)
        last = &(*last)->next;
    *last = c;
    if (c->late)
        mark_late(p);
    return ASSAY_DONE;
}

/* ---- the end ---- */

/** The client's name matters to this policy. */
static bool goes_by_names(const assay_policy *p)
{
    for (const struct condition *c = p->conditions; c; c = c->next)
        if (c->late && c->type == CONDITION_CLIENT)
            return true;
    return p->forwarders.names;
}

void assay_policy_seal(assay_policy *p)
{
    if (p->sealed)
        return;
    p->names = goes_by_names(p);
    for (assay_policy *child = p->children; child; child = child->next) {
        assay_policy_seal(child);
        p->names |= child->names;
    }
    p->sealed = true;
}

void assay_policy_free(assay_policy *p)
{
    if (!p)
        return;
    for (assay_policy *child = p->children, *next; child; child = next) {
        next = child->next;
        assay_policy_free(child);
    }
    arena_done(&p->arena);
    free(p);
}

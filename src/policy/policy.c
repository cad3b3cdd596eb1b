/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/policy.h"

#include "base/buf.h"
#include "base/near.h"
#include "base/number.h"
#include "dns/alabel.h"
#include "policy/options.h"

#include <stdlib.h>

/** How a value is read. */
enum type { NUMBER, CHOICE, NAMES, TEXT, SIGN, KEY, FIELDS };

enum { WHY_MAX = 512, NAMES_MAX = 1000 };

/* Types as assay_policy_option() spells them. */
#define WORD_NUMBER "number"
#define WORD_CHOICE "choice"
#define WORD_NAMES  "names"
#define WORD_TEXT   "text"
#define WORD_SIGN   "text"
#define WORD_KEY    "text"
#define WORD_FIELDS "text"

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

/** The next piece between commas and blanks. */
static bool next_name(assay_span *rest, assay_span *name)
{
    size_t n = 0;

    while (rest->n && (ascii_fws(rest->p[0]) || rest->p[0] == ','))
        *rest = span_from(*rest, 1);
    while (n < rest->n && !ascii_fws(rest->p[n]) && rest->p[n] != ',')
        n++;
    *name = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return n > 0;
}

/** Domain names. \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM */
static assay_status read_names(struct arena *a, assay_span value, struct policy_names *ret)
{
    struct policy_names names = {NULL, 0};
    assay_span rest = value, text;
    struct dns_name name;
    size_t n = 0;

    while (next_name(&rest, &text))
        n++;
    if (n > NAMES_MAX)
        return ASSAY_EINVAL;
    if (!(names.names = arena_get(a, (n + 1) * sizeof *names.names)))
        return ASSAY_ENOMEM;
    for (rest = value; next_name(&rest, &text); names.n++) {
        assay_status s = dns_to_alabels(text, &name);

        if (s != ASSAY_DONE)
            return s;
        if (!arena_copy(a, dns_name_span(&name), &names.names[names.n]))
            return ASSAY_ENOMEM;
    }
    *ret = names;
    return ASSAY_DONE;
}

/** Read a value into its member. \param error  filled on ASSAY_EINVAL of what has much to say */
static assay_status read_value(assay_policy *p, const struct row *row, const char *text,
                               struct sign_error *error)
{
    void *member = (char *)p + row->offset;
    assay_span value = span_of(text);

    switch (row->type) {
    case NUMBER: return read_number(row->shown.range, value, member) ? ASSAY_DONE : ASSAY_EINVAL;
    case CHOICE: return read_choice(row->shown.range, value, member) ? ASSAY_DONE : ASSAY_EINVAL;
    case NAMES: return read_names(&p->arena, value, member);
    case TEXT: return arena_copy(&p->arena, value, member) ? ASSAY_DONE : ASSAY_ENOMEM;
    case SIGN: return sign_table_read(&p->arena, value, member, error);
    case KEY: return sign_key_read(&p->arena, value, member, error);
    case FIELDS: return sign_fields_read(&p->arena, value, member, error);
    }
    return ASSAY_EINVAL;
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

assay_status assay_policy_set(assay_policy *p, const char *name, const char *value,
                              const char **ret_why)
{
    static const char *const FORMATS[] = {[NUMBER] = "%s takes a number in the range %s",
                                          [CHOICE] = "%s takes one of: %s",
                                          [NAMES] = "%s: a name in it is no domain%s",
                                          [TEXT] = "%s does not take this%s"};
    const struct row *row = find_row(name);
    struct near near = near_new(name);
    struct sign_error error;
    assay_status s;

    if (p->sealed)
        return ASSAY_EORDER;
    if (!row) {
        for (size_t i = 0; i < N_ROWS; i++)
            near_try(&near, ROWS[i].shown.name);
        return refuse(p, ret_why,
                      near.best ? "unknown option \"%s\"; did you mean \"%s\"?"
                                : "unknown option \"%s\"",
                      name, near.best);
    }
    if ((s = set(p, row, value, &error)) != ASSAY_EINVAL)
        return s;
    if (row->type >= SIGN)
        return refuse(p, ret_why, "%s: %s", name, error.text);
    return refuse(p, ret_why, FORMATS[row->type], name, row->shown.range);
}

const char *assay_policy_get(const assay_policy *p, const char *name)
{
    const struct row *row = find_row(name);

    return row ? p->values[row - ROWS] : NULL;
}

void assay_policy_seal(assay_policy *p)
{
    p->sealed = true;
}

void assay_policy_free(assay_policy *p)
{
    if (!p)
        return;
    arena_done(&p->arena);
    free(p);
}

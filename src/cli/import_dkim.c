/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/import.h"

#include "conf/conf.h"

#include <stdio.h>

/* ---- keys ---- */

/** Set the options of a key. */
static void set_key(struct import *imp, const struct import_params *p, assay_span name,
                    assay_span domain, assay_span selector, assay_span file,
                    const struct import_param *from)
{
    struct import_block *b = import_block(imp, "key", name, from->at);

    import_set(imp, b, "selector", selector, from);
    if (domain.n)
        import_set(imp, b, "domain", domain, from);
    import_set(imp, b, "file", file, from);
    import_algorithm(imp, p, b);
}

/** One line of the KeyTable: NAME DOMAIN:SELECTOR:FILE. */
static void import_key(struct import *imp, const struct import_params *p,
                       const struct import_entry *e)
{
    assay_span base = import_base(p);
    struct import_param from = {.name = SPAN("KeyTable"), .value = e->value, .at = e->at};
    assay_span rest = e->value, domain, selector, file;

    if (!span_cut(&rest, ':', &domain) || !span_cut(&rest, ':', &selector) || !rest.p) {
        import_note(imp, e->at, "KeyTable: %.*s is not DOMAIN:SELECTOR:FILE",
                    SPAN_ARG(span_first(e->value, 80)));
        return;
    }
    file = rest;
    if (!file.n ||
        !(file.p[0] == '/' || span_starts(file, SPAN("./")) || span_starts(file, SPAN("../")))) {
        import_note(imp, e->at,
                    "KeyTable: the key %.*s stands in the table itself: put it into a file (0600), "
                    "and name that",
                    SPAN_ARG(span_first(e->key, 80)));
        return;
    }
    if (span_find(file, '%') < file.n) {
        import_note(imp, e->at,
                    "KeyTable: %.*s has %% in its path: make a key block for each domain",
                    SPAN_ARG(span_first(e->key, 80)));
        return;
    }
    set_key(imp, p, e->key, span_is(domain, "%") ? SPAN_EMPTY : domain, selector,
            import_path(imp, file, base), &from);
}

/* ---- who is signed for ---- */

/** What is the same for all signatures of opendkim. */
static void set_sign_options(struct import *imp, const struct import_params *p,
                             struct import_block *b)
{
    const struct import_param *canon = import_param(p, "Canonicalization"),
                              *ttl = import_param(p, "SignatureTTL"),
                              *over = import_param(p, "OversignHeaders");
    char text[64];

    if (b->n > 1) /* it has them: another key was added */
        return;
    import_fields(imp, p, b, "fields");
    if (over && !import_find_line(b, "fields"))
        import_set(imp, b, "profile", SPAN("strict"), over);
    if (canon) {
        size_t slash = span_find(canon->value, '/');

        snprintf(text, sizeof text, "%.*s/%.*s",
                 SPAN_ARG(span_first(canon->value, slash < 20 ? slash : 20)),
                 SPAN_ARG(slash < canon->value.n
                              ? span_first(span_from(canon->value, slash + 1), 20)
                              : SPAN("simple")));
        import_set(imp, b, "canonicalization", span_of(text), canon);
    }
    if (ttl && ttl->value.n < 10 && !span_is(ttl->value, "0")) {
        snprintf(text, sizeof text, "%.*ss", SPAN_ARG(ttl->value));
        import_set(imp, b, "expire", span_of(text), ttl);
    }
}

/** A key of a SigningTable as a pattern of a sign block: *@*.example.org is .example.org. */
static assay_span pattern_of(assay_span key)
{
    if (span_is(key, "*") || span_is(key, "*@*"))
        return SPAN("*");
    if (span_starts(key, SPAN("*@*.")))
        return span_from(key, 3);
    if (span_starts(key, SPAN("*@.")) || span_starts(key, SPAN("*@")))
        return span_from(key, 2);
    if (span_starts(key, SPAN("*.")))
        return span_from(key, 1);
    return key;
}

/** No `*` is left but one that stands for all, and no user stands before what is below a domain. */
static bool is_pattern(assay_span pattern)
{
    size_t at = span_rfind(pattern, '@');

    if (span_is(pattern, "*"))
        return true;
    return pattern.n && span_find(pattern, '*') == pattern.n &&
           !span_starts(span_from(pattern, at + 1), SPAN("."));
}

/** Everything that the narrower pattern is for, the wider is for, too. */
static bool covers(assay_span wider, assay_span narrower)
{
    size_t at = span_rfind(narrower, '@');
    assay_span user = at < narrower.n ? span_first(narrower, at) : SPAN_EMPTY;
    assay_span domain = at < narrower.n ? span_from(narrower, at + 1) : narrower;

    return !span_ieq(wider, narrower) && conf_pattern_holds(wider, user, domain);
}

/** The first sign block that covers a pattern, or NULL. */
static const struct import_block *covered_by(const struct import *imp, assay_span pattern)
{
    for (size_t i = 0; i < imp->n; i++)
        if (strcmp(imp->blocks[i]->kind, "sign") == 0 && covers(imp->blocks[i]->name, pattern))
            return imp->blocks[i];
    return NULL;
}

/** One line of the SigningTable: PATTERN KEY [SIGNER]. */
static void import_sign(struct import *imp, const struct import_params *p,
                        const struct import_entry *e, bool in_order)
{
    struct import_param from = {.name = SPAN("SigningTable"), .value = e->value, .at = e->at};
    bool several = import_says_yes(import_param(p, "MultipleSignatures"));
    const struct import_block *wide, *known;
    assay_span rest = e->value, pattern = pattern_of(e->key), key, signer;
    struct import_block *b;

    if (!span_cut(&rest, ':', &key) || !key.n) {
        import_note(imp, e->at, "SigningTable: %.*s names no key",
                    SPAN_ARG(span_first(e->key, 80)));
        return;
    }
    signer = rest.p ? rest : SPAN_EMPTY;
    if (span_find(key, ' ') < key.n) { /* in files of either kind blanks part, too */
        signer = span_trim(span_from(key, span_find(key, ' ')));
        key = span_first(key, span_find(key, ' '));
    }
    if (!is_pattern(pattern)) {
        import_note(imp, e->at,
                    "SigningTable: %.*s cannot be said: sign takes example.org, .example.org, "
                    "user@example.org or *",
                    SPAN_ARG(span_first(e->key, 80)));
        return;
    }
    if (span_is(key, "%"))
        key = pattern; /* the key of the domain's name */
    if (!(known = import_find_block(imp, "key", key))) {
        import_note(imp, e->at, "SigningTable: there is no key %.*s in the KeyTable",
                    SPAN_ARG(span_first(key, 80)));
        return;
    }
    b = import_find_block(imp, "sign", pattern);
    if (b && !several) {
        import_dropped(imp, e->at, "SigningTable: %.*s stands above, and only the first counted",
                       SPAN_ARG(span_first(e->key, 80)));
        return;
    }
    if (in_order && !several && (wide = covered_by(imp, pattern))) {
        import_dropped(imp, e->at, "SigningTable: %.*s never matched, for %.*s stands above",
                       SPAN_ARG(span_first(e->key, 80)), SPAN_ARG(span_first(wide->name, 80)));
        return;
    }
    b = import_block(imp, "sign", pattern, e->at);
    import_add(imp, b, "key", known->name, &from, false);
    set_sign_options(imp, p, b);
    if (signer.n && !span_is(signer, "%") && span_find(signer, '%') == signer.n)
        import_set(imp, b, "identity", signer, &from);
    else if (signer.n)
        import_note(imp, e->at, "SigningTable: the signer %.*s cannot be said: set identity",
                    SPAN_ARG(span_first(signer, 80)));
}

/** With MultipleSignatures every pattern that matched signed: the nearest has the keys of all. */
static void add_wider_keys(struct import *imp)
{
    for (size_t i = 0; i < imp->n; i++)
        for (size_t k = 0; k < imp->n && strcmp(imp->blocks[i]->kind, "sign") == 0; k++) {
            struct import_block *wide = imp->blocks[k], *narrow = imp->blocks[i];
            const struct import_line *keys = import_find_line(wide, "key");
            struct import_param from = {.name = SPAN("SigningTable"), .at = wide->at};
            assay_span rest, key;

            if (strcmp(wide->kind, "sign") != 0 || !keys || !covers(wide->name, narrow->name))
                continue;
            for (rest = keys->value; span_cut(&rest, ' ', &key);)
                import_add(imp, narrow, "key", key, &from, false);
        }
}

/** KeyTable and SigningTable. */
static void import_tables(struct import *imp, const struct import_params *p)
{
    const struct import_param *keys = import_param(p, "KeyTable"),
                              *signs = import_param(p, "SigningTable");
    struct import_set_of set;

    if (import_data_set(imp, keys, import_base(p), &set))
        for (size_t i = 0; i < set.n; i++)
            import_key(imp, p, &set.all[i]);
    if (!signs) {
        import_note(imp, keys->at,
                    "KeyTable: without a SigningTable it is not told who is signed for");
        return;
    }
    if (import_data_set(imp, signs, import_base(p), &set))
        for (size_t i = 0; i < set.n; i++)
            import_sign(imp, p, &set.all[i], set.patterns);
    if (import_says_yes(import_param(p, "MultipleSignatures")))
        add_wider_keys(imp);
}

/** Domain, Selector and KeyFile. */
static void import_one_key(struct import *imp, const struct import_params *p)
{
    const struct import_param *domains = import_param(p, "Domain"),
                              *selector = import_param(p, "Selector"),
                              *file = import_param(p, "KeyFile");
    bool below = import_says_yes(import_param(p, "SubDomains"));
    struct import_set_of set;

    if (!domains && !selector && !file)
        return;
    if (!domains || !selector || !file) {
        import_note(
            imp,
            (domains    ? domains
             : selector ? selector
                        : file)
                ->at,
            "Domain, Selector and KeyFile stand together; one is missing, nothing is signed");
        return;
    }
    set_key(imp, p, selector->value, SPAN_EMPTY, selector->value,
            import_path(imp, file->value, import_base(p)), file);
    if (!import_data_set(imp, domains, import_base(p), &set))
        return;
    for (size_t i = 0; i < set.n; i++) {
        struct buf text = buf_new(1024);
        assay_span pattern = pattern_of(set.all[i].key);

        for (unsigned k = 0; k < (below && pattern.p[0] != '.' ? 2U : 1U); k++) {
            struct import_block *b;

            buf_clear(&text);
            buf_puts(&text, k ? "." : "");
            buf_put(&text, pattern);
            if (!is_pattern(pattern)) {
                import_note(imp, set.all[i].at, "Domain: %.*s cannot be said in a sign block",
                            SPAN_ARG(span_first(pattern, 80)));
                break;
            }
            b = import_block(imp, "sign", buf_span(&text), set.all[i].at);
            import_add(imp, b, "key", selector->value, domains, false);
            set_sign_options(imp, p, b);
        }
        imp->failed |= text.status != ASSAY_DONE;
        buf_done(&text);
    }
}

/* ---- the rest ---- */

/** What is done when the DNS does not answer. */
static void import_dns_error(struct import *imp, const struct import_params *p)
{
    const struct import_param *param = import_param(p, "On-DNSError");
    char first = param && param->value.n ? ascii_lower(param->value.p[0]) : '\0';

    if (first == 't')
        import_set(imp, &imp->top, "temperror.action", SPAN("defer"), param);
    else if (first == 'a')
        import_set(imp, &imp->top, "temperror.action", SPAN("accept"), param);
    else if (first)
        import_note(
            imp, param->at,
            "On-DNSError is %.*s: what could not be told is deferred or accepted, never more",
            SPAN_ARG(span_first(param->value, 80)));
}

/** RemoveARFrom, RequiredHeaders, Minimum. */
static void import_small(struct import *imp, const struct import_params *p)
{
    const struct import_param *remove = import_param(p, "RemoveARFrom"),
                              *required = import_param(p, "RequiredHeaders"),
                              *minimum = import_param(p, "Minimum");
    struct import_set_of set;

    if (remove && import_data_set(imp, remove, import_base(p), &set))
        for (size_t i = 0; i < set.n; i++)
            import_add(imp, &imp->top, "authserv_id.also", set.all[i].key, remove, false);
    if (import_says_yes(required))
        import_set(imp, &imp->top, "message.no_from", SPAN("reject"), required);
    if (minimum && span_is(minimum->value, "100%"))
        import_set(imp, &imp->top, "dkim.partial_body", SPAN("policy"), minimum);
    else if (minimum)
        import_note(
            imp, minimum->at,
            "Minimum is %.*s: dkim.partial_body takes a signature of a part of the body for "
            "none, or for a whole one",
            SPAN_ARG(span_first(minimum->value, 80)));
}

void import_opendkim(struct import *imp, const struct import_params *p)
{
    const struct import_param *mode = import_param(p, "Mode");
    bool sign = !mode || span_find(mode->value, 's') < mode->value.n;
    bool verify = !mode || span_find(mode->value, 'v') < mode->value.n;

    import_common(imp, p, sign && verify ? "auto" : sign ? "out" : "in");
    if (sign && import_param(p, "KeyTable"))
        import_tables(imp, p);
    else if (sign)
        import_one_key(imp, p);
    import_dns_error(imp, p);
    import_small(imp, p);
}

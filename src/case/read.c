/* SPDX-License-Identifier: BSD-2-Clause */
#include "case/read.h"

#include <stdlib.h>

/** The sections, and whether what stands above the first [case] is shared. */
static const struct section {
    const char *name;
    case_line_fn *line;
    bool shared;
} SECTIONS[] = {
    {"dns", case_read_dns, true},
    {"web", case_read_web, true},
    {"policy", case_read_policy, true},
    {"smtp", case_read_smtp, true},
    {"envelope", case_read_envelope, false},
    {"message", case_read_message, false},
    {"digests", case_read_digest, false},
    {"expect", case_read_expect, false},
    {"lists", case_read_list, true},
    {"recall", case_read_recall, false},
    {"evidence", case_read_evidence, false},
    {"sign", case_read_sign, false},
    {"secret", case_read_secret, false},
};

enum { N_SECTIONS = sizeof SECTIONS / sizeof *SECTIONS };

/** The names of the sections, [case] behind the others. */
static const char *section_name(size_t i)
{
    return i < N_SECTIONS ? SECTIONS[i].name : i == N_SECTIONS ? "case" : NULL;
}

/* ---- words ---- */

assay_span case_word(assay_span *rest)
{
    assay_span s = span_trim(*rest), word = {s.p, 0};

    while (word.n < s.n && !ascii_wsp(s.p[word.n]))
        word.n += s.p[word.n] == '\\' && word.n + 1 < s.n ? 2 : 1;
    *rest = span_from(s, word.n);
    return word;
}

assay_status case_key_value(struct case_reader *r, assay_span line, assay_span *key,
                            assay_span *value)
{
    size_t equals = span_find(line, '=');

    if (equals == line.n || !span_trim(span_first(line, equals)).n)
        return CASE_REFUSE(r, r->line, "%s is no line of [%s]: KEY = VALUE is expected",
                           case_shown(r->line).text, r->section);
    *key = span_trim(span_first(line, equals));
    *value = span_trim(span_from(line, equals + 1));
    if (memchr(key->p, '\0', r->line.n))
        return CASE_REFUSE(r, r->line, "a NUL stands in a line of [%s]", r->section);
    return ASSAY_DONE;
}

/* ---- cases ---- */

/** The lines of a [case]. */
static assay_status read_case(struct case_reader *r, assay_span line)
{
    assay_span key, value, *place;
    assay_status s = case_key_value(r, line, &key, &value);

    if (s != ASSAY_DONE)
        return s;
    place = span_is(key, "name") ? &r->one->name : span_is(key, "ref") ? &r->one->ref : NULL;
    if (!place)
        return CASE_REFUSE(r, key, "unknown key %s in [case]; there are name and ref",
                           case_shown(key).text);
    if (place->p != NULL)
        return CASE_REFUSE(r, key, "%s stands twice in this [case]", case_shown(key).text);
    *place = value;
    return ASSAY_DONE;
}

/** The case at hand is complete. */
static assay_status finish(struct case_reader *r)
{
    const struct case_record *clash = NULL;
    const struct case_thing *again;
    assay_status s = case_finish_message(r);

    if (s == ASSAY_DONE)
        s = case_finish_thing(r);
    if (s == ASSAY_DONE)
        s = case_finish_evidence(r);
    if (s == ASSAY_DONE)
        s = case_finish_sign(r);
    if (s == ASSAY_DONE)
        s = case_finish_kind(r);
    if (s == ASSAY_DONE)
        s = case_world_sort(&r->set->arena, &r->one->world, &clash);
    if (s == ASSAY_DONE && clash)
        return CASE_REFUSE(r, clash->at, "this contradicts a line above it: %s",
                           clash->rrtype == 0 ? "the name has another mark"
                           : clash->rrtype == ASSAY_RR_CNAME
                               ? "an alias has one target (RFC 1034 3.6.2)"
                               : "a name and type have either data or one word");
    if (s == ASSAY_DONE && (again = case_things_sort(&r->one->world.things)))
        return CASE_REFUSE(r, again->at, "%s is answered twice", case_shown(again->at).text);
    return s;
}

/** A new case, with nothing in it. */
static struct case_one *new_case(struct case_set *set, const struct case_one *shared)
{
    struct case_one *one = ARENA_NEW(&set->arena, struct case_one);

    if (!one || !(one->facts = case_facts_new()))
        return NULL;
    one->set = set;
    one->shared = shared;
    one->values.size = sizeof one->values;
    one->domain = (struct assay_domain){.size = sizeof one->domain,
                                        .domain = SPAN_EMPTY,
                                        .evidence = SPAN_EMPTY};
    one->evidence = SPAN_EMPTY;
    one->srs = (struct assay_srs){.size = sizeof one->srs,
                                  .address = SPAN_EMPTY,
                                  .forwarder = SPAN_EMPTY,
                                  .secret = SPAN_EMPTY};
    return one;
}

/** Put a case into the set. */
static assay_status add_case(struct case_set *set, struct case_one *one)
{
    size_t cap = set->cap ? set->cap * 2 : 16;
    struct case_one **wider;

    if (set->n == set->cap) {
        if (!(wider = arena_get(&set->arena, cap * sizeof(*wider))))
            return ASSAY_ENOMEM;
        if (set->n)
            memcpy(wider, set->cases, set->n * sizeof(*wider));
        set->cases = wider;
        set->cap = cap;
    }
    set->cases[set->n++] = one;
    return ASSAY_DONE;
}

/** [case]: the one above is complete, a new one begins. */
static assay_status begin_case(struct case_reader *r)
{
    struct case_one *one;
    assay_status s;

    if (r->unshared.n)
        return CASE_REFUSE(
            r, r->unshared,
            "%s stands above the first [case]; only [dns], [web], [smtp], [lists] and [policy] are shared",
            case_shown(r->unshared).text);
    if (r->set->n >= LIMIT_CASES)
        return CASE_REFUSE(r, r->line, "more than %d cases in one file", LIMIT_CASES);
    if ((s = finish(r)) != ASSAY_DONE)
        return s;
    if (!(one = new_case(r->set, r->set->shared)))
        return ASSAY_ENOMEM;
    one->at = r->line;
    r->one = one;
    if ((s = add_case(r->set, one)) != ASSAY_DONE)
        case_facts_free(one->facts);
    return s;
}

/* ---- lines ---- */

/** Note that a section is there. */
static assay_status note_section(struct case_reader *r, const struct section *section)
{
    const struct {
        case_line_fn *line;
        assay_span *at;
    } PLACES[] = {
        {case_read_envelope, &r->one->envelope_at}, {case_read_message, &r->one->message_at},
        {case_read_digest, &r->one->digests_at},    {case_read_sign, &r->one->sign_at},
        {case_read_evidence, &r->one->evidence_at}, {case_read_secret, &r->one->secret_at}};

    if (!section->shared && !r->one->shared && !r->unshared.n)
        r->unshared = r->line;
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        if (PLACES[i].line != section->line)
            continue;
        if (PLACES[i].at->n)
            return CASE_REFUSE(r, r->line, "[%s] stands twice in one case", section->name);
        *PLACES[i].at = r->line;
    }
    return ASSAY_DONE;
}

/** A line that begins with a bracket: a section begins. */
static assay_status begin_section(struct case_reader *r)
{
    size_t end = span_find(r->line, ']');
    assay_span name = span_trim(span_from(span_first(r->line, end), 1));
    assay_status s;

    if (end == r->line.n)
        return CASE_REFUSE(r, r->line, "%s is not ended by ]", case_shown(r->line).text);
    if (end + 1 < r->line.n)
        return CASE_REFUSE(r, span_from(r->line, end + 1),
                           "text behind ]: a section's name stands alone");
    r->section_at = r->line;
    r->state = 0;
    r->server = NULL;
    r->recalled_at = 0;
    if ((s = case_finish_thing(r)) != ASSAY_DONE)
        return s;
    if (span_is(name, "case")) {
        r->section = "case";
        return begin_case(r);
    }
    for (size_t i = 0; i < N_SECTIONS; i++) {
        if (!span_is(name, SECTIONS[i].name))
            continue;
        r->section = SECTIONS[i].name;
        return note_section(r, &SECTIONS[i]);
    }
    return CASE_REFUSE(r, r->line, "unknown section %s%s", case_shown(r->line).text,
                       case_hint(name, section_name).text);
}

/** Hand a line to the section it stands in. */
static assay_status read_line(struct case_reader *r, assay_span line)
{
    while (line.n && ascii_wsp(line.p[0]))
        line = span_from(line, 1);
    r->line = span_trim(line);
    if (!r->line.n || line.p[0] == ';')
        return ASSAY_DONE;
    if (line.p[0] == '[')
        return begin_section(r);
    if (!r->section)
        return CASE_REFUSE(r, r->line, "a line stands above the first section");
    for (size_t i = 0; i < N_SECTIONS; i++)
        if (r->section == SECTIONS[i].name)
            return SECTIONS[i].line(r, line);
    return read_case(r, line);
}

/** Read all lines. */
static assay_status read_lines(struct case_reader *r)
{
    assay_span rest = r->set->text, line;
    assay_status s = ASSAY_DONE;

    if (rest.n > LIMIT_CASE_TEXT)
        return CASE_REFUSE(r, rest, "the file is over %d octets", LIMIT_CASE_TEXT);
    while (s == ASSAY_DONE && span_line(&rest, &line))
        s = read_line(r, line);
    if (s == ASSAY_DONE)
        s = finish(r);
    if (s == ASSAY_DONE && r->set->n == 0 &&
        r->section) /* no [case]: what would be shared is the case */
        s = add_case(r->set, r->set->shared);
    return s;
}

/* ---- the public side ---- */

/** Set up and read. */
static assay_status read_into(struct case_set *set, assay_span text, struct case_reader *r)
{
    assay_status s;

    if (span_starts(text, SPAN("\xEF\xBB\xBF"))) /* the mark that some editors put before UTF-8 */
        text = span_from(text, 3);
    if (!arena_copy(&set->arena, text, &set->text) || !(set->shared = new_case(set, NULL)))
        return ASSAY_ENOMEM;
    r->set = set;
    r->one = set->shared;
    s = read_lines(r);
    buf_done(&r->message);
    buf_done(&r->octets);
    buf_done(&r->body);
    buf_done(&r->evidence);
    private_wipe(&r->pem);
    return s;
}

assay_status case_read(assay_span text, case_open_fn *open, void *arg, struct case_set **ret,
                       struct case_error *ret_error)
{
    struct case_reader r = {.open = open,
                            .arg = arg,
                            .error = ret_error,
                            .message = buf_new(LIMIT_CASE_TEXT),
                            .octets = buf_new(LIMIT_CASE_TEXT),
                            .body = buf_new(LIMIT_CASE_TEXT),
                            .evidence = buf_new(LIMIT_CASE_TEXT),
                            .pem = buf_new(LIMIT_CASE_PEM)};
    struct case_set *set = calloc(1, sizeof *set);
    assay_status s = set ? read_into(set, text, &r) : ASSAY_ENOMEM;

    if (s != ASSAY_DONE) {
        case_set_free(set);
        return s;
    }
    *ret = set;
    return ASSAY_DONE;
}

/** Free what of a case lies outside the arena. */
static void free_case(struct case_one *one)
{
    case_facts_free(one->facts);
    case_signers_free(one->world.signers);
}

void case_set_free(struct case_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->n; i++)
        if (set->cases[i] != set->shared)
            free_case(set->cases[i]);
    if (set->shared)
        free_case(set->shared);
    assay_engine_free(set->engine);
    arena_done(&set->arena);
    free(set);
}

size_t case_count(const struct case_set *set)
{
    return set->n;
}

const struct case_one *case_at(const struct case_set *set, size_t i)
{
    return set->cases[i];
}

assay_span case_name(const struct case_one *one)
{
    return one->name.p ? one->name : SPAN_EMPTY;
}

assay_span case_ref(const struct case_one *one)
{
    return one->ref.p ? one->ref : SPAN_EMPTY;
}

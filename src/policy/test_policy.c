/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/arena.c"
#include "base/buf.c"
#include "policy/policy.c"

#include "base/test_arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** A policy with all options at their initial values. assay_policy_free() it. */
static assay_policy *new_policy(void)
{
    assay_policy *p = NULL;

    assert_int_equal(assay_policy_new(&p), ASSAY_DONE);
    return p;
}

/** Set an option; it must be taken. */
static void set_option(assay_policy *p, const char *name, const char *value)
{
    const char *why = NULL;
    assay_status s = assay_policy_set(p, name, value, &why);

    if (s != ASSAY_DONE)
        fail_msg("%s = %s: wanted done, got %d, %s", name, value, s, why ? why : "");
    assert_string_equal(assay_policy_get(p, name), value);
}

/** Set an option; it must be refused with these words, and nothing else may change. */
static void refuse_option(assay_policy *p, const char *name, const char *value, const char *want)
{
    const char *why = NULL;
    char before[2000] = "";

    if (assay_policy_get(p, name))
        snprintf(before, sizeof before, "%s", assay_policy_get(p, name));
    assert_int_equal(assay_policy_set(p, name, value, &why), ASSAY_EINVAL);
    if (strcmp(why, want) != 0)
        fail_msg("%s = %s: wanted %s, got %s", name, value, want, why);
    assert_int_equal(assay_policy_set(p, name, value, NULL),
                     ASSAY_EINVAL); /* one may not care why */
    if (assay_policy_get(p, name))
        assert_string_equal(assay_policy_get(p, name), before);
}

/* ---- the table ---- */

static void the_table_of_options_is_whole_sorted_and_says_of_each_what_it_takes(void **state)
{
    static const char *const TYPES[] = {"number", "choice", "names",    "words",
                                        "text",   "field",  "template", "table"};
    const struct assay_option *o;
    size_t n = 0;

    (void)state;
    for (; (o = assay_policy_option(n)); n++) {
        bool known = false;

        for (size_t i = 0; i < COUNT(TYPES); i++)
            known |= strcmp(o->type, TYPES[i]) == 0;
        if (!known)
            fail_msg("%s is of the type %s", o->name, o->type);
        assert_true(n == 0 || strcmp(assay_policy_option(n - 1)->name, o->name) < 0);
        assert_true(strlen(o->help) > 10 && o->help[strlen(o->help) - 1] != '.');
        assert_int_equal(o->range[0] != '\0',
                         strcmp(o->type, "number") == 0 || strcmp(o->type, "choice") == 0);
    }
    assert_int_equal(n, N_ROWS);
    assert_null(assay_policy_option(n + 1));
    assert_null(assay_policy_option(SIZE_MAX));
}

static void a_new_policy_has_the_initial_value_of_each_option(void **state)
{
    assay_policy *p = new_policy();

    (void)state;
    for (size_t i = 0; assay_policy_option(i); i++)
        assert_string_equal(assay_policy_get(p, assay_policy_option(i)->name),
                            assay_policy_option(i)->initial);
    assert_null(assay_policy_get(p, "no.such.option"));
    assert_null(assay_policy_get(p, ""));
    assert_null(assay_policy_get(p, "dkim"));
    assert_null(assay_policy_get(p, "DKIM.MAX_SIGNATURES"));
    assay_policy_free(p);
}

static void initial_values_reach_the_members_that_flows_read(void **state)
{
    assay_policy *p = new_policy();

    (void)state;
    assert_int_equal(p->dkim.max_signatures, 10);
    assert_int_equal(p->dkim.min_rsa_bits, 1024);
    assert_int_equal(p->dkim.max_rsa_bits, 4096);
    assert_false(p->dkim.partial_body);
    assert_int_equal(p->dmarc_mode, 0);
    assert_int_equal(p->dmarc_reject, POLICY_REJECT_AUTO);
    assert_int_equal(p->dmarc_second_view, 0);
    assert_int_equal(p->iprev_check, 1);
    assert_int_equal(p->message_bare_lf, POLICY_ACCEPT);
    assert_int_equal(p->message_no_from, POLICY_ACCEPT);
    assert_int_equal(p->temperror_action, POLICY_TEMPERROR_DEFER);
    assert_int_equal(p->authres_layout, POLICY_LAYOUT_ONE);
    assert_int_equal(p->arc_trusted.n, 0);
    assert_int_equal(p->authserv_id.n, 0);
    assert_int_equal(p->enforce, 1);
    assert_int_equal(p->spf_fail, POLICY_SPF_ACCEPT);
    assert_int_equal(p->temperror_patience, 43200);
    assert_true(span_is(p->quarantine_field, "Assay-Disposition"));
    assay_policy_free(p);
}

/* ---- numbers ---- */

/** The number of an option. */
static unsigned number_of(const assay_policy *p, const char *name)
{
    const struct row *row = find_row(name);
    unsigned number;

    memcpy(&number, (const char *)p + row->offset, sizeof number);
    return number;
}

/** Try a number option at and around both ends of its range. */
static void try_number(assay_policy *p, const struct assay_option *o)
{
    unsigned low, high;
    char text[32], why[200];
    static const char *const NONE[] = {"",    "-1",   "+5",
                                       " 5",  "5 ",   "0x10",
                                       "5.0", "many", "18446744073709551617"};

    assert_int_equal(sscanf(o->range, "%u-%u", &low, &high), 2);
    assert_true(low < high);
    for (unsigned k = 0; k < 2; k++) {
        snprintf(text, sizeof text, "%u", k ? high : low);
        set_option(p, o->name, text);
        assert_int_equal(number_of(p, o->name), k ? high : low);
    }
    snprintf(why, sizeof why, "%s takes a number in the range %s", o->name, o->range);
    snprintf(text, sizeof text, "%u", high + 1);
    refuse_option(p, o->name, text, why);
    snprintf(text, sizeof text, "%u", low - 1);
    refuse_option(p, o->name, text, why);
    for (size_t i = 0; i < COUNT(NONE); i++)
        refuse_option(p, o->name, NONE[i], why);
    assert_int_equal(number_of(p, o->name), high);
}

static void a_number_is_taken_from_its_range_and_nowhere_else(void **state)
{
    assay_policy *p = new_policy();
    size_t tried = 0;

    (void)state;
    for (size_t i = 0; assay_policy_option(i); i++)
        if (strcmp(assay_policy_option(i)->type, "number") == 0) {
            try_number(p, assay_policy_option(i));
            tried++;
        }
    assert_in_range(tried, 3, N_ROWS);
    set_option(p, "dkim.max_signatures", "007"); /* kept as written */
    assert_int_equal(p->dkim.max_signatures, 7);
    assay_policy_free(p);
}

/* ---- choices ---- */

/** Try each word of a choice, and some that are none. */
static void try_choice(assay_policy *p, const struct assay_option *o)
{
    assay_span words = span_of(o->range), word;
    char text[100], why[200];
    unsigned n = 0;

    for (; span_cut(&words, ' ', &word); n++) {
        snprintf(text, sizeof text, "%.*s", SPAN_ARG(word));
        set_option(p, o->name, text);
        assert_int_equal(number_of(p, o->name), n);
        snprintf(why, sizeof why, "%s takes one of: %s", o->name, o->range);
        text[0] = ascii_alpha(text[0]) ? (char)(text[0] ^ 0x20) : 'x'; /* letters have their case */
        refuse_option(p, o->name, text, why);
        assert_int_equal(number_of(p, o->name), n);
    }
    assert_true(n >= 2);
    refuse_option(p, o->name, "", why);
    refuse_option(p, o->name, o->range, why);
    refuse_option(p, o->name, "0", why);
    refuse_option(p, o->name, "maybe", why);
}

static void a_choice_is_one_of_its_words(void **state)
{
    assay_policy *p = new_policy();
    size_t tried = 0;

    (void)state;
    for (size_t i = 0; assay_policy_option(i); i++)
        if (strcmp(assay_policy_option(i)->type, "choice") == 0) {
            try_choice(p, assay_policy_option(i));
            tried++;
        }
    assert_in_range(tried, 10, N_ROWS);
    assay_policy_free(p);
}

static void words_are_the_constants_that_flows_compare_with(void **state)
{
    static const struct {
        const char *name, *value;
        unsigned want;
    } TRIES[] = {
        {"message.nul", "accept", POLICY_ACCEPT},
        {"message.nul", "reject", POLICY_REJECT},
        {"dmarc.reject", "auto", POLICY_REJECT_AUTO},
        {"dmarc.reject", "quarantine", POLICY_REJECT_QUARANTINE},
        {"dmarc.reject", "reject", POLICY_REJECT_REJECT},
        {"temperror.action", "defer", POLICY_TEMPERROR_DEFER},
        {"temperror.action", "accept", POLICY_TEMPERROR_ACCEPT},
        {"temperror.action", "tag", POLICY_TEMPERROR_TAG},
        {"message.nul", "tag", POLICY_MESSAGE_TAG},
        {"message.nul", "quarantine", POLICY_MESSAGE_QUARANTINE},
        {"dmarc.reject", "tag", POLICY_REJECT_TAG},
        {"dmarc.reject", "accept", POLICY_REJECT_ACCEPT},
        {"dmarc.reject", "discard", POLICY_REJECT_DISCARD},
        {"dmarc.quarantine", "quarantine", POLICY_QUARANTINE_QUARANTINE},
        {"dmarc.quarantine", "tag", POLICY_QUARANTINE_TAG},
        {"dmarc.quarantine", "accept", POLICY_QUARANTINE_ACCEPT},
        {"dmarc.quarantine", "reject", POLICY_QUARANTINE_REJECT},
        {"dmarc.permerror", "reject", POLICY_QUARANTINE_REJECT},
        {"spf.fail", "accept", POLICY_SPF_ACCEPT},
        {"spf.fail", "tag", POLICY_SPF_TAG},
        {"spf.fail", "quarantine", POLICY_SPF_QUARANTINE},
        {"spf.fail", "reject", POLICY_SPF_REJECT},
        {"quarantine.by", "header", POLICY_BY_HEADER},
        {"quarantine.by", "hold", POLICY_BY_HOLD},
        {"enforce", "no", 0},
        {"enforce", "yes", 1},
        {"received_spf", "yes", 1},
        {"authres.layout", "one", POLICY_LAYOUT_ONE},
        {"authres.layout", "each", POLICY_LAYOUT_EACH},
        {"iprev.check", "no", 0},
        {"iprev.check", "yes", 1},
    };
    assay_policy *p = new_policy();

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        set_option(p, TRIES[i].name, TRIES[i].value);
        assert_int_equal(number_of(p, TRIES[i].name), TRIES[i].want);
    }
    set_option(p, "dkim.partial_body", "accept");
    assert_true(p->dkim.partial_body);
    set_option(p, "dkim.partial_body", "policy");
    assert_false(p->dkim.partial_body);
    assay_policy_free(p);
}

/* ---- names and texts ---- */

static void names_are_parted_by_commas_and_blanks_and_become_canonical(void **state)
{
    static const struct {
        const char *value, *want; /* parted by blanks; NULL: refused */
    } TRIES[] = {
        {"", ""},
        {" , ,\t", ""},
        {"example.org", "example.org"},
        {"Example.ORG.", "example.org"},
        {"a.example,b.example", "a.example b.example"},
        {"  a.example ,\tb.example\r\nc.example,", "a.example b.example c.example"},
        {"b\303\274cher.example", "xn--bcher-kva.example"},
        {"a.example a.example", "a.example a.example"},
        {"a..example", NULL},
        {"a.example, .example", NULL},
        {"\377", NULL},
    };
    assay_policy *p = new_policy();

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        struct buf got = buf_new(1000);

        set_option(p, "arc.trusted", "stays.example");
        if (!TRIES[i].want) {
            refuse_option(p, "arc.trusted", TRIES[i].value,
                          "arc.trusted: a name in it is no domain");
            assert_int_equal(p->arc_trusted.n, 1);
            assert_true(span_is(p->arc_trusted.names[0], "stays.example"));
            continue;
        }
        set_option(p, "arc.trusted", TRIES[i].value);
        for (size_t k = 0; k < p->arc_trusted.n; k++)
            buf_printf(&got, "%s%.*s", k ? " " : "", SPAN_ARG(p->arc_trusted.names[k]));
        if (!span_is(buf_span(&got), TRIES[i].want))
            fail_msg("%s: wanted %s, got %.*s", TRIES[i].value, TRIES[i].want,
                     SPAN_ARG(buf_span(&got)));
        buf_done(&got);
    }
    assay_policy_free(p);
}

static void a_thousand_names_are_taken_and_not_one_more(void **state)
{
    for (size_t n = NAMES_MAX; n <= NAMES_MAX + 1; n++) {
        assay_policy *p = new_policy();
        struct buf value = buf_new(1 << 16);

        (void)state;
        for (size_t i = 0; i < n; i++)
            buf_printf(&value, "n%zu.example ", i);
        buf_putc(&value, '\0');
        assert_int_equal(assay_policy_set(p, "arc.trusted", value.p, NULL),
                         n > NAMES_MAX ? ASSAY_EINVAL : ASSAY_DONE);
        assert_int_equal(p->arc_trusted.n, n > NAMES_MAX ? 0 : n);
        buf_done(&value);
        assay_policy_free(p);
    }
}

static void a_text_is_kept_as_it_is(void **state)
{
    static const char *const TRIES[] = {"", "mx.example.net", " two  words\t",
                                        "b\303\274cher; \"quoted\"", "\r\n\001"};
    assay_policy *p = new_policy();

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        char value[100];

        snprintf(value, sizeof value, "%s", TRIES[i]);
        set_option(p, "authserv_id", value);
        memset(value, 'x', sizeof value); /* it was copied */
        assert_true(span_is(p->authserv_id, TRIES[i]));
        assert_string_equal(assay_policy_get(p, "authserv_id"), TRIES[i]);
    }
    assay_policy_free(p);
}

static void words_are_kept_as_they_are(void **state)
{
    assay_policy *p = new_policy();

    (void)state;
    set_option(p, "authserv_id.also", " Old.example.net,mx/2\tb\303\274cher..example ");
    assert_int_equal(p->authserv_id_also.n, 3);
    assert_true(span_is(p->authserv_id_also.names[0], "Old.example.net"));
    assert_true(span_is(p->authserv_id_also.names[1], "mx/2"));
    assert_true(span_is(p->authserv_id_also.names[2], "b\303\274cher..example"));
    set_option(p, "authserv_id.also", "");
    assert_int_equal(p->authserv_id_also.n, 0);
    assay_policy_free(p);
}

static void fields_templates_and_tables_are_looked_at_when_they_are_set(void **state)
{
    static const struct {
        const char *name, *value, *want; /* NULL: it is taken */
    } TRIES[] = {
        {"quarantine.field", "X-Spam_1", NULL},
        {"quarantine.field", "",
         "quarantine.field takes the name of a header field: letters, digits and hyphens"},
        {"quarantine.field", "X-Spam:",
         "quarantine.field takes the name of a header field: letters, digits and hyphens"},
        {"quarantine.field", "X Spam",
         "quarantine.field takes the name of a header field: letters, digits and hyphens"},
        {"reply.text", "{reason}", NULL},
        {"reply.text", "{reasons}",
         "reply.text: the places are {author} {domain} {ip} {reason} {cause}"},
        {"reply.url", "https://example.org/{cause}", NULL},
        {"reply.url", "", NULL},
        {"reply.url", "example.org", "reply.url: a URL begins with https:// or http://"},
        {"forwarders", "client=192.0.2.0/24; name=a.example", NULL},
        {"forwarders", "client=192.0.2.1/24",
         "forwarders: client takes networks, not \"192.0.2.1/24\""},
        {"forwarders", "", NULL},
    };
    assay_policy *p = new_policy();
    struct buf longest = buf_new(2000);

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        if (TRIES[i].want)
            refuse_option(p, TRIES[i].name, TRIES[i].value, TRIES[i].want);
        else
            set_option(p, TRIES[i].name, TRIES[i].value);
    }
    assert_int_equal(p->forwarders.n, 0);
    for (size_t i = 0; i < TEMPLATE_MAX; i++)
        buf_putc(&longest, 'x');
    buf_puts(&longest, "x");
    buf_putc(&longest, '\0');
    set_option(p, "reply.text", longest.p + 1);
    refuse_option(p, "reply.text", longest.p, "reply.text: longer than 1000 octets");
    buf_done(&longest);
    assay_policy_free(p);
}

/* ---- refusals ---- */

static void an_unknown_option_is_refused_with_the_nearest_one(void **state)
{
    static const struct {
        const char *name, *want;
    } TRIES[] = {
        {"dkim.max_signature",
         "unknown option \"dkim.max_signature\"; did you mean \"dkim.max_signatures\"?"},
        {"arc.trust", "unknown option \"arc.trust\"; did you mean \"arc.trusted\"?"},
        {"Message.Bare_LF",
         "unknown option \"Message.Bare_LF\"; did you mean \"message.bare_lf\"?"},
        {"dmarc.mdoe", "unknown option \"dmarc.mdoe\"; did you mean \"dmarc.mode\"?"},
        {"authserv-id", "unknown option \"authserv-id\"; did you mean \"authserv_id\"?"},
        {"something.else.altogether", "unknown option \"something.else.altogether\""},
        {"", "unknown option \"\""},
    };
    assay_policy *p = new_policy();

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++)
        refuse_option(p, TRIES[i].name, "1", TRIES[i].want);
    assay_policy_free(p);
}

static void a_name_or_value_of_any_length_is_refused_in_some_words(void **state)
{
    struct buf text = buf_new(1 << 16);
    assay_policy *p = new_policy();
    const char *why = NULL;

    (void)state;
    for (size_t i = 0; i < 5000; i++)
        buf_putc(&text, '5');
    buf_putc(&text, '\0');
    assert_int_equal(assay_policy_set(p, text.p, "1", &why), ASSAY_EINVAL);
    assert_true(strlen(why) > 0);
    refuse_option(p, "dkim.max_signatures", text.p,
                  "dkim.max_signatures takes a number in the range 1-100");
    refuse_option(p, "iprev.check", text.p, "iprev.check takes one of: no yes");
    buf_done(&text);
    assay_policy_free(p);
}

static void a_sealed_policy_cannot_be_changed(void **state)
{
    assay_policy *p = new_policy();

    (void)state;
    set_option(p, "dkim.max_signatures", "5");
    assay_policy_seal(p);
    assay_policy_seal(p);
    assert_int_equal(assay_policy_set(p, "dkim.max_signatures", "6", NULL), ASSAY_EORDER);
    assert_int_equal(assay_policy_set(p, "no.such.option", "6", NULL), ASSAY_EORDER);
    assert_int_equal(p->dkim.max_signatures, 5);
    assert_string_equal(assay_policy_get(p, "dkim.max_signatures"), "5");
    assay_policy_free(p);
    assay_policy_free(NULL);
}

/* ---- memory ---- */

static void a_policy_is_made_whole_or_not_at_all(void **state)
{
    assay_status s = ASSAY_ENOMEM;
    size_t failures = 0;

    (void)state;
    for (; s == ASSAY_ENOMEM; failures += s == ASSAY_ENOMEM) {
        assay_policy *p = NULL;

        memory_left = failures;
        s = assay_policy_new(&p);
        memory_left = SIZE_MAX;
        assert_true(s == ASSAY_DONE ? p != NULL : s == ASSAY_ENOMEM && !p);
        assay_policy_free(p);
    }
    assert_in_range(failures, 2, 20);
}

static void when_memory_is_short_an_option_stays_and_can_be_set_again(void **state)
{
    size_t failures = 0;
    assay_status s = ASSAY_ENOMEM;

    (void)state;
    for (size_t room = 0; s == ASSAY_ENOMEM; room += 8) {
        assay_policy *p = new_policy();

        set_option(p, "arc.trusted", "old.example");
        arena_leave(&p->arena, room);
        memory_left = 0;
        s = assay_policy_set(p, "arc.trusted", "a.example, b.example", NULL);
        memory_left = SIZE_MAX;
        if (s != ASSAY_DONE) {
            failures++;
            assert_int_equal(s, ASSAY_ENOMEM);
            assert_string_equal(assay_policy_get(p, "arc.trusted"), "old.example");
            assert_true(p->arc_trusted.n == 1 && span_is(p->arc_trusted.names[0], "old.example"));
            set_option(p, "arc.trusted", "a.example, b.example");
        }
        assert_int_equal(p->arc_trusted.n, 2);
        assay_policy_free(p);
    }
    assert_in_range(failures, 4, 100);
}

static void when_memory_is_short_a_refusal_is_still_one(void **state)
{
    assay_policy *p = new_policy();
    const char *why = NULL;

    (void)state;
    memory_left = 0;
    assert_int_equal(assay_policy_set(p, "no.such.option", "1", &why), ASSAY_EINVAL);
    memory_left = SIZE_MAX;
    assert_string_equal(why, "refused");
    refuse_option(p, "dkim.min_rsa_bits", "1",
                  "dkim.min_rsa_bits takes a number in the range 1024-4096");
    assay_policy_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_options_is_whole_sorted_and_says_of_each_what_it_takes),
        cmocka_unit_test(a_new_policy_has_the_initial_value_of_each_option),
        cmocka_unit_test(initial_values_reach_the_members_that_flows_read),
        cmocka_unit_test(a_number_is_taken_from_its_range_and_nowhere_else),
        cmocka_unit_test(a_choice_is_one_of_its_words),
        cmocka_unit_test(words_are_the_constants_that_flows_compare_with),
        cmocka_unit_test(names_are_parted_by_commas_and_blanks_and_become_canonical),
        cmocka_unit_test(a_thousand_names_are_taken_and_not_one_more),
        cmocka_unit_test(a_text_is_kept_as_it_is),
        cmocka_unit_test(words_are_kept_as_they_are),
        cmocka_unit_test(fields_templates_and_tables_are_looked_at_when_they_are_set),
        cmocka_unit_test(an_unknown_option_is_refused_with_the_nearest_one),
        cmocka_unit_test(a_name_or_value_of_any_length_is_refused_in_some_words),
        cmocka_unit_test(a_sealed_policy_cannot_be_changed),
        cmocka_unit_test(a_policy_is_made_whole_or_not_at_all),
        cmocka_unit_test(when_memory_is_short_an_option_stays_and_can_be_set_again),
        cmocka_unit_test(when_memory_is_short_a_refusal_is_still_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

/* ---- making policies ---- */

/** A topmost policy. */
static assay_policy *new_top(void)
{
    assay_policy *p = NULL;

    assert_int_equal(assay_policy_new(&p), ASSAY_DONE);
    return p;
}

/** A child. */
static assay_policy *new_child(assay_policy *parent, const char *name)
{
    assay_policy *p = NULL;

    assert_int_equal(assay_policy_child(parent, name, &p), ASSAY_DONE);
    return p;
}

/** Add a condition that is taken. */
static void when(assay_policy *p, const char *condition, const char *value)
{
    const char *why = "";

    if (assay_policy_when(p, condition, value, &why) != ASSAY_DONE)
        fail_msg("%s = %s: %s", condition, value, why);
}

/** Set an option that is taken. */
static void set_option(assay_policy *p, const char *name, const char *value)
{
    const char *why = "";

    if (assay_policy_set(p, name, value, &why) != ASSAY_DONE)
        fail_msg("%s = %s: %s", name, value, why);
}

/** What is known of a message, over an arena. */
struct known {
    struct arena a;
    struct header header;
    struct path recipients[2];
    assay_span authors[2];
    struct policy_signer signers[2];
    struct policy_facts f;
};

/**
 * A message of alice@mail.example.org to bob@example.net and carol@example.com, by a client with a
 * proved name, signed by example.org.
 */
static void make_known(struct known *k)
{
    *k = (struct known){.authors = {SPAN("example.org"), SPAN("shop.example")},
                        .signers = {{SPAN("example.org"), TRUTH_YES},
                                    {SPAN("slow.example"), TRUTH_MAYBE}}};
    header_init(&k->header);
    assert_int_equal(header_field(&k->header, SPAN("List-Id"), SPAN(" <Talk.lists.example>")),
                     ASSAY_DONE);
    assert_int_equal(header_field(&k->header, SPAN("X-Empty"), SPAN("")), ASSAY_DONE);
    assert_int_equal(path_read(&k->a, SPAN("Bob@Example.NET"), &k->recipients[0]), ASSAY_DONE);
    assert_int_equal(path_read(&k->a, SPAN("carol@example.com"), &k->recipients[1]), ASSAY_DONE);
    k->f = (struct policy_facts){.listener = SPAN("in"),
                                 .user = SPAN_EMPTY,
                                 .recipients = k->recipients,
                                 .nrecipients = 2,
                                 .header = &k->header,
                                 .authors = k->authors,
                                 .nauthors = 1,
                                 .end = true,
                                 .named = TRUTH_YES,
                                 .client_name = SPAN("out.mail.example.org"),
                                 .signers = k->signers,
                                 .nsigners = 2};
    assert_true(ip_read(SPAN("192.0.2.7"), &k->f.ip));
    assert_int_equal(path_read(&k->a, SPAN("alice@Mail.example.org"), &k->f.sender), ASSAY_DONE);
}

static void drop_known(struct known *k)
{
    header_done(&k->header);
    arena_done(&k->a);
}

/* ---- one condition ---- */

enum { NO = TRUTH_NO, MAYBE = TRUTH_MAYBE, YES = TRUTH_YES };

/** A condition, and whether it holds of the message above. */
static const struct {
    const char *condition, *value;
    int holds;
} HOLDS[] = {
    {"listener", "in", YES},
    {"listener", "out", NO},
    {"listener", "IN", NO},
    {"client", "192.0.2.7", YES},
    {"client", "192.0.2.0/24", YES},
    {"client", "::ffff:192.0.2.0/120", YES},
    {"client", "198.51.100.0/24, 192.0.2.7", YES},
    {"client", "198.51.100.0/24 2001:db8::/32", NO},
    {"client", "0.0.0.0/0", YES},
    {"client", "::/0", NO},
    {"client", "out.mail.example.org", YES},
    {"client", "OUT.mail.Example.org.", YES},
    {"client", ".mail.example.org", YES},
    {"client", ".example.org", YES},
    {"client", "mail.example.org", NO},
    {"client", ".out.mail.example.org", NO},
    {"client", ".ample.org", NO},
    {"authenticated", "no", YES},
    {"authenticated", "yes", NO},
    {"authenticated", "alice", NO},
    {"sender", "mail.example.org", YES},
    {"sender", ".example.org", YES},
    {"sender", "example.org", NO},
    {"sender", "ALICE@mail.example.org", YES},
    {"sender", "bob@mail.example.org", NO},
    {"sender", "<>", NO},
    {"sender", "<>, mail.example.org", YES},
    {"recipient", "example.net", NO},
    {"recipient", "example.net, carol@example.com", YES},
    {"recipient", "example.net, dave@example.com", NO},
    {"author", "example.org", YES},
    {"author", ".example.org", NO},
    {"author", "other.example", NO},
    {"dkim", "example.org", YES},
    {"dkim", ".example", MAYBE},
    {"dkim", "slow.example", MAYBE},
    {"dkim", "slow.example, example.org", YES},
    {"dkim", "other.example", NO},
    {"header", "list-id", YES},
    {"header", "List-Id:", YES},
    {"header", "List-Id: <talk.LISTS.example>", YES},
    {"header", "List-Id: talk", YES},
    {"header", "List-Id: talks", NO},
    {"header", "List-Id: <talk.lists.example>x", NO},
    {"header", "X-Empty", YES},
    {"header", "X-Empty: x", NO},
    {"header", "List", NO},
};

/** Whether the only condition of a child holds. */
static int outcome_of(const assay_policy *top, const struct policy_facts *f)
{
    const struct assay_policy *all[LIMIT_CANDIDATES];
    size_t n = policy_candidates(top, f, all);

    if (policy_select(top, f) != top) {
        assert_int_equal(n, 1);
        assert_ptr_equal(all[0], policy_select(top, f));
        return YES;
    }
    assert_ptr_equal(all[n - 1], top);
    return n == 2 ? MAYBE : NO;
}

static void a_condition_holds_of_the_messages_it_means(void **state)
{
    struct known k;
    size_t wrong = 0;

    (void)state;
    make_known(&k);
    for (size_t i = 0; i < COUNT(HOLDS); i++) {
        assay_policy *top = new_top();
        int got;

        when(new_child(top, "child"), HOLDS[i].condition, HOLDS[i].value);
        assay_policy_seal(top);
        got = outcome_of(top, &k.f);
        if (got != HOLDS[i].holds) {
            printf("  %s = %s: wanted %d, got %d\n", HOLDS[i].condition, HOLDS[i].value,
                   HOLDS[i].holds, got);
            wrong++;
        }
        assay_policy_free(top);
    }
    drop_known(&k);
    assert_int_equal(wrong, 0);
}

/** Whether a condition holds, of a message that is a little different. */
static int holds_of(const struct policy_facts *f, const char *condition, const char *value)
{
    assay_policy *top = new_top();
    int got;

    when(new_child(top, "child"), condition, value);
    assay_policy_seal(top);
    got = outcome_of(top, f);
    assay_policy_free(top);
    return got;
}

static void what_is_not_known_holds_of_nothing(void **state)
{
    struct known k;

    (void)state;
    make_known(&k);
    k.f.end = false; /* the header is complete, checks are not done */
    assert_int_equal(holds_of(&k.f, "dkim", "example.org"), NO);
    assert_int_equal(holds_of(&k.f, "client", ".example.org"), NO);
    assert_int_equal(holds_of(&k.f, "client", "192.0.2.7"), YES);
    k.f.end = true;
    k.f.named = TRUTH_MAYBE;
    assert_int_equal(holds_of(&k.f, "client", "other.example"), MAYBE);
    assert_int_equal(holds_of(&k.f, "client", "other.example, 192.0.2.7"), YES);
    k.f.named = TRUTH_NO;
    assert_int_equal(holds_of(&k.f, "client", ".example.org"), NO);
    k.f.sender_unknown = true;
    assert_int_equal(holds_of(&k.f, "sender", "<>"), NO);
    k.f.sender_unknown = false;
    assert_int_equal(path_read(&k.a, SPAN_EMPTY, &k.f.sender), ASSAY_DONE);
    assert_int_equal(holds_of(&k.f, "sender", "<>"), YES);
    assert_int_equal(path_read(&k.a, SPAN("postmaster"), &k.f.sender), ASSAY_DONE);
    assert_int_equal(holds_of(&k.f, "sender", "<>, mail.example.org"), NO);
    k.f.nrecipients = 0;
    assert_int_equal(holds_of(&k.f, "recipient", "example.net, example.com"), NO);
    k.f.nauthors = 0;
    assert_int_equal(holds_of(&k.f, "author", "example.org"), NO);
    k.f.nauthors = 2; /* every author has to be one of them */
    assert_int_equal(holds_of(&k.f, "author", "example.org"), NO);
    assert_int_equal(holds_of(&k.f, "author", "example.org, shop.example"), YES);
    k.f.user = SPAN("alice");
    assert_int_equal(holds_of(&k.f, "authenticated", "yes"), YES);
    assert_int_equal(holds_of(&k.f, "authenticated", "alice"), YES);
    assert_int_equal(holds_of(&k.f, "authenticated", "Alice"), NO);
    assert_int_equal(holds_of(&k.f, "authenticated", "no"), NO);
    k.f.ip.version = 0;
    assert_int_equal(holds_of(&k.f, "client", "0.0.0.0/0, ::/0"), NO);
    drop_known(&k);
}

/* ---- several ---- */

static void of_one_name_any_condition_holds_and_of_several_names_each(void **state)
{
    struct known k;
    assay_policy *top = new_top(), *both = new_child(top, "both"),
                 *either = new_child(top, "either");

    (void)state;
    make_known(&k);
    when(both, "listener", "in");
    when(both, "sender", "other.example");
    when(either, "recipient", "example.net");
    when(either, "recipient", "carol@example.com");
    when(either, "sender", "other.example");
    when(either, "sender", "mail.example.org");
    when(either, "listener", "in");
    assay_policy_seal(top);
    assert_ptr_equal(policy_select(top, &k.f), either);
    assay_policy_free(top);
    drop_known(&k);
}

static void the_nearest_policy_is_the_last_that_holds_on_the_way_down(void **state)
{
    struct known k;
    assay_policy *top = new_top(), *no = new_child(top, "no"), *a = new_child(top, "a"),
                 *b = new_child(top, "b"), *below_no = new_child(no, "below no"),
                 *a1 = new_child(a, "a1"), *a2 = new_child(a, "a2");

    (void)state;
    make_known(&k);
    when(no, "listener", "out");
    when(below_no, "listener", "in");
    when(a, "listener", "in");
    when(b, "listener", "in");
    when(a1, "sender", "other.example");
    assay_policy_seal(top); /* a2 has no condition: it holds always */
    assert_ptr_equal(policy_select(top, &k.f), a2);
    k.f.listener = SPAN("out");
    assert_ptr_equal(policy_select(top, &k.f), no);
    k.f.listener = SPAN_EMPTY;
    assert_ptr_equal(policy_select(top, &k.f), top);
    assay_policy_free(top);
    drop_known(&k);
}

static void candidates_are_all_that_may_be_the_nearest(void **state)
{
    const struct assay_policy *all[LIMIT_CANDIDATES];
    struct known k;
    assay_policy *top = new_top(), *maybe = new_child(top, "maybe"),
                 *deep = new_child(maybe, "deep"), *no = new_child(top, "no"),
                 *yes = new_child(top, "yes");

    (void)state;
    make_known(&k);
    when(maybe, "dkim", "slow.example");
    when(deep, "listener", "in");
    when(no, "listener", "out");
    when(yes, "listener", "in");
    (void)new_child(top, "behind");
    assay_policy_seal(top);
    assert_ptr_equal(policy_select(top, &k.f), yes);
    assert_int_equal(policy_candidates(top, &k.f, all), 2);
    assert_ptr_equal(all[0], deep);
    assert_ptr_equal(all[1], yes);
    assay_policy_free(top);
    drop_known(&k);
}

static void too_many_candidates_are_counted_and_not_written(void **state)
{
    const struct assay_policy *all[LIMIT_CANDIDATES];
    struct known k;
    assay_policy *top = new_top();

    (void)state;
    make_known(&k);
    for (int i = 0; i < 40; i++)
        when(new_child(top, "one of many"), "dkim", "slow.example");
    assay_policy_seal(top);
    assert_int_equal(policy_candidates(top, &k.f, all), 41);
    assay_policy_free(top);
    drop_known(&k);
}

/* ---- children ---- */

static void a_child_begins_with_the_values_of_its_parent(void **state)
{
    assay_policy *top = new_top(), *child, *grandchild;

    (void)state;
    set_option(top, "dkim.max_signatures", "5");
    set_option(top, "arc.trusted", "a.example");
    child = new_child(top, "child");
    set_option(top, "dkim.max_signatures", "6"); /* too late for the child */
    set_option(child, "arc.trusted", "b.example, c.example");
    grandchild = new_child(child, "grandchild");
    set_option(grandchild, "forwarders", "client=192.0.2.1");
    assert_int_equal(child->dkim.max_signatures, 5);
    assert_string_equal(assay_policy_get(child, "dkim.max_signatures"), "5");
    assert_int_equal(top->arc_trusted.n, 1);
    assert_int_equal(grandchild->arc_trusted.n, 2);
    assert_int_equal(grandchild->forwarders.n, 1);
    assert_int_equal(child->forwarders.n, 0);
    assert_true(span_is(grandchild->name, "grandchild"));
    assay_policy_seal(top);
    assert_true(grandchild->sealed);
    assert_int_equal(assay_policy_set(grandchild, "enforce", "no", NULL), ASSAY_EORDER);
    assert_int_equal(assay_policy_when(child, "listener", "x", NULL), ASSAY_EORDER);
    assert_int_equal(assay_policy_child(child, "x", &grandchild), ASSAY_EORDER);
    assay_policy_free(top);
}

static void the_topmost_policy_has_no_conditions(void **state)
{
    assay_policy *top = new_top();

    (void)state;
    assert_int_equal(assay_policy_when(top, "listener", "in", NULL), ASSAY_EORDER);
    assay_policy_free(top);
}

static void a_condition_that_is_none_is_refused_with_what_is_expected(void **state)
{
    static const struct {
        const char *condition, *value, *want;
    } TRIES[] = {
        {"clients", "192.0.2.1", "unknown condition \"clients\"; did you mean \"client\"?"},
        {"whatever else", "x", "unknown condition \"whatever else\""},
        {"listener", "", "listener takes the name of a listener"},
        {"client", "",
         "client takes networks such as 192.0.2.0/24, and names such as mail.example.org or .example.org"},
        {"client", "192.0.2.1/24",
         "client takes networks such as 192.0.2.0/24, and names such as mail.example.org or .example.org"},
        {"client", "192.0.2.300",
         "client takes networks such as 192.0.2.0/24, and names such as mail.example.org or .example.org"},
        {"client", "<>",
         "client takes networks such as 192.0.2.0/24, and names such as mail.example.org or .example.org"},
        {"client", "alice@example.org",
         "client takes networks such as 192.0.2.0/24, and names such as mail.example.org or .example.org"},
        {"sender", "a..b", "sender takes domains, .domains, addresses and <>"},
        {"sender", "@example.org", "sender takes domains, .domains, addresses and <>"},
        {"sender", "a@.example.org", "sender takes domains, .domains, addresses and <>"},
        {"sender", ".", "sender takes domains, .domains, addresses and <>"},
        {"recipient", "<>", "recipient takes domains, .domains and addresses"},
        {"author", "a@example.org", "author takes domains and .domains"},
        {"dkim", " , ", "dkim takes domains and .domains"},
        {"header", "Two Words", "header takes the name of a field, or NAME: TEXT"},
        {"header", ": x", "header takes the name of a field, or NAME: TEXT"},
    };
    assay_policy *top = new_top(), *child = new_child(top, "child");

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        const char *why = NULL;

        assert_int_equal(assay_policy_when(child, TRIES[i].condition, TRIES[i].value, &why),
                         ASSAY_EINVAL);
        assert_string_equal(why, TRIES[i].want);
        assert_int_equal(assay_policy_when(child, TRIES[i].condition, TRIES[i].value, NULL),
                         ASSAY_EINVAL);
    }
    assert_null(child->conditions);
    assay_policy_free(top);
}

/* ---- when options are read ---- */

static void every_option_of_the_lists_is_one(void **state)
{
    static const char *const ALL[] = {"iprev.check", "message.bare_cr",   "message.bare_lf",
                                      "message.nul", "message.long_line", "message.no_colon"};
    size_t at_once = 0, at_end = 0;

    (void)state;
    for (size_t i = 0; i < N_ROWS; i++) {
        at_once += policy_stage_of(assay_policy_option(i)->name) == POLICY_AT_ONCE;
        at_end += policy_stage_of(assay_policy_option(i)->name) == POLICY_AT_END;
    }
    assert_int_equal(at_once, COUNT(ALL));
    assert_int_equal(at_end, 19);
    for (size_t i = 0; i < COUNT(ALL); i++)
        assert_int_equal(policy_stage_of(ALL[i]), POLICY_AT_ONCE);
    assert_int_equal(policy_stage_of("dkim.max_signatures"), POLICY_AT_HEADER);
    assert_int_equal(policy_stage_of("dmarc.mode"), POLICY_AT_HEADER);
}

/** An option cannot be set, for this reason; what it is already may be said again. */
static void cannot_differ(assay_policy *p, const char *name, const char *value, const char *want)
{
    const char *why = NULL;

    assert_int_equal(assay_policy_set(p, name, value, &why), ASSAY_EINVAL);
    assert_string_equal(why, want);
    set_option(p, name, assay_policy_get(p, name));
}

static void what_is_read_before_conditions_are_known_cannot_differ(void **state)
{
    assay_policy *top = new_top(), *child = new_child(top, "child"), *late = new_child(top, "late"),
                 *below;
    const char *why = NULL;

    (void)state;
    cannot_differ(child, "iprev.check", "no",
                  "iprev.check cannot differ here: it counts before the header is there, so the "
                  "topmost policy has it");
    set_option(child, "message.no_from", "reject");
    set_option(child, "dkim.max_signatures", "3");
    assert_int_equal(assay_policy_when(child, "dkim", "example.org", &why), ASSAY_EINVAL);
    assert_string_equal(why, "dkim is known at the end only, but this policy differs in "
                             "dkim.max_signatures, which counts before");
    when(late, "client", ".example.org");
    below = new_child(late, "below");
    when(below, "listener", "in");
    set_option(below, "dmarc.reject", "accept");
    cannot_differ(below, "dkim.max_signatures", "3",
                  "dkim.max_signatures cannot differ here: it counts before the condition dkim, or "
                  "client by a name, can be told");
    assay_policy_free(top);
}

static void what_stands_below_cannot_differ_either(void **state)
{
    assay_policy *top = new_top(), *child = new_child(top, "child"),
                 *below = new_child(child, "below");
    const char *why = NULL;

    (void)state;
    set_option(below, "dmarc.mode", "7489");
    assert_int_equal(assay_policy_when(child, "dkim", "example.org", &why), ASSAY_EINVAL);
    assert_string_equal(why,
                        "dkim is known at the end only, but this policy differs in dmarc.mode, "
                        "which counts before");
    set_option(below, "dmarc.mode", "9989");
    when(child, "dkim", "example.org");
    assert_true(below->late);
    cannot_differ(
        below, "dmarc.mode", "7489",
        "dmarc.mode cannot differ here: it counts before the condition dkim, or client by "
        "a name, can be told");
    assay_policy_free(top);
}

static void the_client_is_named_where_some_policy_goes_by_names(void **state)
{
    static const struct {
        const char *condition, *value, *table;
        bool want;
    } TRIES[] = {
        {"client", "192.0.2.0/24", "", false},
        {"client", "192.0.2.0/24, .example.org", "", true},
        {"dkim", "example.org", "", false},
        {"listener", "in", "client=192.0.2.0/24; sealer=a.example", false},
        {"listener", "in", "client=192.0.2.0/24; name=a.example", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        assay_policy *top = new_top(), *child;

        set_option(top, "iprev.check", "no");
        child = new_child(new_child(top, "child"), "grandchild");
        when(child, TRIES[i].condition, TRIES[i].value);
        set_option(child, "forwarders", TRIES[i].table);
        assay_policy_seal(top);
        assert_int_equal(policy_wants_iprev(top), TRIES[i].want);
        assay_policy_free(top);
    }
}

/* ---- memory ---- */

static void when_memory_is_short_no_child_is_made(void **state)
{
    assay_status s = ASSAY_ENOMEM;
    size_t failures = 0;

    (void)state;
    for (; s == ASSAY_ENOMEM; failures += s == ASSAY_ENOMEM) {
        assay_policy *top = new_top(), *child = NULL;

        memory_left = failures;
        s = assay_policy_child(top, "child", &child);
        memory_left = SIZE_MAX;
        assert_int_equal(s == ASSAY_DONE, child != NULL);
        assert_ptr_equal(top->children, child);
        assay_policy_free(top);
    }
    assert_in_range(failures, 2, 4);
}

static void when_memory_is_short_no_condition_is_added(void **state)
{
    static const char *const TRIES[][2] = {{"client", "192.0.2.1, mail.example.org"},
                                           {"sender", "alice@example.org"},
                                           {"header", "List-Id: x"}};

    (void)state;
    for (size_t i = 0; i < COUNT(TRIES); i++) {
        assay_status s = ASSAY_ENOMEM;
        size_t failures = 0;

        for (size_t room = 0; s == ASSAY_ENOMEM; room += 16, failures++) {
            assay_policy *top = new_top(), *child = new_child(top, "child");

            arena_leave(&child->arena, room);
            memory_left = 0;
            s = assay_policy_when(child, TRIES[i][0], TRIES[i][1], NULL);
            memory_left = SIZE_MAX;
            assert_int_equal(s == ASSAY_DONE, child->conditions != NULL);
            assert_true(s == ASSAY_DONE || s == ASSAY_ENOMEM);
            assert_int_equal(child->late, s == ASSAY_DONE && i == 0);
            assay_policy_free(top);
        }
        assert_in_range(failures, 2, 60);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_condition_holds_of_the_messages_it_means),
        cmocka_unit_test(what_is_not_known_holds_of_nothing),
        cmocka_unit_test(of_one_name_any_condition_holds_and_of_several_names_each),
        cmocka_unit_test(the_nearest_policy_is_the_last_that_holds_on_the_way_down),
        cmocka_unit_test(candidates_are_all_that_may_be_the_nearest),
        cmocka_unit_test(too_many_candidates_are_counted_and_not_written),
        cmocka_unit_test(a_child_begins_with_the_values_of_its_parent),
        cmocka_unit_test(the_topmost_policy_has_no_conditions),
        cmocka_unit_test(a_condition_that_is_none_is_refused_with_what_is_expected),
        cmocka_unit_test(every_option_of_the_lists_is_one),
        cmocka_unit_test(what_is_read_before_conditions_are_known_cannot_differ),
        cmocka_unit_test(what_stands_below_cannot_differ_either),
        cmocka_unit_test(the_client_is_named_where_some_policy_goes_by_names),
        cmocka_unit_test(when_memory_is_short_no_child_is_made),
        cmocka_unit_test(when_memory_is_short_no_condition_is_added),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_wrap.h"
#include "store/test_store.h"

#include <stdatomic.h>

/*
 * Every allocation fails in turn, ours (linked with --wrap) and SQLite's, once or from then on:
 * a row whose append said that it is kept is there in the end.
 */

enum { ROWS = 12, PATIENCE = 20000 };

static sqlite3_mem_methods plenty, scarce;

static void *sqlite_malloc(int n)
{
    return fails() ? NULL : plenty.xMalloc(n);
}

static void *sqlite_realloc(void *p, int n)
{
    return fails() ? NULL : plenty.xRealloc(p, n);
}

/** Put our own in the way of SQLite's. */
static int share_memory(void **state)
{
    (void)state;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plenty) != SQLITE_OK)
        return -1;
    scarce = plenty;
    scarce.xMalloc = sqlite_malloc;
    scarce.xRealloc = sqlite_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &scarce) == SQLITE_OK ? 0 : -1;
}

/** From now on memory is plenty again. \return whether it was short */
static bool relax(void)
{
    bool was_short = fail_at && made >= fail_at;

    fail_at = 0;
    return was_short;
}

/** Open, append, close, with memory short. \return how many rows are kept */
static int64_t use_store(const struct place *p, uint64_t *number, bool *ret_short)
{
    char why[STORE_WHY] = "";
    struct store *s = NULL;
    int64_t kept = 0;

    if (store_open(p->db, &QUICK, &s, why)) {
        for (int i = 0; i < ROWS; i++)
            kept += append(s, (*number)++) == STORE_WRITTEN;
        (void)store_flush(s, 30);
        store_close(s);
    } else if (!strstr(why, "memory") && !strstr(why, "thread")) {
        fail_msg("it cannot be opened: wanted a reason of memory, got \"%s\"", why);
    }
    *ret_short = relax();
    return kept;
}

/** Counts rows. */
static bool count_row(void *arg, const struct store_row *row)
{
    int64_t *n = arg;

    assert_int_equal(row->nsignatures, 2);
    (*n)++;
    return true;
}

/** Read it, with memory short. \return rows that were read, or -1: it says that it could not */
static int64_t read_store(const struct place *p)
{
    struct store_reader *r = NULL;
    char why[STORE_WHY] = "";
    int64_t n = 0;

    if (!store_reader_open(p->db, &r, why))
        return -1;
    if (!store_select(r, &(struct store_query){0}, count_row, &n, why))
        n = -1;
    store_reader_close(r);
    return n;
}

/** Let the n-th allocation fail, each time in a place of its own. */
static void fail_in_turn(bool on)
{
    bool was_short = true;

    for (unsigned long n = 1; was_short; n += n < 40 ? 1 : 1 + n / 16) {
        struct place p;
        uint64_t number = 0;
        int64_t kept, got;

        place_make(&p);
        made = 0;
        fail_on = on;
        fail_at = n;
        kept = use_store(&p, &number, &was_short);
        store_close(open_store(&p, &QUICK));
        got = rows(&p);
        if (got != kept)
            fail_msg("allocation %lu: wanted %lld rows, got %lld", n, (long long)kept,
                     (long long)got);
        place_done(&p);
    }
}

static void no_row_is_lost_when_one_allocation_fails(void **state)
{
    (void)state;
    fail_in_turn(false);
}

static void no_row_is_lost_when_memory_is_out_from_then_on(void **state)
{
    (void)state;
    fail_in_turn(true);
}

static void a_reader_reads_all_or_says_that_it_could_not(void **state)
{
    struct place p;
    struct store *s;
    bool was_short = true;

    (void)state;
    place_make(&p);
    s = open_store(&p, &QUICK);
    for (uint64_t i = 0; i < ROWS; i++)
        append(s, i);
    store_close(s);
    for (unsigned long n = 1; was_short; n++) {
        int64_t got;

        made = 0;
        fail_on = n % 2;
        fail_at = n;
        got = read_store(&p);
        was_short = relax();
        if (got != ROWS && (got != -1 || !was_short))
            fail_msg("allocation %lu: wanted %d rows or none, got %lld", n, ROWS, (long long)got);
    }
    place_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_row_is_lost_when_one_allocation_fails),
        cmocka_unit_test(no_row_is_lost_when_memory_is_out_from_then_on),
        cmocka_unit_test(a_reader_reads_all_or_says_that_it_could_not),
    };

    return cmocka_run_group_tests(tests, share_memory, NULL);
}

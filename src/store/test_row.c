/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/test_store.h"

#include "store/crc.h"

static char octets[STORE_ROW_MOST];
static struct store_signature room[LIMIT_SIGNATURES];

/** Write and read a row. */
static struct store_row again(const struct store_row *row)
{
    struct store_row got;
    size_t n = row_encode(row, octets);

    assert_true(n <= STORE_ROW_MOST);
    assert_true(row_decode((assay_span){octets, n}, room, &got));
    return got;
}

static void a_row_is_read_as_it_was_written(void **state)
{
    struct sample s;
    struct store_row got;

    (void)state;
    sample_make(&s, 7);
    s.row.time = -5;
    s.row.null_sender = 1;
    s.row.testing = INT64_MAX;
    memset(s.row.id.octet, 0xA5, STORE_ID);
    got = again(&s.row);
    assert_same_row(&got, &s.row);
}

static void every_field_has_a_tag_of_its_own(void **state)
{
    /* A number for each: were two tags the same, one would come back as the other. */
    struct sample s;
    struct store_row got;
    int64_t number = 0;
    char text[128][4], *p = text[0];

    (void)state;
    sample_make(&s, 1);
#define SET(tag, name, about) s.row.name = ++number;
    STORE_NUMBERS(SET)
#undef SET
#define SET(tag, name, most, about) \
    snprintf(p, 4, "%d", tag);      \
    s.row.name = span_of(p);        \
    p += 4;
    STORE_TEXTS(SET)
#undef SET
    got = again(&s.row);
    assert_same_row(&got, &s.row);
}

static void what_is_too_long_is_cut_between_characters(void **state)
{
    static char longest[70000];
    struct sample s;
    struct store_row got;

    (void)state;
    sample_make(&s, 1);
    for (size_t i = 0; i + 1 < sizeof longest; i += 2)
        memcpy(longest + i, "\xC3\xA4", 2);
#define SET(tag, name, most, about) s.row.name = (assay_span){longest, sizeof longest};
    STORE_TEXTS(SET)
#undef SET
    got = again(&s.row);
#define CUT(tag, name, most, about) \
    assert_span(#name, got.name, (assay_span){longest, (most) / 2 * 2});
    STORE_TEXTS(CUT)
#undef CUT
}

static void the_largest_row_has_room(void **state)
{
    static char longest[70000];
    struct store_signature many[LIMIT_SIGNATURES + 5];
    struct sample s;
    struct store_row got;

    (void)state;
    memset(longest, 'x', sizeof longest);
    sample_make(&s, 1);
    s.row.null_sender = s.row.testing = s.row.sampled_out = 1;
#define SET(tag, name, most, about) s.row.name = (assay_span){longest, sizeof longest};
    STORE_TEXTS(SET)
#undef SET
    for (size_t i = 0; i < LIMIT_SIGNATURES + 5; i++) {
#define SET(tag, name, most, about) many[i].name = (assay_span){longest, sizeof longest};
        STORE_SIGNATURE(SET)
#undef SET
    }
    s.row.signatures = many;
    s.row.nsignatures = LIMIT_SIGNATURES + 5;
    assert_int_equal(row_encode(&s.row, octets), STORE_ROW_MOST);
    got = again(&s.row);
    assert_int_equal(got.nsignatures, LIMIT_SIGNATURES);
}

static void fields_of_a_newer_program_are_skipped(void **state)
{
    static const char NEW_FIELD[] = "\xFF\x7F\x03\x00new";
    struct sample s;
    struct store_row got;
    size_t n;

    (void)state;
    sample_make(&s, 1);
    n = row_encode(&s.row, octets);
    memcpy(octets + n, NEW_FIELD, sizeof NEW_FIELD - 1);
    assert_true(row_decode((assay_span){octets, n + sizeof NEW_FIELD - 1}, room, &got));
    assert_same_row(&got, &s.row);
}

static void what_is_no_row_is_refused(void **state)
{
    struct sample s;
    struct store_row got;
    size_t n;

    (void)state;
    sample_make(&s, 1);
    n = row_encode(&s.row, octets);
    assert_false(row_decode(SPAN_EMPTY, room, &got));
    assert_false(row_decode(SPAN("\x01"), room, &got));                  /* no id */
    assert_false(row_decode(SPAN("\x01\x10\x00\x01\x00x"), room, &got)); /* a short id */
    assert_false(row_decode((assay_span){octets, n - 1}, room, &got));   /* the last field is cut */
    octets[0] = 2;
    assert_false(row_decode((assay_span){octets, n}, room, &got)); /* another version */
}

static void the_checksum_is_crc32c(void **state)
{
    (void)state;
    /* The check value of the algorithm, and two of RFC 7143 A.4 */
    assert_int_equal(crc32c(0, SPAN("123456789")), 0xE3069283);
    assert_int_equal(crc32c(0, (assay_span){(char[32]){0}, 32}), 0x8A9136AA);
    assert_int_equal(crc32c(crc32c(0, SPAN("1234")), SPAN("56789")), 0xE3069283);
    /* every entry of the table, by the definition */
    for (unsigned i = 0; i < 256; i++) {
        uint32_t crc = ~0u ^ i;
        char c = (char)i;

        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
        assert_int_equal(crc32c(0, (assay_span){&c, 1}), ~crc);
    }
}

/* ---- frames ---- */

static const struct segment_id ID = {{1, 2, 3, 4, 5, 6, 7, 8}};
static char segment[3 * FRAME_MOST];
static char scratch[FRAME_MOST];

/** Append the frame of a row. */
static size_t add_frame(size_t at, uint64_t number)
{
    struct sample s;
    size_t n;

    sample_make(&s, number);
    n = frame_seal(&ID, scratch, row_encode(&s.row, scratch + FRAME_HEAD));
    memcpy(segment + at, scratch, n);
    return at + n;
}

/** How many frames there are in octets, all there at once. `*ret_skipped` is what was none. */
static unsigned count_frames(assay_span all, size_t *ret_skipped)
{
    struct frame f;
    unsigned n = 0;
    size_t done;

    *ret_skipped = 0;
    while ((done = frame_next(&ID, all, true, &f))) {
        all = span_from(all, done);
        n += f.row.p != NULL;
        *ret_skipped += f.skipped;
    }
    assert_int_equal(all.n, 0);
    return n;
}

static void frames_are_found_one_byte_at_a_time(void **state)
{
    size_t n = add_frame(add_frame(add_frame(0, 1), 2), 3), begin = 0;
    unsigned found = 0;

    (void)state;
    for (size_t end = 0; end <= n; end++) {
        struct frame f;
        size_t done = frame_next(&ID, span_between(segment + begin, segment + end), false, &f);

        found += f.row.p != NULL;
        assert_int_equal(f.skipped, 0);
        assert_true(f.row.p || done == 0);
        begin += done;
    }
    assert_int_equal(found, 3);
    assert_int_equal(begin, n);
}

static void a_damaged_octet_costs_one_frame(void **state)
{
    size_t first = add_frame(0, 1), second = add_frame(first, 2), n = add_frame(second, 3), skipped;

    (void)state;
    for (size_t at = 0; at < n; at++) {
        segment[at] ^= 0x10;
        if (count_frames((assay_span){segment, n}, &skipped) != 2)
            fail_msg("octet %zu damaged: wanted the other two frames", at);
        assert_int_equal(skipped, at < first ? first : at < second ? second - first : n - second);
        segment[at] ^= 0x10;
    }
    assert_int_equal(count_frames((assay_span){segment, n}, &skipped), 3);
}

static void a_torn_end_costs_the_last_frame(void **state)
{
    size_t second = add_frame(add_frame(0, 1), 2), n = add_frame(second, 3), skipped;

    (void)state;
    for (size_t cut = second; cut < n; cut++) {
        assert_int_equal(count_frames((assay_span){segment, cut}, &skipped), 2);
        assert_int_equal(skipped, cut - second);
    }
}

static void a_frame_inside_a_damaged_frame_is_not_believed(void **state)
{
    /* Somebody says HELO with a whole frame; the frame around it is damaged. */
    static const struct segment_id GUESS = {{0}};
    static char inner[FRAME_MOST];
    struct sample s;
    size_t n, skipped;

    (void)state;
    sample_make(&s, 1);
    s.row.helo = s.row.mail_from = s.row.reason = SPAN_EMPTY;
    n = frame_seal(&GUESS, inner, row_encode(&s.row, inner + FRAME_HEAD));
    sample_make(&s, 2);
    s.row.record = (assay_span){inner, n};
    n = frame_seal(&ID, segment, row_encode(&s.row, segment + FRAME_HEAD));
    segment[FRAME_HEAD + 3] ^= 1;
    assert_int_equal(count_frames((assay_span){segment, n}, &skipped), 0);
    assert_int_equal(skipped, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_read_as_it_was_written),
        cmocka_unit_test(every_field_has_a_tag_of_its_own),
        cmocka_unit_test(what_is_too_long_is_cut_between_characters),
        cmocka_unit_test(the_largest_row_has_room),
        cmocka_unit_test(fields_of_a_newer_program_are_skipped),
        cmocka_unit_test(what_is_no_row_is_refused),
        cmocka_unit_test(the_checksum_is_crc32c),
        cmocka_unit_test(frames_are_found_one_byte_at_a_time),
        cmocka_unit_test(a_damaged_octet_costs_one_frame),
        cmocka_unit_test(a_torn_end_costs_the_last_frame),
        cmocka_unit_test(a_frame_inside_a_damaged_frame_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_log.c What is logged and counted: one line an event, whatever the values hold; lines that
 * come in any cut; figures as Prometheus reads them.
 */
#include "base/utf8.h"
#include "daemon/lines.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { FIELDS = 26, HUGE_N = 1 << 20, THREADS = 4, EACH = 300 };

/* ---- what was written ---- */

/** Standard output goes into a file while something is logged. */
struct capture {
    int before, file;
};

static struct capture capture_begin(void)
{
    char path[] = "/tmp/assay-log-XXXXXX";
    struct capture c;

    fflush(stdout);
    c.before = dup(1);
    c.file = mkstemp(path);
    assert_true(c.before >= 0 && c.file >= 0);
    unlink(path);
    dup2(c.file, 1);
    return c;
}

/** All that was written. Free it. */
static char *capture_end(struct capture c)
{
    off_t n = lseek(c.file, 0, SEEK_END);
    char *text = calloc(1, (size_t)n + 1);

    dup2(c.before, 1);
    close(c.before);
    assert_int_equal(pread(c.file, text, (size_t)n, 0), n);
    close(c.file);
    return text;
}

/** One event in one format, without its time. Free it. */
static char *logged(enum log_format format, const struct log_field *fields, size_t n)
{
    struct config config = {.log_target = LOG_TO_STDOUT, .log_format = format, .log_level = 6};
    struct log *log = log_new(&config);
    struct capture c = capture_begin();
    char *text, *behind;

    log_event(log, LOG_IS_INFO, "message", fields, n);
    text = capture_end(c);
    log_free(log);
    behind = format == LOG_TEXT ? strchr(text, ' ') : strchr(text, ',');
    assert_non_null(behind);
    memmove(text, behind + 1, strlen(behind + 1) + 1);
    return text;
}

static void values_stand_so_that_nothing_can_be_made_up(void **state)
{
    static const struct {
        assay_span value;
        const char *text, *json;
    } ROWS[] = {
        {{"plain", 5}, "message k=plain\n", "\"k\":\"plain\"}\n"},
        {{"", 0}, "message\n", NULL},
        {{"two words", 9}, "message k=\"two words\"\n", "\"k\":\"two words\"}\n"},
        {{"a=b", 3}, "message k=\"a=b\"\n", "\"k\":\"a=b\"}\n"},
        {{"x\" disposition=\"accept", 22},
         "message k=\"x\\\" disposition=\\\"accept\"\n",
         "\"k\":\"x\\\" disposition=\\\"accept\"}\n"},
        {{"a\nmessage b=c", 13}, "message k=\"a message b=c\"\n", "\"k\":\"a\\nmessage b=c\"}\n"},
        {{"\0\r\t\x7f", 4}, "message k=\"    \"\n", NULL},
        {{"\x1b[2J", 4}, "message k=\" [2J\"\n", NULL},
        {{"\xc2\x9b"
          "2J",
          4},
         "message k=\" 2J\"\n",
         NULL}, /* CSI of C1 */
        {{"\x9b"
          "2J",
          3},
         "message k=\"\xef\xbf\xbd"
         "2J\"\n",
         NULL}, /* no character */
        {{"b\xc3\xbc"
          "cher",
          7},
         "message k=\"b\xc3\xbc"
         "cher\"\n",
         "\"k\":\"b\xc3\xbc"
         "cher\"}\n"},
        {{"back\\slash", 10}, "message k=\"back\\\\slash\"\n", "\"k\":\"back\\\\slash\"}\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct log_field field = {"k", ROWS[i].value};
        char *text = logged(LOG_TEXT, &field, 1), *json = logged(LOG_JSON, &field, 1);
        size_t n = strlen(json), k = ROWS[i].json ? strlen(ROWS[i].json) : 0;

        assert_string_equal(text, ROWS[i].text);
        if (ROWS[i].json && (n < k || strcmp(json + n - k, ROWS[i].json) != 0))
            fail_msg("wanted %s, got %s", ROWS[i].json, json);
        assert_true(utf8_ok(span_of(json)) && strchr(json, '\n') == json + n - 1);
        free(text);
        free(json);
    }
}

static void an_event_is_one_line_with_all_its_fields_however_long_they_are(void **state)
{
    static char huge[HUGE_N];
    static const char FILL[] = {'x', '\x01', '"', '\\', '\xc3'};
    struct log_field fields[FIELDS];

    (void)state;
    for (size_t f = 0; f < sizeof FILL; f++) {
        memset(huge, FILL[f], sizeof huge);
        for (size_t i = 0; i + 1 < FIELDS; i++)
            fields[i] = (struct log_field){"value", {huge, sizeof huge}};
        fields[FIELDS - 1] = (struct log_field){"last", {"here", 4}};
        for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
            char *line = logged((enum log_format)format, fields, FIELDS);
            const char *end = format == LOG_TEXT ? " last=here\n" : ",\"last\":\"here\"}\n";
            size_t n = strlen(line);

            assert_true(n > strlen(end) && strcmp(line + n - strlen(end), end) == 0);
            assert_true(strchr(line, '\n') == line + n - 1);
            free(line);
        }
    }
}

static void graver_events_are_written_and_lesser_ones_not(void **state)
{
    static const enum log_level LEVELS[] = {LOG_IS_ERROR, LOG_IS_WARNING, LOG_IS_NOTICE,
                                            LOG_IS_INFO, LOG_IS_DEBUG};

    (void)state;
    for (unsigned level = 3; level <= 7; level++) {
        struct config config = {.log_target = LOG_TO_STDOUT, .log_level = level};
        struct log *log = log_new(&config);
        struct capture c = capture_begin();
        size_t lines = 0, wanted = 0;
        char *text;

        for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++) {
            log_words(log, LEVELS[i], "event", "%s %d\n\n", "number", (int)i);
            wanted += LEVELS[i] <= level;
        }
        text = capture_end(c);
        for (const char *p = text; *p; p++)
            lines += *p == '\n';
        assert_int_equal(lines, wanted);
        assert_non_null(strstr(text, "event text=\"number 0\"\n"));
        free(text);
        log_free(log);
    }
}

/** A thread that logs. */
static void *log_many(void *arg)
{
    static char value[900];

    for (int i = 0; i < EACH; i++)
        log_event(arg, LOG_IS_INFO, "message",
                  (struct log_field[]){
                      {"a", {"first", 5}}, {"b", {value, sizeof value}}, {"c", {"last", 4}}},
                  3);
    return NULL;
}

static void lines_of_many_threads_do_not_mix(void **state)
{
    struct config config = {.log_target = LOG_TO_STDOUT, .log_level = 6};
    struct log *log = log_new(&config);
    struct capture c = capture_begin();
    pthread_t threads[THREADS];
    size_t lines = 0;
    char *text, *rest, *line;

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, log), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    text = capture_end(c);
    for (rest = text; (line = strsep(&rest, "\n")) && *line; lines++)
        assert_true(strstr(line, " message a=first b=\"") &&
                    strcmp(line + strlen(line) - 7, " c=last") == 0);
    assert_int_equal(lines, THREADS * EACH);
    free(text);
    log_free(log);
}

/* ---- lines ---- */

static void lines_come_out_whole_in_whatever_cut_they_came(void **state)
{
    static const char TEXT[] = "why 4X\r\nreload\n\n\r\nlast\nrest";
    static const char *const WANTED[] = {"why 4X", "reload", "", "", "last"};

    (void)state;
    for (size_t piece = 1; piece < sizeof TEXT; piece++) {
        struct lines l = {.held = buf_new(64)};
        size_t n = 0;

        for (size_t at = 0; at < sizeof TEXT - 1; at += piece) {
            assay_span in = {TEXT + at,
                             at + piece < sizeof TEXT - 1 ? piece : sizeof TEXT - 1 - at},
                       line;
            assay_status s;

            while ((s = lines_next(&l, &in, &line)) == ASSAY_DONE) {
                assert_true(n < 5);
                assert_true(span_is(line, WANTED[n]));
                n++;
            }
            assert_int_equal(s, ASSAY_MORE);
            assert_int_equal(in.n, 0);
        }
        assert_int_equal(n, 5);
        buf_done(&l.held);
    }
}

static void a_line_over_the_limit_is_refused(void **state)
{
    struct lines l = {.held = buf_new(8)};
    assay_span in = SPAN("1234567\n12345678\n"), line;

    (void)state;
    assert_int_equal(lines_next(&l, &in, &line), ASSAY_DONE);
    assert_int_equal(line.n, 7);
    assert_int_equal(lines_next(&l, &in, &line), ASSAY_EINVAL);
    assert_int_equal(lines_next(&l, &in, &line), ASSAY_EINVAL); /* and stays so */
    buf_done(&l.held);
}

/* ---- metrics ---- */

static void figures_of_all_workers_are_added_up_under_one_help_each(void **state)
{
    static struct metrics all[3];
    struct buf out = buf_new(1 << 16);
    char *rest, *line, *first = NULL;
    char last[128] = "";
    size_t values = 0;

    (void)state;
    metrics_add(&all[0], METRIC_MESSAGES_IN, 5);
    metrics_add(&all[2], METRIC_MESSAGES_IN, 7);
    metrics_add(&all[1], METRIC_CONNECTIONS_OPEN, 3);
    metrics_add(&all[2], METRIC_CONNECTIONS_OPEN, -1);
    metrics_write(all, 3, &out);
    buf_putc(&out, '\0');
    assert_int_equal(out.status, ASSAY_DONE);
    assert_non_null(strstr(out.p, "\nassay_messages_total{direction=\"in\"} 12\n"));
    assert_non_null(strstr(out.p, "\nassay_connections_open 2\n"));
    for (rest = out.p; (line = strsep(&rest, "\n")) && *line;) {
        if (strncmp(line, "# HELP ", 7) == 0) {
            first = line + 7;
            first[strcspn(first, " ")] = '\0';
            assert_string_not_equal(first, last); /* a name has its help once */
            snprintf(last, sizeof last, "%s", first);
        } else if (line[0] != '#') {
            values++;
            assert_int_equal(strncmp(line, last, strlen(last)), 0);
        }
    }
    assert_int_equal(values, METRIC_N);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_so_that_nothing_can_be_made_up),
        cmocka_unit_test(an_event_is_one_line_with_all_its_fields_however_long_they_are),
        cmocka_unit_test(graver_events_are_written_and_lesser_ones_not),
        cmocka_unit_test(lines_of_many_threads_do_not_mix),
        cmocka_unit_test(lines_come_out_whole_in_whatever_cut_they_came),
        cmocka_unit_test(a_line_over_the_limit_is_refused),
        cmocka_unit_test(figures_of_all_workers_are_added_up_under_one_help_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

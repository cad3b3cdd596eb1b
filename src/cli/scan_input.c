/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/scan.h"

#include "base/number.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, BUFFER_MOST = SCAN_RECORD_MOST + 2 * CHUNK };

void scan_input_open(struct scan_input *in, int fd, const char *column)
{
    struct stat st;
    uint64_t number;

    *in = (struct scan_input){.fd = fd,
                              .csv = column != NULL,
                              .buffer = buf_new(BUFFER_MOST),
                              .field = buf_new(SCAN_RECORD_MOST)};
    in->hash = 14695981039346656037u; /* FNV-1a */
    in->column = column ? span_of(column) : SPAN_EMPTY;
    if (number_read(in->column, SCAN_RECORD_MOST, &number) && number > 0) {
        in->column_at = (size_t)number - 1;
        in->column_known = true;
    } else if (!in->column.n) {
        in->column_known = true;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        in->size = (uint64_t)st.st_size;
}

void scan_input_close(struct scan_input *in)
{
    buf_done(&in->buffer);
    buf_done(&in->field);
}

/** Something can be read, or the end is there. */
static bool is_ready(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

/** Read once more. \return false: nothing is there now */
static bool read_more(struct scan_input *in)
{
    ssize_t n;
    char *to;

    if (!is_ready(in->fd))
        return false;
    if (in->at) {
        memmove(in->buffer.p, in->buffer.p + in->at, in->buffer.n - in->at);
        in->buffer.n -= in->at;
        in->at = 0;
    }
    if (!(to = buf_room(&in->buffer, CHUNK))) {
        in->error = ENOMEM;
        in->ended = true;
        return true;
    }
    n = read(in->fd, to, CHUNK);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    if (n < 0)
        in->error = errno;
    in->ended = n <= 0;
    in->buffer.n += n > 0 ? (size_t)n : 0;
    return true;
}

/** What was read and is not taken yet. */
static const char *front(const struct scan_input *in)
{
    return in->buffer.n ? in->buffer.p + in->at : "";
}

/** Where the record at the front ends, or the octets there are: in a CSV file not inside quotes. */
static size_t find_end(struct scan_input *in)
{
    const char *p = front(in);
    size_t n = in->buffer.n - in->at;

    if (!in->csv) {
        const char *end = n > in->looked ? memchr(p + in->looked, '\n', n - in->looked) : NULL;

        in->looked = end ? (size_t)(end - p) : n;
        return in->looked;
    }
    for (; in->looked < n; in->looked++) {
        if (p[in->looked] == '"')
            in->quoted = !in->quoted;
        else if (p[in->looked] == '\n' && !in->quoted)
            break;
    }
    return in->looked;
}

/** Hash a record behind those before it (FNV-1a); of one over the limit, what is within. */
static void hash(struct scan_input *in, assay_span record)
{
    uint64_t h = in->before = in->hash;

    record = span_first(record, SCAN_RECORD_MOST);
    for (size_t i = 0; i < record.n; i++)
        h = (h ^ (unsigned char)record.p[i]) * 1099511628211u;
    in->hash = (h ^ '\n') * 1099511628211u;
    if (++in->line == in->mark)
        in->mark_hash = in->hash;
}

/** Take octets off the front, and the end of their record. */
static assay_span take(struct scan_input *in, size_t n)
{
    assay_span record = {front(in), n};
    size_t octets = in->at + n < in->buffer.n ? n + 1 : n;

    in->at += octets;
    in->octets += octets;
    in->looked = 0;
    if (octets > n) /* else the record goes on, inside its quotes if it is there */
        in->quoted = false;
    return record;
}

/** A record that is over the limit: what is there of it goes, and its end will. */
static bool skip(struct scan_input *in)
{
    size_t n = find_end(in);
    bool ends = in->at + n < in->buffer.n || in->ended;

    take(in, n);
    in->skipping = !ends;
    return ends;
}

/** The next record as it stands. */
static enum scan_got next_record(struct scan_input *in, assay_span *ret)
{
    for (;;) {
        size_t n = find_end(in);
        bool ends = in->at + n < in->buffer.n;

        if (in->skipping && in->buffer.n > in->at) {
            if (!skip(in) && !read_more(in))
                return SCAN_WAIT;
            continue;
        }
        if (ends || (in->ended && n) || n > SCAN_RECORD_MOST) {
            bool over = n > SCAN_RECORD_MOST;

            in->skipping = !ends && !in->ended;
            *ret = take(in, n);
            hash(in, *ret);
            return over ? SCAN_LONG : SCAN_RECORD;
        }
        if (in->ended)
            return SCAN_END;
        if (!read_more(in))
            return SCAN_WAIT;
    }
}

bool scan_csv_field(assay_span record, size_t index, struct buf *ret)
{
    size_t i = 0, field = 0;

    buf_clear(ret);
    while (i < record.n && field <= index) {
        bool quoted = record.p[i] == '"';

        for (i += quoted; i < record.n; i++) {
            char c = record.p[i];

            if (quoted && c == '"') {
                if (i + 1 >= record.n || record.p[i + 1] != '"') {
                    quoted = false;
                    continue;
                }
                i++;
            } else if (!quoted && c == ',') {
                break;
            }
            if (field == index)
                buf_putc(ret, c);
        }
        if (field == index)
            return ret->status == ASSAY_DONE;
        field++;
        i++;
    }
    return field == index && i == record.n && record.n > 0 && record.p[record.n - 1] == ',';
}

/** Find the column by its name in the first record. */
static void find_column(struct scan_input *in, assay_span record, struct buf *field)
{
    in->column_at = SIZE_MAX;
    in->column_known = true;
    for (size_t i = 0; i < SCAN_RECORD_MOST && scan_csv_field(record, i, field); i++)
        if (span_ieq(span_trim(buf_span(field)), in->column)) {
            in->column_at = i;
            return;
        }
}

enum scan_got scan_input_next(struct scan_input *in, assay_span *ret)
{
    assay_span record;
    enum scan_got got;

    buf_clear(&in->field);
    if ((got = next_record(in, &record)) >= SCAN_WAIT)
        return got;
    if (in->line == 1 && span_starts(record, SPAN("\xef\xbb\xbf"))) /* a byte order mark */
        record = span_from(record, 3);
    record = span_trim(record);
    *ret = record;
    if (got == SCAN_LONG)
        return got;
    if (!in->csv)
        return record.n && record.p[0] != '#' ? SCAN_RECORD : SCAN_NOTHING;
    if (!in->column_known) {
        find_column(in, record, &in->field);
        return SCAN_NOTHING;
    }
    if (!record.n)
        return SCAN_NOTHING;
    *ret = scan_csv_field(record, in->column_at, &in->field) ? span_trim(buf_span(&in->field))
                                                             : SPAN_EMPTY;
    return SCAN_RECORD;
}

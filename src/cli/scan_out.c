/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/scan.h"

#include "base/number.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The resume point is a small text:
 *
 *     assay scan, resume point 1
 *     input 1200 9ab3...            records that are done from the first on, and their hash
 *     output 481516                 octets of the output that are of those and of the next
 *     done 1203 1207-1250           records beyond that are done, too
 *
 * It is only written when the output is on the disk as far as it says, and put in place by rename(). Whatever
 * an output has beyond `output` was written after it, so the next run cuts it off and does those domains again:
 * nothing is lost, and nothing is there twice.
 */

enum { FLUSH_AT = 1 << 16, BUFFER_MOST = 64 << 20, NOTE_MOST = 4 << 20 };

static const char TITLE[] = "assay scan, resume point 1";

/* ---- which records are done ---- */

/** The place of a record in the rings. */
static size_t place(uint64_t record)
{
    return (size_t)(record % SCAN_SPREAD);
}

bool scan_out_room(const struct scan_out *out, uint64_t record)
{
    return !out->resume || record < out->low + SCAN_SPREAD;
}

/** Move the low-water mark up. */
static void advance(struct scan_out *out)
{
    while (out->low < out->high && out->done[place(out->low)]) {
        out->low_hash = out->hashes[place(out->low)];
        out->done[place(out->low++)] = false;
    }
}

bool scan_out_begin(struct scan_out *out, uint64_t record, uint64_t before, uint64_t hash)
{
    bool did;

    if (!out->resume)
        return true;
    if (record < out->from)
        return false;
    for (; out->high < record; out->high++) {
        out->done[place(out->high)] = true;
        out->hashes[place(out->high)] = before;
    }
    did = record < out->high ? out->done[place(record)] : false;
    out->hashes[place(record)] = hash;
    if (out->high <= record)
        out->high = record + 1;
    advance(out);
    return !did;
}

void scan_out_done(struct scan_out *out, uint64_t record)
{
    if (!out->resume)
        return;
    out->done[place(record)] = true;
    if (record == out->low)
        advance(out);
}

/* ---- writing ---- */

void scan_out_put(struct scan_out *out, assay_span line)
{
    if (out->fd < 0)
        return;
    buf_put(&out->buffer, line);
    buf_putc(&out->buffer, '\n');
    out->octets += line.n + 1;
    if (out->buffer.n >= FLUSH_AT)
        scan_out_flush(out);
}

bool scan_out_flush(struct scan_out *out)
{
    size_t at = 0;

    if (out->buffer.status != ASSAY_DONE && !out->error)
        out->error = ENOMEM;
    while (!out->error && at < out->buffer.n) {
        ssize_t n = write(out->fd, out->buffer.p + at, out->buffer.n - at);

        if (n < 0 && errno != EINTR && errno != EAGAIN)
            out->error = errno;
        at += n > 0 ? (size_t)n : 0;
    }
    buf_clear(&out->buffer);
    return !out->error;
}

/** Append the records beyond the low-water mark that are done, as ranges. */
static void put_done(const struct scan_out *out, struct buf *note)
{
    for (uint64_t r = out->low; r < out->high; r++) {
        uint64_t last = r;

        if (!out->done[place(r)])
            continue;
        while (last + 1 < out->high && out->done[place(last + 1)])
            last++;
        buf_printf(note, last > r ? " %" PRIu64 "-%" PRIu64 : " %" PRIu64, r, last);
        r = last;
    }
}

/** Write a file whole, onto the disk. */
static bool write_file(const char *path, assay_span text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;

    if (fd >= 0 && close(fd) != 0)
        ok = false;
    return ok;
}

bool scan_out_checkpoint(struct scan_out *out)
{
    struct buf note = buf_new(NOTE_MOST), path = buf_new(4096);
    bool ok = scan_out_flush(out);

    if (!ok || !out->resume)
        return ok;
    buf_printf(&note, "%s\ninput %" PRIu64 " %016" PRIx64 "\noutput %" PRIu64 "\ndone", TITLE,
               out->low, out->low_hash, out->octets);
    put_done(out, &note);
    buf_putc(&note, '\n');
    buf_puts(&path, out->resume);
    buf_puts(&path, ".new");
    buf_putc(&path, '\0');
    if (note.status != ASSAY_DONE || path.status != ASSAY_DONE)
        errno = ENOMEM, ok = false;
    else
        ok = (out->fd < 0 || fdatasync(out->fd) == 0) && write_file(path.p, buf_span(&note)) &&
             rename(path.p, out->resume) == 0;
    if (!ok)
        out->error = errno;
    buf_done(&note);
    buf_done(&path);
    return ok;
}

/* ---- from where an earlier run stopped ---- */

/** Read a number in hexadecimal. */
static bool read_hex(assay_span text, uint64_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (ascii_hex(text.p[i]) < 0)
            return false;
        *ret = *ret << 4 | (unsigned)ascii_hex(text.p[i]);
    }
    return text.n == 16;
}

/** A line `KEY VALUE...`. \return what stands behind the key; NULL when it is another line */
static assay_span value_of(assay_span *text, const char *key)
{
    assay_span line;

    if (!span_line(text, &line) || !span_starts(line, span_of(key)))
        return (assay_span){NULL, 0};
    line = span_from(line, strlen(key));
    return line.n && line.p[0] == ' ' ? span_from(line, 1) : line;
}

/** Take `12-15`, or `12`, as done. */
static bool take_range(struct scan_out *out, assay_span text)
{
    size_t hyphen = span_find(text, '-');
    uint64_t first, last;

    if (!number_read(span_first(text, hyphen), INT64_MAX, &first) ||
        !number_read(hyphen < text.n ? span_from(text, hyphen + 1) : text, INT64_MAX, &last) ||
        first < out->high || last < first || last - out->low >= SCAN_SPREAD)
        return false;
    for (uint64_t r = first; r <= last; r++)
        out->done[place(r)] = true;
    out->high = last + 1;
    return true;
}

/** Read the resume point. */
static bool read_note(struct scan_out *out, assay_span text, uint64_t *ret_octets)
{
    assay_span line, word;

    if (!span_line(&text, &line) || !span_is(line, TITLE))
        return false;
    line = value_of(&text, "input");
    if (!line.p || !span_cut(&line, ' ', &word) || !number_read(word, INT64_MAX, &out->low) ||
        !span_cut(&line, ' ', &word) || !read_hex(word, &out->low_hash) || line.p)
        return false;
    line = value_of(&text, "output");
    if (!line.p || !number_read(line, INT64_MAX, ret_octets))
        return false;
    out->from = out->high = out->low;
    out->from_hash = out->low_hash;
    line = value_of(&text, "done");
    if (!line.p)
        return false;
    while (span_cut(&line, ' ', &word))
        if (word.n && !take_range(out, word))
            return false;
    return true;
}

/** Cut the output to what the resume point knows of. */
static int cut_output(struct scan_out *out, uint64_t octets, char *ret_why)
{
    struct stat st;

    if (fstat(out->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(ret_why, 256, "--resume needs an output that is a file: --out FILE");
        return EXIT_USAGE;
    }
    if ((uint64_t)st.st_size < octets) {
        snprintf(
            ret_why, 256,
            "the output has %lld octets, the resume point knows of %llu: it is another one, or was "
            "emptied (write with --out FILE or >>)",
            (long long)st.st_size, (unsigned long long)octets);
        return EXIT_USAGE;
    }
    if (ftruncate(out->fd, (off_t)octets) != 0 || lseek(out->fd, 0, SEEK_END) < 0) {
        snprintf(ret_why, 256, "the output: %s", strerror(errno));
        return EXIT_CANTWRITE;
    }
    out->octets = octets;
    return 0;
}

/** Go on where the file says, if there is one. */
static int go_on(struct scan_out *out, char *ret_why)
{
    struct buf text = buf_new(NOTE_MOST);
    FILE *f = fopen(out->resume, "re");
    uint64_t octets = 0;
    struct stat st;
    size_t n = 1;
    bool read = true;

    if (!f && errno != ENOENT) {
        snprintf(ret_why, 256, "%.150s: %s", out->resume, strerror(errno));
        return EXIT_UNREADABLE;
    }
    for (char *to; f && n && (to = buf_room(&text, FLUSH_AT)); text.n += n)
        n = fread(to, 1, FLUSH_AT, f);
    if (f) {
        fclose(f);
        read = read_note(out, buf_span(&text), &octets);
    } else if (out->fd >= 0 && fstat(out->fd, &st) == 0) {
        octets = (uint64_t)st.st_size; /* what is there already stays */
    }
    buf_done(&text);
    if (!read) {
        snprintf(ret_why, 256, "%.150s is no resume point of assay scan", out->resume);
        return EXIT_USAGE;
    }
    return out->fd < 0 ? 0 : cut_output(out, octets, ret_why);
}

int scan_out_open(struct scan_out *out, int fd, const char *resume, char *ret_why)
{
    *out = (struct scan_out){.fd = fd, .resume = resume, .buffer = buf_new(BUFFER_MOST)};
    if (!resume)
        return 0;
    out->hashes = calloc(SCAN_SPREAD, sizeof *out->hashes);
    out->done = calloc(SCAN_SPREAD, sizeof *out->done);
    if (!out->hashes || !out->done) {
        snprintf(ret_why, 256, "out of memory");
        return EXIT_SOFTWARE;
    }
    return go_on(out, ret_why);
}

void scan_out_close(struct scan_out *out)
{
    buf_done(&out->buffer);
    free(out->hashes);
    free(out->done);
    *out = (struct scan_out){.fd = -1};
}

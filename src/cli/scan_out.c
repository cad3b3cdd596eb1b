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
 *     facts 9161984                 the same of the file of facts, if there is one
 *     done 1203 1207-1250           records beyond that are done, too
 *
 * It is only written when both files are on the disk as far as it says, and put in place by rename(). Whatever
 * a file has beyond these octets was written after it, so the next run cuts it off and does those domains again:
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

/** Put octets, to be written. */
static void put(struct scan_file *file, assay_span text)
{
    if (file->fd < 0)
        return;
    buf_put(&file->buffer, text);
    file->octets += text.n;
}

void scan_out_put(struct scan_out *out, assay_span line, assay_span facts)
{
    put(&out->lines, line);
    put(&out->lines, SPAN("\n"));
    put(&out->facts, facts);
    if (out->lines.buffer.n + out->facts.buffer.n >= FLUSH_AT)
        scan_out_flush(out);
}

/** Write what was put. */
static void flush(struct scan_out *out, struct scan_file *file)
{
    size_t at = 0;

    if (file->buffer.status != ASSAY_DONE && !out->error)
        out->error = ENOMEM;
    while (!out->error && at < file->buffer.n) {
        ssize_t n = write(file->fd, file->buffer.p + at, file->buffer.n - at);

        if (n < 0 && errno != EINTR && errno != EAGAIN)
            out->error = errno;
        at += n > 0 ? (size_t)n : 0;
    }
    buf_clear(&file->buffer);
}

bool scan_out_flush(struct scan_out *out)
{
    flush(out, &out->lines);
    flush(out, &out->facts);
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

/** What was written is on the disk. */
static bool is_on_disk(const struct scan_file *file)
{
    return file->fd < 0 || fdatasync(file->fd) == 0;
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
    buf_printf(&note, "%s\ninput %" PRIu64 " %016" PRIx64 "\noutput %" PRIu64 "\n", TITLE, out->low,
               out->low_hash, out->lines.octets);
    if (out->facts.fd >= 0)
        buf_printf(&note, "facts %" PRIu64 "\n", out->facts.octets);
    buf_puts(&note, "done");
    put_done(out, &note);
    buf_putc(&note, '\n');
    buf_puts(&path, out->resume);
    buf_puts(&path, ".new");
    buf_putc(&path, '\0');
    if (note.status != ASSAY_DONE || path.status != ASSAY_DONE)
        errno = ENOMEM, ok = false;
    else
        ok = is_on_disk(&out->lines) && is_on_disk(&out->facts) &&
             write_file(path.p, buf_span(&note)) && rename(path.p, out->resume) == 0;
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
static bool read_note(struct scan_out *out, assay_span text)
{
    assay_span line, word, rest;

    if (!span_line(&text, &line) || !span_is(line, TITLE))
        return false;
    line = value_of(&text, "input");
    if (!line.p || !span_cut(&line, ' ', &word) || !number_read(word, INT64_MAX, &out->low) ||
        !span_cut(&line, ' ', &word) || !read_hex(word, &out->low_hash) || line.p)
        return false;
    line = value_of(&text, "output");
    if (!line.p || !number_read(line, INT64_MAX, &out->lines.octets))
        return false;
    rest = text;
    line = value_of(&rest, "facts");
    if (line.p && !number_read(line, INT64_MAX, &out->facts.octets))
        return false;
    text = line.p ? rest : text;
    out->had_facts = line.p;
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

/** Cut a file to what the resume point knows of. */
static int cut(const struct scan_file *file, const char *name, const char *option, char *ret_why)
{
    struct stat st;

    if (file->fd < 0)
        return 0;
    if (fstat(file->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(ret_why, 256, "--resume needs %s that is a file: %s FILE", name, option);
        return EXIT_USAGE;
    }
    if ((uint64_t)st.st_size < file->octets) {
        snprintf(
            ret_why, 256,
            "%s of %lld octets is there, the resume point knows of %llu: it is another one, or was "
            "emptied (write with --out FILE or >>)",
            name, (long long)st.st_size, (unsigned long long)file->octets);
        return EXIT_USAGE;
    }
    if (ftruncate(file->fd, (off_t)file->octets) != 0 || lseek(file->fd, 0, SEEK_END) < 0) {
        snprintf(ret_why, 256, "%s: %s", name, strerror(errno));
        return EXIT_CANTWRITE;
    }
    return 0;
}

/** Cut both files. */
static int cut_both(const struct scan_out *out, char *ret_why)
{
    int status = cut(&out->lines, "an output", "--out", ret_why);

    return status ? status : cut(&out->facts, "a file of facts", "--record-facts", ret_why);
}

/** What is there already stays. */
static void keep(struct scan_file *file)
{
    struct stat st;

    if (file->fd >= 0 && fstat(file->fd, &st) == 0)
        file->octets = (uint64_t)st.st_size;
}

/** Go on where the file says, if there is one. */
static int go_on(struct scan_out *out, char *ret_why)
{
    struct buf text = buf_new(NOTE_MOST);
    FILE *f = fopen(out->resume, "re");
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
        read = read_note(out, buf_span(&text));
    } else {
        keep(&out->lines);
        keep(&out->facts);
    }
    buf_done(&text);
    if (!read) {
        snprintf(ret_why, 256, "%.150s is no resume point of assay scan", out->resume);
        return EXIT_USAGE;
    }
    if (f && out->had_facts != (out->facts.fd >= 0)) {
        snprintf(ret_why, 256,
                 "the scan that is gone on with %s facts: --record-facts as it was then",
                 out->had_facts ? "records" : "records no");
        return EXIT_USAGE;
    }
    return cut_both(out, ret_why);
}

int scan_out_open(struct scan_out *out, int lines, int facts, const char *resume, char *ret_why)
{
    *out =
        (struct scan_out){.lines = {.fd = lines, .buffer = buf_new(BUFFER_MOST)},
                          .facts = {.fd = facts, .buffer = buf_new(BUFFER_MOST + SCAN_FACTS_MOST)},
                          .resume = resume};
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
    buf_done(&out->lines.buffer);
    buf_done(&out->facts.buffer);
    free(out->hashes);
    free(out->done);
    *out = (struct scan_out){.lines.fd = -1, .facts.fd = -1};
}

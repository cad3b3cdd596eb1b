/* SPDX-License-Identifier: BSD-2-Clause */
/** \file fuzz_scan.c The input of a scan, lines of a scan read back, and replies that are looked at before they are read. */
#include "cli/scan.h"

#include "base/fuzz_must.h"
#include "world/udp_own.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** All records of a file, however they come. */
static void read_records(int fd, const char *column, size_t size)
{
    struct scan_input in;
    assay_span text;
    enum scan_got got;
    size_t octets = 0;
    uint64_t last = 0;

    must(lseek(fd, 0, SEEK_SET) == 0);
    scan_input_open(&in, fd, column);
    while ((got = scan_input_next(&in, &text)) < SCAN_WAIT) {
        must(in.line > last && text.n <= SCAN_RECORD_MOST + (1 << 17));
        must(column || !memchr(text.p, '\n', text.n) || !text.n);
        last = in.line;
        octets += text.n;
    }
    must(got == SCAN_END && in.octets == size && octets <= size && !in.error);
    scan_input_close(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scan_summary *summary;
    static int fd = -1;
    assay_span s = {(const char *)data, size};
    struct buf field = buf_new(SCAN_RECORD_MOST);
    struct udp_query query = {.name = SPAN("a.example"), .rrtype = ASSAY_RR_TXT};

    if (fd < 0)
        fd = memfd_create("fuzz", 0);
    if (!summary)
        summary = scan_summary_new();
    must(fd >= 0 && summary && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    read_records(fd, NULL, size);
    read_records(fd, "2", size);
    read_records(fd, "domain", size);
    for (size_t i = 0; i < 4; i++)
        if (scan_csv_field(s, i, &field))
            must(field.n <= size);
    buf_done(&field);
    scan_summary_line(summary, s);
    if (size >= 12)
        udp_is_reply(s, &query);
    return 0;
}

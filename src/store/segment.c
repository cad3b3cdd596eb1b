/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/segment.h"

#include "store/crc.h"

static const char HEAD[8] = {'a', 's', 's', 'a', 'y', 'r', 'o', 'w'};
static const char MAGIC[4] = {'\xA5', 'R', 'o', 'w'};

void segment_head(const struct segment_id *id, char out[SEGMENT_HEAD])
{
    memcpy(out, HEAD, sizeof HEAD);
    memcpy(out + sizeof HEAD, id->octet, SEGMENT_ID);
}

bool segment_read(assay_span octets, struct segment_id *ret)
{
    if (octets.n < SEGMENT_HEAD || memcmp(octets.p, HEAD, sizeof HEAD) != 0)
        return false;
    memcpy(ret->octet, octets.p + sizeof HEAD, SEGMENT_ID);
    return true;
}

/** Write 32 bits, the least significant octet first. */
static void put32(char *out, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        out[i] = (char)(number >> 8 * i & 0xFF);
}

/** Read 32 bits. */
static uint32_t get32(const char *p)
{
    uint32_t number = 0;

    for (int i = 3; i >= 0; i--)
        number = number << 8 | (unsigned char)p[i];
    return number;
}

/** The checksum of a frame: over the segment's id, the length and the row. */
static uint32_t checksum(const struct segment_id *id, const char *frame, size_t n)
{
    uint32_t crc = crc32c(0, (assay_span){(const char *)id->octet, SEGMENT_ID});

    crc = crc32c(crc, (assay_span){frame + 4, 4});
    return crc32c(crc, (assay_span){frame + FRAME_HEAD, n});
}

size_t frame_seal(const struct segment_id *id, char *frame, size_t n)
{
    memcpy(frame, MAGIC, sizeof MAGIC);
    put32(frame + 4, (uint32_t)n);
    put32(frame + 8, checksum(id, frame, n));
    return FRAME_HEAD + n;
}

/** What octets are. */
enum look { NO_FRAME, PART_OF_FRAME, WHOLE_FRAME };

/** Does a frame stand at the front? */
static enum look look(const struct segment_id *id, assay_span octets, size_t *ret_n)
{
    size_t known = octets.n < sizeof MAGIC ? octets.n : sizeof MAGIC;

    if (memcmp(octets.p, MAGIC, known) != 0)
        return NO_FRAME;
    if (octets.n < FRAME_HEAD)
        return PART_OF_FRAME;
    *ret_n = get32(octets.p + 4);
    if (*ret_n > STORE_ROW_MOST)
        return NO_FRAME;
    if (octets.n - FRAME_HEAD < *ret_n)
        return PART_OF_FRAME;
    return get32(octets.p + 8) == checksum(id, octets.p, *ret_n) ? WHOLE_FRAME : NO_FRAME;
}

size_t frame_next(const struct segment_id *id, assay_span octets, bool last, struct frame *ret)
{
    size_t at = 0, n;

    *ret = (struct frame){.row = {NULL, 0}};
    while (at < octets.n) {
        enum look found = look(id, span_from(octets, at), &n);

        if (found == WHOLE_FRAME) {
            ret->row = (assay_span){octets.p + at + FRAME_HEAD, n};
            ret->skipped = at;
            return at + FRAME_HEAD + n;
        }
        if (found == PART_OF_FRAME && !last)
            break;
        at++;
        at += span_find(span_from(octets, at), MAGIC[0]);
    }
    ret->skipped = at;
    return at;
}

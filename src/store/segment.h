/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file segment.h The octets of one file of the spill: a head, then a frame for each row. Nothing
 * here opens a file.
 *
 *     segment = "assayrow" (8 octets), id (8 octets, random)
 *     frame   = magic (4 octets), length (4 octets), checksum (4 octets), row (row.h)
 *
 * The checksum is over the segment's id, the length and the row. So the octets of a frame that
 * somebody put into his HELO are not taken for one, should the frame around them be damaged: he
 * does not know the id.
 *
 * A program that is killed leaves a torn frame at most at the end; a disk may damage any. What is
 * no frame is skipped up to the next one.
 */
#ifndef STORE_SEGMENT_H
#define STORE_SEGMENT_H

#include "store/row.h"

/** Octets. */
enum {
    SEGMENT_ID = 8,                               /**< what tells a segment from all others */
    SEGMENT_HEAD = 8 + SEGMENT_ID,                /**< the head of a segment */
    FRAME_HEAD = 12,                              /**< the head of a frame */
    FRAME_MOST = FRAME_HEAD + (int)STORE_ROW_MOST /**< a frame, at most */
};

/** What tells a segment from all that were and will be. */
struct segment_id {
    uint8_t octet[SEGMENT_ID];
};

/** Write the head of a segment. */
void segment_head(const struct segment_id *id, char out[SEGMENT_HEAD]);

/** Read it. \return false when these octets begin no segment */
bool segment_read(assay_span octets, struct segment_id *ret);

/**
 * Write the head of a frame whose row stands in place, at `frame + FRAME_HEAD`.
 *
 * \param n  octets of the row
 * \return octets of the frame
 */
size_t frame_seal(const struct segment_id *id, char *frame, size_t n);

/** What frame_next() found. */
struct frame {
    assay_span row; /**< lies in the octets; `p` is NULL when there is none in them */
    size_t skipped; /**< octets before it that are no frame */
};

/**
 * Find the next frame.
 *
 * \param octets  those behind the last one
 * \param last    no octets follow them
 * \return how many octets are done with: what is skipped and the frame. Unless `last`, what may be
 *         the beginning of a frame is not; if `last` and there is no row, all of them
 */
size_t frame_next(const struct segment_id *id, assay_span octets, bool last, struct frame *ret);

#endif

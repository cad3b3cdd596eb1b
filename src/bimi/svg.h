/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file svg.h
 * SVG Tiny Portable/Secure: is a document a logo that receivers show?
 *
 * Rules of the schema (elements, attributes, values, order) come from a table, svg_table.h, which
 * tools/make-svg-table writes from the published schema; the rules that a schema cannot say are in svg_rules.c:
 * an empty title, no viewBox, not square, sizes in percent, external references, xml:base, processing
 * instructions, DOCTYPE and entities, raster images and scripts inside.
 *
 * The document is fed in any cut, compressed or not; nothing is fetched, no entity is expanded.
 */
#ifndef BIMI_SVG_H
#define BIMI_SVG_H

#include "base/arena.h"
#include "base/limits.h"

/** What a problem is a breach of. */
enum svg_class {
    SVG_INVALID, /**< the P/S schema (BIMI-SVG) */
    SVG_ACTIVE,  /**< it would do or fetch something (BIMI-SVG-ACTIVE) */
    SVG_SHAPE,   /**< receivers want another shape or size (BIMI-SVG-SHAPE) */
    SVG_ADVICE   /**< worth knowing; no finding */
};

/** One problem; the same one elsewhere is counted, not told again. */
struct svg_problem {
    enum svg_class class;
    size_t line, column; /**< of the first, from 1; octets */
    size_t times;        /**< how often */
    assay_span
        what; /**< the element or attribute it is about, such as "svg opacity"; may be empty */
    assay_span text; /**< one sentence */
    const char *ref; /**< "SVG P/S", "BIMI 7.6", "RFC 6170 5.2" */
};

/** What was found. Spans live as long as the arena. */
struct svg_report {
    bool is_svg;   /**< an XML document whose root is svg */
    bool gzip;     /**< it came compressed */
    size_t octets; /**< uncompressed */
    bool over;     /**< more than LIMIT_SVG: not read to its end */
    assay_span title;
    bool has_view_box;
    double width, height; /**< of the viewBox */
    const struct svg_problem
        *problems; /**< in order of their first place; LIMIT_SVG_PROBLEMS at most */
    size_t nproblems;
    size_t nmore;        /**< other kinds of problems, not told */
    assay_span document; /**< the octets, uncompressed */
    uint8_t sha256[32];  /**< of the document */
    uint8_t sha1[20];    /**< the same; certificates of one authority have only that */
};

/** A document being read. */
struct svg_reader;

/** Begin. \return NULL when memory is out */
struct svg_reader *svg_reader_new(struct assay_engine *engine);

/** Read a piece, cut anywhere. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status svg_reader_feed(struct svg_reader *r, assay_span piece);

/** The document has ended. \param ret  its spans lie in the reader \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status svg_reader_end(struct svg_reader *r, struct svg_report *ret);

/** Give its memory back; NULL is taken. */
void svg_reader_free(struct svg_reader *r);

/** All problems of a class. */
size_t svg_count(const struct svg_report *report, enum svg_class class);

#endif

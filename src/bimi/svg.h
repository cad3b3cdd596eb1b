/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file svg.h
 * SVG Tiny Portable/Secure: is a document a logo that receivers show?
 *
 * Rules of the schema (elements, attributes, values, order) come from a table, svg_table.h, which
 * tools/make-svg-table writes from the published schema (svg_schema.c); the rules that a schema cannot say are in
 * svg_rules.c: an empty title, no viewBox, not square, sizes in percent, external references, xml:base, processing
 * instructions, DOCTYPE and entities, raster images and scripts inside.
 *
 *     svg_reader_feed()   any cut: inflates what is compressed, gathers the document, never more than LIMIT_SVG
 *     svg_reader_end()    svg_parse.c: one run of the XML parser; each element is looked at by svg_schema.c and
 *                         svg_rules.c, each problem told by svg_tell()
 *
 * Nothing is fetched, no entity is expanded.
 */
#ifndef BIMI_SVG_H
#define BIMI_SVG_H

#include "base/arena.h"
#include "base/limits.h"
#include "crypto/engine.h"

/** What a problem is a breach of. */
enum svg_class {
    SVG_INVALID, /**< the P/S profile (BIMI-SVG) */
    SVG_ACTIVE,  /**< it would do or fetch something (BIMI-SVG-ACTIVE) */
    SVG_SHAPE,   /**< receivers want another shape or size (BIMI-SVG-SHAPE) */
    SVG_ADVICE,  /**< worth knowing; no finding */
    SVG_CLASSES
};

/** One problem; the same one elsewhere is counted, not told again. */
struct svg_problem {
    enum svg_class class;
    size_t line, column; /**< of the first, from 1; a column is a character */
    size_t times;        /**< how often */
    assay_span
        what; /**< the element or attribute it is about, such as "svg opacity"; may be empty */
    assay_span text; /**< one sentence */
    const char *ref; /**< SVG_SCHEMA: the schema says it; else "RFC 6170 5.2", "receivers" ... */
};

/** The reference of what the published schema says; other rules have others. */
#define SVG_SCHEMA "SVG P/S"

/** What was found. Spans live as long as the arena. */
struct svg_report {
    bool is_svg;   /**< an XML document whose root is svg */
    bool gzip;     /**< it came compressed */
    size_t octets; /**< uncompressed; LIMIT_SVG where `over` */
    bool over;     /**< more than LIMIT_SVG: not read to its end */
    assay_span title;
    bool has_view_box;
    double width, height; /**< of the viewBox */
    const struct svg_problem *
        problems; /**< in order of their first place; LIMIT_SVG_PROBLEMS at most, some kept for each class */
    size_t nproblems;
    size_t nmore;               /**< other problems, not told */
    size_t counts[SVG_CLASSES]; /**< all problems, repeats and those not told counted */
    assay_span document;        /**< the octets, uncompressed */
    uint8_t sha256[32];         /**< of the document */
    uint8_t sha1[20];           /**< the same; certificates of one authority have only that */
};

/** A document being read. */
struct svg_reader;

/** Begin. \return NULL when memory is out */
struct svg_reader *svg_reader_new(const struct assay_engine *engine);

/** Read a piece, cut anywhere. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status svg_reader_feed(struct svg_reader *r, assay_span piece);

/** The document has ended. \param a  what `ret` points to lies there \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status svg_reader_end(struct svg_reader *r, struct arena *a,
                                            struct svg_report *ret);

/** Give its memory back; NULL is taken. */
void svg_reader_free(struct svg_reader *r);

/** All three, for a document that is all there. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status svg_check(const struct assay_engine *engine, struct arena *a,
                                       assay_span octets, struct svg_report *ret);

/** The first problem of a class, or NULL. */
const struct svg_problem *svg_first(const struct svg_report *report, enum svg_class class);

#endif

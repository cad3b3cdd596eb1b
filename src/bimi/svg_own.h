/* SPDX-License-Identifier: BSD-2-Clause */
/** \file svg_own.h What the files of the SVG check share. */
#ifndef BIMI_SVG_OWN_H
#define BIMI_SVG_OWN_H

#include "bimi/svg.h"

#include <expat.h>

/** What an attribute's value may be. */
enum svg_value {
    SVG_ANY,      /**< any text */
    SVG_WORD,     /**< one of some words */
    SVG_NCNAME,   /**< an XML name without colon */
    SVG_NMTOKENS, /**< name tokens, one at least */
    SVG_LANGUAGE, /**< a language tag, or empty */
    SVG_ASPECT    /**< `none` or `xMidYMid`, then perhaps `meet` */
};

/** An attribute of the schema. */
struct svg_attribute {
    const char *name; /**< `xml:` in front of those of XML itself */
    enum svg_value value;
    const char *const *words; /**< SVG_WORD: ended by NULL */
};

/** An element of the schema. */
struct svg_element {
    const char *name;
    bool text;                 /**< text inside, and nothing else */
    uint32_t children;         /**< bits: the index of each element that may stand inside */
    const char *first;         /**< the one that has to be the first; NULL: none has to */
    const uint8_t *attributes; /**< indices of SVG_ATTRIBUTES, sorted by name */
    size_t n;
    const char *required[2]; /**< attributes; NULL behind the last */
};

/** A place in the document. */
struct svg_place {
    size_t line, column;
};

/** An element that is open. */
struct svg_frame {
    const struct svg_element *kind; /**< NULL: the schema has none of that name */
    size_t children;                /**< elements inside, so far */
    bool filled;                    /**< a fill is set here or further out */
    bool loose;                     /**< text where none may stand was told */
    bool visible;                   /**< text inside that is no white space */
    struct svg_place at;            /**< of an element of text */
};

enum { SVG_KEPT_TITLE = 256, SVG_KEPT_COLOUR = 32 };

/** A name as it was written, without its namespace. */
struct svg_name {
    assay_span uri, local, prefix; /**< empty: none */
};

/** A document being looked at. */
struct svg_scan {
    struct arena *arena;
    XML_Parser parser;
    assay_span document;
    bool stopped; /**< no more is read */
    bool no_memory;
    bool bare; /**< the root has no namespace: told once, then ignored */
    bool unknown_root;
    struct svg_place root_place;
    size_t titles, depth;
    struct svg_frame stack[LIMIT_SVG_DEPTH];
    char title[SVG_KEPT_TITLE];
    size_t ntitle, title_characters;
    char colour[SVG_KEPT_COLOUR];
    size_t ncolour;
    bool painted, two_colours;
    double sizes[2]; /**< width and height in pixels; 0: not given so */
    struct svg_problem *problems;
    size_t told[SVG_CLASSES]; /**< of these, in each class */
    const char *formats[LIMIT_SVG_PROBLEMS];
    uint32_t hashes[LIMIT_SVG_PROBLEMS];
    struct svg_report report;
};

/**
 * Tell a problem, or count it where the same one was told.
 *
 * \param at                  SVG_ATTRIBUTE: where the attribute stands in the tag that the parser is at
 * \param element, attribute  what it is about, as written; may be empty
 * \param format              of the sentence; with `element` or `attribute` it is what tells problems apart
 */
void svg_tell(struct svg_scan *s, enum svg_class class, struct svg_place at, const char *ref,
              assay_span element, assay_span attribute, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/** Where the parser is. */
struct svg_place svg_here(const struct svg_scan *s);

/** The place of an attribute; looked for only when a problem is told for the first time. */
#define SVG_ATTRIBUTE ((struct svg_place){0, 0})

/** Octets of a document as a message shows them: one line, cut. `out` has SVG_SHOWN octets. */
const char *svg_shown(assay_span value, char *out);

enum { SVG_SHOWN = 64 };

/** The parts of a name of the parser. */
struct svg_name svg_name_of(const char *name);

/** An element of the schema by name, or NULL. */
const struct svg_element *svg_element_find(assay_span name);

/** An element's attributes by the schema: known, valid, all that are required. `pairs` as expat gives them. */
void svg_schema_attributes(struct svg_scan *s, const struct svg_element *kind, const char **pairs);

/** An element may stand where it does. `parent` is NULL for the root. */
void svg_schema_place(struct svg_scan *s, struct svg_frame *parent, struct svg_name name,
                      const struct svg_element *kind);

/** An element is one that does or fetches something. */
bool svg_is_active(assay_span local);

/** Rules beside the schema on an element's attributes. */
void svg_rule_attributes(struct svg_scan *s, struct svg_frame *frame, struct svg_name name,
                         const char **pairs);

/** The end of an element: of titles and descriptions. */
void svg_rule_end(struct svg_scan *s, const struct svg_frame *frame);

/** The end of the document: size, shape, title, colours. */
void svg_rule_document(struct svg_scan *s);

/**
 * Parse and judge report->document.
 *
 * \param damage  what is wrong with its compression; NULL: nothing
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
assay_status svg_parse(struct arena *a, const char *damage, struct svg_report *report);

/** An attribute has one of the names that start scripts. */
bool svg_is_handler(struct svg_name name);

/** The attribute's name as people write it: `xlink:href`. `out` has SVG_SHOWN octets. */
assay_span svg_written(struct svg_name name, char *out);

#endif

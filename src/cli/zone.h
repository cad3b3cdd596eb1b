/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file zone.h
 * Zone files (RFC 1035 5), read before they are published, and questions answered from one.
 *
 *     zone_scan()    every record of a text as it stands there, streamed: zone_scan.c
 *     zone_read()    a whole zone, sorted: zone_read.c
 *     zone_look()    what a server that has the zone would answer (RFC 1034 4.3.2, RFC 4592): zone_look.c
 *     zone_names()   the names that were delegated, or that have mail: what `assay scan` takes
 *
 * $ORIGIN, $TTL, `@`, relative names, owners left out, brackets, comments, strings, escapes, TTLs
 * and classes in either order, `1h30m`, \# data (RFC 3597). $INCLUDE and $GENERATE are refused: the
 * text is then not the whole zone. Types that no check asks for are read as far as their name exists.
 */
#ifndef CLI_ZONE_H
#define CLI_ZONE_H

#include "base/buf.h"
#include "dns/name.h"

#include <assay/assay.h>

/** Limits of a zone file: records that are held with the names above them, tokens of one entry. */
enum { ZONE_RECORDS_MAX = 1 << 20, ZONE_TOKENS_MAX = 2048, ZONE_TEXT_MAX = 64 << 20 };

/** Where and why a text is no zone. */
struct zone_error {
    size_t line, column; /**< from 1 */
    char text[256];
};

/** One record as it is read. Spans live until the callback returns. */
struct zone_record {
    assay_span owner; /**< canonical */
    uint16_t rrtype;  /**< 0: of a type that no check asks for; then without rdata */
    uint32_t ttl;     /**< seconds; 0 when the text does not say */
    assay_span rdata; /**< wire form */
    size_t line, column;
};

/** Takes a record. \return ASSAY_DONE; anything else ends the reading with that status */
typedef assay_status zone_record_fn(void *arg, const struct zone_record *r);

/**
 * Read the records of a text.
 *
 * \param origin     canonical, what relative names end in until $ORIGIN says otherwise; a root given as "" is
 *                   none: then a relative name is an error
 * \param ret_error  filled on ASSAY_EINVAL
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM, or what `fn` returned
 */
ASSAY_NODISCARD assay_status zone_scan(assay_span text, assay_span origin, zone_record_fn *fn,
                                       void *arg, struct zone_error *ret_error);

/** A zone. */
struct zone;

/**
 * Read a zone.
 *
 * \param origin  canonical, or empty; the zone's apex is the owner of its SOA record, without one the origin
 * \param ret     free with zone_free()
 * \return as zone_scan(); ASSAY_EINVAL too for a record outside of the zone, and for no apex
 */
ASSAY_NODISCARD assay_status zone_read(assay_span text, assay_span origin, struct zone **ret,
                                       struct zone_error *ret_error);

/** Free a zone. NULL is harmless. */
void zone_free(struct zone *z);

/** Its name. */
assay_span zone_apex(const struct zone *z);

/** Where an answer goes on outside of the zone: CNAME steps, and the name to ask next. */
struct zone_steps {
    struct assay_link links[16];
    size_t n;
    assay_span target; /**< empty: there is no such step */
};

/**
 * Answer a question.
 *
 * \param ret        the fact, counted for the caller; NULL: the zone does not have the answer (the name is
 *                   outside, or below a delegation), somebody else is to be asked
 * \param ret_steps  when *ret is NULL: `target` is to be asked in place of the name, and zone_join() makes the
 *                   answer; spans live as long as the zone
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status zone_look(const struct zone *z, const struct assay_question *q,
                                       assay_fact **ret, struct zone_steps *ret_steps);

/** The answer to a question whose CNAME steps left the zone, from the answer to the last of them. */
ASSAY_NODISCARD assay_status zone_join(const struct zone_steps *steps, uint16_t rrtype,
                                       const assay_fact *last, assay_fact **ret);

/** A name of a zone file that `assay scan` looks at. \return as zone_record_fn() */
typedef assay_status zone_name_fn(void *arg, assay_span name);

/**
 * The names a zone file is about, each once where its records stand together: those it delegates
 * (NS below the apex), and those that have MX records. So the file of a registry gives its domains,
 * that of a domain the names that receive mail.
 *
 * \return as zone_scan()
 */
ASSAY_NODISCARD assay_status zone_names(assay_span text, assay_span origin, zone_name_fn *fn,
                                        void *arg, struct zone_error *ret_error);

#endif

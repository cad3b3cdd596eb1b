/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file scan.h
 * `assay scan`: a great many domains, one line of JSON each, in constant memory.
 *
 *     scan_run()                   scan_run.c: one loop
 *       scan_input_next()          scan_input.c: names, one after the other, never held
 *         job: six questions       TXT and MX of the name, TXT of the four service names; no evaluation yet
 *       udp_turn()                 world/udp.h: out and in
 *         scan_far_turn()          scan_far.h: documents and mail servers, where they are asked for
 *         all six answered         only now an evaluation begins, the same that `assay check` makes: most are
 *                                  over at once, for what they include is known (world/shared.h). So few are
 *                                  alive at a time however many domains are on their way
 *         more is asked            it waits, and goes on
 *       scan_line_put()            scan_line.c: the line
 *       scan_out_...()             scan_out.c: what was written, and what was done, always agree (--resume)
 *     scan_summary_line()          scan_summary.c: counts, of lines as they go or read back
 *
 * A line of the input that is no domain name becomes a line with `error`; nothing ends a scan but its end, a
 * signal, or an output that cannot be written.
 */
#ifndef CLI_SCAN_H
#define CLI_SCAN_H

#include "cli/cli.h"

#include "base/json.h"
#include "base/limits.h"
#include "dns/name.h"
#include "world/udp.h"

#include <assay/posture.h>
#include <assay/world.h>

/** Bounds. */
enum {
    SCAN_WINDOW = 2000,        /**< domains on their way, unless --window says another */
    SCAN_WINDOW_MOST = 100000, /**< domains on their way, at most */
    SCAN_RECORD_MOST = 65536,  /**< octets of one line of the input */
    SCAN_SPREAD =
        1 << 18, /**< lines between the first that is not done and the last that is begun */
    SCAN_LINE_MOST = 4 << 20, /**< octets of one line of output */
    SCAN_FACTS_MOST =
        5 * LIMIT_DOMAIN_BYTES, /**< octets of one case: a record's octet may take four */
    SCAN_HELD_MOST = 64 << 20,  /**< octets that wait for their turn before no more is begun */
    SCAN_AT_ONCE = 50,          /**< connections to web servers, and to mail servers, at a time */
    SCAN_AT_ONCE_MOST = 200,    /**< so that 1,024 descriptors do */
    SCAN_CACHE = 24 << 20,      /**< octets of answers that are shared */
    SCAN_PATIENCE = 60 * 1000,  /**< milliseconds for one domain */
    SCAN_SHARDS = 1 << 20,      /**< parts of a scan */
    SCAN_PER_MILLION = 1000000  /**< --sample in these */
};

/* ---- what a line says: --fields ---------------------------------------------------------------- */

/* clang-format off */
/** FIELD(id, name, by default, what) */
#define SCAN_FIELDS(FIELD)                                                                          \
    FIELD(LINE, "line", false, "the number of the input's line")                                    \
    FIELD(DOMAIN, "domain", true, "in A-labels")                                                    \
    FIELD(PROFILE, "profile", true, "mail, send, receive, parked")                                  \
    FIELD(SCORE, "score", true, "0 to 100, where it can be told")                                   \
    FIELD(GRADE, "grade", true, "A to F, with it")                                                  \
    FIELD(SPF, "spf", true, "valid, broken, missing, unknown")                                      \
    FIELD(LOOKUPS, "spf_lookups", true, "terms that ask the DNS, to the end of the tree")           \
    FIELD(REACH, "spf_addresses", true, "IPv4 addresses that pass, where they can be counted")      \
    FIELD(DMARC, "dmarc", true, "reject, quarantine, none, missing, unknown")                       \
    FIELD(MTASTS, "mta_sts", true, "published, missing, unknown")                                   \
    FIELD(MX, "mx", true, "hosts, the most preferred first")                                        \
    FIELD(FINDINGS, "findings", true, "checks that hit or could not be told")                       \
    FIELD(TEXT, "text", false, "in each finding, what was found")                                   \
    FIELD(QUESTIONS, "questions", true, "asked of the DNS for it")                                  \
    FIELD(MS, "ms", true, "milliseconds it took")
/* clang-format on */

/** The fields, one bit each. */
enum scan_field {
#define SCAN_FIELD_ID(id, ...) SCAN_FIELD_##id,
    SCAN_FIELDS(SCAN_FIELD_ID)
#undef SCAN_FIELD_ID
        SCAN_N_FIELDS
};

/** A field is wanted. */
#define SCAN_WANTS(fields, id) ((fields) >> SCAN_FIELD_##id & 1)

/** What was found of a domain, for its line. */
struct scan_found {
    uint64_t line;
    const struct assay_posture *posture;
    const assay_eval *eval;
    unsigned questions; /**< over the network or of what is shared */
    unsigned ms;
};

/** The fields by their names, parted by commas. \return false: one is none; *ret_bad is it */
bool scan_fields_read(assay_span text, unsigned *ret, assay_span *ret_bad);

/** The fields that are written unless others are asked for. */
unsigned scan_fields_default(void);

/** Append the line of a domain, without its end. */
void scan_line_put(struct buf *out, const struct scan_found *found, unsigned fields);

/** Append the line of what was no domain name. */
void scan_line_bad(struct buf *out, uint64_t line, assay_span text, const char *why);

/* ---- the input ---------------------------------------------------------------------------------- */

/** Where names come from. */
struct scan_input {
    int fd;
    bool csv;
    assay_span column; /**< a number from 1, or a name of the first record; empty: the first */
    size_t column_at;  /**< its place from 0, when it is known */
    bool column_known;
    uint64_t line;            /**< records taken */
    uint64_t octets;          /**< taken */
    uint64_t size;            /**< of a file; 0: not known */
    uint64_t hash;            /**< of all records taken */
    uint64_t before;          /**< the same without the last */
    uint64_t mark, mark_hash; /**< set by the caller: a number of records; and then their hash */
    struct buf buffer;
    size_t at;  /**< taken of the buffer */
    bool ended; /**< nothing more can be read */
    int error;  /**< errno of a read that failed */
    bool quoted;
    size_t looked;    /**< octets behind `at` in which no record ends */
    bool skipping;    /**< of a record over the limit */
    struct buf field; /**< of a CSV record, the column */
};

/** What scan_input_next() gave. */
enum scan_got { SCAN_RECORD, SCAN_LONG, SCAN_NOTHING, SCAN_WAIT, SCAN_END };

/** Begin to read. \param column  NULL: plain lines */
void scan_input_open(struct scan_input *in, int fd, const char *column);

/**
 * The next record's name, blanks around it taken off; it lives until the next call.
 *
 * \return SCAN_RECORD; SCAN_LONG: the record is over SCAN_RECORD_MOST, `ret` its beginning; SCAN_NOTHING: the
 *         record holds no name (empty, a comment, the head of a CSV file); SCAN_WAIT: nothing is there now; SCAN_END
 */
enum scan_got scan_input_next(struct scan_input *in, assay_span *ret);

/** Give the memory back. */
void scan_input_close(struct scan_input *in);

/** A field of a CSV record (RFC 4180), quotes taken off. \return false: it has no such field */
bool scan_csv_field(assay_span record, size_t index, struct buf *ret);

/* ---- the output, and the resume point ------------------------------------------------------------ */

/** A file that grows. */
struct scan_file {
    int fd; /**< -1: nothing is written */
    struct buf buffer;
    uint64_t octets; /**< of the file, those to be written included */
};

/** Where lines and facts go, and which records of the input are done. */
struct scan_out {
    struct scan_file lines, facts;
    int error;              /**< errno of a write that failed */
    const char *resume;     /**< a file; NULL: nothing is noted */
    uint64_t low, low_hash; /**< all records before this one are done; the hash of those */
    uint64_t high;          /**< all before this one are begun */
    uint64_t *hashes;       /**< up to each record, in a ring */
    uint8_t *done;          /**< a ring, too */
    bool had_facts;         /**< an earlier run recorded them */
    uint64_t from;          /**< records that an earlier run did: `low` as it was then */
    uint64_t from_hash;
};

/**
 * Begin. A file that an earlier run left says what it did; what its output has beyond that is cut off, and so
 * it is with its facts.
 *
 * \param lines    -1: no lines are written
 * \param facts    -1: no facts
 * \param resume   NULL: nothing is noted
 * \param ret_why  gets what is wrong, 256 octets
 * \return 0 or a status
 */
int scan_out_open(struct scan_out *out, int lines, int facts, const char *resume, char *ret_why);

/** Give the memory back. */
void scan_out_close(struct scan_out *out);

/** The record may be begun: the first that is not done is not too far back. */
bool scan_out_room(const struct scan_out *out, uint64_t record);

/**
 * A record is begun; those between it and the last one are nothing, and done.
 *
 * \param before  the hash of the input up to it
 * \param hash    the same with it
 * \return false: an earlier run did it
 */
bool scan_out_begin(struct scan_out *out, uint64_t record, uint64_t before, uint64_t hash);

/** A record is done, its line put. */
void scan_out_done(struct scan_out *out, uint64_t record);

/** Put a line, whose end is added, and the facts it rests on. */
void scan_out_put(struct scan_out *out, assay_span line, assay_span facts);

/** Write what was put. \return false: it cannot be written, out->error says why */
bool scan_out_flush(struct scan_out *out);

/** Write what was put, have it on the disk, and only then note what is done. \return as scan_out_flush() */
bool scan_out_checkpoint(struct scan_out *out);

/* ---- counts --------------------------------------------------------------------------------------- */

/** What `--summary` counts. */
struct scan_summary;

/** Make one. \return NULL when memory is out */
struct scan_summary *scan_summary_new(void);

/** Free it; NULL is taken. */
void scan_summary_free(struct scan_summary *s);

/** Count a line that scan_line_put() or scan_line_bad() wrote, with the fields of scan_fields_default(). \return false: it is no such line */
bool scan_summary_line(struct scan_summary *s, assay_span line);

/** Append the tables, for people. */
void scan_summary_put(const struct scan_summary *s, const struct term *t, struct buf *out);

/** Append them as JSON. */
void scan_summary_json(const struct scan_summary *s, struct buf *out);

/* ---- the loop -------------------------------------------------------------------------------------- */

/** How a scan goes. */
struct scan_options {
    struct udp_options udp;
    int input, output;       /**< descriptors; output -1: no lines */
    int facts;               /**< where cases go; -1: nowhere */
    const char *column;      /**< of a CSV file; NULL: plain lines */
    const char *resume;      /**< a file; NULL: none */
    unsigned window;         /**< domains on their way */
    unsigned fields;         /**< bits of enum scan_field */
    unsigned shard, nshards; /**< this part from 0, of so many; 0: no parts */
    unsigned sample;         /**< of a million; 0: all */
    bool ordered, deep;
    bool web, probe;              /**< policies and logos are fetched; mail servers are looked at */
    assay_world *world;           /**< by this; NULL: neither */
    unsigned at_once;             /**< connections at a time, of each kind */
    const char *lists;            /**< a folder; NULL: /etc/assay/lists */
    bool prove;                   /**< ask the resolvers for the root first */
    int64_t now;                  /**< to judge by */
    struct scan_summary *summary; /**< NULL: nothing is counted */
    const struct term *progress;  /**< where it is shown; NULL: nowhere */
};

/** What came of it. */
struct scan_result {
    uint64_t records, domains, bad, failures; /**< failures: domains with an answer that was none */
    uint64_t questions;
    bool interrupted;
    char why[256]; /**< what went wrong, if the status is not 0 */
    struct udp_counts udp;
};

/** Ask it to end: once, when what is on its way is done; twice, at once. For a signal handler. */
void scan_interrupt(void);

/** Scan. \return 0, or a status, with ret->why */
int scan_run(const struct scan_options *options, struct scan_result *ret);

/** The record belongs to this part of the scan: by its name alone, the same on every machine. */
bool scan_is_ours(const struct scan_options *options, assay_span name);

#endif

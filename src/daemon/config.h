/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file config.h The configuration as the daemon uses it: made once of what src/conf has read and
 * checked, constant, counted. A reload makes another one; a message keeps the one it began with.
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include "base/arena.h"
#include "base/ip.h"
#include "conf/conf.h"
#include "daemon/keyproc.h"

#include <assay/assay.h>
#include <assay/world.h>
#include <stdatomic.h>

struct stream_protocol;

/** Which mail comes in by a listener. */
enum direction { DIRECTION_AUTO, DIRECTION_IN, DIRECTION_OUT };

/** A place where connections come in. */
struct config_listener {
    const char *kind;    /**< of its block: milter, srs, ... */
    const char *name;    /**< for policies and logs */
    const char *address; /**< as configured: "unix:/path", "inet:127.0.0.1:8891" */
    const struct stream_protocol *protocol; /**< what is spoken there; NULL: HTTP */
    const assay_policy *policy;             /**< the topmost for what comes in here */
    enum direction direction;
    bool tcp;
    unsigned mode; /**< of a unix socket */
    gid_t group;   /**< of a unix socket; -1: nobody's */
    unsigned idle_ms;
    unsigned most;     /**< connections that are open at a time; 0: no limit of its own */
    atomic_uint *open; /**< connections that are open */
    const char *spool; /**< check: the folder in which bodies may be read; NULL: none */
};

/** What socketmap and the milter need for SRS. */
struct config_srs {
    bool on;
    assay_span domain;       /**< ours, in rewritten addresses */
    const assay_span *local; /**< domains that are not rewritten */
    size_t nlocal;
    unsigned hash_length, hash_least, max_age_days;
    char separator;
    bool refuse_overflow; /**< an address that becomes too long; else it stays as it is */
    bool milter;          /**< rewrite the sender of what is forwarded, in the milter */
};

/** How to log. */
enum log_target { LOG_TO_STDOUT, LOG_TO_SYSLOG, LOG_TO_JOURNAL };

/** How a line of the log looks. */
enum log_format { LOG_TEXT, LOG_JSON };

/** Groups that sockets may have, beside the daemon's. */
enum { CONFIG_GROUPS = 16 };

/** The configuration. */
struct config {
    atomic_uint refs;
    struct arena arena;
    struct conf *conf;      /**< what it was made of */
    assay_policy *policy;   /**< the topmost; sealed */
    assay_span hostname;    /**< empty: what the MTA says it is */
    assay_span system_name; /**< what the system says, where neither knows */
    struct config_listener *listeners;
    size_t nlisteners;
    struct conf_network *internal;
    size_t ninternal;
    struct keyproc_plan keys;
    struct config_srs srs;
    struct assay_world_options world;
    const char *store; /**< its path; NULL: none */
    unsigned retention_days;
    const char *user, *group; /**< NULL: stay who one is */
    uid_t uid;                /**< 0: stay */
    gid_t gid;
    gid_t groups[CONFIG_GROUPS]; /**< those of sockets */
    size_t ngroups;
    bool sandbox;
    unsigned threads;
    unsigned question_ms, keys_ms, message_ms;
    size_t header_bytes, header_count; /**< of a message, at most */
    unsigned most_connections;
    unsigned why_keep;
    unsigned engine_keys;  /**< public keys that are kept ready */
    unsigned recall_names; /**< domains whose deferral is remembered */
    enum log_target log_target;
    enum log_format log_format;
    unsigned log_level;
    int log_facility;     /**< of syslog(3) */
    const char *pid_file; /**< NULL: none */
};

/**
 * Make a configuration of a text.
 *
 * \param name  the file's name, for complaints
 * \param open  for `include`; NULL: nothing can be included
 * \param why   all that is wrong or worth a word
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status config_read(assay_span text, assay_span name, conf_open_fn *open,
                                         void *arg, struct config **ret, struct buf *why);

/** Count one more holder; any thread. */
struct config *config_ref(struct config *c);

/** One holder less; the last one frees it. NULL is taken. */
void config_free(struct config *c);

/** The listener that took the place of one of another configuration; NULL: there is none any more. */
const struct config_listener *config_listener_like(const struct config *c,
                                                   const struct config_listener *other);

/** The address is of one of our domains as SRS has them, or of none. */
bool config_is_local(const struct config *c, assay_span address);

/** How addresses are rewritten; `now`, `address` and `reverse` are the caller's to set. */
struct assay_srs config_srs_request(const struct config *c);

/** The address is of a client whose mail this site sends. */
bool config_is_internal(const struct config *c, const struct ip *ip);

/**
 * Which way a message goes: the listener says it, or who sends it.
 *
 * \param said   of the listener
 * \param ip     of the client; empty: not known
 * \param user   authenticated; empty: nobody
 * \param local  it comes from this host itself, not over the network
 * \param why    unless NULL: set to the reason, in words of ours
 * \return DIRECTION_IN or DIRECTION_OUT
 */
enum direction config_direction(const struct config *c, enum direction said, assay_span ip,
                                assay_span user, bool local, const char **why);

#endif

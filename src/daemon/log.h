/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file log.h Events with fields, one line each: to standard output, syslog or the journal.
 *
 * A text line is `event key=value key="some words"`, a JSON line one object; both have the same
 * fields under the same names. Never the content of a message. Any thread may log; a line is written
 * by one call of the system.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include "daemon/config.h"

/** How much an event matters; the numbers are syslog's. */
enum log_level {
    LOG_IS_ERROR = 3,
    LOG_IS_WARNING = 4,
    LOG_IS_NOTICE = 5,
    LOG_IS_INFO = 6,
    LOG_IS_DEBUG = 7
};

/** One field of an event. Empty values are left out, long ones cut. */
struct log_field {
    const char *key;
    assay_span value;
};

/** Where events go. */
struct log;

/** Open the log of a configuration. \return NULL when memory is out */
struct log *log_new(const struct config *config);

/** Close it; NULL is taken. */
void log_free(struct log *log);

/** An event of this level would be written. */
bool log_wants(const struct log *log, enum log_level level);

/**
 * Write an event.
 *
 * \param event  one word, such as "message"
 */
void log_event(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t n);

/** Write an event that has words alone, as printf does. */
void log_words(struct log *log, enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif

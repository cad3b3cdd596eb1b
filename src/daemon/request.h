/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file request.h What is asked at the control socket: one line, as control.c lists them.
 */
#ifndef DAEMON_REQUEST_H
#define DAEMON_REQUEST_H

#include "base/span.h"

/** The longest line, and the most messages of one list. */
enum { REQUEST_LINE = 4096, REQUEST_LIST = 1000, REQUEST_LIST_USUAL = 20 };

/** What can be asked. */
enum request_what {
    REQUEST_WHY,
    REQUEST_LAST,
    REQUEST_NOT_SIGNED,
    REQUEST_STATUS,
    REQUEST_RELOAD,
    REQUEST_METRICS,
    REQUEST_VERSION
};

/** A request. Spans lie in the line; what was not given is empty. */
struct request {
    enum request_what what;
    assay_span id;      /**< WHY: a queue id or Message-ID */
    unsigned most;      /**< LAST: 1 to REQUEST_LIST */
    assay_span address; /**< NOT_SIGNED: it has an @ */
    assay_span client;  /**< NOT_SIGNED: an address, IPv4 or IPv6 */
    assay_span user;    /**< NOT_SIGNED: the rest of the line */
};

/** Read a line. \return NULL, `ret` is set; or what is wrong with it, in words of ours */
const char *request_read(assay_span line, struct request *ret);

#endif

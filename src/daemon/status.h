/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file status.h What `assay status` shows: how the daemon is, as one line of JSON
 * (docs/json/status.schema.json).
 */
#ifndef DAEMON_STATUS_H
#define DAEMON_STATUS_H

#include "daemon/front.h"
#include "daemon/worker.h"

/** Keys that are told, at most; of others there is a count. */
enum { STATUS_KEYS = 100 };

/** Append it. On the thread of `w`. */
void status_write(struct worker *w, struct buf *out);

#endif

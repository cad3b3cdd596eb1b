/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file protocols.h What is spoken at listeners, one row for each: the files are named like these.
 */
#ifndef DAEMON_PROTOCOLS_H
#define DAEMON_PROTOCOLS_H

#include "daemon/stream.h"

extern const struct stream_protocol milter_protocol;    /**< milter_session.c */
extern const struct stream_protocol socketmap_protocol; /**< socketmap_stream.c */
extern const struct stream_protocol check_protocol;     /**< check.c: lines, for Exim */
extern const struct stream_protocol control_protocol;   /**< control.c: reload, why */

#endif

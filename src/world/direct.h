/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file direct.h
 * One DNS server asked by its address: questions of kind ASSAY_DNS whose `data` is "ADDR" or
 * "ADDR@PORT".
 *
 *     start()      at most LIMIT_DIRECT are under way, the others wait in line
 *     UDP          with EDNS, without RD: what the server has itself (RFC 1035 4.1.1); a socket, so a port, and an
 *                  id of its own for each question (RFC 5452 9.2); again after 1, 2, 4 ... s
 *     TCP          when the reply is truncated (RFC 7766 5)
 *
 * Replies that are no answer to this question are passed over. The reason of an answer is "aa" when
 * the server has authority for it, else empty; DNSSEC is not looked at. Silence is ended by the
 * deadlines of those who wait.
 */
#ifndef WORLD_DIRECT_H
#define WORLD_DIRECT_H

#include "world/transport.h"

/** The functions of this transport. */
extern const struct transport direct_transport;

/**
 * Make one.
 *
 * \param allow_private  addresses that are not public are asked too; else TIMEOUT
 * \return NULL when memory is out
 */
void *direct_new(struct event_base *loop, bool allow_private);

/** The text is an address that this transport can ask. */
bool direct_address(assay_span text);

#endif

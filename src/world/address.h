/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file address.h
 * Addresses that the world connects to. Names that strangers publish lead where they like, so only
 * public addresses are gone to, unless the world may go to private ones.
 */
#ifndef WORLD_ADDRESS_H
#define WORLD_ADDRESS_H

#include "base/ip.h"

#include <sys/socket.h>

/** One end of a connection, as the system takes it. */
struct address {
    struct sockaddr_storage at;
    socklen_t n;
};

/** An address that anyone may have on the public Internet (the registries of RFC 6890). */
bool address_public(const struct ip *ip) ASSAY_PURE;

/** As the system takes it. */
struct address address_of(const struct ip *ip, unsigned port);

/**
 * This machine has a way there: without IPv6 there is none to an IPv6 address. Nothing is sent.
 */
bool address_reachable(const struct ip *ip);

/** A socket that does not block and is closed on exec, or -1. \param type  SOCK_STREAM, SOCK_DGRAM */
int address_socket(const struct ip *ip, int type);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file hosts.h
 * What a probe tells of an MX host, three-valued: the areas of the way in and the truth table ask these.
 *
 * A host that refuses the connection or greets with 5xx tells nothing of its TLS: that is MX-UNREACHABLE.
 */
#ifndef POSTURE_HOSTS_H
#define POSTURE_HOSTS_H

#include "posture/emit.h"

/** Days before the end of a certificate that are soon (docs/findings.md 9). */
enum { HOST_DAY = 86400, HOST_SOON = 14 * HOST_DAY };

/** The answer that keeps the MX hosts from being known, without MX the domain's address; NULL: they are known. */
const struct asked *hosts_missing(const struct posture *p);

/** Where the MX hosts are not known, one check stands for all of its area: it is unknown, for the domain. */
void unknown_hosts(struct posture *p, enum finding_id id);

/** Its address is secure, or the first alias to it is: senders look for TLSA records (RFC 7672 2.2.2). */
enum truth host_secure(const struct posture_host *host);

/** Its TLSA records exist, are secure, and so is its address: senders use them. */
enum truth host_tlsa(const struct posture_host *host);

/** It is known to have no address. */
bool host_is_nowhere(const struct posture_host *host);

/** It takes no connection, or greets with 5xx. */
bool host_is_deaf(const struct posture_host *host);

/** It offers STARTTLS, and takes it. */
enum truth host_starttls(const struct posture_host *host);

/** A handshake succeeds. */
enum truth host_agrees(const struct posture_host *host);

/** A handshake succeeds with TLS 1.2 or better. */
enum truth host_tls12(const struct posture_host *host);

/** The leaf is there. NULL: no certificate was seen */
const struct probe_cert *host_leaf(const struct posture_host *host);

/** The leaf bears the name of the host (RFC 8461 4.2). */
enum truth host_named(const struct posture_host *host);

/** The chain is within its dates. Where one above the leaf is not, another way up may be: UNKNOWN. */
enum truth host_dated(const struct posture *p, const struct posture_host *host);

/** The chain leads to a root of the web, names and dates aside. */
enum truth host_trusted(const struct posture_host *host);

/** Add the probe to the evidence. \param part  a piece of its text; empty: all of it */
void show_probe(struct posture *p, struct finding *f, const struct posture_host *host,
                assay_span part);

/** unknown(), for a check of a host that its probe would answer. */
void unknown_probe(struct posture *p, enum finding_id id, const struct posture_host *host);

/** A day as people read it: "2026-12-31". */
assay_span day_text(struct posture *p, int64_t t);

/** Days as people say them, from seconds: "3 days", "1 day", "0 days". */
assay_span days_text(struct posture *p, int64_t seconds);

/** Names parted by ", "; empty: "none". */
assay_span names_text(struct posture *p, assay_span names);

#endif

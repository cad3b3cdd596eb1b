/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file received.h
 * One Received field taken apart (RFC 5321 4.4), in the forms that real programs write.
 *
 *     Postfix, sendmail   from HELO (NAME [IP]) by HOST (Postfix) with ESMTPS id ...; DATE
 *     Exim                from NAME ([IP] helo=HELO) by HOST ...        from [IP] (helo=HELO) by HOST ...
 *     qmail               from NAME (HELO HELO) (IP) by HOST with SMTP; DATE
 *     Microsoft           from HELO (IP) by HOST (IP) with Microsoft SMTP Server ...; DATE
 *     Google              from HELO (NAME. [IP]) by mx.google.com with ESMTPS id ...; DATE
 *
 * Of a field that the receiver wrote, the HELO is still the client's to choose. What the client
 * could make look like an address stands left of what the receiver added, so the last address of
 * the "from" part counts.
 */
#ifndef CLI_RECEIVED_H
#define CLI_RECEIVED_H

#include "base/ip.h"

/** What a field tells. Spans lie in its value; what is not told is empty. */
struct received {
    struct ip ip;      /**< of the client; version 0: not told */
    assay_span helo;   /**< what the client called itself */
    assay_span name;   /**< what the receiver found the address to be called */
    bool looked_up;    /**< the receiver did look: an empty `name` means that there is none */
    assay_span by;     /**< the receiver */
    struct ip by_ip;   /**< its address; version 0: not told */
    assay_span with;   /**< the protocol, such as ESMTPS (RFC 3848) */
    assay_span sender; /**< MAIL FROM without brackets, where the receiver noted it */
    bool has_sender;   /**< it did; an empty `sender` is the null reverse-path */
    bool dated;
    int64_t date; /**< seconds since 1970-01-01T00:00:00Z, when `dated` */
};

/**
 * Take a field apart. What cannot be understood is left out; nothing is refused.
 *
 * \param value  as received, folded
 */
void received_read(assay_span value, struct received *ret);

/** A reverse-path without its brackets and source route. \return false when it is none */
bool received_path(assay_span value, assay_span *ret);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file posture_json.h
 * A domain's posture as JSON, for every command that prints one: docs/json/check.schema.json
 * describes it.
 */
#ifndef CLI_POSTURE_JSON_H
#define CLI_POSTURE_JSON_H

#include "base/json.h"

#include <assay/posture.h>

/** The version of the form; within it no member is removed or changes its meaning. */
enum { POSTURE_JSON_VERSION = 1 };

/** Write the members of a posture into the object that is open, findings and all. */
void posture_json(struct json *j, const struct assay_posture *p);

/** Write one finding as an object. \param key  as for json_object() */
void posture_json_finding(struct json *j, const char *key, const struct assay_finding *f);

/** What a sender does at a host, as reports spell it: "authenticated". */
const char *posture_delivery_text(enum assay_delivery d);

#endif

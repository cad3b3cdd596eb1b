/* SPDX-License-Identifier: BSD-2-Clause */
/** \file bimi.h What the files of `assay bimi` share: bimi.c for logos, bimi_mark.c for certificates. */
#ifndef CLI_BIMI_H
#define CLI_BIMI_H

#include "bimi/mark.h"
#include "cli/files.h"

struct json;

/** Octets of what one file makes it print. */
enum { BIMI_OUTPUT = 4 << 20 };

/** Nothing is wrong with a logo that would make receivers refuse it by the standard. */
bool bimi_logo_valid(const struct svg_report *r);

/** Write the members of a logo into an open object. */
void bimi_logo_json(struct json *j, const struct svg_report *r);

/** Append a logo for people: the answer, then each problem. */
void bimi_logo_show(const struct term *t, const char *file, const struct svg_report *r,
                    struct buf *out);

/** Read and check a logo. \return 0, or a status that was complained of */
int bimi_logo_read(const struct cli *cli, const assay_engine *engine, const char *file,
                   struct arena *a, struct svg_report *ret);

/** `assay bimi vmc`. */
int cli_bimi_vmc(const struct cli *cli, assay_engine *engine);

#endif

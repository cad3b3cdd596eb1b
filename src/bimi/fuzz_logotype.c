/* SPDX-License-Identifier: BSD-2-Clause */
/** \file fuzz_logotype.c Any octets as a logotype extension: spans lie in it, and there is a problem or an image. */
#include "base/fuzz_must.h"
#include "bimi/mark_own.h"

/** The span is empty or lies in the text. */
static void inside(assay_span part, assay_span text)
{
    must(!part.n || (part.p >= text.p && part.p + part.n <= text.p + text.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span value = {(const char *)data, n};
    struct mark_logo logo;

    mark_logo_read(value, &logo);
    must(logo.problem || logo.nimages > 0);
    if (!logo.problem) {
        inside(logo.media_type, value);
        inside(logo.uri, value);
        inside(logo.sha1, value);
        inside(logo.sha256, value);
    }
    return 0;
}

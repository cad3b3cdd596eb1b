/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_engine.h
 * The engine of a fuzzer.
 */
#ifndef CRYPTO_FUZZ_ENGINE_H
#define CRYPTO_FUZZ_ENGINE_H

#include "base/fuzz_must.h"
#include "crypto/engine.h"

/** An engine with a memo of two keys, made once: keys are found there, and drive each other out. */
static inline assay_engine *the_engine(void)
{
    static assay_engine *engine;

    if (!engine)
        must(assay_engine_new(2, &engine) == ASSAY_DONE);
    return engine;
}

#endif

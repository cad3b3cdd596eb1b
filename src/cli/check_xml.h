/* SPDX-License-Identifier: BSD-2-Clause */
/** \file check_xml.h Text in HTML and XML. */
#ifndef CLI_CHECK_XML_H
#define CLI_CHECK_XML_H

#include "cli/term.h"

/**
 * Append text from outside, for content and for an attribute's value in double quotes: what turns or hides
 * text is replaced as on a terminal, so only characters that XML 1.0 has are left, and the marks are escaped.
 */
void xml_put(assay_span text, struct buf *out);

/** xml_put() of a text ended by NUL. */
void xml_puts(const char *text, struct buf *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_address.c Any octets as the value of From: what is read is bounded and lives in the
 * arena, reads back as itself, hides no neighbour, and every author domain is a canonical name.
 */
#include "base/fuzz_must.h"
#include "dns/alabel.h"
#include "mail/address.h"
#include "mail/author.h"

#include <stdlib.h>

/** Octets of the longest field that is tried. */
enum { MOST = 1 << 16 };

/** Read a field. */
static struct address_list read_list(struct arena *a, assay_span value)
{
    struct address_list list;

    must(address_list_read(a, value, &list) == ASSAY_DONE);
    must(list.n <= LIMIT_ADDRESSES && (!list.over || list.n == LIMIT_ADDRESSES));
    return list;
}

/** A span lies in the arena, and in no octet does a line end. */
static void check_span(const struct arena *a, assay_span s)
{
    must(s.n == 0 || (arena_owns(a, s.p) && arena_owns(a, s.p + s.n - 1)));
    must(span_find(s, '\0') == s.n && span_find(s, '\n') == s.n && span_find(s, '\r') == s.n);
}

/** The domain is a dot-atom, or a literal without blanks. */
static bool is_domain(assay_span domain)
{
    for (size_t i = 0; i < domain.n; i++)
        if (!ascii_alnum(domain.p[i]) && domain.p[i] != '-' &&
            (domain.p[i] != '.' || i == 0 || i + 1 == domain.n || domain.p[i - 1] == '.'))
            return false;
    return domain.n > 0;
}

/** A mailbox written anew, its local part quoted, is read as the same one. */
static void check_again(const struct mailbox *box)
{
    struct buf text = buf_new(4 * MOST);
    struct arena a = {0};
    struct address_list list;

    buf_puts(&text, "Ann <\"");
    for (size_t i = 0; i < box->local.n; i++) {
        if (box->local.p[i] == '"' || box->local.p[i] == '\\')
            buf_putc(&text, '\\');
        buf_putc(&text, box->local.p[i]);
    }
    buf_puts(&text, "\"@");
    buf_put(&text, box->domain);
    buf_putc(&text, '>');
    list = read_list(&a, buf_span(&text));
    must(list.n == 1 && span_is(list.boxes[0].display, "Ann"));
    must(span_eq(list.boxes[0].local, box->local) && span_eq(list.boxes[0].domain, box->domain));
    buf_done(&text);
    arena_done(&a);
}

/** The field with something around it. */
static struct address_list read_with(struct arena *a, const char *before, assay_span value,
                                     const char *behind)
{
    struct buf text = buf_new(2 * MOST);
    struct address_list list;

    buf_puts(&text, before);
    buf_put(&text, value);
    buf_puts(&text, behind);
    list = read_list(a, buf_span(&text));
    buf_done(&text);
    return list;
}

/** An address that a comma parts from the field is found, and the field's own too. */
static void check_neighbours(assay_span value, const struct address_list *list)
{
    struct arena a = {0};
    struct address_list more = read_with(&a, "z@first.example,", value, "");

    must(span_is(more.boxes[0].domain, "first.example"));
    must(more.over || more.n == list->n + 1);
    must(more.group == list->group);
    must(more.fault == list->fault || list->n == 0);      /* nothing at all is a fault by itself */
    for (size_t i = 0; i + 1 < more.n && !more.over; i++) /* at the limit a reading is cut off */
        must(span_eq(more.boxes[i + 1].domain, list->boxes[i].domain));
    more = read_with(&a, "", value, ",z@last.example");
    must(more.over || span_is(more.boxes[more.n - 1].domain, "last.example"));
    if (!list->fault && !more.over && !(value.n && value.p[value.n - 1] == '\n'))
        must(!more.fault && more.n == list->n + 1);
    arena_done(&a);
}

/** The domain is among the authors. */
static bool is_author(const struct authors *authors, assay_span name)
{
    for (size_t i = 0; i < authors->n; i++)
        if (span_eq(authors->domains[i], name))
            return true;
    return false;
}

/** The authors of a header with the field twice are those of its addresses. */
static void check_authors(assay_span value, const struct address_list *list)
{
    struct header h;
    struct arena a = {0};
    struct authors authors;
    struct dns_name name;

    header_init(&h);
    must(header_field(&h, SPAN("From"), value) == ASSAY_DONE);
    must(header_field(&h, SPAN("fROM"), value) == ASSAY_DONE);
    must(authors_find(&a, &h, &authors) == ASSAY_DONE);
    must(authors.n <= LIMIT_AUTHORS && (authors.fault || !(list->fault || authors.hidden)));
    if (authors.hidden) /* behind a CR in the value there are more */
        must(authors.fields > 2 && authors.mailboxes >= 2 * list->n);
    else
        must(authors.fields == 2 && authors.mailboxes == 2 * list->n);
    must(span_find(authors.address, '\0') == authors.address.n);
    for (size_t i = 0; i < authors.n; i++) {
        check_span(&a, authors.domains[i]);
        must(dns_name_read(authors.domains[i], &name));
        must(span_eq(dns_name_span(&name), authors.domains[i]));
        for (size_t k = 0; k < i; k++)
            must(!span_eq(authors.domains[i], authors.domains[k]));
    }
    for (size_t i = 0; i < list->n && !authors.over; i++)
        if (is_domain(list->boxes[i].domain) &&
            dns_to_alabels(list->boxes[i].domain, &name) == ASSAY_DONE)
            must(is_author(&authors, dns_name_span(&name)));
    header_done(&h);
    arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span value = {(const char *)data, n};
    struct arena a = {0};
    struct address_list list;

    if (n > MOST)
        return 0;
    list = read_list(&a, value);
    must(list.n > 0 || list.group || list.fault);
    for (size_t i = 0; i < list.n; i++) {
        const struct mailbox *box = &list.boxes[i];

        check_span(&a, box->display);
        check_span(&a, box->local);
        check_span(&a, box->domain);
        must(box->local.n + box->domain.n > 0);
        if (is_domain(box->domain) && i < 8)
            check_again(box);
    }
    check_neighbours(value, &list);
    check_authors(value, &list);
    arena_done(&a);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The arena is built in here, on an allocator that can be told to fail. */
static void *limited_malloc(size_t n);
static void counted_free(void *p);
#define malloc limited_malloc
#define free   counted_free
#include "base/arena.c"
#undef malloc
#undef free

#include "mail/authres.h"

/* ---- an allocator that fails when told to ---- */

static size_t allocations_left = SIZE_MAX; /* that succeed */
static size_t allocations_live;

static void *limited_malloc(size_t n)
{
    void *p = allocations_left ? malloc(n) : NULL;

    allocations_left -= allocations_left > 0 && allocations_left < SIZE_MAX;
    allocations_live += p != NULL;
    return p;
}

static void counted_free(void *p)
{
    allocations_live -= p != NULL;
    free(p);
}

/* ---- tables ---- */

/**
 * A field, and what is read from it: the authserv-id, `-` when there is none, then each result with
 * its properties. A version other than 1 stands behind a slash; ` !` at the end: the field breaks
 * the grammar.
 */
struct row {
    assay_span value;
    const char *want;
};

/** Write what was read as rows have it. */
static void describe(const struct authres *got, struct buf *out)
{
    buf_put(out, got->authserv_id.n ? got->authserv_id : SPAN("-"));
    if (got->version != 1)
        buf_printf(out, "/%" PRIu64, got->version);
    buf_puts(out, got->none ? "; none" : "");
    for (size_t i = 0; i < got->n; i++) {
        const struct authres_result *r = &got->results[i];

        buf_printf(out, "; %.*s", SPAN_ARG(r->method));
        if (r->version != 1)
            buf_printf(out, "/%" PRIu64, r->version);
        buf_printf(out, "=%.*s", SPAN_ARG(r->result));
        if (r->reason.n)
            buf_printf(out, " \"%.*s\"", SPAN_ARG(r->reason));
        for (size_t k = 0; k < r->nproperties; k++) {
            const struct authres_property *p = &r->properties[k];

            buf_printf(out, " %.*s.%.*s=%.*s", SPAN_ARG(p->ptype), SPAN_ARG(p->name),
                       SPAN_ARG(p->value));
        }
    }
    buf_puts(out, got->fault ? " !" : "");
}

/** What is read from a field, as rows have it. */
static void read_row(assay_span value, struct buf *out)
{
    struct arena a = {0};
    struct authres got;

    buf_clear(out);
    assert_int_equal(authres_read(&a, value, &got), ASSAY_DONE);
    describe(&got, out);
    assert_int_equal(out->status, ASSAY_DONE);
    arena_done(&a);
}

/** Compare, and say both when they differ. \return whether they agree */
static bool same(const struct row *row, assay_span got)
{
    bool agree = span_is(got, row->want);

    if (!agree)
        printf("%.*s\n  wanted %s\n  got    %.*s\n", SPAN_ARG(row->value), row->want,
               SPAN_ARG(got));
    return agree;
}

/**
 * Read each row of a table; then again, cut out of a larger text: nothing behind the end may be
 * looked at.
 */
static void read_table(const struct row *rows, size_t n)
{
    struct buf got = buf_new(1 << 16), exact = buf_new(1 << 16);
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        read_row(rows[i].value, &got);
        wrong += !same(&rows[i], buf_span(&got));
        buf_clear(&exact);
        buf_put(&exact, rows[i].value);
        buf_puts(&exact, "\"x\"; dkim=pass)");
        read_row(span_first(buf_span(&exact), rows[i].value.n), &got);
        wrong += !same(&rows[i], buf_span(&got));
    }
    buf_done(&got);
    buf_done(&exact);
    assert_int_equal(wrong, 0);
}

#define READ_TABLE(rows) read_table(rows, sizeof(rows) / sizeof *(rows))

/* ---- fields ---- */

static const struct row STANDARD_ROWS[] = {
    /* RFC 8601 appendix B */
    {SPAN(" example.org 1; none"), "example.org; none"},
    {SPAN(" example.com;\r\n"
          "          spf=pass smtp.mailfrom=example.net"),
     "example.com; spf=pass smtp.mailfrom=example.net"},
    {SPAN(" example.com;\r\n"
          "          auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n"
          "          spf=pass smtp.mailfrom=example.net"),
     "example.com; auth=pass smtp.auth=sender@example.net; spf=pass "
     "smtp.mailfrom=example.net"},
    {SPAN(" example.com; iprev=pass\r\n"
          "          policy.iprev=192.0.2.200"),
     "example.com; iprev=pass policy.iprev=192.0.2.200"},
    {SPAN(" example.com;\r\n"
          "          dkim=pass (good signature) header.d=example.com"),
     "example.com; dkim=pass header.d=example.com"},
    {SPAN(" example.com;\r\n"
          "          auth=pass (cram-md5) smtp.auth=sender@example.com;\r\n"
          "          spf=fail smtp.mailfrom=example.com"),
     "example.com; auth=pass smtp.auth=sender@example.com; spf=fail "
     "smtp.mailfrom=example.com"},
    {SPAN(" example.com;\r\n"
          "      dkim=pass reason=\"good signature\"\r\n"
          "        header.i=@mail-router.example.net;\r\n"
          "      dkim=fail reason=\"bad signature\"\r\n"
          "        header.i=@newyork.example.com"),
     "example.com; dkim=pass \"good signature\" header.i=@mail-router.example.net; "
     "dkim=fail \"bad signature\" header.i=@newyork.example.com"},
    {SPAN(" example.net;\r\n"
          "      dkim=pass (good signature) header.i=@newyork.example.com"),
     "example.net; dkim=pass header.i=@newyork.example.com"},
    {SPAN(" foo.example.net (foobar) 1 (baz);\r\n"
          "    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
          "      policy (A dot can go here) . (like that) expired\r\n"
          "      (this surprised me) = (as I wasn't expecting it) 1362471462"),
     "foo.example.net; dkim=fail policy.expired=1362471462"},
    /* RFC 8617 appendix B, behind i= */
    {SPAN(" clochette.example.org; spf=fail\r\n"
          "    smtp.from=jqd@d1.example; dkim=fail (512-bit key)\r\n"
          "    header.i=@d1.example; dmarc=fail; arc=pass (as.2.gmail.example=pass,\r\n"
          "    ams.2.gmail.example=pass, as.1.lists.example.org=pass,\r\n"
          "    ams.1.lists.example.org=fail (message has been altered))"),
     "clochette.example.org; spf=fail smtp.from=jqd@d1.example; dkim=fail "
     "header.i=@d1.example; dmarc=fail; arc=pass"},
    {SPAN(" gmail.example; spf=fail\r\n"
          "    smtp.from=jqd@d1.example; dkim=fail (512-bit key)\r\n"
          "    header.i=@example.org; dmarc=fail; arc=pass\r\n"
          "    (as.1.lists.example.org=pass, ams.1.lists.example.org=pass)"),
     "gmail.example; spf=fail smtp.from=jqd@d1.example; dkim=fail header.i=@example.org; "
     "dmarc=fail; arc=pass"},
    {SPAN(" lists.example.org; spf=pass\r\n"
          "    smtp.mfrom=jqd@d1.example; dkim=pass (512-bit key)\r\n"
          "    header.i=@d1.example; dmarc=pass"),
     "lists.example.org; spf=pass smtp.mfrom=jqd@d1.example; dkim=pass "
     "header.i=@d1.example; dmarc=pass"},
};

static const struct row REAL_ROWS[] = {
    /* as Google writes */
    {SPAN(" mx.google.example;\r\n"
          "       dkim=pass header.i=@shop.example header.s=s1 header.b=\"k9Bx/2Qa\";\r\n"
          "       spf=pass (google.com: domain of bounce@shop.example designates 192.0.2.7 as "
          "permitted sender) smtp.mailfrom=bounce@shop.example;\r\n"
          "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=shop.example"),
     "mx.google.example; dkim=pass header.i=@shop.example header.s=s1 header.b=k9Bx/2Qa; "
     "spf=pass smtp.mailfrom=bounce@shop.example; dmarc=pass header.from=shop.example"},
    {SPAN(" mx.google.example;\r\n"
          "       dkim=pass header.i=@lists.example header.s=20230601 header.b=Qz3kU7aP;\r\n"
          "       arc=pass (i=2 spf=pass spfdomain=a.example dkim=pass dkdomain=a.example "
          "dmarc=pass fromdomain=a.example);\r\n"
          "       dara=pass header.i=@gmail.example"),
     "mx.google.example; dkim=pass header.i=@lists.example header.s=20230601 "
     "header.b=Qz3kU7aP; arc=pass; dara=pass header.i=@gmail.example"},
    {SPAN(" mx.google.example;\r\n"
          "       spf=softfail (google.com: domain of transitioning info@b.example does not "
          "designate 2001:db8::25 as permitted sender) smtp.mailfrom=info@b.example;\r\n"
          "       dkim=temperror (no key for signature) header.i=@b.example header.s=k2 "
          "header.b=aB1cD2eF"),
     "mx.google.example; spf=softfail smtp.mailfrom=info@b.example; dkim=temperror "
     "header.i=@b.example header.s=k2 header.b=aB1cD2eF"},
    {SPAN(" mx.google.example;\r\n"
          "       spf=pass (google.com: domain of bounces+77-me=there.example@mta.example "
          "designates 192.0.2.9 as permitted sender) "
          "smtp.mailfrom=\"bounces+77-me=there.example@mta.example\""),
     "mx.google.example; spf=pass smtp.mailfrom=bounces+77-me=there.example@mta.example"},
    {SPAN(" mx.google.example;\r\n"
          "       spf=none (google.com: mail.c.example does not designate permitted sender "
          "hosts) smtp.helo=mail.c.example"),
     "mx.google.example; spf=none smtp.helo=mail.c.example"},
    {SPAN(" mx.google.example;\r\n"
          "       dkim=neutral (body hash did not verify) header.i=@d.example header.s=x "
          "header.b=\"Ab+/c9==\";\r\n"
          "       dmarc=fail (p=NONE sp=NONE dis=NONE arc=pass) header.from=d.example"),
     "mx.google.example; dkim=neutral header.i=@d.example header.s=x header.b=Ab+/c9==; "
     "dmarc=fail header.from=d.example"},
    {SPAN(" mx.google.example; dkim=pass header.i=@e.example header.s=sel1 header.b=fDgh3JkL; "
          "dkim=pass header.i=@sendgrid.example header.s=s1 header.b=Mn0pQr5t; spf=pass "
          "smtp.mailfrom=bounces+123-4f5e-bob=f.example@em7.e.example"),
     "mx.google.example; dkim=pass header.i=@e.example header.s=sel1 header.b=fDgh3JkL; "
     "dkim=pass header.i=@sendgrid.example header.s=s1 header.b=Mn0pQr5t; spf=pass "
     "smtp.mailfrom=bounces+123-4f5e-bob=f.example@em7.e.example"},
    /* as Microsoft writes, often without an authserv-id */
    {SPAN(" spf=pass (sender IP is 192.0.2.33)\r\n"
          " smtp.mailfrom=contoso.example; dkim=pass (signature was verified)\r\n"
          " header.d=contoso.example;dmarc=pass action=none\r\n"
          " header.from=contoso.example;compauth=pass reason=100"),
     "-; spf=pass smtp.mailfrom=contoso.example; dkim=pass header.d=contoso.example; "
     "dmarc=pass .action=none header.from=contoso.example; compauth=pass \"100\" !"},
    {SPAN(" dkim=none (message not signed)\r\n"
          " header.d=none;contoso.example; dmarc=none action=none\r\n"
          " header.from=fabrikam.example;"),
     "-; dkim=none header.d=none; dmarc=none .action=none header.from=fabrikam.example !"},
    {SPAN(" spf=none (sender IP is )\r\n"
          " smtp.mailfrom=; "),
     "-; spf=none smtp.mailfrom= !"},
    {SPAN(" spf=fail (sender IP is 2001:db8::9)\r\n"
          " smtp.mailfrom=a.example; dkim=fail (body hash did not verify)\r\n"
          " header.d=a.example;dmarc=fail action=oreject\r\n"
          " header.from=a.example;compauth=fail reason=000"),
     "-; spf=fail smtp.mailfrom=a.example; dkim=fail header.d=a.example; dmarc=fail "
     ".action=oreject header.from=a.example; compauth=fail \"000\" !"},
    {SPAN(" mx.microsoft.example 1; spf=pass\r\n"
          " smtp.mailfrom=contoso.example; dmarc=pass action=none\r\n"
          " header.from=contoso.example; dkim=pass header.d=contoso.example; arc=none"),
     "mx.microsoft.example; spf=pass smtp.mailfrom=contoso.example; dmarc=pass "
     ".action=none header.from=contoso.example; dkim=pass header.d=contoso.example; "
     "arc=none !"},
    {SPAN(" mx.microsoft.example 1; spf=pass (sender ip is 192.0.2.4)\r\n"
          " smtp.rcpttodomain=b.example smtp.mailfrom=a.example; dmarc=pass (p=none sp=none\r\n"
          " pct=100) action=none header.from=a.example; dkim=pass (signature was verified)\r\n"
          " header.d=a.example; arc=pass (0 oda=1 ltdi=1\r\n"
          " spf=[1,1,smtp.mailfrom=a.example] dkim=[1,1,header.d=a.example]\r\n"
          " dmarc=[1,1,header.from=a.example])"),
     "mx.microsoft.example; spf=pass smtp.rcpttodomain=b.example smtp.mailfrom=a.example; "
     "dmarc=pass .action=none header.from=a.example; dkim=pass header.d=a.example; "
     "arc=pass !"},
    {SPAN(" hotmail.example; spf=pass (sender IP is 192.0.2.5; identity alignment result is "
          "pass and alignment mode is relaxed) smtp.mailfrom=news@c.example; dkim=pass "
          "(identity alignment result is pass) header.d=c.example; x-hmca=pass "
          "header.id=news@c.example"),
     "hotmail.example; spf=pass smtp.mailfrom=news@c.example; dkim=pass "
     "header.d=c.example; x-hmca=pass header.id=news@c.example"},
    {SPAN(" spf=pass (sender IP is 192.0.2.33) smtp.mailfrom=contoso.example;dkim=timeout (key "
          "query timeout) header.d=contoso.example;dmarc=bestguesspass action=none "
          "header.from=contoso.example;"),
     "-; spf=pass smtp.mailfrom=contoso.example; dkim=timeout header.d=contoso.example; "
     "dmarc=bestguesspass .action=none header.from=contoso.example !"},
    /* as Yahoo writes */
    {SPAN(" atlas105.free.mail.yahoo.example;\r\n"
          " dkim=pass header.i=@d.example header.s=sel2;\r\n"
          " spf=pass smtp.mailfrom=d.example;\r\n"
          " dmarc=pass(p=REJECT) header.from=d.example;"),
     "atlas105.free.mail.yahoo.example; dkim=pass header.i=@d.example header.s=sel2; "
     "spf=pass smtp.mailfrom=d.example; dmarc=pass header.from=d.example !"},
    {SPAN(" mta1079.mail.yahoo.example  from=e.example; domainkeys=neutral (no sig);  "
          "from=e.example; dkim=pass (ok)"),
     "mta1079.mail.yahoo.example/18446744073709551615; domainkeys=neutral; "
     "from=e.example; dkim=pass !"},
    {SPAN(" atlas-production.v2-mail.yahoo.example;\r\n"
          " dkim=unknown;\r\n"
          " spf=none smtp.mailfrom=f.example;\r\n"
          " dmarc=unknown header.from=f.example;"),
     "atlas-production.v2-mail.yahoo.example; dkim=unknown; spf=none "
     "smtp.mailfrom=f.example; dmarc=unknown header.from=f.example !"},
    {SPAN(" atlas1.mail.yahoo.example; dkim=perm_fail header.i=@g.example header.s=k1; "
          "spf=pass smtp.mailfrom=bounce.g.example; dmarc=success(p=NONE,sp=NONE) "
          "header.from=g.example;"),
     "atlas1.mail.yahoo.example; dkim=perm_fail header.i=@g.example header.s=k1; spf=pass "
     "smtp.mailfrom=bounce.g.example; dmarc=success header.from=g.example !"},
    /* as Fastmail and authentication_milter write */
    {SPAN(" mx3.messagingengine.example;\r\n"
          "    x-csa=none;\r\n"
          "    x-me-sender=none;\r\n"
          "    x-ptr=pass smtp.helo=out.h.example policy.ptr=out.h.example"),
     "mx3.messagingengine.example; x-csa=none; x-me-sender=none; x-ptr=pass "
     "smtp.helo=out.h.example policy.ptr=out.h.example"},
    {SPAN(" mx3.messagingengine.example;\r\n"
          "    bimi=skipped (DMARC Policy is not at enforcement)"),
     "mx3.messagingengine.example; bimi=skipped"},
    {SPAN(" mx3.messagingengine.example;\r\n"
          "    arc=none (no signatures found);\r\n"
          "    dkim=pass (2048-bit rsa key sha256) header.d=h.example\r\n"
          "    header.i=@h.example header.b=Tz3+aQ9k header.a=rsa-sha256 header.s=s2\r\n"
          "    x-bits=2048;\r\n"
          "    dmarc=pass policy.published-domain-policy=quarantine\r\n"
          "    policy.applied-disposition=none policy.evaluated-disposition=none\r\n"
          "    (p=quarantine,d=none,d.eval=none) policy.policy-from=p\r\n"
          "    header.from=h.example;\r\n"
          "    iprev=pass smtp.remote-ip=192.0.2.77 (out.h.example);\r\n"
          "    spf=pass smtp.mailfrom=bounce@h.example smtp.helo=out.h.example"),
     "mx3.messagingengine.example; arc=none; dkim=pass header.d=h.example "
     "header.i=@h.example header.b=Tz3+aQ9k header.a=rsa-sha256 header.s=s2 .x-bits=2048; "
     "dmarc=pass policy.published-domain-policy=quarantine "
     "policy.applied-disposition=none policy.evaluated-disposition=none "
     "policy.policy-from=p header.from=h.example; iprev=pass smtp.remote-ip=192.0.2.77; "
     "spf=pass smtp.mailfrom=bounce@h.example smtp.helo=out.h.example !"},
    {SPAN(" mx5.messagingengine.example;\r\n"
          "    spf=none smtp.mailfrom=\"\" smtp.helo=out.i.example;\r\n"
          "    iprev=fail smtp.remote-ip=2001:db8:1::5 (NOT FOUND)"),
     "mx5.messagingengine.example; spf=none smtp.mailfrom= smtp.helo=out.i.example; "
     "iprev=fail smtp.remote-ip=2001:db8:1::5 !"},
    {SPAN(" mx5.messagingengine.example;\r\n"
          "    bimi=pass header.d=j.example header.selector=default\r\n"
          "    policy.authority=pass\r\n"
          "    policy.authority-uri=https://j.example/bimi/vmc.pem"),
     "mx5.messagingengine.example; bimi=pass header.d=j.example header.selector=default "
     "policy.authority=pass policy.authority-uri=https://j.example/bimi/vmc.pem !"},
    {SPAN(" mx5.messagingengine.example; x-aligned-from=pass (Address match);\r\n"
          "    x-return-mx=pass header.domain=k.example policy.is_org=yes\r\n"
          "      (MX Records found: mx1.k.example,mx2.k.example);\r\n"
          "    x-tls=pass smtp.version=TLSv1.3 smtp.cipher=TLS_AES_256_GCM_SHA384\r\n"
          "      smtp.bits=256/256"),
     "mx5.messagingengine.example; x-aligned-from=pass; x-return-mx=pass "
     "header.domain=k.example policy.is_org=yes; x-tls=pass smtp.version=TLSv1.3 "
     "smtp.cipher=TLS_AES_256_GCM_SHA384 smtp.bits=256/256 !"},
    /* as Proton writes */
    {SPAN(" mail.protonmail.example; dkim=pass (Good 2048\r\n"
          " bit rsa-sha256 signature) header.d=l.example header.i=@l.example"),
     "mail.protonmail.example; dkim=pass header.d=l.example header.i=@l.example"},
    {SPAN(" mailin009.protonmail.example; dmarc=pass (p=none dis=none)\r\n"
          " header.from=l.example"),
     "mailin009.protonmail.example; dmarc=pass header.from=l.example"},
    {SPAN(" mailin009.protonmail.example; spf=permerror smtp.mailfrom=m.example"),
     "mailin009.protonmail.example; spf=permerror smtp.mailfrom=m.example"},
    {SPAN(" mailin009.protonmail.example; arc=none smtp.remote-ip=192.0.2.80"),
     "mailin009.protonmail.example; arc=none smtp.remote-ip=192.0.2.80"},
    /* as mail.ru and Yandex write */
    {SPAN(" mxs.mail.example; spf=pass (mx219.mail.example: domain of n.example designates "
          "192.0.2.90 as permitted sender) smtp.mailfrom=robot@n.example "
          "smtp.helo=smtp3.n.example;\r\n"
          "\t dkim=pass header.d=n.example; dmarc=pass header.from=robot@n.example"),
     "mxs.mail.example; spf=pass smtp.mailfrom=robot@n.example smtp.helo=smtp3.n.example; "
     "dkim=pass header.d=n.example; dmarc=pass header.from=robot@n.example"},
    {SPAN(" mxs.mail.example; spf=none () smtp.mailfrom=o@o.example smtp.helo=[192.0.2.91];\r\n"
          "\t dkim=fail header.i=o.example"),
     "mxs.mail.example; spf=none smtp.mailfrom=o@o.example smtp.helo=[192.0.2.91]; "
     "dkim=fail header.i=o.example !"},
    {SPAN(" vla1.mail.yandex.example; spf=pass (vla1.mail.yandex.example: domain of p.example "
          "designates 192.0.2.92 as permitted sender, rule=[ip4:192.0.2.0/24]) "
          "smtp.mail=noreply@p.example; dkim=pass header.i=@p.example"),
     "vla1.mail.yandex.example; spf=pass smtp.mail=noreply@p.example; dkim=pass "
     "header.i=@p.example"},
    /* as OpenDKIM writes */
    {SPAN(" mail.q.example;\r\n"
          "\tdkim=pass (2048-bit key; unprotected) header.d=r.example header.i=@r.example "
          "header.a=rsa-sha256 header.s=mail header.b=V0q9/nTs"),
     "mail.q.example; dkim=pass header.d=r.example header.i=@r.example "
     "header.a=rsa-sha256 header.s=mail header.b=V0q9/nTs !"},
    {SPAN(" mail.q.example;\r\n"
          "\tdkim=pass (1024-bit key; secure) header.d=r.example header.i=bob@r.example "
          "header.b=\"V0q9/nTs\";\r\n"
          "\tdkim-atps=neutral"),
     "mail.q.example; dkim=pass header.d=r.example header.i=bob@r.example "
     "header.b=V0q9/nTs; dkim-atps=neutral"},
    {SPAN(" mail.q.example; dkim=pass\r\n"
          "\treason=\"2048-bit key; unprotected key\"\r\n"
          "\theader.d=s.example header.i=@s.example header.b=W+1x2Y3z;\r\n"
          "\tdkim-adsp=pass"),
     "mail.q.example; dkim=pass \"2048-bit key; unprotected key\" header.d=s.example "
     "header.i=@s.example header.b=W+1x2Y3z; dkim-adsp=pass"},
    {SPAN(" mail.q.example; dkim=permerror (bad message/signature format)"),
     "mail.q.example; dkim=permerror"},
    {SPAN(" mail.q.example;\r\n"
          "\tdkim=fail reason=\"signature verification failed\" (2048-bit key) "
          "header.d=t.example header.i=@t.example header.b=abc0"),
     "mail.q.example; dkim=fail \"signature verification failed\" header.d=t.example "
     "header.i=@t.example header.b=abc0"},
    {SPAN(" mail.q.example/x1A2b3C4; dkim=none; dkim-adsp=none"),
     "mail.q.example/x1A2b3C4; dkim=none; dkim-adsp=none !"},
    /* as OpenDMARC and its kin write */
    {SPAN(" OpenDMARC; dmarc=pass (p=reject dis=none) header.from=u.example"),
     "OpenDMARC; dmarc=pass header.from=u.example"},
    {SPAN(" mail.q.example; dmarc=fail (p=none dis=none) header.from=v.example"),
     "mail.q.example; dmarc=fail header.from=v.example"},
    {SPAN(" mail.q.example; spf=pass smtp.mailfrom=w@w.example"),
     "mail.q.example; spf=pass smtp.mailfrom=w@w.example"},
    {SPAN(" mail.q.example; spf=pass (sender SPF authorized) smtp.mailfrom=x.example "
          "(client-ip=192.0.2.93; helo=mx.x.example; envelope-from=x@x.example; "
          "receiver=<UNKNOWN>)"),
     "mail.q.example; spf=pass smtp.mailfrom=x.example"},
    {SPAN(" mail.q.example; dmarc=permerror header.from=y.example; arc=pass "
          "smtp.remote-ip=2001:db8::7"),
     "mail.q.example; dmarc=permerror header.from=y.example; arc=pass "
     "smtp.remote-ip=2001:db8::7 !"},
    {SPAN(" mail.q.example; arc=pass header.oldest-pass=0 smtp.remote-ip=\"2001:db8::7\""),
     "mail.q.example; arc=pass header.oldest-pass=0 smtp.remote-ip=2001:db8::7"},
    /* as rspamd writes */
    {SPAN(" mx.z.example;\r\n"
          "\tdkim=pass header.d=a1.example header.s=dkim header.b=nW5eRt7y;\r\n"
          "\tspf=pass (mx.z.example: domain of m@a1.example designates 192.0.2.94 as permitted "
          "sender) smtp.mailfrom=m@a1.example;\r\n"
          "\tdmarc=pass (policy=quarantine) header.from=a1.example"),
     "mx.z.example; dkim=pass header.d=a1.example header.s=dkim header.b=nW5eRt7y; "
     "spf=pass smtp.mailfrom=m@a1.example; dmarc=pass header.from=a1.example"},
    {SPAN(" mx.z.example;\r\n"
          "\tdkim=none;\r\n"
          "\tdmarc=none;\r\n"
          "\tarc=pass (\"a2.example:s=arc:i=1\");\r\n"
          "\tspf=none (mx.z.example: domain of m@a2.example has no SPF policy when checking "
          "192.0.2.95) smtp.mailfrom=m@a2.example"),
     "mx.z.example; dkim=none; dmarc=none; arc=pass; spf=none smtp.mailfrom=m@a2.example"},
    {SPAN(" mx.z.example; dkim=permerror (\"invalid DKIM record\") header.d=a3.example; "
          "dmarc=fail reason=\"SPF not aligned (relaxed), DKIM not aligned (relaxed)\" "
          "header.from=a3.example (policy=none)"),
     "mx.z.example; dkim=permerror header.d=a3.example; dmarc=fail \"SPF not aligned "
     "(relaxed), DKIM not aligned (relaxed)\" header.from=a3.example"},
    {SPAN(" mx.z.example; auth=pass smtp.auth=m@z.example smtp.mailfrom=m@z.example"),
     "mx.z.example; auth=pass smtp.auth=m@z.example smtp.mailfrom=m@z.example"},
    {SPAN(" mx.z.example; none"), "mx.z.example; none"},
    /* others */
    {SPAN(" relay.example; iprev=pass policy.iprev=192.0.2.96 (mx.b1.example); spf=pass "
          "smtp.mailfrom=b1.example"),
     "relay.example; iprev=pass policy.iprev=192.0.2.96; spf=pass smtp.mailfrom=b1.example"},
    {SPAN(" relay.example; dnswl=pass dns.zone=list.dnswl.example\r\n"
          " policy.ip=127.0.9.2 policy.txt=\"fwd.example https://dnswl.example/s/?s=1703\""),
     "relay.example; dnswl=pass dns.zone=list.dnswl.example policy.ip=127.0.9.2 "
     "policy.txt=fwd.example https://dnswl.example/s/?s=1703"},
    {SPAN(" relay.example; rrvs=pass smtp.rrvs=\"2013-11-28T12:00:00Z\"; vbr=pass "
          "header.md=b2.example header.mv=voucher.example"),
     "relay.example; rrvs=pass smtp.rrvs=2013-11-28T12:00:00Z; vbr=pass "
     "header.md=b2.example header.mv=voucher.example"},
    {SPAN(" relay.example; smime=pass body.smime-identifier=bob@b3.example body.smime-part=2"),
     "relay.example; smime=pass body.smime-identifier=bob@b3.example body.smime-part=2"},
    {SPAN(" relay.example; auth=pass smtp.auth=\"dom\\\\bob\" (login)"),
     "relay.example; auth=pass smtp.auth=dom\\bob"},
    {SPAN(" relay.example; spf=pass smtp.mailfrom=j\xC3\xBCrgen@b\xC3\xBC"
          "cher.example; "
          "dkim=pass header.d=b\xC3\xBC"
          "cher.example"),
     "relay.example; spf=pass smtp.mailfrom=j\xC3\xBCrgen@b\xC3\xBC"
     "cher.example; "
     "dkim=pass header.d=b\xC3\xBC"
     "cher.example"},
    {SPAN(" \"b\xC3\xBC"
          "cher.example\" 1; spf=pass smtp.mailfrom=\"b\xC3\xBC"
          "cher.example\""),
     "b\xC3\xBC"
     "cher.example; spf=pass smtp.mailfrom=b\xC3\xBC"
     "cher.example"},
    {SPAN(" relay.example; dkim=policy policy.dkim-rules=unsigned-subject header.d=b4.example"),
     "relay.example; dkim=policy policy.dkim-rules=unsigned-subject header.d=b4.example"},
    {SPAN(" relay.example; sender-id=pass header.from=b5@b5.example; domainkeys=pass "
          "header.from=b5@b5.example"),
     "relay.example; sender-id=pass header.from=b5@b5.example; domainkeys=pass "
     "header.from=b5@b5.example"},
    {SPAN(" relay.example; dkim=pass d=b6.example s=sel a=rsa-sha256"),
     "relay.example; dkim=pass .d=b6.example .s=sel .a=rsa-sha256 !"},
    {SPAN(" relay.example;; spf=pass smtp.mailfrom=b7.example;;"),
     "relay.example; spf=pass smtp.mailfrom=b7.example !"},
};

static const struct row ODD_ROWS[] = {
    /* odd and broken */
    {SPAN(""), "- !"},
    {SPAN("   "), "- !"},
    {SPAN(";"), "- !"},
    {SPAN("a.example"), "a.example !"},
    {SPAN("a.example;"), "a.example !"},
    {SPAN("a.example; none; none"), "a.example; none !"},
    {SPAN("a.example; none; spf=pass"), "a.example; spf=pass !"},
    {SPAN("a.example; NONE (really)"), "a.example; none"},
    {SPAN("a.example; none=pass"), "a.example; none=pass"},
    {SPAN("a.example; none spf=pass"), "a.example !"},
    {SPAN("a.example 2; spf=pass"), "a.example/2; spf=pass"},
    {SPAN("a.example 18446744073709551616; spf=pass"),
     "a.example/18446744073709551615; spf=pass !"},
    {SPAN("a.example one; spf=pass"), "a.example/18446744073709551615; spf=pass !"},
    {SPAN("a.example 1 2; spf=pass"), "a.example; spf=pass !"},
    {SPAN("a.example; dkim/1=pass; dkim / 2 = fail; dkim/x=none; /1=pass; dkim/=pass"),
     "a.example; dkim=pass; dkim/2=fail; dkim/18446744073709551615=none; "
     "dkim/18446744073709551615=pass !"},
    {SPAN("DKIM=Pass HEADER.D=Example.COM"), "-; dkim=pass header.d=Example.COM !"},
    {SPAN("dkim / 1 (c) = pass"), "-; dkim=pass !"},
    {SPAN("\"a; (b).example\" 1; spf=pass"), "a; (b).example; spf=pass"},
    {SPAN("\"a\\\"b\\\\c\\d\"; spf=pass"), "a\"b\\cd; spf=pass"},
    {SPAN("\"a\r\n"
          "\tb\"; spf=pass reason=\"c\r\n"
          "\td\""),
     "a b; spf=pass \"c d\""},
    {SPAN("a.example; spf=pass reason=\"unended; dkim=pass header.d=b.example"),
     "a.example; spf=pass \"unended; dkim=pass header.d=b.example\" !"},
    {SPAN("a.example; spf=pass (unended; dkim=pass header.d=b.example"), "a.example; spf=pass !"},
    {SPAN("a.example; spf=pass (\\) \" ; (x) y); dkim=pass"), "a.example; spf=pass; dkim=pass"},
    {SPAN("a.example; spf=pass ) header.d=x; dkim=pass"), "a.example; spf=pass; dkim=pass !"},
    {SPAN("a.example; spf=; =pass; spf=\"\"; \"\"=pass; dkim=pass"), "a.example; dkim=pass !"},
    {SPAN("a.example; spf=\"pass\"; \"dkim\"=pass"), "a.example; spf=pass; dkim=pass !"},
    {SPAN("a.example; spf=pass smtp.mailfrom=a@b.example (c) smtp . helo = \"x y\""),
     "a.example; spf=pass smtp.mailfrom=a@b.example smtp.helo=x y"},
    {SPAN("a.example; spf=pass smtp.mailfrom=\"a b\"@c.example smtp.rcptto = a (c) @c.example "
          "header.i=@c.example"),
     "a.example; spf=pass smtp.mailfrom=a b@c.example smtp.rcptto=a@c.example "
     "header.i=@c.example"},
    {SPAN("a.example; spf=pass smtp.mailfrom=\"a b\" @c.example"),
     "a.example; spf=pass smtp.mailfrom=a b@c.example"},
    {SPAN("a.example; spf=pass smtp.mailfrom= smtp.helo=b.example"),
     "a.example; spf=pass smtp.mailfrom= smtp.helo=b.example !"},
    {SPAN("a.example; spf=pass smtp.mailfrom= a.b=c@d.example"),
     "a.example; spf=pass smtp.mailfrom=a.b=c@d.example"},
    {SPAN("a.example; spf=pass smtp.mailfrom=user@localhost"),
     "a.example; spf=pass smtp.mailfrom=user@localhost !"},
    {SPAN("a.example; spf=pass smtp.mailfrom=a..b@c.example smtp.helo=-x.example@y"),
     "a.example; spf=pass smtp.mailfrom=a..b@c.example smtp.helo=-x.example@y !"},
    {SPAN("a.example; spf=pass header.x.y=z .p=q header.=r =s; dkim=pass"),
     "a.example; spf=pass header.x.y=z .p=q; dkim=pass !"},
    {SPAN("a.example; spf=pass reason=one reason=two header.d=b.example; dkim=pass "
          "header.d=c.example reason=\"late\""),
     "a.example; spf=pass \"one\" header.d=b.example; dkim=pass \"late\" "
     "header.d=c.example !"},
    {SPAN("a.example; spf=pass bad words smtp.mailfrom=b.example; dkim=pass"),
     "a.example; spf=pass; dkim=pass !"},
    {SPAN("a.example; my_method=so_so x_ptype.some_thing=1; x-=y-"),
     "a.example; my_method=so_so x_ptype.some_thing=1; x-=y- !"},
    {SPAN("a.example; spf=pass\x01smtp.mailfrom=b.example"),
     "a.example; spf=pass smtp.mailfrom=b.example !"},
    {SPAN("a.example; spf=pass smtp.mailfrom=\"b\xFF.example\""),
     "a.example; spf=pass smtp.mailfrom=b\xFF.example !"},
    {SPAN("a.example\0"
          "b.example; spf=pass"),
     "a.example/18446744073709551615; spf=pass !"},
    {SPAN("a.example;\n"
          "spf=pass\r smtp.mailfrom=b.example"),
     "a.example; spf=pass smtp.mailfrom=b.example"},
};

static void the_examples_of_the_standards_are_read(void **state)
{
    (void)state;
    READ_TABLE(STANDARD_ROWS);
}

static void fields_as_others_write_them_are_read(void **state)
{
    (void)state;
    READ_TABLE(REAL_ROWS);
}

static void what_breaks_the_grammar_is_a_fault_and_the_rest_is_read(void **state)
{
    (void)state;
    READ_TABLE(ODD_ROWS);
}

/**
 * Every beginning of every field is read: a parser that looks ahead too far shows under a
 * sanitizer.
 */
static void a_field_cut_anywhere_is_read_within_its_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REAL_ROWS / sizeof *REAL_ROWS; i++)
        for (size_t n = 0; n <= REAL_ROWS[i].value.n; n++) {
            struct arena a = {0};
            struct authres got;
            char *exact = malloc(n + 1);

            assert_non_null(exact);
            memcpy(exact, REAL_ROWS[i].value.p, n);
            assert_int_equal(authres_read(&a, (assay_span){exact, n}, &got), ASSAY_DONE);
            authres_is_from((assay_span){exact, n}, SPAN("mx.google.example"));
            arena_done(&a);
            free(exact);
        }
}

/* ---- limits ---- */

/** Put a text some times. */
static void repeat(struct buf *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_puts(out, text);
}

/** Read what a buffer holds. */
static struct authres read_buf(struct arena *a, const struct buf *value)
{
    struct authres got;

    assert_int_equal(value->status, ASSAY_DONE);
    assert_int_equal(authres_read(a, buf_span(value), &got), ASSAY_DONE);
    return got;
}

static void results_over_the_limit_are_left_out_with_a_fault(void **state)
{
    (void)state;
    for (size_t n = LIMIT_AUTHRES_RESULTS - 1; n <= LIMIT_AUTHRES_RESULTS + 2; n++) {
        struct buf value = buf_new(1 << 16);
        struct arena a = {0};
        struct authres got;

        buf_puts(&value, "a.example");
        repeat(&value, "; dkim=fail header.d=b.example", n);
        got = read_buf(&a, &value);
        assert_int_equal(got.n, n < LIMIT_AUTHRES_RESULTS ? n : LIMIT_AUTHRES_RESULTS);
        assert_int_equal(got.fault, n > LIMIT_AUTHRES_RESULTS);
        arena_done(&a);
        buf_done(&value);
    }
}

static void properties_over_the_limit_are_left_out_with_a_fault(void **state)
{
    (void)state;
    for (size_t n = LIMIT_AUTHRES_PROPERTIES - 1; n <= LIMIT_AUTHRES_PROPERTIES + 2; n++) {
        struct buf value = buf_new(1 << 16);
        struct arena a = {0};
        struct authres got;

        buf_puts(&value, "a.example; dkim=fail");
        repeat(&value, " header.d=b.example", n);
        buf_puts(&value, "; spf=pass");
        got = read_buf(&a, &value);
        assert_int_equal(got.n, 2);
        assert_int_equal(got.results[0].nproperties,
                         n < LIMIT_AUTHRES_PROPERTIES ? n : LIMIT_AUTHRES_PROPERTIES);
        assert_int_equal(got.fault, n > LIMIT_AUTHRES_PROPERTIES);
        arena_done(&a);
        buf_done(&value);
    }
}

static void comments_too_deep_are_a_fault_but_hide_nothing(void **state)
{
    static const size_t DEPTHS[] = {1, LIMIT_COMMENT_DEPTH, LIMIT_COMMENT_DEPTH + 1, 400000};

    (void)state;
    for (size_t i = 0; i < sizeof DEPTHS / sizeof *DEPTHS; i++) {
        struct buf value = buf_new(LIMIT_HEADER);
        struct arena a = {0};
        struct authres got;

        repeat(&value, "(", DEPTHS[i]);
        repeat(&value, ")", DEPTHS[i]);
        buf_puts(&value, "a.example; spf=pass");
        got = read_buf(&a, &value);
        assert_true(span_is(got.authserv_id, "a.example"));
        assert_int_equal(got.n, 1);
        assert_int_equal(got.fault, DEPTHS[i] > LIMIT_COMMENT_DEPTH);
        assert_true(authres_is_from(buf_span(&value), SPAN("a.example")));
        arena_done(&a);
        buf_done(&value);
    }
}

static void when_memory_is_out_nothing_is_lost_or_told(void **state)
{
    size_t calls = 0;

    (void)state;
    for (assay_status s = ASSAY_ENOMEM; s != ASSAY_DONE; calls++) {
        struct authres got = {.n = 4711};
        struct buf value = buf_new(1 << 20);
        struct arena a = {0};

        buf_puts(&value, "a.example");
        repeat(&value, "; dkim=fail header.d=b.example", 64);
        for (size_t i = 0; i < 64; i++)
            repeat(&value, " header.d=b.example", 63);
        allocations_left = calls;
        s = authres_read(&a, buf_span(&value), &got);
        allocations_left = SIZE_MAX;
        assert_true(s == ASSAY_DONE ? got.n == 64 : s == ASSAY_ENOMEM && got.n == 4711);
        arena_done(&a);
        buf_done(&value);
        assert_int_equal(allocations_live, 0);
    }
    assert_true(calls > 2);
}

/* ---- whose field it is ---- */

static void a_field_is_ours_in_every_disguise_and_only_then(void **state)
{
    static const struct {
        assay_span value;
        const char *id;
        bool want;
    } ROWS[] = {
        /* as written by the rules */
        {SPAN("mx.example.com; spf=pass"), "mx.example.com", true},
        {SPAN(" mx.example.com; none"), "mx.example.com", true},
        {SPAN("MX.Example.COM; spf=pass"), "mx.example.com", true},
        {SPAN("mx.example.com; spf=pass"), "MX.EXAMPLE.COM", true},
        {SPAN("mx.example.com 1; spf=pass"), "mx.example.com", true},
        {SPAN("mx.example.com 2; spf=pass"), "mx.example.com", true},
        {SPAN("mx.example.com(c)1(d); spf=pass"), "mx.example.com", true},
        {SPAN("(c) mx.example.com; spf=pass"), "mx.example.com", true},
        {SPAN("(a(b\\)c)d) (\"e)mx.example.com(f);"), "mx.example.com", true},
        {SPAN("\r\n\tmx.example.com\r\n\t;\r\n\tspf=pass"), "mx.example.com", true},
        {SPAN("\tmx.example.com\t;spf=pass"), "mx.example.com", true},
        {SPAN("\"mx.example.com\"; spf=pass"), "mx.example.com", true},
        {SPAN("\"MX.\\example.com\" 1; spf=pass"), "mx.example.com", true},
        {SPAN("\"mx.exa\r\nmple.com\"; spf=pass"), "mx.example.com", true},
        {SPAN("\"my mx\"; spf=pass"), "my mx", true},
        {SPAN("\"a;b\"; spf=pass"), "a;b", true},
        {SPAN("b\xC3\xBC"
              "cher.example; spf=pass"),
         "b\xC3\xBC"
         "cher.example",
         true},
        {SPAN("\"b\xC3\xBC"
              "cher.example\"; spf=pass"),
         "b\xC3\xBC"
         "cher.example",
         true},
        /* the same domain */
        {SPAN("mx.example.com.; spf=pass"), "mx.example.com", true},
        {SPAN("mx.example.com. 1; spf=pass"), "mx.example.com", true},
        {SPAN("\"mx.example.com.\"; spf=pass"), "mx.example.com", true},
        {SPAN("mx.example.com; spf=pass"), "mx.example.com.", true},
        /* not by the rules, and yet read so by some */
        {SPAN("mx.example.com"), "mx.example.com", true},
        {SPAN("mx.example.com "), "mx.example.com", true},
        {SPAN("mx.example.com spf=pass"), "mx.example.com", true},
        {SPAN("mx.example.com = pass; spf=pass"), "mx.example.com", true},
        {SPAN("mx.example.com v1; spf=pass"), "mx.example.com", true},
        {SPAN("mx.example.com (unended; spf=pass"), "mx.example.com", true},
        {SPAN("mx(c).example.com; spf=pass"), "mx.example.com", true},
        {SPAN("mx.exam(c)ple.com 1; spf=pass"), "mx.example.com", true},
        {SPAN("mx . example . com (c); spf=pass"), "mx.example.com", true},
        {SPAN("mx.exam\r\n ple.com; spf=pass"), "mx.example.com", true},
        {SPAN("mx.\"example\".com; spf=pass"), "mx.example.com", true},
        {SPAN("\"mx.example.com\"evil; spf=pass"), "mx.example.com", true},
        {SPAN("\"mx.example.com; spf=pass"), "mx.example.com", true},
        {SPAN("mx\\.example.com; spf=pass"), "mx.example.com", true},
        {SPAN("\0mx.example.com; spf=pass"), "mx.example.com", true},
        {SPAN("mx.example.com\0.evil.example; spf=pass"), "mx.example.com", true},
        {SPAN("\v\fmx.example.com\x01; spf=pass"), "mx.example.com", true},
        {SPAN("mx.exa\x7Fmple.com.; spf=pass"), "mx.example.com", true},
        /* others */
        {SPAN("mx.example.com.evil.example; spf=pass"), "mx.example.com", false},
        {SPAN("mx.example.com-1; spf=pass"), "mx.example.com", false},
        {SPAN("mx.example.community; spf=pass"), "mx.example.com", false},
        {SPAN("mx.example.com/relay; spf=pass"), "mx.example.com", false},
        {SPAN("mx.example.com..; spf=pass"), "mx.example.com", false},
        {SPAN("mx.example.com=pass; spf=pass"), "mx.example.com", false},
        {SPAN("mx.example.co; spf=pass"), "mx.example.com", false},
        {SPAN("example.com; spf=pass"), "mx.example.com", false},
        {SPAN("a.mx.example.com; spf=pass"), "mx.example.com", false},
        {SPAN("amx.example.com; spf=pass"), "mx.example.com", false},
        {SPAN("mx-example-com; spf=pass"), "mx.example.com", false},
        {SPAN("\"mx.example.com x\"; spf=pass"), "mx.example.com", false},
        {SPAN("\" mx.example.com\"; spf=pass"), "mx.example.com", false},
        {SPAN("\"mx.example.com.evil.example\" 1; spf=pass"), "mx.example.com", false},
        {SPAN("mx.(c)evil.example; spf=pass"), "mx.example.com", false},
        {SPAN("host 1; spf=pass"), "host1", false}, /* a version */
        {SPAN("host 1 2; spf=pass"), "host12", true},
        {SPAN("(mx.example.com); spf=pass"), "mx.example.com", false},
        {SPAN("(mx.example.com; spf=pass"), "mx.example.com", false},
        {SPAN("(\\) mx.example.com) a.example; spf=pass"), "mx.example.com", false},
        {SPAN("a.example; mx.example.com; spf=pass"), "mx.example.com", false},
        {SPAN("spf=pass smtp.helo=mx.example.com; mx.example.com; dkim=none"), "mx.example.com",
         false},
        {SPAN("; mx.example.com; spf=pass"), "mx.example.com", false},
        {SPAN("spf=pass"), "spf", false},
        {SPAN(""), "mx.example.com", false},
        {SPAN(" (c) "), "mx.example.com", false},
        {SPAN("; spf=pass"), "", false},
        {SPAN(""), "", false},
        {SPAN("xn--bcher-kva.example; spf=pass"),
         "b\xC3\xBC"
         "cher.example",
         false},
    };
    size_t wrong = 0;

    (void)state;
    allocations_left = 0; /* it needs none */
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        bool got = authres_is_from(ROWS[i].value, span_of(ROWS[i].id));

        if (got != ROWS[i].want)
            printf("%.*s: from %s: wanted %d, got %d\n", SPAN_ARG(ROWS[i].value), ROWS[i].id,
                   ROWS[i].want, got);
        wrong += got != ROWS[i].want;
    }
    allocations_left = SIZE_MAX;
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_the_standards_are_read),
        cmocka_unit_test(fields_as_others_write_them_are_read),
        cmocka_unit_test(what_breaks_the_grammar_is_a_fault_and_the_rest_is_read),
        cmocka_unit_test(a_field_cut_anywhere_is_read_within_its_bounds),
        cmocka_unit_test(results_over_the_limit_are_left_out_with_a_fault),
        cmocka_unit_test(properties_over_the_limit_are_left_out_with_a_fault),
        cmocka_unit_test(comments_too_deep_are_a_fault_but_hide_nothing),
        cmocka_unit_test(when_memory_is_out_nothing_is_lost_or_told),
        cmocka_unit_test(a_field_is_ours_in_every_disguise_and_only_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

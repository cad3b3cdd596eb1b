/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a record the cases do not show: what is kept for reports, and how each tag is read by
 * itself.
 */
#include "base/buf.h"
#include "dmarc/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** A text, and whether something is true of it. */
struct row {
    const char *text;
    bool want;
};

/** Ask for each row. */
static size_t ask_all(const struct row *rows, size_t n, bool (*is)(assay_span))
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++) {
        bool got = is(span_of(rows[i].text));

        if (got == rows[i].want)
            continue;
        printf("  \"%s\": wanted %s, got %s\n", rows[i].text, rows[i].want ? "yes" : "no",
               got ? "yes" : "no");
        wrong++;
    }
    return wrong;
}

static void a_record_begins_with_its_version(void **state)
{
    static const struct row ROWS[] = {
        {"v=DMARC1", true},
        {"v=DMARC1;", true},
        {"v=DMARC1; p=none", true},
        {"V=DMARC1", true},
        {"v = DMARC1 ;p", true},
        {"v\t=\tDMARC1\t;", true},
        {"v=dmarc1", false},
        {"v=DMARC1 p=none", false},
        {"v=DMARC", false},
        {"v=DMARC11", false},
        {"v=DMARC1.", false},
        {" v=DMARC1", false},
        {"", false},
        {"v", false},
        {"v=", false},
        {"=DMARC1", false},
        {"vv=DMARC1", false},
        {"p=none; v=DMARC1", false},
        {"v==DMARC1", false},
        {"v=DMARC1\r\n", false},
    };

    (void)state;
    assert_int_equal(ask_all(ROWS, COUNT(ROWS), dmarc_is_record), 0);
}

static void a_reporting_uri_has_a_scheme_and_mailto_an_address(void **state)
{
    static const struct row ROWS[] = {
        {"mailto:d@news.example", true},
        {"MAILTO:d@news.example", true},
        {" mailto:d@news.example\t", true},
        {"mailto:d@news.example!10m", true},
        {"mailto:d@news.example?subject=x", true},
        {"mailto:d%2Ce@news.example", true},
        {"https://reports.news.example/", true},
        {"x-scheme+1.2:anything", true},
        {"x:y", true},
        {"mailto:d@x", true},
        {"m?x:y", false},
        {"https:", false},
        {"x", false},
        {"mailto:d@x~", true},
        {"mailto:", false},
        {"mailto:d", false},
        {"mailto:@news.example", false},
        {"mailto:d@", false},
        {"mailto:?to=d@news.example", false},
        {"mailto:!10m", false},
        {"d@news.example", false},
        {":d@news.example", false},
        {"1x:y", false},
        {"ma ilto:d@news.example", false},
        {"mailto:d @news.example", false},
        {"mailto:<d@news.example>", false},
        {"mailto:d\x80@news.example", false},
        {"mailto:d\"@news.example", false},
        {"", false},
        {"!", false},
    };

    (void)state;
    assert_int_equal(ask_all(ROWS, COUNT(ROWS), dmarc_uri_valid), 0);
}

/** A policy tag in a word: absent, not valid, or its policy. */
static const char *policy_word(const struct dmarc_policy_tag *tag)
{
    return !tag->present ? "-" : !tag->valid ? "?" : dmarc_policy_text(tag->policy);
}

/** A record as one line. */
static void describe(const struct dmarc_record *r, struct buf *out)
{
    static const char *const FOUND[] = {"none", "one", "several", "void"}, *const PSD[] = {"u", "y",
                                                                                           "n"};

    buf_printf(
        out,
        "%s p=%s sp=%s np=%s psd=%s t=%d adkim=%c aspf=%c fo=%x pct=%u rua=%d[%.*s] ruf=[%.*s]",
        FOUND[r->found], policy_word(&r->p), policy_word(&r->sp), policy_word(&r->np), PSD[r->psd],
        r->testing, r->strict_dkim ? 's' : 'r', r->strict_spf ? 's' : 'r', r->fo, r->pct,
        r->rua_valid, SPAN_ARG(r->rua), SPAN_ARG(r->ruf));
}

static void each_tag_is_read_or_left_at_its_default(void **state)
{
    static const struct {
        const char *tags, *want;
    } ROWS[] = {
        {"", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"p=none;sp=quarantine;np=reject;psd=n;t=y;adkim=s;aspf=s;fo=1;pct=7;rua=mailto:a@b.example;ruf=mailto:c@d.example",
         "one p=none sp=quarantine np=reject psd=n t=1 adkim=s aspf=s fo=2 pct=7 rua=1[mailto:a@b.example] "
         "ruf=[mailto:c@d.example]"},
        {"p=;sp= ;np=no", "one p=? sp=? np=? psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"psd=y;t=n;adkim=r;aspf=r",
         "one p=- sp=- np=- psd=y t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"psd=x;t=u;adkim=;aspf=x;pct=-1",
         "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"sp=reject",
         "one p=- sp=reject np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"np=reject",
         "one p=- sp=- np=reject psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"t=y", "one p=- sp=- np=- psd=u t=1 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"adkim=s", "one p=- sp=- np=- psd=u t=0 adkim=s aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"ruf=mailto:a@b.example",
         "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[mailto:a@b.example]"},
        {"fo=1", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=2 pct=100 rua=0[] ruf=[]"},
        {"p=none;sp=none;p=none",
         "void p=none sp=none np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"rua=mailto:a@b.example,\x80;p=none",
         "one p=none sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"fo=0:d:s", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=d pct=100 rua=0[] ruf=[]"},
        {"fo=s : 1", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=a pct=100 rua=0[] ruf=[]"},
        {"fo=d", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=4 pct=100 rua=0[] ruf=[]"},
        {"fo=0:1", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"fo=d:d", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"fo=1:x", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"pct=0", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=0 rua=0[] ruf=[]"},
        {"pct=101;p=reject",
         "one p=reject sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"rua=nobody,mailto:a@b.example", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 "
                                          "rua=1[nobody,mailto:a@b.example] ruf=[]"},
        {"p=none;P=none",
         "void p=none sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"v=DMARC1", "void p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"x=1;x=2;p", "one p=- sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
        {"p\x01=none;p=reject",
         "one p=reject sp=- np=- psd=u t=0 adkim=r aspf=r fo=1 pct=100 rua=0[] ruf=[]"},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct buf text = buf_new(1024), got = buf_new(1024);
        struct dmarc_record r;

        buf_printf(&text, "v=DMARC1;%s", ROWS[i].tags);
        dmarc_record_read(buf_span(&text), &r);
        describe(&r, &got);
        if (!span_is(buf_span(&got), ROWS[i].want)) {
            printf("  %s\n    wanted %s\n    got    %.*s\n", ROWS[i].tags, ROWS[i].want,
                   SPAN_ARG(buf_span(&got)));
            wrong++;
        }
        buf_done(&text);
        buf_done(&got);
    }
    assert_int_equal(wrong, 0);
}

static void a_policy_is_lowered_by_one_step(void **state)
{
    (void)state;
    assert_int_equal(dmarc_policy_lower(DMARC_POLICY_REJECT), DMARC_POLICY_QUARANTINE);
    assert_int_equal(dmarc_policy_lower(DMARC_POLICY_QUARANTINE), DMARC_POLICY_NONE);
    assert_int_equal(dmarc_policy_lower(DMARC_POLICY_NONE), DMARC_POLICY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_begins_with_its_version),
        cmocka_unit_test(a_reporting_uri_has_a_scheme_and_mailto_an_address),
        cmocka_unit_test(each_tag_is_read_or_left_at_its_default),
        cmocka_unit_test(a_policy_is_lowered_by_one_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

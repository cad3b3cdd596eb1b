/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/probe.h"

#include "base/limits.h"
#include "base/number.h"
#include "base/time.h"

#include <stdlib.h>

enum { DAY = 86400, DATE = sizeof "2026-01-01" - 1, GREETING_OK = 220, SHA256_OCTETS = 32 };

/** Reading one text. */
struct reader {
    struct arena *arena;
    struct probe probe;
    struct probe_cert *certs; /**< LIMIT_PROBE_CERTS of them; NULL before the first */
    unsigned seen;            /**< keys, one bit each */
    assay_span where;
    const char *why;
};

/** The keys of lines. */
enum key { KEY_STARTTLS, KEY_TLS, KEY_TLS_MIN, KEY_TLS_WEAK, KEY_TRUST, KEY_CERT, KEYS };

/** A word and the number it stands for. */
struct word {
    const char *text;
    unsigned value;
};

static const struct word VERSIONS[] = {{"ssl3", PROBE_SSL3}, {"1.0", PROBE_TLS10},
                                       {"1.1", PROBE_TLS11}, {"1.2", PROBE_TLS12},
                                       {"1.3", PROBE_TLS13}, {NULL, 0}};
static const struct word TRUSTS[] = {{"yes", PROBE_TRUST_YES},
                                     {"self-signed", PROBE_TRUST_SELF_SIGNED},
                                     {"incomplete", PROBE_TRUST_INCOMPLETE},
                                     {"unknown", PROBE_TRUST_UNKNOWN},
                                     {NULL, 0}};
static const struct word WEAKS[] = {{"rc4", PROBE_WEAK_RC4},
                                    {"export", PROBE_WEAK_EXPORT},
                                    {"anonymous", PROBE_WEAK_ANONYMOUS},
                                    {"compression", PROBE_WEAK_COMPRESSION},
                                    {NULL, 0}};

const char *probe_tls_text(enum probe_tls version)
{
    for (const struct word *w = VERSIONS; w->text; w++)
        if (w->value == version)
            return w->text;
    return "none";
}

/** What a word stands for; 0: it is none of them. */
static unsigned value_of(const struct word *words, assay_span text)
{
    for (; words->text; words++)
        if (span_is(text, words->text))
            return words->value;
    return 0;
}

/** Refuse the text: `where` is wrong, and why. */
static assay_status refuse(struct reader *r, assay_span where, const char *why)
{
    r->where = where;
    r->why = why;
    return ASSAY_EINVAL;
}

/** Take the next word, parted by blanks. \return false when there is none */
static bool next_word(assay_span *rest, assay_span *word)
{
    size_t n = 0;

    *rest = span_trim(*rest);
    while (n < rest->n && !ascii_wsp(rest->p[n]))
        n++;
    *word = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return n > 0;
}

/* ---- certificates ---- */

/** Read a date, the first or the last second of its day, or a time. */
static bool read_time(assay_span text, bool last, int64_t *ret)
{
    if (!time_read(text, ret))
        return false;
    if (last && text.n == DATE && text.p[4] == '-')
        *ret += DAY - 1;
    return true;
}

/** Read `n` octets in hexadecimal. */
static assay_status read_hex(struct reader *r, assay_span text, size_t n, assay_span *ret)
{
    char *octets;

    if (text.n != 2 * n)
        return refuse(r, text, "a digest of another length is expected");
    if (!(octets = arena_get(r->arena, n)))
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        int high = ascii_hex(text.p[2 * i]), low = ascii_hex(text.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return refuse(r, text, "hexadecimal digits are expected");
        octets[i] = (char)(high << 4 | low);
    }
    *ret = (assay_span){octets, n};
    return ASSAY_DONE;
}

/** Read `rsa:2048`. */
static assay_status read_key(struct reader *r, assay_span text, struct probe_cert *cert)
{
    size_t colon = span_find(text, ':');
    uint64_t bits = 0;

    cert->key = span_first(text, colon);
    if (!cert->key.n || (colon < text.n && !number_read(span_from(text, colon + 1), 65536, &bits)))
        return refuse(r, text, "a key is such as rsa:2048");
    cert->key_bits = (unsigned)bits;
    return ASSAY_DONE;
}

/** What is said of a certificate. */
enum part { NAMES, FROM, TO, KEY, SIG, SPKI256, CERT256, SPKI512, CERT512, PARTS };

/** Take one `name=value` of a certificate. */
static assay_status take_part(struct reader *r, enum part part, assay_span value,
                              struct probe_cert *cert)
{
    switch (part) {
    case NAMES:
        if (!span_is(value, "-"))
            cert->names = value;
        return ASSAY_DONE;
    case FROM:
    case TO:
        if (read_time(value, part == TO, part == TO ? &cert->to : &cert->from))
            return ASSAY_DONE;
        return refuse(r, value, "a date is 2026-01-31, or a time with its zone");
    case KEY: return read_key(r, value, cert);
    case SIG: cert->sig = value; return ASSAY_DONE;
    case SPKI256: return read_hex(r, value, SHA256_OCTETS, &cert->spki256);
    case CERT256: return read_hex(r, value, SHA256_OCTETS, &cert->cert256);
    case SPKI512: return read_hex(r, value, 2 * SHA256_OCTETS, &cert->spki512);
    default: return read_hex(r, value, 2 * SHA256_OCTETS, &cert->cert512);
    }
}

/** Read the parts of a certificate behind `leaf` or `ca`. */
static assay_status read_parts(struct reader *r, assay_span rest, struct probe_cert *cert)
{
    static const char *const WORDS[PARTS] = {"names",   "from",    "to",      "key",    "sig",
                                             "spki256", "cert256", "spki512", "cert512"};
    const assay_span whole = rest;
    unsigned seen = 0;
    assay_span word;
    assay_status s;

    while (next_word(&rest, &word)) {
        size_t equals = span_find(word, '='), i = 0;
        assay_span value = span_from(word, equals + 1);

        while (i < PARTS && !span_is(span_first(word, equals), WORDS[i]))
            i++;
        if (i == PARTS || !value.n)
            return refuse(r, word,
                          "names= from= to= key= sig= spki256= cert256= and such are expected");
        if (seen & 1u << i)
            return refuse(r, word, "it is said twice");
        seen |= 1u << i;
        if ((s = take_part(r, (enum part)i, value, cert)) != ASSAY_DONE)
            return s;
    }
    if ((seen & 7) != 7)
        return refuse(r, whole, "a certificate has at least names=, from= and to=");
    return ASSAY_DONE;
}

/** Read a certificate. */
static assay_status read_cert(struct reader *r, assay_span value)
{
    struct probe_cert cert = {.names = SPAN_EMPTY,
                              .key = SPAN_EMPTY,
                              .sig = SPAN_EMPTY,
                              .spki256 = SPAN_EMPTY,
                              .cert256 = SPAN_EMPTY,
                              .spki512 = SPAN_EMPTY,
                              .cert512 = SPAN_EMPTY};
    assay_span kind;
    assay_status s;

    next_word(&value, &kind);
    cert.leaf = span_is(kind, "leaf");
    if (!cert.leaf && !span_is(kind, "ca"))
        return refuse(r, kind, "leaf or ca is expected");
    if (cert.leaf != (r->probe.ncerts == 0))
        return refuse(r, kind, "the first certificate is the leaf, those behind it are ca");
    if (r->probe.ncerts == LIMIT_PROBE_CERTS)
        return refuse(r, kind, "more certificates than a server may send");
    if (!r->certs && !(r->certs = arena_zero(r->arena, LIMIT_PROBE_CERTS * sizeof *r->certs)))
        return ASSAY_ENOMEM;
    if ((s = read_parts(r, value, &cert)) == ASSAY_DONE)
        r->certs[r->probe.ncerts++] = cert;
    return s;
}

/* ---- lines ---- */

/** `starttls = yes | no | CODE`. */
static assay_status read_starttls(struct reader *r, assay_span value)
{
    uint64_t code = 0;

    r->probe.starttls = span_is(value, "yes");
    r->probe.offered = !span_is(value, "no");
    if (r->probe.starttls || !r->probe.offered)
        return ASSAY_DONE;
    if (value.n != 3 || !number_read(value, 599, &code) || code < 200 || code == GREETING_OK)
        return refuse(r, value, "yes, no or the code of a refusal is expected");
    r->probe.starttls_code = (unsigned)code;
    return ASSAY_DONE;
}

/** `tls = 1.3 | FAILED reason`. */
static assay_status read_tls(struct reader *r, assay_span value)
{
    assay_span rest = value, word;

    r->probe.best = (enum probe_tls)value_of(VERSIONS, value);
    if (r->probe.best)
        return ASSAY_DONE;
    if (next_word(&rest, &word) && span_is(word, "FAILED") && span_trim(rest).n) {
        r->probe.failure = span_trim(rest);
        return ASSAY_DONE;
    }
    return refuse(r, value, "a version from ssl3 to 1.3 is expected, or FAILED and why");
}

/** `tls.weak = rc4 export anonymous compression`. */
static assay_status read_weak(struct reader *r, assay_span value)
{
    assay_span word;

    while (next_word(&value, &word)) {
        unsigned weak = value_of(WEAKS, word);

        if (!weak)
            return refuse(r, word, "rc4, export, anonymous or compression is expected");
        r->probe.weak |= weak;
    }
    return ASSAY_DONE;
}

/** A value that is one of some words. */
static assay_status read_word(struct reader *r, const struct word *words, assay_span value,
                              unsigned *ret)
{
    *ret = value_of(words, value);
    return *ret ? ASSAY_DONE : refuse(r, value, "another word is expected");
}

/** Take the value of a key. */
static assay_status take(struct reader *r, enum key key, assay_span value)
{
    unsigned word = 0;
    assay_status s;

    switch (key) {
    case KEY_STARTTLS: return read_starttls(r, value);
    case KEY_TLS: return read_tls(r, value);
    case KEY_TLS_MIN:
        if ((s = read_word(r, VERSIONS, value, &word)) == ASSAY_DONE)
            r->probe.least = (enum probe_tls)word;
        return s;
    case KEY_TLS_WEAK: return read_weak(r, value);
    case KEY_TRUST:
        if ((s = read_word(r, TRUSTS, value, &word)) == ASSAY_DONE)
            r->probe.trust = (enum probe_trust)word;
        return s;
    default: return read_cert(r, value);
    }
}

/** Read a line `key = value`. */
static assay_status read_line(struct reader *r, assay_span line)
{
    static const char *const NAMES_OF[KEYS] = {"starttls", "tls",   "tls.min",
                                               "tls.weak", "trust", "cert"};
    size_t equals = span_find(line, '='), i = 0;
    assay_span key = span_trim(span_first(line, equals)),
               value = span_trim(span_from(line, equals + 1));

    while (i < KEYS && !span_is(key, NAMES_OF[i]))
        i++;
    if (i == KEYS || equals == line.n)
        return refuse(r, line, "starttls, tls, tls.min, tls.weak, cert or trust = is expected");
    if (i != KEY_CERT && r->seen & 1u << i)
        return refuse(r, line, "it is said twice");
    r->seen |= 1u << i;
    return take(r, (enum key)i, value);
}

/** Read a greeting other than 220. */
static assay_status read_greeting(struct reader *r, assay_span line)
{
    uint64_t code = 0;

    if (!number_read(span_first(line, 3), 599, &code) || code < 200 || code == GREETING_OK ||
        (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-'))
        return refuse(r, line, "a greeting other than 220 is expected, such as 554 go away");
    r->probe.greeting = (unsigned)code;
    r->probe.greeting_text = line;
    return ASSAY_DONE;
}

/** What is said fits together: TLS only behind STARTTLS, and what was agreed only where it was. */
static assay_status check(struct reader *r, assay_span text)
{
    const unsigned agreed =
        1u << KEY_TLS_MIN | 1u << KEY_TLS_WEAK | 1u << KEY_TRUST | 1u << KEY_CERT;

    if (r->probe.greeting != GREETING_OK)
        return r->seen ? refuse(r, text, "behind such a greeting there is nothing") : ASSAY_DONE;
    if (!(r->seen & 1u << KEY_STARTTLS))
        return refuse(r, text, "starttls = is expected");
    if (r->probe.starttls != (r->seen >> KEY_TLS & 1))
        return refuse(r, text, "tls = stands with starttls = yes");
    if (!r->probe.best && r->seen & agreed)
        return refuse(r, text, "without a handshake there is neither version nor certificate");
    if (r->probe.least > r->probe.best)
        return refuse(r, text, "tls.min is above tls");
    return ASSAY_DONE;
}

/** Read all lines. */
static assay_status read_all(struct reader *r, assay_span text)
{
    assay_span rest = text, line;
    bool first = true;

    while (span_line(&rest, &line)) {
        assay_status s;

        line = span_trim(line);
        if (!line.n)
            continue;
        if (r->probe.greeting != GREETING_OK)
            return refuse(r, line, "behind such a greeting there is nothing");
        s = first && ascii_digit(line.p[0]) ? read_greeting(r, line) : read_line(r, line);
        if (s != ASSAY_DONE)
            return s;
        first = false;
    }
    return check(r, text);
}

assay_status probe_read(struct arena *a, assay_span text, struct probe *ret, assay_span *ret_where,
                        const char **ret_why)
{
    struct reader r = {
        .arena = a,
        .probe = {.greeting = GREETING_OK, .greeting_text = SPAN_EMPTY, .failure = SPAN_EMPTY}};
    assay_status s = read_all(&r, text);

    if (s == ASSAY_EINVAL) {
        *ret_where = r.where;
        *ret_why = r.why;
    }
    if (s != ASSAY_DONE)
        return s;
    r.probe.certs = r.certs;
    *ret = r.probe;
    return ASSAY_DONE;
}

/* ---- facts ---- */

/** A probe beside its fact. */
struct kept {
    struct arena arena;
    assay_status status;
    struct probe probe;
};

static void drop(void *made)
{
    struct kept *kept = made;

    arena_done(&kept->arena);
    free(kept);
}

static assay_status make(const struct assay_fact *fact, void **ret)
{
    struct kept *kept = calloc(1, sizeof *kept);
    assay_span where;
    const char *why;

    if (!kept)
        return ASSAY_ENOMEM;
    kept->status =
        probe_read(&kept->arena, fact->n ? fact->data[0] : SPAN_EMPTY, &kept->probe, &where, &why);
    if (kept->status == ASSAY_ENOMEM) {
        drop(kept);
        return ASSAY_ENOMEM;
    }
    *ret = kept;
    return ASSAY_DONE;
}

assay_status probe_of(const struct assay_fact *fact, const struct probe **ret)
{
    static const struct memo_type TYPE = {make, drop};
    const void *made;
    const struct kept *kept;
    assay_status s = fact_memo(fact, &TYPE, &made);

    if (s != ASSAY_DONE)
        return s;
    kept = made;
    if (kept->status == ASSAY_DONE)
        *ret = &kept->probe;
    return kept->status;
}

/* ---- names ---- */

/** One DNS-ID matches (RFC 6125 6.4.3). */
static bool id_matches(assay_span id, assay_span host)
{
    const size_t dot = span_find(host, '.');

    if (span_starts(id, SPAN("*.")))
        return dot > 0 && dot < host.n && id.n > 2 &&
               span_ieq(span_from(id, 1), span_from(host, dot));
    return id.n > 0 && span_ieq(id, host);
}

bool probe_name_matches(assay_span names, assay_span host)
{
    assay_span id;

    while (names.n && span_cut(&names, ',', &id))
        if (id_matches(id, host))
            return true;
    return false;
}

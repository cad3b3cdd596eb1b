/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/weak.h"

enum { LIMBS = WEAK_MODULUS / 4, SIEVE = 65536 };

/** A number: limbs of 32 bits, the lowest first, no leading zero. */
struct number {
    uint32_t limb[LIMBS];
    size_t n;
};

/** Read big-endian octets. \return false: too long */
static bool read_number(assay_span octets, struct number *ret)
{
    while (octets.n && !octets.p[0])
        octets = span_from(octets, 1);
    if (octets.n > WEAK_MODULUS)
        return false;
    ret->n = (octets.n + 3) / 4;
    memset(ret->limb, 0, ret->n * sizeof *ret->limb);
    for (size_t i = 0; i < octets.n; i++) {
        size_t from_end = octets.n - 1 - i;

        ret->limb[from_end / 4] |= (uint32_t)(unsigned char)octets.p[i] << from_end % 4 * 8;
    }
    return true;
}

/* ---- small factors ---- */

/** The rest of a division by a number below 2^32. */
static uint32_t rest_of(const struct number *a, uint32_t by)
{
    uint64_t rest = 0;

    for (size_t i = a->n; i-- > 0;)
        rest = (rest << 32 | a->limb[i]) % by;
    return (uint32_t)rest;
}

/** Mark the composites below SIEVE, a bit each. */
static void sieve(uint8_t composite[SIEVE / 8])
{
    memset(composite, 0, SIEVE / 8);
    for (unsigned i = 2; i * i < SIEVE; i++)
        if (!(composite[i / 8] >> i % 8 & 1))
            for (unsigned k = i * i; k < SIEVE; k += i)
                composite[k / 8] |= (uint8_t)(1u << k % 8);
}

/** The next prime from `i` on, or SIEVE. */
static unsigned next_prime(const uint8_t composite[SIEVE / 8], unsigned i)
{
    while (i < SIEVE && composite[i / 8] >> i % 8 & 1)
        i++;
    return i;
}

unsigned weak_small_factor(assay_span n)
{
    uint8_t composite[SIEVE / 8];
    struct number a;

    if (!read_number(n, &a) || a.n < 2)
        return 0;
    sieve(composite);
    for (unsigned p = next_prime(composite, 2), q; p < SIEVE; p = next_prime(composite, q + 1)) {
        uint32_t rest;

        q = next_prime(composite, p + 1); /* two primes in one division */
        rest = rest_of(&a, q < SIEVE ? p * q : p);
        if (rest % p == 0)
            return p;
        if (q < SIEVE && rest % q == 0)
            return q;
    }
    return 0;
}

/* ---- common factors: the greatest common divisor of odd numbers, by subtraction and halving ---- */

/** Below, at or above zero. */
static int compare(const struct number *a, const struct number *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = a->n; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/** a - b, where a is not below b. */
static void subtract(struct number *a, const struct number *b)
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < a->n; i++) {
        uint64_t less = (uint64_t)(i < b->n ? b->limb[i] : 0) + borrow;

        borrow = a->limb[i] < less;
        a->limb[i] = (uint32_t)(a->limb[i] - less);
    }
    while (a->n && !a->limb[a->n - 1])
        a->n--;
}

/** Take all factors of two out of a number that is not zero. */
static void make_odd(struct number *a)
{
    size_t whole = 0;
    unsigned bits;

    while (!a->limb[whole])
        whole++;
    bits = (unsigned)__builtin_ctz(a->limb[whole]);
    a->n -= whole;
    for (size_t i = 0; i < a->n; i++) {
        uint64_t two = a->limb[i + whole];

        if (i + 1 < a->n)
            two |= (uint64_t)a->limb[i + whole + 1] << 32;
        a->limb[i] = (uint32_t)(two >> bits);
    }
    while (a->n && !a->limb[a->n - 1])
        a->n--;
}

bool weak_share_factor(assay_span a, assay_span b)
{
    struct number x, y;
    int order;

    if (!read_number(a, &x) || !read_number(b, &y) || !x.n || !y.n || compare(&x, &y) == 0)
        return false;
    if (!(x.limb[0] & 1) || !(y.limb[0] & 1))
        return !(x.limb[0] & 1) && !(y.limb[0] & 1);
    while ((order = compare(&x, &y)) != 0) {
        struct number *more = order > 0 ? &x : &y;

        subtract(more, order > 0 ? &y : &x);
        make_odd(more);
    }
    return x.n > 1 || x.limb[0] > 1;
}

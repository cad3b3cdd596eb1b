/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file assay.h
 * libassay: judge whether a mail message is what it claims to be.
 *
 * What it is: SPF (RFC 7208), DKIM (RFC 6376, 8301, 8463, 8616), DMARC (RFC 9989, with RFC 7489 as
 * a second view), ARC (RFC 8617) and iprev (RFC 8601 3), joined into one verdict with a reason for
 * each step. What it is not: it opens no socket and no file, reads no clock, writes no log, keeps
 * no global state. What it must know of the world it asks for; you answer, from a resolver, a cache
 * or a file.
 *
 *     verdict = f(message, envelope, policy, facts, now)
 *
 * ## One call, when the whole message is at hand
 *
 * Link with libassay-world too (world.h) and let it find the answers:
 *
 *     assay_engine_new(64, &engine);
 *     assay_policy_new(&policy);
 *     assay_policy_seal(policy);
 *     assay_receive_new(engine, policy, &envelope, &eval);
 *     if (assay_run(eval, message, assay_world_answer, world) == ASSAY_DONE)
 *         puts(assay_result(eval)->what == ASSAY_ACCEPT ? "accept" : "do not");
 *     assay_eval_free(eval);
 *
 * examples/verify_one.c is this, complete.
 *
 * ## Step by step, as a mail filter sees a message
 *
 *     assay_receive_new(...)                        at MAIL FROM; step: SPF asks its first questions
 *     assay_rcpt(...)                               at each RCPT TO
 *     assay_header(...) for each field, assay_eoh() step: keys and policies are asked for, all at once
 *     assay_body(...) for each chunk, assay_eom()   step until ASSAY_DONE
 *     assay_result(), assay_eval_free()
 *
 * A step is legal at any point. After each step that returns ASSAY_NEED, assay_next_question()
 * hands out what is new; answer in any order, at any later time, with assay_answer(), then step
 * again. examples/steps.c is this, complete.
 *
 * ## Rules for all of it
 *
 * Spans you pass are copied before the call returns, unless a function says otherwise. Spans you
 * get live as long as the object they came from. `_free` takes NULL. Text is UTF-8 where it may be
 * more than ASCII. Threads: an engine, a sealed policy and a fact may be used by any number of
 * threads at once; an evaluation by one thread at a time, whichever. No callback of yours runs
 * inside a step.
 *
 * Errors are statuses below zero: ASSAY_ENOMEM, ASSAY_EINVAL, ASSAY_EORDER. `fail`, `permerror`,
 * `temperror`, a limit reached are not errors but results, found in the verdict.
 */
#ifndef ASSAY_ASSAY_H
#define ASSAY_ASSAY_H

#include <assay/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the headers; assay_version() is that of the library. */
#define ASSAY_VERSION "0.1.0"

/** The version of the library that runs, as "MAJOR.MINOR.PATCH". Static text. */
const char *assay_version(void);

/** A few words for a status, such as "out of memory". Static text, never NULL. */
const char *assay_strstatus(assay_status s);

/* ---- the engine: what is worth keeping between messages -------------------------------------- */

/**
 * Cryptography prepared once, and a bounded memo of parsed keys. Makes things fast, never
 * different.
 */
typedef struct assay_engine assay_engine;

/**
 * Make an engine. One for a program is enough; it holds its own OpenSSL library context.
 *
 * \param max_keys  how many parsed public keys are remembered; 0: none, with the same verdicts
 * \param ret       set on ASSAY_DONE; free it after everything that was made with it
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_engine_new(size_t max_keys, assay_engine **ret);

/** Free an engine; no evaluation may use it any more. */
void assay_engine_free(assay_engine *engine);

/* ---- the policy: options --------------------------------------------------------------------- */

/** Options of the receiver. Changeable until sealed, constant afterwards. */
typedef struct assay_policy assay_policy;

/** One option, for help texts and manuals. All static text. */
struct assay_option {
    const char *name; /**< such as "dkim.max_signatures" */
    /** "number", "choice", "names", "words", "text", "field", "template", "table" */
    const char *type;
    const char *range;   /**< "1-100" or "accept defer"; empty where anything goes */
    const char *initial; /**< the value it has unless set */
    const char *help;    /**< one sentence */
};

/** Make a policy with every option at its initial value. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status assay_policy_new(assay_policy **ret);

/**
 * Set one option.
 *
 * \param name     as in assay-case(5); ended by NUL
 * \param value    as one writes it in a file; ended by NUL
 * \param ret_why  if not NULL, set on ASSAY_EINVAL to what is wrong, naming the nearest option or
 *                 the range; the text lives until the next call with this policy
 * \return ASSAY_DONE, ASSAY_EINVAL (no such option, or not a value it takes), ASSAY_EORDER
 *         (sealed), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_policy_set(assay_policy *policy, const char *name,
                                              const char *value, const char **ret_why);

/**
 * The value of an option as text, or NULL if there is no such option. Lives until the option is set
 * again.
 */
const char *assay_policy_get(const assay_policy *policy, const char *name);

/** The option at `index`, or NULL behind the last. Static. */
const struct assay_option *assay_policy_option(size_t index);

/**
 * Make a policy for some messages of those that `parent` is for: it begins with the parent's values
 * and is taken in its place for messages that all its conditions hold of, assay_policy_when().
 * Evaluations are given the topmost policy and find the nearest by themselves; of two children that
 * both hold the first made is taken.
 *
 * \param parent  not sealed; every option of it that the child is to inherit has been set
 * \param name    for people: the verdict names it; copied
 * \param ret     the child; sealed and freed with its parent
 * \return ASSAY_DONE, ASSAY_EORDER (sealed), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_policy_child(assay_policy *parent, const char *name,
                                                assay_policy **ret);

/**
 * Add a condition to a child. Several of one name: one of them has to hold; of several names: all.
 *
 * \param condition  listener, client, authenticated, sender, recipient, author, dkim, header; see
 *                   assayd.conf(5)
 * \param value      ended by NUL; such as "192.0.2.0/24", "yes", ".example.org"
 * \param ret_why    as assay_policy_set()
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_EORDER (sealed, or the topmost policy), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_policy_when(assay_policy *policy, const char *condition,
                                               const char *value, const char **ret_why);

/** Make the policy constant, so that threads may share it. Sealing again is harmless. */
void assay_policy_seal(assay_policy *policy);

/** Free a policy and its children; no evaluation may use them any more. */
void assay_policy_free(assay_policy *policy);

/* ---- evaluations ----------------------------------------------------------------------------- */

/** One message being judged. */
typedef struct assay_eval assay_eval;

/** What SMTP tells about a message. Spans that are unknown are empty. */
struct assay_envelope {
    size_t size; /**< sizeof(struct assay_envelope), so that fields can be added later */
    /** the time to judge by, seconds since 1970-01-01T00:00:00Z; there is no other clock */
    int64_t now;
    /** the client's address, IPv4 or IPv6, as text; empty: SPF and iprev are not judged */
    assay_span ip;
    assay_span helo;      /**< the argument of HELO or EHLO */
    assay_span mail_from; /**< the reverse-path without brackets; empty: the null reverse-path */
    /** this receiver's name: %{r} of SPF, and the authserv-id unless the policy has one */
    assay_span hostname;
    uint8_t sample; /**< 0-99, chosen at random by you; decides `pct` under RFC 7489 */
    /** the reverse-path is not known: SPF of MAIL FROM is not judged; `mail_from` is empty */
    bool mail_from_unknown;
    assay_span listener; /**< where the message came in, for policies; empty: nowhere special */
    assay_span user;     /**< the authenticated user; empty: none */
};

/**
 * Begin to judge a message that is being received.
 *
 * \param policy  sealed; must outlive the evaluation
 * \return ASSAY_DONE, ASSAY_EINVAL (the policy is not sealed, `ip` is not an address, or
 *         `mail_from` is both given and unknown), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_receive_new(assay_engine *engine, const assay_policy *policy,
                                               const struct assay_envelope *envelope,
                                               assay_eval **ret);

/**
 * Begin to judge an envelope alone: SPF for MAIL FROM and HELO (RFC 7208 2.3, 2.4), and iprev. No
 * message is taken; step at once. Otherwise as assay_receive_new().
 */
ASSAY_NODISCARD assay_status assay_envelope_new(assay_engine *engine, const assay_policy *policy,
                                                const struct assay_envelope *envelope,
                                                assay_eval **ret);

/**
 * Begin to sign a message that is being sent: the options `sign.*` of the policy say by which keys.
 * The verdict's edits are the signatures, its checks (method `sign`) say which keys signed, and why
 * others did not. Otherwise as assay_receive_new(); questions of kind ASSAY_SIGN are asked too.
 */
ASSAY_NODISCARD assay_status assay_send_new(assay_engine *engine, const assay_policy *policy,
                                            const struct assay_envelope *envelope,
                                            assay_eval **ret);

/** Free an evaluation at any point, with everything borrowed from it. */
void assay_eval_free(assay_eval *eval);

/**
 * One recipient, without brackets. \return ASSAY_DONE, ASSAY_EORDER (headers have begun),
 * ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_rcpt(assay_eval *eval, assay_span address);

/**
 * One header field as a milter gives it.
 *
 * \param name   the name, without the colon
 * \param value  what follows the colon, leading space kept; lines inside end with CRLF or LF, the
 *               last with none
 * \return ASSAY_DONE, ASSAY_EORDER (behind eoh, or after feed), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_header(assay_eval *eval, assay_span name, assay_span value);

/**
 * The header is complete: this fixes which digests of the body are made. \return as assay_header()
 */
ASSAY_NODISCARD assay_status assay_eoh(assay_eval *eval);

/**
 * A piece of the body, cut anywhere. Nothing of it is kept.
 *
 * \return ASSAY_DONE, ASSAY_EORDER; ASSAY_ENOMEM: a piece half read cannot be read again, so from
 *         now on this message gets ASSAY_ENOMEM from every call, and never a verdict
 */
ASSAY_NODISCARD assay_status assay_body(assay_eval *eval, assay_span chunk);

/**
 * A digest of the body in place of the body, for whoever kept only that (a .case with [digests]).
 *
 * \param canonicalization  "simple" or "relaxed" (RFC 6376 3.4.3, 3.4.4)
 * \param length            canonical octets covered; the largest of a canonicalization is the whole
 *                          body
 * \param sha256            32 octets
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_EORDER (before eoh, or a body was given), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_body_digest(assay_eval *eval, assay_span canonicalization,
                                               uint64_t length, assay_span sha256);

/**
 * Octets of the body still matter: false when nothing signs or seals it, so that a filter need not
 * send the body. Behind assay_eoh() only.
 */
bool assay_wants_body(const assay_eval *eval);

/** The message is complete. \return as assay_body() */
ASSAY_NODISCARD assay_status assay_eom(assay_eval *eval);

/**
 * Raw octets of a message, cut anywhere, in place of header, eoh and body; end with assay_eom(). A
 * first line "From ..." of an mbox is skipped.
 *
 * \return as assay_body()
 */
ASSAY_NODISCARD assay_status assay_feed(assay_eval *eval, assay_span raw);

/* ---- questions and answers ------------------------------------------------------------------- */

/** Something the evaluation wants to know. Spans live as long as the evaluation. */
struct assay_question {
    uint32_t id;          /**< for assay_answer() */
    enum assay_kind kind; /**< what is asked */
    uint16_t rrtype;      /**< ASSAY_DNS: enum assay_rrtype; else 0 */
    bool hint;            /**< it may be wanted soon; answering is never required */
    /** ASSAY_DNS: lower-case A-labels, no final dot, odd octets escaped as in a zone file */
    assay_span name;
    assay_span data; /**< further input, by kind; empty for ASSAY_DNS */
};

/** One CNAME step of an answer (RFC 1034 3.6.2). */
struct assay_link {
    assay_span owner;         /**< the alias */
    assay_span target;        /**< its canonical name */
    enum assay_secure secure; /**< of this step */
};

/** An answer as you found it; what it points to is copied. */
struct assay_answer {
    size_t size;                    /**< sizeof(struct assay_answer) */
    enum assay_how how;             /**< how it was answered */
    enum assay_secure secure;       /**< of the RRset, or of the denial */
    uint32_t ttl;                   /**< seconds; judging never looks at it */
    const struct assay_link *chain; /**< CNAME steps, first alias first */
    size_t nchain;
    /** ASSAY_DNS: RDATA in wire form without compression, any order; else one item */
    const assay_span *data;
    size_t n;
    int http;              /**< ASSAY_GET: the status code */
    assay_span media_type; /**< ASSAY_GET: Content-Type without parameters */
    assay_span reason;     /**< a few words on a failure, for people */
    /** seconds since 1970; 0: not known. ASSAY_GET: the end of the server's certificate; ASSAY_DNS:
     *  the end of the first signature (RRSIG) that ends; ASSAY_RECALL: when it was seen */
    int64_t until;
};

/** One answer, constant, counted, shared by threads, with its parsed forms: what a cache holds. */
typedef struct assay_fact assay_fact;

/**
 * Make a fact of an answer.
 *
 * Records come into canonical order (RFC 4034 6.3), equal ones once. A TXT record over 8,192 octets
 * or an answer over 65,536 becomes ASSAY_TOOBIG.
 *
 * \return ASSAY_DONE, ASSAY_EINVAL (RDATA that is not of its type), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_fact_new(enum assay_kind kind, uint16_t rrtype,
                                            const struct assay_answer *answer, assay_fact **ret);

/** Count one more holder. \return the fact */
assay_fact *assay_fact_ref(assay_fact *fact);

/** Count one holder less; the last one frees it. */
void assay_fact_free(assay_fact *fact);

/** Look into a fact: its answer, borrowed; lives as long as the fact. */
void assay_fact_read(const assay_fact *fact, struct assay_answer *ret);

/**
 * Judge as far as the answers reach.
 *
 * \return ASSAY_DONE: assay_result() has the verdict. ASSAY_NEED: answers are missing. ASSAY_MORE:
 *         the message goes on. ASSAY_ENOMEM: step again later; nothing was decided wrongly.
 */
ASSAY_NODISCARD assay_status assay_step(assay_eval *eval);

/**
 * The next question that was not handed out yet. A hint that turned out to be needed is handed out
 * again.
 *
 * \return false when there is none
 */
bool assay_next_question(assay_eval *eval, struct assay_question *ret);

/**
 * Answer a question. The fact is counted; you keep your own count. The first answer stays, later
 * ones change nothing.
 *
 * \return ASSAY_DONE: a step will get further. ASSAY_NEED: noted, but not worth a step yet.
 *         ASSAY_EINVAL: no such question, or a fact of another kind.
 */
assay_status assay_answer_question(assay_eval *eval, uint32_t id, assay_fact *fact);

/**
 * Out of time: all that is open or will be asked is answered by ASSAY_TIMEOUT. The next step after
 * eom ends.
 */
void assay_give_up(assay_eval *eval);

/* ---- the verdict ----------------------------------------------------------------------------- */

/** What to do with the message. */
enum assay_disposition {
    ASSAY_ACCEPT,
    ASSAY_QUARANTINE, /**< deliver it apart; the edits mark it */
    ASSAY_REJECT,
    /** ask to send it again later. Where ASSAY_RECALL was asked for, note its name and the time: the
     *  answer to the next such question */
    ASSAY_DEFER,
    ASSAY_TAG,    /**< deliver it; the edits mark it */
    ASSAY_DISCARD /**< accept it and throw it away */
};

/** One ptype.property=value of RFC 8601 2.2. */
struct assay_property {
    assay_span ptype; /**< smtp, header, policy, body */
    assay_span name;  /**< mailfrom, d, from, ... */
    assay_span value; /**< not quoted */
};

/**
 * One more thing a check found out, for people and programs; not part of Authentication-Results.
 */
struct assay_detail {
    assay_span name;  /**< such as "lookups" */
    assay_span value; /**< text; numbers in decimal */
};

/** One check of the verdict. Fields may be added behind the last. */
struct assay_check {
    assay_span method; /**< spf, dkim, dmarc, arc, iprev (RFC 8601 2.7) */
    assay_span scope;  /**< spf: mfrom or helo; dmarc: 9989 or 7489; else empty */
    assay_span result; /**< as RFC 8601 spells it */
    assay_span reason; /**< in plain words, one sentence or less; may be empty */
    assay_span ref;    /**< the paragraph that decided, such as "RFC 7208 5.2" */
    const struct assay_property *properties;
    size_t nproperties;
    const struct assay_detail *details;
    size_t ndetails;
};

/** One change to the message's header. Apply in order. */
struct assay_edit {
    bool remove; /**< true: remove the field; false: insert it */
    /** remove: which of the fields of that name, 1 the topmost; insert: position, 0 the top */
    unsigned index;
    assay_span name;  /**< the field's name */
    assay_span value; /**< insert: its value, folded, lines ended by CRLF, no final CRLF */
};

/** All that was decided. Lives as long as the evaluation. Fields may be added behind the last. */
struct assay_verdict {
    enum assay_disposition what; /**< what to do */
    assay_span reason;           /**< why, in plain words */
    assay_span cause; /**< why, in one word: policy, local, forwarded, temperror, malformed, none */
    int code;         /**< for REJECT and DEFER: the SMTP reply code; else 0 */
    assay_span enhanced; /**< its enhanced status code (RFC 3463, 7372) */
    assay_span text;     /**< its text; printable ASCII, lines parted by LF that fit SMTP */
    assay_span authres;  /**< the value of Authentication-Results (RFC 8601), folded */
    bool malformed;      /**< the message could not be judged at all */
    assay_span author;   /**< the author domain, A-labels; empty when there is not exactly one */
    const struct assay_check *const
        *checks; /**< spf mfrom, spf helo, dkim from the top, arc, dmarc, iprev */
    size_t nchecks;
    const struct assay_edit *edits; /**< forged results out, ours in */
    size_t nedits;
    /** what would be done; `what` is ASSAY_ACCEPT instead where the option `enforce` is no */
    enum assay_disposition would;
    /** why a failing message is accepted all the same, in one word: forwarder, sealer; else empty */
    assay_span override;
    assay_span override_note; /**< whom that trusts, with its note */
    assay_span policy;        /**< the name of the policy that decided; empty: the topmost */
    bool hold; /**< QUARANTINE: by the hold queue of the MTA (quarantine.by); no edit marks it */
};

/** The verdict, or NULL before a step returned ASSAY_DONE. */
const struct assay_verdict *assay_result(const assay_eval *eval);

/** One line of the reasoning. */
struct assay_trace_line {
    unsigned depth;  /**< how deep it is inside its check; 0 begins a check */
    assay_span what; /**< what was asked or tested */
    assay_span gave; /**< what answered; may be empty */
    assay_span then; /**< what follows; may be empty */
    assay_span ref;  /**< the paragraph, such as "RFC 7208 5.2"; may be empty */
};

/**
 * The reasoning behind the verdict, in the order of its checks. The same evidence gives the same
 * lines.
 *
 * \param ret  the lines; live as long as the evaluation
 * \return ASSAY_DONE, ASSAY_EORDER (no verdict yet), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_trace(assay_eval *eval, const struct assay_trace_line **ret,
                                         size_t *ret_n);

/**
 * A question that was asked, with its answer: what the verdict rests on.
 *
 * \param cursor  0 at first; moved on by the call
 * \param ret     the question
 * \param fact    its fact, not counted, or NULL while it is open
 * \return false behind the last
 */
bool assay_evidence(const assay_eval *eval, size_t *cursor, struct assay_question *ret,
                    assay_fact **fact);

/**
 * Answer questions, for assay_run(): all of them, with assay_answer_question(), before it returns.
 *
 * \param arg  yours
 * \param eval the evaluation that asks
 * \param question, n  what is asked; hints may be left out
 * \return ASSAY_DONE; anything below zero ends assay_run() with that status
 */
typedef assay_status assay_answer_fn(void *arg, assay_eval *eval,
                                     const struct assay_question *question, size_t n);

/**
 * Judge a whole message: feed it, step, ask, until the verdict is there.
 *
 * \param message  raw octets; ignored for assay_envelope_new()
 * \return ASSAY_DONE, or what feed, step or `answer` failed with
 */
ASSAY_NODISCARD assay_status assay_run(assay_eval *eval, assay_span message,
                                       assay_answer_fn *answer, void *arg);

/* ---- SRS: addresses that find their way home ---------------------------------------------------- */

/** What to do with an address that would get too long (RFC 5321 4.5.3.1). */
enum assay_srs_overflow {
    ASSAY_SRS_REFUSE, /**< do not rewrite it: ASSAY_SRS_REFUSED */
    ASSAY_SRS_KEEP,   /**< leave it as it is: ASSAY_SRS_UNCHANGED */
    ASSAY_SRS_LONG    /**< make it as long as it gets, up to 320 octets, as postsrsd does */
};

/** An address to be rewritten, and how. What is 0 or empty has the value that postsrsd takes. */
struct assay_srs {
    size_t size;          /**< sizeof(struct assay_srs), so that fields can be added later */
    int64_t now;          /**< seconds since 1970-01-01T00:00:00Z */
    assay_span address;   /**< without brackets; empty or `<>`: the null sender */
    assay_span forwarder; /**< the domain that SRS addresses are made in */
    /** false: from a sender's address to ours; true: from ours back to the sender's */
    bool reverse;
    /** other domains of ours, as A-labels; one that begins with a dot is all below it */
    const assay_span *local;
    size_t nlocal;         /**< how many */
    unsigned hash_length;  /**< characters of a hash that is made: 4-27; 0: 4 */
    unsigned hash_min;     /**< and that is accepted: 4-27; 0: 4 */
    unsigned max_age_days; /**< an address that is older is out of date: 1-1022; 0: 21 */
    char separator;        /**< behind SRS0 and SRS1: `=`, `+` or `-`; 0: `=` */
    enum assay_srs_overflow overflow;
    assay_span secret; /**< the name of the secrets, for ASSAY_MAC; empty: "srs" */
};

/** What became of an address. */
enum assay_srs_outcome {
    ASSAY_SRS_REWRITTEN = 1,
    ASSAY_SRS_UNCHANGED, /**< it is not for rewriting: take it as it is */
    ASSAY_SRS_REFUSED,   /**< it is forged, out of date or broken, or it would get too long */
    ASSAY_SRS_UNKNOWN    /**< the holder of the secrets did not answer: try again */
};

/** An address rewritten. Lives as long as the evaluation. */
struct assay_srs_rewrite {
    enum assay_srs_outcome outcome;
    assay_span address;  /**< the new one, or the old one where it is unchanged; else empty */
    assay_span error;    /**< why it was not rewritten, in a few words; else empty; ASCII */
    int code;            /**< the SMTP reply code: REFUSED 550, UNKNOWN 451; else 0 */
    assay_span enhanced; /**< its enhanced status code (RFC 3463); else empty */
};

/**
 * Begin to rewrite an address by the Sender Rewriting Scheme, so that a forwarder passes SPF by its
 * own domain, and bounces come back through it. No message is taken; step at once. One question is
 * asked at most, of kind ASSAY_MAC: HMAC-SHA1 of its data under each secret of its name, in order,
 * in one item; the first makes hashes, all verify.
 *
 * \return ASSAY_DONE; ASSAY_EINVAL: `forwarder` is no domain name, or a number or the separator is
 *         not one of those allowed; ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_srs_new(assay_engine *engine, const struct assay_srs *request,
                                           assay_eval **ret);

/** What became of the address; NULL before a step returned ASSAY_DONE, or of another evaluation. */
const struct assay_srs_rewrite *assay_srs_result(const assay_eval *eval);

/* ---- replay ---------------------------------------------------------------------------------- */

/** What assay_case_write() leaves out. */
enum assay_case_flag {
    ASSAY_CASE_BODY = 0,    /**< nothing: header and body as given to assay_case_write() */
    ASSAY_CASE_DIGESTS = 1, /**< the body: its digests stand in for it */
    ASSAY_CASE_REDACT = 2 /**< local parts, and header fields no check depends on, become filler */
};

/**
 * Write a verdict as a .case (assay-case(5)): message, envelope, options, facts and results, so
 * that anyone can replay it. What became of an address (assay_srs_new()) is written too, without
 * its secrets; its local part stays whatever the flags say, for the hash covers it.
 *
 * \param body   the message's body as it was fed, or empty with ASSAY_CASE_DIGESTS
 * \param flags  of enum assay_case_flag
 * \param put    takes the text piece by piece; its status ends the writing unless ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_EORDER (no verdict yet), ASSAY_ENOMEM, or what `put` returned
 */
ASSAY_NODISCARD assay_status assay_case_write(assay_eval *eval, assay_span body, unsigned flags,
                                              assay_status (*put)(void *arg, assay_span text),
                                              void *arg);

#ifdef __cplusplus
}
#endif
#endif

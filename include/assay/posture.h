/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file posture.h
 * A domain's posture: how far it is from the point where nobody can forge it, and where mail to it
 * cannot be read on the way.
 *
 * An evaluation as those of assay.h: it asks, it is stepped, it is done. It asks for the web
 * (ASSAY_GET), for probes of SMTP servers (ASSAY_PROBE), for lists (ASSAY_LIST) and for what was
 * seen before (ASSAY_RECALL) too; what nobody answers is `unknown` in the result, never a failure
 * and never a pass.
 *
 *     struct assay_domain asked = {.size = sizeof asked, .now = time(NULL), .domain = ...};
 *     assay_domain_new(engine, &asked, &eval);
 *     assay_run(eval, SPAN_EMPTY, assay_world_answer, world);
 *     for (i = 0; i < assay_domain_result(eval)->nfindings; i++) ...
 *
 * Every line of the result carries the id of one check; assay_check_kind_at() lists them all.
 */
#ifndef ASSAY_POSTURE_H
#define ASSAY_POSTURE_H

#include <assay/assay.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a check came to, the best first. */
enum assay_outcome {
    ASSAY_PASS = 1,        /**< checked, and right */
    ASSAY_UNKNOWN_OUTCOME, /**< facts are missing that could change the answer */
    ASSAY_NOTICE,          /**< worth knowing */
    ASSAY_WARNING,         /**< it will break, or is weak */
    ASSAY_ERROR            /**< mail or protection breaks now */
};

/** What a domain is for; decides which checks apply. */
enum assay_profile {
    ASSAY_PROFILE_INFER, /**< to be found out */
    ASSAY_PROFILE_MAIL,  /**< sends and receives */
    ASSAY_PROFILE_SEND,
    ASSAY_PROFILE_RECEIVE,
    ASSAY_PROFILE_PARKED /**< neither */
};

/** How much is asked. */
enum assay_depth {
    ASSAY_DEPTH_CHECK, /**< everything */
    ASSAY_DEPTH_DEEP,  /**< all but probes and the web, unless they are asked for */
    ASSAY_DEPTH_SCAN /**< TXT and MX of the domain and the service names, and what follows from them */
};

/** A domain to look at. What is 0 or empty is not given. */
struct assay_domain {
    size_t size;       /**< sizeof(struct assay_domain), so that fields can be added later */
    int64_t now;       /**< the time to judge by, seconds since 1970 */
    assay_span domain; /**< in UTF-8; U-labels are converted */
    enum assay_profile profile;
    enum assay_depth depth;
    bool no_probe;               /**< ask for no ASSAY_PROBE */
    bool no_web;                 /**< ask for no ASSAY_GET */
    bool each_server;            /**< ask each authoritative server, too */
    bool signs_nothing;          /**< the owner says so */
    const assay_span *selectors; /**< DKIM selectors in use */
    size_t nselectors;
    const assay_span *subdomains; /**< known subdomains */
    size_t nsubdomains;
    assay_span evidence; /**< metrics of reports as JSON (assay-plan(1)) */
    /** a scan's: of a finding its kind, outcome, subject and reason alone; no passes, no areas. For speed: the
     *  same findings */
    bool brief;
    bool web; /**< at ASSAY_DEPTH_SCAN and DEEP: ask for ASSAY_GET all the same, unless `no_web` */
    /** likewise for ASSAY_PROBE, and at SCAN for addresses and TLSA records of the MX hosts */
    bool probe;
};

/** One check of the catalogue. All static text. */
struct assay_check_kind {
    const char *id;   /**< such as "SPF-LOOKUPS"; never renamed, never used again */
    const char *area; /**< SPF DKIM DMARC MTASTS TLSRPT DANE BIMI MX DNS TLS PARKED */
    enum assay_outcome severities[2]; /**< the first, and another one or 0 */
    const char *reasons; /**< words that tell its reasons apart, parted by blanks; may be empty */
    const char *source;  /**< "RFC 7208 4.6.4" */
    const char *title;   /**< what is wrong, a few words */
    const char *why;     /**< why it matters, one sentence for a person */
    const char *fix;     /**< what to do, one sentence */
};

/** The check at `index`, or NULL behind the last. The order is that of the catalogue. */
const struct assay_check_kind *assay_check_kind_at(size_t index);

/** The version of the catalogue: raised when a severity changes. */
unsigned assay_catalogue_version(void);

/** What a finding rests on. */
struct assay_evidence {
    assay_span question; /**< "TXT _dmarc.example.com"; empty: what the owner said */
    assay_span answer;   /**< the record, or NXDOMAIN and such */
    size_t begin, end;   /**< the octets of the answer it is about; both 0: all of it */
    assay_span note;     /**< the sum that was done; may be empty */
};

/** One change to publish. */
struct assay_fix {
    assay_span type; /**< "TXT" ...; "file" for a document on the web; empty: `text` says it all */
    assay_span name; /**< the owner's name, or the URL */
    assay_span before; /**< the record as it is; empty: there is none */
    assay_span after;  /**< the record to publish; empty: to be removed */
    assay_span text;   /**< what to do, one sentence; may be empty */
    assay_span undo;   /**< how to go back; may be empty */
    bool elsewhere;    /**< another party has to publish it */
};

/** What one check of one subject came to. */
struct assay_finding {
    const struct assay_check_kind *kind;
    enum assay_outcome outcome;
    assay_span subject; /**< the domain, a name, a host, a selector, a URI */
    assay_span reason;  /**< a word of kind->reasons, or empty */
    assay_span text;    /**< what was found, one sentence with its figures; empty for a pass */
    const struct assay_evidence *evidence;
    size_t nevidence;
    const struct assay_fix *fixes;
    size_t nfixes;
};

/** A goal of the score. */
struct assay_goal {
    const char *id;   /**< "G1", "P2" */
    const char *name; /**< "policy" */
    unsigned weight;
    unsigned value; /**< thousandths; 0 while it is not known */
    bool known;
};

/** The score; see docs/findings.md 5. */
struct assay_score {
    unsigned score, low, high, confidence; /**< 0 to 100 */
    char grade;                            /**< 'A' to 'F'; 0: too little is known */
    bool provisional;                      /**< confidence is below 90 */
    const char *cap;                       /**< what holds the score down, or NULL */
    const struct assay_goal *goals;        /**< those that apply */
    size_t ngoals;
};

/** A ladder: "auth", "transport", "brand". */
struct assay_phase {
    const char *ladder;
    unsigned rung;     /**< the highest that is proved */
    bool more_unknown; /**< the next one is only not known */
    const char *name;  /**< "watching" */
    const char *next;  /**< the name of the next rung; NULL: there is none */
};

/** What a sender of some kind does at one MX host now. */
enum assay_delivery {
    ASSAY_DELIVER_UNKNOWN,
    ASSAY_DELIVER_AUTHENTICATED, /**< encrypted, and to the right server */
    ASSAY_DELIVER_ENCRYPTED,     /**< encrypted, to whoever answers */
    ASSAY_DELIVER_CLEAR,         /**< not encrypted */
    ASSAY_DELIVER_NOT            /**< it does not deliver there */
};

/** One line of the transport truth table. */
struct assay_transport {
    assay_span host;
    enum assay_delivery opportunistic, sts, dane, both;
    assay_span sts_why, dane_why; /**< a few words */
    bool rollover_ready;          /**< a TLSA record for the next key is there */
};

/** How an area stands, in one line. */
struct assay_area {
    const char *area;                    /**< "SPF" ... "PARKED" */
    const char *name;                    /**< as people call it: "MTA-STS" */
    enum assay_outcome worst;            /**< of its findings; PASS if there is none */
    assay_span text;                     /**< one line */
    const struct assay_finding *finding; /**< the one that the line is about; NULL: it is well */
    unsigned passes;                     /**< checks that passed */
};

/** How receivers of one standard see the domain's DMARC. */
struct assay_dmarc_view {
    const char *standard;   /**< "9989", "7489" */
    bool known;             /**< the next ones are */
    assay_span record_name; /**< where the record that applies was found; empty: none applies */
    assay_span policy;      /**< "none" ...; after t or pct */
    assay_span org;         /**< the organizational domain */
};

/** Whether a receiver shows the domain's logo. */
enum assay_shows { ASSAY_SHOWS_NOT = 1, ASSAY_SHOWS, ASSAY_SHOWS_UNKNOWN };

/** What one large receiver does with the domain's BIMI record. */
struct assay_logo_view {
    const char *receiver; /**< "Gmail" */
    enum assay_shows shows;
    assay_span why; /**< what decides, one sentence */
};

/** All that was found. Lives as long as the evaluation. Fields may be added behind the last. */
struct assay_posture {
    assay_span domain; /**< A-labels */
    int64_t now;
    enum assay_profile profile;
    bool inferred;
    assay_span profile_why;               /**< one sentence */
    const struct assay_finding *findings; /**< in the order of the catalogue, then of subjects */
    size_t nfindings;
    const struct assay_area *areas; /**< those that apply */
    size_t nareas;
    struct assay_score score;
    struct assay_phase phases[3];
    const struct assay_transport *transports; /**< one for each MX host */
    size_t ntransports;
    struct assay_dmarc_view views[2];
    unsigned spf_lookups;                /**< worst case, counted to the end */
    unsigned questions;                  /**< asked */
    const struct assay_logo_view *logos; /**< where there is a BIMI record that asks for a logo */
    size_t nlogos;
};

/**
 * Begin to look at a domain.
 *
 * \return ASSAY_DONE, ASSAY_EINVAL (not a domain name, evidence that is not what assay-plan(1) says, a
 *         selector that is none), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_domain_new(assay_engine *engine,
                                              const struct assay_domain *domain, assay_eval **ret);

/** What was found; NULL before a step returned ASSAY_DONE, or of another evaluation. */
const struct assay_posture *assay_domain_result(const assay_eval *eval);

/* ---- the plan ---- */

/** A row of the ladder of the plan (docs/plan.md). All static text. */
struct assay_plan_row {
    const char *id;       /**< "3", "T2" */
    const char *ladder;   /**< "repair", "auth", "transport", "brand" */
    const char *state;    /**< where a domain is there */
    const char *evidence; /**< what has to be known before the next step */
    const char *next;     /**< the step */
    const char *breaks;   /**< what could break by it */
    const char *undo;     /**< how to go back */
};

/** The row at `index`, or NULL behind the last. */
const struct assay_plan_row *assay_plan_row_at(size_t index);

/** Whether a step can be taken. */
enum assay_step {
    ASSAY_STEP_NOW = 1, /**< it can be taken now */
    ASSAY_STEP_WAIT,    /**< not before `earliest` */
    ASSAY_STEP_NOT_YET, /**< not before what is missing is there */
    ASSAY_STEP_KEEP,    /**< there is nothing to do but to keep it */
    ASSAY_STEP_BACK     /**< go back: mail of the domain's own is being lost */
};

/** Where a domain is on a ladder, and what comes next. */
struct assay_plan_step {
    const struct assay_plan_row *row;
    enum assay_step step;
    int64_t earliest;          /**< seconds since 1970; 0: it cannot be told */
    assay_span text;           /**< what is so here, one sentence; may be empty */
    const assay_span *missing; /**< what has to be there first, a few words each */
    size_t nmissing;
    const struct assay_fix *fixes; /**< records to publish */
    size_t nfixes;
};

/** What to do next, ladder by ladder. Lives as long as the evaluation. */
struct assay_plan {
    assay_span domain;
    int64_t now;
    bool has_evidence; /**< of reports; without it nothing beyond p=none is asked for */
    const struct assay_plan_step *steps;
    size_t nsteps;
};

/**
 * Make the plan of a domain that was looked at; the metrics of reports, if any, are those it was
 * looked at with.
 *
 * \return ASSAY_DONE, ASSAY_EORDER (the evaluation is not done, or not of a domain), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status assay_domain_plan(assay_eval *eval, const struct assay_plan **ret);

/** How a step stands as reports spell it: "now". */
const char *assay_step_text(enum assay_step step);

/** An outcome as reports spell it: "error". */
const char *assay_outcome_text(enum assay_outcome outcome);

/** A profile as reports spell it: "mail". */
const char *assay_profile_text(enum assay_profile profile);

#ifdef __cplusplus
}
#endif
#endif

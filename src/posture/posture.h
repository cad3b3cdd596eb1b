/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file posture.h
 * The domain owner's flow: gather what receivers and senders would see, then judge it.
 *
 * One domain:
 *
 *     assay_domain_new()      flow.c
 *     assay_step()            every topic is a branch that asks; one round collects the questions of all:
 *       gather_apex()         dns.c: NS SOA DS A AAAA TXT of the domain, service names, probe labels
 *       gather_mx()           mx.c: MX, addresses, PTR; TLSA and a probe of each host
 *       gather_spf()          spf.c: the whole tree (spf/walk.h), worst case for both families
 *       gather_dmarc()        dmarc.c: both standards' records (dmarc/discover.h), rua and ruf hosts
 *       gather_dkim()         dkim.c: keys of given and of guessed selectors
 *       gather_mtasts() gather_tlsrpt() gather_bimi()
 *     when all are done, nothing is asked any more; from here on it is a fold:
 *       posture_infer()       profile.c: what the domain is for
 *       judge_...()           each area emits the outcome of each of its checks (emit.h), and leaves conclusions
 *                             for those behind it and for the score
 *       posture_score()       score.c, posture_phases() phase.c: goals, caps, rungs
 *       transport.c           what each kind of sender does at each MX host
 *
 * Not knowing: a fact that is no answer makes those checks unknown whose outcome it could change (enum truth is
 * three-valued; truth_and() and its like keep it so). A fact that was not asked, for the depth of the
 * evaluation, makes them left out in a scan.
 */
#ifndef POSTURE_POSTURE_H
#define POSTURE_POSTURE_H

#include "bimi/bimi.h"
#include "bimi/mark.h"
#include "dane/dane.h"
#include "dkim/key.h"
#include "dmarc/discover.h"
#include "mtasts/mtasts.h"
#include "posture/catalogue.h"
#include "spf/walk.h"
#include "tlsrpt/tlsrpt.h"

#include <assay/posture.h>

/** Three-valued truth. */
enum truth { NO, YES, UNKNOWN };

/** Both; a NO decides. */
static inline enum truth truth_and(enum truth a, enum truth b)
{
    return a == NO || b == NO ? NO : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

/** One of them; a YES decides. */
static inline enum truth truth_or(enum truth a, enum truth b)
{
    return a == YES || b == YES ? YES : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : NO;
}

/** The opposite. */
static inline enum truth truth_not(enum truth a)
{
    return a == UNKNOWN ? UNKNOWN : a == YES ? NO : YES;
}

/** A truth of what is known. */
static inline enum truth truth_of(bool b)
{
    return b ? YES : NO;
}

/** A question with its answer. All zero: it was not asked. */
struct asked {
    enum assay_kind kind;
    uint16_t rrtype;
    assay_span name;
    const struct assay_fact *fact; /**< NULL: it was not asked */
};

/** There are data. */
static inline enum truth asked_data(const struct asked *q)
{
    if (!q->fact || fact_state(q->fact) == FACT_UNKNOWN)
        return UNKNOWN;
    return truth_of(fact_state(q->fact) == FACT_DATA);
}

/** The answer is vouched for by DNSSEC. */
static inline enum truth asked_secure(const struct asked *q)
{
    if (!q->fact || fact_state(q->fact) == FACT_UNKNOWN || q->fact->secure == ASSAY_UNKNOWN)
        return UNKNOWN;
    return truth_of(q->fact->secure == ASSAY_SECURE);
}

/* ---- topics: what is gathered ------------------------------------------------------------------ */

/** The service names of a domain whose TXT is asked. */
enum service { SERVICE_DMARC, SERVICE_MTASTS, SERVICE_TLSRPT, SERVICE_BIMI, SERVICES };

/** What each authoritative server is asked. */
enum { SERVER_SOA, SERVER_TXT, SERVER_MX, SERVER_DMARC, SERVER_QUESTIONS };

/** One address of an authoritative server (servers.c). */
struct posture_server {
    assay_span name, address; /**< the NS name, and the address as text */
    struct asked answers
        [SERVER_QUESTIONS]; /**< as this server answers; the fact's reason is "aa" with authority */
    struct asked recalled[SERVER_QUESTIONS]; /**< as it answered when it was asked before */
};

/** The domain itself, and what lies around it (dns.c). */
struct topic_apex {
    struct asked txt, a, aaaa, ns, soa, ds, spf99; /**< at the domain; spf99: RRs of type SPF */
    struct asked
        service[SERVICES]; /**< TXT `_dmarc.D`, `_mta-sts.D`, `_smtp._tls.D`, `default._bimi.D` */
    struct asked alias[SERVICES]; /**< CNAME of those that failed, to find aliases in a circle */
    bool circle[SERVICES];        /**< they are */
    struct asked doubled
        [SERVICES];      /**< TXT of each of them, where it has nothing, followed by D once more */
    struct asked probe;  /**< TXT assay-no-such-name.D */
    struct asked suffix; /**< the public suffix of the domain */
    struct asked *server_names; /**< with each_server: A and AAAA of each NS, in turn */
    size_t nserver_names;
    struct posture_server *servers; /**< one for each address, LIMIT_SERVERS at most */
    size_t nservers;
};

/** One address of an MX host. */
struct posture_address {
    struct ip ip;
    assay_span text;          /**< as RFC 5952 writes it */
    struct asked ptr;         /**< only for hosts at own names */
    enum truth resolves_back; /**< some name of it leads back to it */
    assay_span ptr_name;      /**< a name it has; empty: none */
    bool checked;             /**< the two above are set */
};

/** An MX host, or with implicit MX the domain. */
struct posture_host {
    assay_span name;
    uint16_t preference;
    bool
        bad_name; /**< an address, one label, or not letters, digits and hyphens: nothing is asked */
    bool own;     /**< at or below the domain's organizational domain, where that is known */
    struct asked a, aaaa;
    struct posture_address *addresses;
    size_t naddresses;
    bool more_addresses; /**< than LIMIT_HOST_ADDRESSES */
    struct asked
        alias; /**< CNAME of the host, where an alias leads to an address that is not secure */
    struct asked expanded;          /**< TLSA at the name that a secure alias leads to */
    struct asked tlsa;              /**< at `_25._tcp.` base */
    assay_span tlsa_base;           /**< RFC 7672 2.2.3: the expanded name, or the host */
    const struct dane_rrset *rrset; /**< NULL: no TLSA data */
    struct asked *unmatched; /**< RECALL since when each record matches nothing; NULL: not asked */
    struct asked probe;
    const struct probe *seen; /**< NULL: the probe is no answer, or was not made */
    /* conclusions; UNKNOWN until their area has judged */
    enum truth starttls;    /**< it offers STARTTLS and takes it (tls.c) */
    enum truth tls12;       /**< with TLS 1.2 or better */
    enum truth dane_usable; /**< secure TLSA records, one usable (dane.c) */
    enum truth dane_holds;  /**< and they hold */
    enum truth sts_listed;  /**< some pattern of the policy names it (mtasts.c) */
    enum truth sts_holds;   /**< and its certificate does for 8461 4.2 */
};

/** The domain's way in (mx.c). */
struct topic_mx {
    struct asked mx;
    bool null_mx;               /**< the single `.` */
    bool mixed;                 /**< `.` beside others */
    bool implicit;              /**< no MX, but an address; `hosts` is the domain */
    struct asked a, aaaa;       /**< of the domain, where it has no MX */
    enum truth receives;        /**< as docs/findings.md 4: YES also when implicit */
    struct posture_host *hosts; /**< LIMIT_MX_HOSTS at most */
    size_t nhosts;
    bool more; /**< than LIMIT_MX_HOSTS */
};

/** A name that a term of SPF asks for, below another domain than ours. */
struct posture_spf_target {
    const struct spf_node *node; /**< the record that names it */
    const struct spf_use *use;
    assay_span name;
    struct asked
        suffix; /**< its public suffix; asked where the target's own answer does not show that it exists */
    struct asked domain; /**< NS of its registrable domain */
    enum truth gone;     /**< that domain does not exist, and is not ours */
};

/** The explanation that a record names. */
struct posture_spf_exp {
    const struct spf_node *node;
    struct asked txt;
};

/** SPF (spf.c). */
struct topic_spf {
    bool walked, noted; /**< the tree is there; what it leaves to be asked is noted */
    struct spf_walk walk;
    struct posture_spf_target *targets; /**< for SPF-DANGLING */
    size_t ntargets;
    bool more_targets;            /**< than LIMIT_SPF_TARGETS */
    struct posture_spf_exp *exps; /**< of the top record and those it redirects to, if own */
    size_t nexps;
    /* conclusions */
    enum truth has;   /**< there is an SPF record, broken or not */
    enum truth valid; /**< exactly one, that can be evaluated: no error of the worst case */
    enum truth sends; /**< some client gets pass; `undeclared` tells silence apart */
    bool undeclared;  /**< it is known that there is no record */
    enum truth holds, voids_by_family; /**< goal G3 */
    enum spf_result
        closes[2]; /**< for clients that no term matches, IPv4 and IPv6; TEMPERROR: not known */
    enum truth passes_all;
    ip_number reach4; /**< addresses that pass, IPv4 */
    enum truth reach_known, dangling;
};

/** What a domain that is not used may say besides (parked.c); asked when it can be one. */
struct topic_parked {
    struct asked any_key; /**< TXT `*._domainkey.D`, as such a name */
    struct asked any_txt; /**< TXT `*.D` */
};

/** One reporting URI of DMARC (dmarc.c). */
struct posture_rua {
    assay_span uri;  /**< as written, without white space around it */
    assay_span host; /**< canonical; empty: the URI is not valid, or not mailto */
    bool ruf, valid, mailto;
    struct asked
        report; /**< TXT NAME._report._dmarc.HOST; asked unless it is known that none is needed */
    assay_span report_name;   /**< that name; empty: it is too long to be one */
    struct asked mx, a, aaaa; /**< of the host; addresses only where there is no MX */
    enum truth external;      /**< the host is of another organization than the record's name */
    enum truth authorised;    /**< it need not be, or `report` allows it */
    bool override;            /**< `report` sends the reports to another host */
    enum truth receives;      /**< the host takes mail */
};

/** DMARC of a known subdomain. */
struct posture_subdomain {
    assay_span name;
    struct asked txt; /**< at its `_dmarc` */
    struct dmarc_discovery found;
};

/** DMARC (dmarc.c). */
struct topic_dmarc {
    struct dmarc_discovery now, old;     /**< RFC 9989; RFC 7489 */
    struct dmarc_discovery org;          /**< RFC 9989, of the organizational domain */
    struct asked steps[LIMIT_TREE_WALK]; /**< TXT of each name that the walk `now` asked */
    struct asked suffix;                 /**< the public suffix of the domain */
    struct asked mx;       /**< its MX hosts may be subdomains with records of their own */
    assay_span psl_domain; /**< by the public suffix list; empty: not known */
    /** the record that RFC 9989 4.10.1 takes, broken or not; NULL: there is none, or it is not known */
    const struct dmarc_record *record;
    const struct asked *record_at; /**< of `steps`: the answer it is in */
    assay_span record_domain;      /**< the name it is for, without `_dmarc` */
    bool ours; /**< the domain or its organizational domain publishes it, not a PSD */
    struct posture_rua *ruas;
    size_t nruas;
    bool more_ruas;                       /**< than LIMIT_RUAS */
    struct posture_subdomain *subdomains; /**< given, reported, and MX hosts below the domain */
    size_t nsubdomains;
    /* conclusions */
    enum truth applies; /**< a policy applies */
    enum truth own_org; /**< the domain is its own organizational domain */
    enum dmarc_policy p, sp,
        np; /**< effective: for the domain, for sub-domains that exist, and that do not; if applies */
    enum truth rua_works; /**< goal G7 */
};

/** How a selector is known. */
enum posture_known { KNOWN_GIVEN, KNOWN_REPORTED, KNOWN_GUESSED };

/** A selector (dkim.c). */
struct posture_selector {
    assay_span selector, name; /**< and the name of its key record */
    enum posture_known known;
    assay_span provider; /**< of a guess: whose it is; may be empty */
    struct asked txt;
    struct asked doubled;  /**< of one that is given and not there: the name with D once more */
    struct asked recalled; /**< the record as it was seen before */
    const struct dkim_keys *keys; /**< NULL: no data */
    /* set when judging */
    bool counts; /**< given, reported, or guessed and there: what checks are about */
    size_t best; /**< of keys: the one that mail would use */
};

/** DKIM (dkim.c). */
struct topic_dkim {
    struct asked mx, txt;   /**< what the guesses are made from */
    struct asked providers; /**< LIST providers */
    struct asked weak;      /**< LIST weak-keys: moduli whose private keys are known */
    struct posture_selector *selectors;
    size_t nselectors;             /**< given and reported ones first */
    bool guessed;                  /**< the guesses are among them */
    struct asked probe;            /**< TXT assay-no-such-name._domainkey.D */
    struct asked adsp, domainkeys; /**< TXT _adsp._domainkey.D, _domainkey.D */
    /* conclusions */
    enum truth known; /**< a selector in use is known, so that `value` is */
    unsigned value;   /**< goal G6, thousandths, if known */
};

/** MTA-STS (mtasts.c). */
struct topic_mtasts {
    struct asked txt; /**< the service name's; the same as apex.service[SERVICE_MTASTS] */
    const struct mtasts_record *record; /**< NULL: no data */
    struct asked get;
    const struct mtasts_policy *policy; /**< NULL: no body of a 200 */
    struct asked host_a, host_aaaa;     /**< of mta-sts.D */
    /** as they were seen before: RECALL "TXT _mta-sts.D" has the record, "GET URL" the body; NODATA: never */
    struct asked recalled_txt, recalled_get;
    struct asked *
        suffixes; /**< of each pattern `*.X` of the policy: the public suffix of X; else not asked */
    /* conclusions */
    enum truth published; /**< a record announces a policy */
    enum truth valid;     /**< and it can be had, and is valid */
};

/** A host that TLS reports go to. */
struct posture_report_host {
    const struct tlsrpt_uri *uri; /**< good, or it has no host here */
    assay_span name;              /**< canonical; empty: an address, or no name */
    bool address;                 /**< an https host that is an address: nothing has to resolve */
    struct asked mx, a, aaaa;     /**< addresses of a mailto host only where it has no MX */
};

/** TLS-RPT (tlsrpt.c). */
struct topic_tlsrpt {
    struct asked txt;
    const struct tlsrpt_record *record; /**< NULL: no data */
    struct posture_report_host *hosts;
    size_t nhosts;
    enum truth valid; /**< conclusion: goal G10 */
};

/** BIMI (bimi.c). */
struct topic_bimi {
    struct asked own, org;    /**< TXT default._bimi of the domain, of its organizational domain */
    const struct asked *used; /**< of these; NULL: neither has a record */
    assay_span record_domain;
    const struct bimi_record *record; /**< the one used; NULL: there is none, or it is not known */
    struct asked logo, evidence, crl, roots, logs;
    struct svg_report svg; /**< all zero: no logo was had */
    struct mark_report mark;
    bool has_svg, has_mark; /**< the document was had, whatever it is */
    enum truth revoked;
    /* conclusions for the ladder: the record may be acted on; its logo is one; its certificate proves it */
    enum truth dmarc_ok, logo_ok, mark_ok;
};

/* ---- the evaluation ------------------------------------------------------------------------------ */

/** Topics, each a branch. */
enum topic {
    TOPIC_APEX,
    TOPIC_DMARC,
    TOPIC_MX,
    TOPIC_SPF,
    TOPIC_DKIM,
    TOPIC_MTASTS,
    TOPIC_TLSRPT,
    TOPIC_BIMI,
    TOPICS
};

/** Metrics of reports (evidence.h). */
struct evidence;

/** An outcome being told (emit.h). */
struct finding {
    struct finding *next;
    enum finding_id id;
    enum assay_outcome outcome;
    assay_span subject, reason, text;
    struct assay_evidence *evidence; /**< room for FINDING_EVIDENCE once there is any */
    size_t nevidence;
    struct assay_fix *fixes; /**< room for FINDING_FIXES once there is any */
    size_t nfixes;
};

/** A domain being looked at. */
struct posture {
    struct assay_eval ev; /**< first: an assay_eval is one of these */
    /* as asked; spans in keep */
    assay_span domain; /**< canonical */
    enum assay_profile wanted;
    enum assay_depth depth;
    bool no_probe, no_web, each_server, signs_nothing, brief;
    const assay_span *selectors, *subdomains;
    size_t nselectors, nsubdomains;
    const struct evidence *evidence; /**< of reports; NULL: none */

    struct branch branches[TOPICS];
    struct topic_apex apex;
    struct topic_mx mx;
    struct topic_spf spf;
    struct topic_parked parked;
    struct topic_dmarc dmarc;
    struct topic_dkim dkim;
    struct topic_mtasts mtasts;
    struct topic_tlsrpt tlsrpt;
    struct topic_bimi bimi;

    /* judging */
    enum assay_profile profile;
    struct finding *first, *last; /**< emitted, in order of emission */
    struct finding scratch;       /**< what does not apply is written here */
    size_t nfindings;
    bool no_memory; /**< judging found none; it is done again */
    assay_span profile_why;
    assay_span summary[AREAS]; /**< the line of an area where all is well; set by its judge */
    bool judged;
    struct assay_posture result;
    struct assay_plan plan; /**< plan.c */
    bool planned;
};

/** A posture evaluation behind a public handle, or NULL when it is another kind. */
struct posture *posture_of(assay_eval *ev);

/**
 * Ask, and note the question beside its answer, for a topic.
 *
 * \param name  canonical where it is a domain name; copied into keep
 * \param ret   set on ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status posture_ask(struct posture *p, enum assay_kind kind, uint16_t rrtype,
                                         assay_span name, struct asked *ret);

/** posture_ask() for an RRset. */
ASSAY_NODISCARD static inline assay_status posture_ask_dns(struct posture *p, uint16_t rrtype,
                                                           assay_span name, struct asked *ret)
{
    return posture_ask(p, ASSAY_DNS, rrtype, name, ret);
}

/**
 * Another topic is complete, so that its result may be looked at. A gather_...() that has to wait for one returns
 * ASSAY_NEED: the other one has asked. Topics wait only for those before them in enum topic.
 */
static inline bool posture_has(const struct posture *p, enum topic topic)
{
    return p->branches[topic].frozen;
}

/** What the web has is looked at, with all that belongs to it. */
static inline bool posture_looks_at_web(const struct posture *p)
{
    return p->depth != ASSAY_DEPTH_SCAN || !p->no_web;
}

/** MX hosts are looked at: their addresses and TLSA records, unless that is left out a probe. */
static inline bool posture_looks_at_hosts(const struct posture *p)
{
    return p->depth != ASSAY_DEPTH_SCAN || !p->no_probe;
}

/** posture_ask_dns() for `labels.name`, such as `_dmarc.D`. Too long a name is not asked: `ret->fact` stays NULL. */
ASSAY_NODISCARD assay_status posture_ask_below(struct posture *p, uint16_t rrtype,
                                               const char *labels, assay_span name,
                                               struct asked *ret);

/** The name is at or below the domain's organizational domain (of dmarc.now); UNKNOWN while that is not known. */
enum truth posture_own(const struct posture *p, assay_span name);

/**
 * Whether mail can be had at a host: NXDOMAIN, a null MX, or neither MX nor address: NO (RFC 5321 5.1, RFC 7505 3).
 */
enum truth posture_receives(const struct asked *mx, const struct asked *a,
                            const struct asked *aaaa);

/* The topics: a branch_fn each, over the struct posture. */
branch_fn gather_apex;   /**< dns.c */
branch_fn gather_dmarc;  /**< dmarc.c */
branch_fn gather_mx;     /**< mx.c */
branch_fn gather_spf;    /**< spf.c */
branch_fn gather_dkim;   /**< dkim.c */
branch_fn gather_mtasts; /**< mtasts.c */
branch_fn gather_tlsrpt; /**< tlsrpt.c */
branch_fn gather_bimi;   /**< bimi.c */

/**
 * Ask for TLSA and a probe of an MX host whose addresses have been asked (host_tls.c). Part of gather_mx().
 *
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status gather_host_tls(struct posture *p, struct posture_host *host);

/** Ask each authoritative server by its address (servers.c). Part of gather_apex(), with each_server. */
ASSAY_NODISCARD assay_status gather_servers(struct posture *p);

/** DNS-NS-FAILING, DNS-NS-DISAGREE, DNS-TCP (servers.c). Part of judge_dns(). */
void judge_servers(struct posture *p);

/** Whether the domain does not exist: then only the policy in force, and that, are judged (dns.c). */
enum truth posture_gone(const struct posture *p);

/** Ask for `parked`, when SPF is concluded (parked.c). Part of gather_spf(). \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status gather_parked(struct posture *p);

/** What the domain is for (docs/findings.md 4): sets p->profile and the reason. */
void posture_infer(struct posture *p);

/* The areas, in the order they are run: each emits its outcomes and sets its conclusions and summary. */
void judge_spf(struct posture *p);    /**< spf.c */
void judge_dmarc(struct posture *p);  /**< dmarc.c */
void judge_dkim(struct posture *p);   /**< dkim.c */
void judge_mx(struct posture *p);     /**< mx.c */
void judge_dane(struct posture *p);   /**< dane.c */
void judge_mtasts(struct posture *p); /**< mtasts.c */
void judge_tls(struct posture *p);    /**< tls.c */
void judge_tlsrpt(struct posture *p); /**< tlsrpt.c */
void judge_bimi(struct posture *p);   /**< bimi.c */
void judge_dns(struct posture *p);    /**< dns.c */
void judge_parked(struct posture *p); /**< parked.c */

/** Goals, caps, score (score.c). */
void posture_score(struct posture *p);

/** The rungs (phase.c). */
void posture_phases(struct posture *p);

/** What each kind of sender does at each MX host (transport.c). */
void posture_transport(struct posture *p);

#endif

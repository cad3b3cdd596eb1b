/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file limits.h Every count that someone outside chooses has its limit here. Reaching one is a
 * result with a reason.
 *
 * What a receiver may want to change is a policy option instead (policy/options.h).
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum limits {
    /* facts */
    LIMIT_TXT = 8192,             /**< octets of one TXT record, its strings joined */
    LIMIT_FACT = 65536,           /**< octets of one answer */
    LIMIT_CNAMES = 16,            /**< CNAME steps of one answer */
    LIMIT_QUESTIONS = 1024,       /**< questions of one evaluation, hints included */
    LIMIT_BRANCH_ASKS = 512,      /**< questions that one branch may ask in one pass */
    LIMIT_BRANCH_BYTES = 1 << 20, /**< octets of answers that one branch may read in one pass */
    LIMIT_TRACE = 4096,           /**< lines of reasoning of one branch */

    /* the message */
    LIMIT_HEADER = 1 << 20,        /**< octets of the header block */
    LIMIT_RECIPIENTS = 10000,      /**< recipients of one message; Postfix takes 1,000 */
    LIMIT_FIELDS = 4096,           /**< header fields */
    LIMIT_TAGS = 64,               /**< tags of a tag list */
    LIMIT_ADDRESSES = 1024,        /**< addresses of one From field */
    LIMIT_COMMENT_DEPTH = 64,      /**< comments in comments */
    LIMIT_AUTHRES_FIELDS = 64,     /**< Authentication-Results fields that are looked at */
    LIMIT_AUTHRES_RESULTS = 64,    /**< results read from one such field */
    LIMIT_AUTHRES_PROPERTIES = 64, /**< properties read of one such result */
    LIMIT_AUTHRES_NAME = 64,   /**< octets of a method, result, ptype or property that is written */
    LIMIT_AUTHRES_VALUE = 512, /**< octets of a value that is written, escapes counted */
    LIMIT_BODY_LENGTHS = 16,   /**< different l= values of one canonicalization */

    /* spf */
    LIMIT_SPF_TERMS = 4096,     /**< terms of one record */
    LIMIT_SPF_HINTS = 32,       /**< hints of one check */
    LIMIT_SPF_LOOKUPS = 10,     /**< terms that cause queries (RFC 7208 4.6.4) */
    LIMIT_SPF_VOIDS = 2,        /**< lookups that find nothing (RFC 7208 4.6.4) */
    LIMIT_SPF_NAMES = 10,       /**< MX hosts, PTR names (RFC 7208 4.6.4) */
    LIMIT_SPF_EXPANSION = 4096, /**< octets of an expanded macro string */

    /* dkim */
    LIMIT_SIGNATURES =
        100, /**< DKIM-Signature fields that are looked at; dkim.max_signatures are verified */
    LIMIT_SIGNED_FIELDS = 512, /**< names in h= */
    LIMIT_OWN_FIELDS = 128,    /**< names in a list of fields to sign */
    LIMIT_FIELD_NAME = 64,     /**< octets of one of them */
    LIMIT_KEY_RECORDS = 3,     /**< key records tried at one name */
    LIMIT_KEY = 4096,          /**< octets of a decoded public key */
    LIMIT_SIGNATURE = 2048,    /**< octets of a decoded signature */
    LIMIT_PRIVATE_KEY = 16384, /**< characters of a private key in base64 */

    /* signing */
    LIMIT_SIGN_RULES = 10000,  /**< entries of sign.table */
    LIMIT_SIGN_KEYS = 8,       /**< keys of one of them */
    LIMIT_SIGN_LIST = 1000,    /**< users of one of them */
    LIMIT_SIGN_IDENTITY = 320, /**< octets of an identity */

    /* dmarc */
    LIMIT_TREE_WALK = 8,     /**< queries of one tree walk (RFC 9989 4.10) */
    LIMIT_AUTHORS = 5,       /**< author domains that are evaluated (RFC 9989 11.5) */
    LIMIT_IDENTIFIERS = 110, /**< authenticated identifiers that are compared */

    /* arc */
    LIMIT_ARC_SETS = 50, /**< sets of a chain (RFC 8617 4.2.1) */

    /* iprev */
    LIMIT_IPREV_NAMES = 10, /**< PTR names that are looked up (RFC 8601 3) */

    /* srs */
    LIMIT_SRS_ADDRESS = 320, /**< octets of an address that is looked at or made */
    LIMIT_SRS_SECRETS = 32,  /**< secrets of one name */

    /* domains */
    LIMIT_DOMAIN_QUESTIONS = 4000, /**< questions of one domain */
    LIMIT_DOMAIN_BYTES = 16 << 20, /**< octets of answers to them */
    LIMIT_MX_HOSTS = 32,           /**< MX hosts that are looked at */
    LIMIT_HOST_ADDRESSES = 16,     /**< addresses of one of them */
    LIMIT_SELECTORS = 256,         /**< DKIM selectors, given and guessed */
    LIMIT_GUESSES = 36,            /**< selectors that are guessed */
    LIMIT_SUBDOMAINS = 256,        /**< known subdomains */
    LIMIT_RUAS = 32,               /**< URIs of rua and ruf */
    LIMIT_SERVERS = 32,            /**< authoritative servers that are asked one by one */
    LIMIT_SPF_NODES = 1000,        /**< records of one tree */
    LIMIT_SPF_DEPTH = 32,          /**< of one tree; receivers stop at ten */
    LIMIT_SPF_RANGES = 200000,     /**< ranges of addresses of one tree */
    LIMIT_SPF_TARGETS = 64,        /**< of one tree, whose domains may be gone */
    LIMIT_MTASTS_MX = 256,         /**< patterns of one policy */
    LIMIT_MTASTS_FAULTS = 32,      /**< faults of one policy that are told */
    LIMIT_MTASTS_POLICY = 65536,   /**< octets of one policy (RFC 8461 3.3) */
    LIMIT_TLSRPT_URIS = 32,        /**< items of rua */
    LIMIT_TLSA = 32,               /**< TLSA records of one host */
    LIMIT_PROBE_CERTS = 16,        /**< certificates that a server sends */
    LIMIT_SVG = 1 << 20,           /**< octets of a logo, uncompressed */
    LIMIT_SVG_PROBLEMS = 100,      /**< kinds of problems of one logo that are told */
    LIMIT_SVG_DEPTH = 64,          /**< elements inside each other */
    LIMIT_MARK_CERTS = 16,         /**< certificates of one chain */
    LIMIT_MARK_LINTS = 64,         /**< of one certificate */
    LIMIT_FETCH = 1 << 20,         /**< octets of one document of the web, and of a list */
    LIMIT_EVIDENCE = 4 << 20,      /**< octets of the metrics of reports */
    LIMIT_EVIDENCE_SOURCES = 1000, /**< sources of one of them */
    FINDING_EVIDENCE = 6,          /**< pieces of evidence of one finding */
    FINDING_FIXES = 8,             /**< changes that one finding asks for */

    /* policies */
    LIMIT_MATCHES = 1000,    /**< networks, domains or addresses of one list */
    LIMIT_FORWARDERS = 1000, /**< entries of one table of forwarders */
    LIMIT_CANDIDATES = 16,   /**< policies that may apply when conditions cannot be told */
    LIMIT_REPLY_LINES = 8,   /**< lines of one SMTP reply */
    LIMIT_REPLY_LINE = 512,  /**< octets of one, code and CRLF included (RFC 5321 4.5.3.1.5) */

    /* the world */
    LIMIT_RESOLVERS = 8,   /**< resolvers that are forwarded to */
    LIMIT_THREADS = 128,   /**< members of a pool of worlds, threads of the daemon */
    LIMIT_RECALL = 100000, /**< domains whose deferral is remembered */
    LIMIT_OPEN = 16384, /**< questions of a world or member on their way, those in line included */
    LIMIT_FETCHES = 64, /**< documents of the web that are fetched at once */
    LIMIT_FETCHES_HOST = 2,      /**< of these: of one host */
    LIMIT_FETCH_HEAD = 65536,    /**< octets of an answer's header */
    LIMIT_URL = 8192,            /**< octets of a URL */
    LIMIT_PROBES = 64,           /**< SMTP servers that are probed at once */
    LIMIT_PROBE_CONNECTIONS = 5, /**< connections to one of them, one after the other */
    LIMIT_PROBE_LINE = 1000,     /**< octets of a line that it says */
    LIMIT_PROBE_LINES = 100,     /**< lines of one reply */
    LIMIT_PROBE_OCTETS = 262144, /**< octets of one connection that are read */
    LIMIT_PROBE_NAMES = 40000,   /**< octets of the DNS-IDs of its certificate that are told */
    LIMIT_DIRECT = 64,           /**< questions to servers that are asked directly, at once */
    LIMIT_FLIGHTS = 400, /**< of a world or a pool, given to libunbound; one takes about 13 KB */
    LIMIT_BUSY = 1600,   /**< queries libunbound works on, those nobody waits for included */

    /* the store */
    LIMIT_STORE_QUEUE = 16 << 20,   /**< octets of rows that wait in memory for the disk */
    LIMIT_STORE_SEGMENT = 16 << 20, /**< octets of one file of the spill, unless otherwise said */
    LIMIT_STORE_BATCH = 4096,       /**< rows of one transaction */
    LIMIT_STORE_PRUNE = 1024,       /**< old rows that are removed in one transaction */

    /* .case files */
    LIMIT_CASE_TEXT = 1 << 28,   /**< octets of one file, and of a file it names */
    LIMIT_CASES = 16384,         /**< cases of one file */
    LIMIT_CASE_LINES = 4096,     /**< lines of one [envelope] or [policy] */
    LIMIT_CASE_EXPECT = 1024,    /**< lines of one [expect] */
    LIMIT_CASE_OR = 32,          /**< alternatives of one of them */
    LIMIT_CASE_RECORDS = 262144, /**< lines of [dns] of one file */
    LIMIT_CASE_SIGN = 1024,      /**< keys and answers of one [sign] */
    LIMIT_CASE_PEM = 1 << 20,    /**< octets of the text of one of its keys */
    LIMIT_CASE_FACTS = 4096,     /**< answers that one case remembers */

    /* assayd.conf */
    LIMIT_CONF_TEXT = 1 << 26,   /**< octets of all its files */
    LIMIT_CONF_FILES = 4096,     /**< files, the first included */
    LIMIT_CONF_DEPTH = 8,        /**< files that include one another */
    LIMIT_CONF_BLOCKS = 262144,  /**< blocks of all files */
    LIMIT_CONF_ITEMS = 4096,     /**< options of one block */
    LIMIT_CONF_WORDS = 65536,    /**< values of one option */
    LIMIT_CONF_COMPLAINTS = 100, /**< complaints that are told; of others there is a count */

    /* the check service */
    LIMIT_CHECK_LINE = 1 << 18 /**< octets of one line of a request */
};

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file options.h Every block of assayd.conf and every option in it, as tables: the checker, the
 * getters, --dump-defaults, assayd.conf(5) and completion come from them.
 *
 * CONF_BLOCK(ID, kind, name, help)
 *
 *     name    what its name is, as an example; "": it has no name, and stands once
 *
 * CONF_OPTION(BLOCK, ID, name, type, range, initial, example, flags, help)
 *
 *     type     TEXT       anything; what is given in several words is joined by blanks
 *              WORD       one word; a list where it may be repeated
 *              CHOICE     one of the words of the range, the first is 0
 *              NUMBER     "LOW-HIGH", or "WORD LOW-HIGH" where WORD stands for 0
 *              DURATION   seconds, "LOW-HIGH": 30s 5m 2h 1d, 0 where the range allows
 *              SIZE       octets, "LOW-HIGH": 512 64k 16M 1G
 *              MODE       permissions of a socket, octal
 *              PATH       an absolute path
 *              NAME       a domain name
 *              PATTERN    example.org, .example.org (what is below), *, or user@example.org; "domain" in the
 *                         range: no user
 *              MATCH      what assay_policy_when() takes for this condition; the range says it in words
 *              LABEL      a selector: labels of a name
 *              NETWORK    ADDRESS or ADDRESS/BITS
 *              LISTEN     unix:/PATH, inet:ADDRESS:PORT, inet6:[ADDRESS]:PORT, systemd:NAME
 *              ADDRESS    ADDRESS:PORT or [ADDRESS]:PORT
 *              RESOLVER   system, recursive, or ADDRESS@PORT
 *              FIELD      the name of a header field
 *              DATE       2027-01-31, or with a time 2027-01-31T12:00:00Z
 *              REF        the name of a block; the range is its kind
 *     initial  the value it has unless set; "": none
 *     example  what --dump-defaults shows where `initial` is empty
 *     flags    0, or MUST (the block is nothing without it), LIST (several values; may be repeated)
 *
 * At the top and in `policy` blocks every option of a receiver (policy/options.h) stands too.
 */
#ifndef CONF_OPTIONS_H
#define CONF_OPTIONS_H

/* clang-format off */
#define CONF_BLOCKS(CONF_BLOCK)                                                                                 \
    CONF_BLOCK(TOP, "", "",                                                                                     \
               "what stands in no block")                                                                       \
    CONF_BLOCK(MILTER, "milter", "in",                                                                          \
               "a place where mail servers connect as to a milter; as many as are wanted")                      \
    CONF_BLOCK(POLICY, "policy", "partners",                                                                    \
               "options of the receiver for some messages: those that all its conditions hold of; of several "  \
               "values of one condition one has to hold. The nearest policy is taken: a policy before its "     \
               "parent, of two with one parent the first")                                                      \
    CONF_BLOCK(KEY, "key", "main",                                                                              \
               "a private key for DKIM and ARC, and where its public half is published")                        \
    CONF_BLOCK(SIGN, "sign", "example.org",                                                                     \
               "which outgoing mail is signed: the name is the author's address or domain: user@example.org, "  \
               "example.org, .example.org for all below it, or * for all. The nearest of these is taken; of "   \
               "equal ones that for the user, then that for the client")                                        \
    CONF_BLOCK(SEAL, "seal", "",                                                                                \
               "seal what passes through by ARC (RFC 8617, experimental); without this block nothing is sealed")\
    CONF_BLOCK(SRS, "srs", "",                                                                                  \
               "rewrite the sender of what is forwarded, so that it passes SPF; and bounces back")              \
    CONF_BLOCK(FORWARDER, "forwarder", "university",                                                            \
               "someone whose forwarded mail is accepted though it fails DMARC; one of client, name and sealer "\
               "says who")                                                                                      \
    CONF_BLOCK(HTTP, "http", "",                                                                                \
               "metrics and health for a monitor: /metrics, /healthz, /readyz")                                 \
    CONF_BLOCK(CHECK, "check", "",                                                                              \
               "a service of lines for mail servers without milters, such as Exim")                             \
    CONF_BLOCK(CONTROL, "control", "",                                                                          \
               "the socket that assay reload and assay why talk to; without this block it is there all the same")

#define CONF_OPTIONS(CONF_OPTION)                                                                               \
    CONF_OPTION(TOP, CACHE, "cache", SIZE, "64k-16G", "16M", "", 0,                                             \
                "memory for answers of the DNS")                                                                \
    CONF_OPTION(TOP, CACHE_KEYS, "cache.keys", NUMBER, "0-100000", "1024", "", 0,                               \
                "public keys that are kept ready")                                                              \
    CONF_OPTION(TOP, DEFER_KEEP, "defer.keep", NUMBER, "100-1000000", "10000", "", 0,                           \
                "domains whose first deferral is remembered, so that none is deferred for ever")                \
    CONF_OPTION(TOP, GROUP, "group", WORD, "", "", "assay", 0,                                                  \
                "the group to run as; unset: that of the user")                                                 \
    CONF_OPTION(TOP, HEADER_BYTES, "header_bytes", SIZE, "16k-1M", "1M", "", 0,                                 \
                "the largest header of a message; what has more is refused")                                 \
    CONF_OPTION(TOP, HEADER_COUNT, "header_count", NUMBER, "32-4096", "4096", "", 0,                            \
                "the most header fields of a message; what has more is refused")                             \
    CONF_OPTION(TOP, HOSTNAME, "hostname", NAME, "", "", "mx.example.org", 0,                                   \
                "the name of this host; unset: as the system says")                                             \
    CONF_OPTION(TOP, IDLE_TIMEOUT, "idle_timeout", DURATION, "10s-1d", "10m", "", 0,                            \
                "a connection on which nothing comes for so long is closed")                                    \
    CONF_OPTION(TOP, INTERNAL, "internal", NETWORK, "", "127.0.0.0/8 ::1", "", LIST,                            \
                "networks whose mail is outgoing: signed, and not judged")                                      \
    CONF_OPTION(TOP, LOG, "log", CHOICE, "stdout syslog journald", "stdout", "", 0,                             \
                "where the log goes")                                                                           \
    CONF_OPTION(TOP, LOG_FACILITY, "log.facility", CHOICE,                                                      \
                "mail daemon local0 local1 local2 local3 local4 local5 local6 local7", "mail", "", 0,           \
                "the facility of syslog")                                                                       \
    CONF_OPTION(TOP, LOG_FORMAT, "log.format", CHOICE, "text json", "text", "", 0,                              \
                "events of the log as key=value, or as JSON")                                                   \
    CONF_OPTION(TOP, LOG_LEVEL, "log.level", CHOICE, "error warning info debug", "info", "", 0,                 \
                "what is logged: this, and what is graver")                                                     \
    CONF_OPTION(TOP, MAX_CONNECTIONS, "max_connections", NUMBER, "1-100000", "1000", "", 0,                     \
                "connections of all milters; one more is told at once to try again later")                      \
    CONF_OPTION(TOP, MESSAGE_TIMEOUT, "message_timeout", DURATION, "10s-1h", "10m", "", 0,                      \
                "the longest that one message may take to come in")                                             \
    CONF_OPTION(TOP, PID_FILE, "pid_file", PATH, "", "", "/run/assay/assayd.pid", 0,                            \
                "a file for the process id; unset: none")                                                       \
    CONF_OPTION(TOP, RESOLVER, "resolver", RESOLVER, "", "system", "", LIST,                                    \
                "whom to ask: those of /etc/resolv.conf (system), these addresses, or the servers of each "     \
                "domain itself (recursive)")                                                                    \
    CONF_OPTION(TOP, RESOLVER_TIMEOUT, "resolver.timeout", DURATION, "1s-60s", "5s", "", 0,                     \
                "the longest that one question may take")                                                       \
    CONF_OPTION(TOP, RESOLVER_ANCHOR, "resolver.trust_anchor", PATH, "none", "", "/usr/share/dns/root.key", 0,      \
                "a file of DS or DNSKEY records of the root, or none; unset: the system's where it is of use")  \
    CONF_OPTION(TOP, SANDBOX, "sandbox", CHOICE, "no yes", "yes", "", 0,                                        \
                "take from the processes every system call and right that they have no use for")                \
    CONF_OPTION(TOP, STORE, "store", PATH, "", "", "/var/lib/assay/assay.db", 0,                                \
                "the file that keeps a row of every verdict; unset: none is kept")                              \
    CONF_OPTION(TOP, STORE_RETENTION, "store.retention", DURATION, "1d-3650d", "90d", "", 0,                    \
                "how long rows are kept")                                                                       \
    CONF_OPTION(TOP, THREADS, "threads", NUMBER, "auto 1-128", "auto", "", 0,                                   \
                "threads that serve connections; auto: one for each processor")                                 \
    CONF_OPTION(TOP, USER, "user", WORD, "", "assay", "", 0,                                                    \
                "the user to run as, if started as root")                                                       \
    CONF_OPTION(TOP, WHY_KEEP, "why.keep", NUMBER, "0-1000000", "200",  "", 0,                                  \
                "verdicts that are kept in memory for assay why")                                               \
    CONF_OPTION(MILTER, LISTEN, "listen", LISTEN, "", "", "unix:/var/spool/postfix/assay/milter.sock", MUST | LIST, \
                "where mail servers connect")                                                                   \
    CONF_OPTION(MILTER, MODE, "mode", MODE, "", "0660", "", 0,                                                  \
                "the permissions of the unix socket")                                                           \
    CONF_OPTION(MILTER, GROUP, "group", WORD, "", "", "postfix", 0,                                             \
                "the group of the unix socket; unset: the daemon's")                                            \
    CONF_OPTION(MILTER, POLICY, "policy", REF, "policy", "", "partners", 0,                                     \
                "begin with this policy; unset: with the options at the top")                                   \
    CONF_OPTION(MILTER, DIRECTION, "direction", CHOICE, "auto in out", "auto", "", 0,                           \
                "mail that comes in here is judged (in), signed (out), or that which fits it: authenticated "   \
                "users and internal networks send, others come in (auto)")                                      \
    CONF_OPTION(MILTER, MAX_CONNECTIONS, "max_connections", NUMBER, "1-100000", "", "200", 0,                   \
                "connections of this milter; unset: only max_connections of the top counts")                    \
    CONF_OPTION(MILTER, IDLE_TIMEOUT, "idle_timeout", DURATION, "10s-1d", "", "5m", 0,                          \
                "as idle_timeout of the top, which it is when unset")                                           \
    CONF_OPTION(POLICY, PARENT, "parent", REF, "policy", "", "others", 0,                                       \
                "the policy that this one refines; unset: the options at the top")                              \
    CONF_OPTION(POLICY, WHEN_LISTENER, "when.listener", REF, "milter", "", "in", LIST,                          \
                "the milter that the message came by; with a check block, also a listener that the mail server names")                                                          \
    CONF_OPTION(POLICY, WHEN_CLIENT, "when.client", MATCH, "networks, names of hosts, .domains", "", "192.0.2.0/24", LIST,\
                "the client's network, or its name, which has to resolve back")                                 \
    CONF_OPTION(POLICY, WHEN_AUTHENTICATED, "when.authenticated", MATCH, "yes, no, names of users", "", "no", LIST,\
                "whether the client has authenticated itself, or as whom")                                      \
    CONF_OPTION(POLICY, WHEN_SENDER, "when.sender", MATCH, "domains, .domains, addresses, <>", "", ".partner.example", LIST,\
                "the reverse-path, or its domain")                                                              \
    CONF_OPTION(POLICY, WHEN_RECIPIENT, "when.recipient", MATCH, "domains, .domains, addresses", "", "example.org", LIST,\
                "the recipient, or its domain; of several recipients every one has to be meant")                \
    CONF_OPTION(POLICY, WHEN_AUTHOR, "when.author", MATCH, "domains, .domains", "", "partner.example", LIST,    \
                "the author's domain in From; of several authors every one has to be meant")                    \
    CONF_OPTION(POLICY, WHEN_DKIM, "when.dkim", MATCH, "domains, .domains", "", "partner.example", LIST,        \
                "the domain of a DKIM signature that passes")                                                   \
    CONF_OPTION(POLICY, WHEN_HEADER, "when.header", TEXT, "", "", "List-Id", LIST,                              \
                "a header field: its name, or \"NAME: TEXT\" with a text that it contains")                     \
    CONF_OPTION(KEY, SELECTOR, "selector", LABEL, "", "", "s2026", MUST,                                        \
                "its selector: the public key is at SELECTOR._domainkey.DOMAIN")                                \
    CONF_OPTION(KEY, DOMAIN, "domain", NAME, "", "", "example.org", 0,                                          \
                "the domain it signs for; unset: the domain of the sign block, the author's where that is *")   \
    CONF_OPTION(KEY, FILE, "file", PATH, "", "", "/etc/assay/keys/s2026.pem", MUST,                             \
                "the private key, PEM, RSA or Ed25519; only root need be able to read it")                      \
    CONF_OPTION(KEY, ALGORITHM, "algorithm", CHOICE, "rsa ed25519", "rsa", "", 0,                               \
                "what kind of key it is; the file has to agree")                                                \
    CONF_OPTION(SIGN, KEY, "key", REF, "key", "", "main", MUST | LIST,                                          \
                "the keys; each makes a signature")                                                             \
    CONF_OPTION(SIGN, PROFILE, "profile", CHOICE, "strict list-friendly", "list-friendly", "", 0,               \
                "the fields that are signed, and against additions: all that matter (strict), or those that "   \
                "mailing lists leave alone (list-friendly)")                                                    \
    CONF_OPTION(SIGN, FIELDS, "fields", FIELD, "", "", "From, To, Subject, Date", LIST,                         \
                "sign these fields instead of a profile; a name that stands once more than the message has "    \
                "the field keeps others from being added")                                                      \
    CONF_OPTION(SIGN, CANONICALIZATION, "canonicalization", CHOICE,                                             \
                "relaxed/relaxed relaxed/simple simple/relaxed simple/simple", "relaxed/relaxed", "", 0,        \
                "of header and body (RFC 6376 3.4)")                                                            \
    CONF_OPTION(SIGN, EXPIRE, "expire", DURATION, "0-3650d", "0", "", 0,                                        \
                "x= of the signature so long after now; 0: none")                                               \
    CONF_OPTION(SIGN, TIMESTAMP, "timestamp", CHOICE, "no yes", "yes", "", 0,                                   \
                "t= in the signature")                                                                          \
    CONF_OPTION(SIGN, IDENTITY, "identity", WORD, "", "", "@mail.example.org", 0,                               \
                "i= of the signature; unset: none")                                                             \
    CONF_OPTION(SIGN, USER, "user", WORD, "", "", "alice", LIST,                                                \
                "only for these authenticated users; mail of others goes on to the next block that fits")       \
    CONF_OPTION(SIGN, CLIENT, "client", NETWORK, "", "", "192.0.2.0/24", LIST,                                  \
                "only for these clients; mail of others goes on to the next block that fits")                   \
    CONF_OPTION(SEAL, KEY, "key", REF, "key", "", "main", MUST,                                                 \
                "the key that seals")                                                                           \
    CONF_OPTION(SEAL, DOMAIN, "domain", NAME, "", "", "example.org", 0,                                         \
                "the domain that seals; unset: that of the key")                                                \
    CONF_OPTION(SEAL, FIELDS, "fields", FIELD, "", "", "From, To, Subject, Date", LIST,                         \
                "the fields that are sealed; unset: those that mailing lists leave alone")                      \
    CONF_OPTION(SRS, DOMAIN, "domain", NAME, "", "", "srs.example.org", MUST,                                   \
                "the domain of rewritten senders; its mail has to come here")                                   \
    CONF_OPTION(SRS, SECRET, "secret", PATH, "", "", "/etc/assay/srs.secret", MUST,                             \
                "a file of secrets, one a line: the first signs, all are known")                                \
    CONF_OPTION(SRS, LISTEN, "listen", LISTEN, "", "", "unix:/var/spool/postfix/assay/srs.sock", LIST,          \
                "where the mail server asks, as a socketmap of Postfix")                                        \
    CONF_OPTION(SRS, MODE, "mode", MODE, "", "0660", "", 0,                                                     \
                "the permissions of the unix socket")                                                           \
    CONF_OPTION(SRS, GROUP, "group", WORD, "", "", "postfix", 0,                                                \
                "the group of the unix socket; unset: the daemon's")                                            \
    CONF_OPTION(SRS, HASH_LENGTH, "hash_length", NUMBER, "4-27", "4", "", 0,                                    \
                "letters of the hash that is written")                                                          \
    CONF_OPTION(SRS, HASH_LEAST, "hash_least", NUMBER, "4-27", "4", "", 0,                                      \
                "letters of the hash that are asked for; at most hash_length")                                  \
    CONF_OPTION(SRS, SEPARATOR, "separator", CHOICE, "= + -", "=", "", 0,                                       \
                "what stands behind SRS0 and SRS1 in addresses that are written; \"=\" needs its quotes")       \
    CONF_OPTION(SRS, MAX_AGE, "max_age", DURATION, "1d-1023d", "21d", "", 0,                                    \
                "how long bounces to a rewritten address are taken")                                            \
    CONF_OPTION(SRS, LOCAL, "local", PATTERN, "domain", "", "example.org, .example.org", LIST,                  \
                "domains whose senders are never rewritten, nor those of mail to them, beside that of srs")     \
    CONF_OPTION(SRS, OVERFLOW, "overflow", CHOICE, "keep refuse", "refuse", "", 0,                              \
                "a sender that becomes too long for SMTP: kept as it is, or the message is refused")            \
    CONF_OPTION(SRS, MILTER, "milter", CHOICE, "no yes", "no", "", 0,                                           \
                "change senders as a milter, too; not for mail that the mail server rewrites itself")           \
    CONF_OPTION(FORWARDER, CLIENT, "client", NETWORK, "", "", "192.0.2.0/24", LIST,                             \
                "its networks")                                                                                 \
    CONF_OPTION(FORWARDER, NAME, "name", PATTERN, "domain", "", ".university.example", LIST,                    \
                "its hosts: the client's name, which has to resolve back (iprev)")                              \
    CONF_OPTION(FORWARDER, SEALER, "sealer", NAME, "", "", "university.example", LIST,                          \
                "the domain of its ARC seal, which has to pass and to say that the message did")                \
    CONF_OPTION(FORWARDER, AUTHORS, "authors", PATTERN, "domain", "", "partner.example", LIST,                        \
                "only for authors of these")                                                                    \
    CONF_OPTION(FORWARDER, RECIPIENTS, "recipients", PATTERN, "", "", "alice@example.org", LIST,                \
                "only for recipients of these")                                                                 \
    CONF_OPTION(FORWARDER, UNTIL, "until", DATE, "", "", "2099-12-31", 0,                                       \
                "trusted up to this date, UTC; unset: without an end")                                          \
    CONF_OPTION(FORWARDER, NOTE, "note", TEXT, "", "", "alumni addresses, asked for by Ann", 0,                 \
                "why, for who comes later; the log shows it")                                                   \
    CONF_OPTION(HTTP, LISTEN, "listen", ADDRESS, "", "", "127.0.0.1:9107", MUST | LIST,                         \
                "where to listen")                                                                              \
    CONF_OPTION(CHECK, LISTEN, "listen", LISTEN, "", "", "unix:/run/assay/check.sock", MUST | LIST,             \
                "where to listen")                                                                              \
    CONF_OPTION(CHECK, MODE, "mode", MODE, "", "0660", "", 0,                                                   \
                "the permissions of the unix socket")                                                           \
    CONF_OPTION(CHECK, GROUP, "group", WORD, "", "", "Debian-exim", 0,                                          \
                "the group of the unix socket; unset: the daemon's")                                            \
    CONF_OPTION(CHECK, SPOOL, "spool", PATH, "", "", "/var/spool/exim4/input", 0,                               \
                "the folder in which bodies may be read, Exim's input; unset: bodies come over the socket alone") \
    CONF_OPTION(CONTROL, LISTEN, "listen", LISTEN, "", "unix:/run/assay/control.sock", "", 0,                   \
                "where to listen: a unix socket")                                                               \
    CONF_OPTION(CONTROL, MODE, "mode", MODE, "", "0660", "", 0,                                                 \
                "its permissions")                                                                              \
    CONF_OPTION(CONTROL, GROUP, "group", WORD, "", "", "adm", 0,                                                \
                "its group; unset: the daemon's")
/* clang-format on */

#endif

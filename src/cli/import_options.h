/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file import_options.h What becomes of each option of the programs that assayd takes the place of.
 *
 * OPENDKIM(name, fate, text), and so on for each program
 *
 *     fate  MAPPED: to the options that the text names; DROPPED: it is not needed, the text says why; NONE:
 *           there is no equivalent, the text says what to do instead
 */
#ifndef CLI_IMPORT_OPTIONS_H
#define CLI_IMPORT_OPTIONS_H

/* clang-format off */
#define IMPORT_OPENDKIM(OPENDKIM)                                                                               \
    OPENDKIM("AlwaysAddARHeader", DROPPED, "results are always written")                                        \
    OPENDKIM("AuthservID", MAPPED, "authserv_id")                                                               \
    OPENDKIM("AuthservIDWithJobID", NONE, "the log has the queue id of every message; no name carries it")      \
    OPENDKIM("AutoRestart", DROPPED, "assayd restarts its processes by itself, systemd restarts assayd")        \
    OPENDKIM("AutoRestartCount", DROPPED, "see AutoRestart")                                                    \
    OPENDKIM("AutoRestartRate", DROPPED, "see AutoRestart")                                                     \
    OPENDKIM("Background", DROPPED, "assayd stays in the foreground; systemd runs it")                          \
    OPENDKIM("BaseDirectory", MAPPED, "the paths that are not absolute")                                        \
    OPENDKIM("BodyLengthDB", NONE, "l= is never written: what is added behind it would pass as signed")         \
    OPENDKIM("BogusKey", DROPPED, "an answer that DNSSEC says is bogus is no answer: the result is temperror")  \
    OPENDKIM("Canonicalization", MAPPED, "sign.canonicalization")                                               \
    OPENDKIM("CaptureUnknownErrors", DROPPED, "a message that cannot be judged is deferred")                    \
    OPENDKIM("ChangeRootDirectory", DROPPED, "the processes are shut in by the sandbox option; paths here are " \
             "as the whole system sees them")                                                                   \
    OPENDKIM("ClockDrift", NONE, "signatures of the future fail; keep the clock right (NTP)")                   \
    OPENDKIM("DNSConnect", DROPPED, "questions go over UDP, and over TCP when they must")                       \
    OPENDKIM("DNSTimeout", MAPPED, "resolver.timeout")                                                          \
    OPENDKIM("DiagnosticDirectory", NONE, "assay why --record keeps a message with all that was found out")     \
    OPENDKIM("Diagnostics", NONE, "assay verify --explain shows what differs; z= is not written")               \
    OPENDKIM("DisableCryptoInit", DROPPED, "it is an internal matter")                                          \
    OPENDKIM("Domain", MAPPED, "sign blocks")                                                                   \
    OPENDKIM("DomainKeysCompat", NONE, "DomainKeys is historic (RFC 4870); such records are still read when "   \
             "they are valid ones of DKIM")                                                                     \
    OPENDKIM("DontSignMailTo", NONE, "the recipient does not decide about signing; make a milter with "         \
             "direction = in for such mail")                                                                    \
    OPENDKIM("EnableCoredumps", DROPPED, "cores would hold keys: they are off")                                 \
    OPENDKIM("ExemptDomains", NONE, "make a policy with when.author for these domains")                         \
    OPENDKIM("ExternalIgnoreList", DROPPED, "external mail that names our domains is judged, not complained of")\
    OPENDKIM("FinalPolicyScript", NONE, "there are no scripts; policy blocks decide")                           \
    OPENDKIM("FixCRLF", DROPPED, "a LF alone is read as CRLF; see message.bare_lf")                             \
    OPENDKIM("IdentityHeader", NONE, "i= is set by sign.identity, not by a field of the message")               \
    OPENDKIM("IdentityHeaderRemove", NONE, "see IdentityHeader")                                                \
    OPENDKIM("IgnoreMalformedMail", DROPPED, "malformed mail passes unless an option message.* refuses it")     \
    OPENDKIM("Include", MAPPED, "what the file says")                                                           \
    OPENDKIM("InternalHosts", MAPPED, "internal")                                                               \
    OPENDKIM("KeepAuthResults", NONE, "fields from outside that use our name are always removed")               \
    OPENDKIM("KeepTemporaryFiles", NONE, "there are none; assay why --record keeps a message")                  \
    OPENDKIM("KeyFile", MAPPED, "key.file")                                                                     \
    OPENDKIM("KeyTable", MAPPED, "key blocks")                                                                  \
    OPENDKIM("LDAPAuthMechanism", NONE, "export the LDAP tables to files, and import those")                    \
    OPENDKIM("LDAPAuthName", NONE, "see LDAPAuthMechanism")                                                     \
    OPENDKIM("LDAPAuthRealm", NONE, "see LDAPAuthMechanism")                                                    \
    OPENDKIM("LDAPAuthUser", NONE, "see LDAPAuthMechanism")                                                     \
    OPENDKIM("LDAPBindPassword", NONE, "see LDAPAuthMechanism")                                                 \
    OPENDKIM("LDAPBindUser", NONE, "see LDAPAuthMechanism")                                                     \
    OPENDKIM("LDAPDisableCache", NONE, "see LDAPAuthMechanism")                                                 \
    OPENDKIM("LDAPKeepaliveIdle", NONE, "see LDAPAuthMechanism")                                                \
    OPENDKIM("LDAPKeepaliveInterval", NONE, "see LDAPAuthMechanism")                                            \
    OPENDKIM("LDAPKeepaliveProbes", NONE, "see LDAPAuthMechanism")                                              \
    OPENDKIM("LDAPTimeout", NONE, "see LDAPAuthMechanism")                                                      \
    OPENDKIM("LDAPUseTLS", NONE, "see LDAPAuthMechanism")                                                       \
    OPENDKIM("LogResults", DROPPED, "every result is in the log")                                               \
    OPENDKIM("LogWhy", DROPPED, "assay why tells why a message was signed or not")                              \
    OPENDKIM("MTA", NONE, "set direction = out in the milter block of that service")                            \
    OPENDKIM("MTACommand", DROPPED, "no mail is sent")                                                          \
    OPENDKIM("MacroList", NONE, "authenticated users send; for a service of its own make a milter with "        \
             "direction = out")                                                                                 \
    OPENDKIM("MaximumHeaders", MAPPED, "header_bytes")                                                          \
    OPENDKIM("MaximumSignaturesToVerify", MAPPED, "dkim.max_signatures")                                        \
    OPENDKIM("MaximumSignedBytes", NONE, "l= is never written: what is added behind it would pass as signed")   \
    OPENDKIM("MilterDebug", DROPPED, "log.level = debug")                                                       \
    OPENDKIM("Minimum", MAPPED, "dkim.partial_body")                                                            \
    OPENDKIM("MinimumKeyBits", MAPPED, "dkim.min_rsa_bits")                                                     \
    OPENDKIM("Mode", MAPPED, "milter.direction")                                                                \
    OPENDKIM("MultipleSignatures", MAPPED, "the keys of sign blocks")                                           \
    OPENDKIM("MustBeSigned", NONE, "DMARC of the author's domain says what must be signed; a policy with "      \
             "when.author can be stricter")                                                                     \
    OPENDKIM("Nameservers", MAPPED, "resolver")                                                                 \
    OPENDKIM("NoHeaderB", DROPPED, "header.b tells signatures apart (RFC 6008)")                                \
    OPENDKIM("OmitHeaders", DROPPED, "profiles sign no field that changes on the way")                          \
    OPENDKIM("On-BadSignature", NONE, "a signature that fails is as none (RFC 6376 6.1); DMARC decides")        \
    OPENDKIM("On-DNSError", MAPPED, "temperror.action")                                                         \
    OPENDKIM("On-Default", NONE, "see the other options On-...")                                                \
    OPENDKIM("On-InternalError", DROPPED, "what cannot be judged is deferred")                                  \
    OPENDKIM("On-KeyNotFound", NONE, "see On-BadSignature")                                                     \
    OPENDKIM("On-NoSignature", NONE, "see MustBeSigned")                                                        \
    OPENDKIM("On-Security", NONE, "the options message.* say what is refused")                                  \
    OPENDKIM("On-SignatureError", DROPPED, "a message that cannot be signed goes out unsigned, and the log says"\
             " so")                                                                                             \
    OPENDKIM("OversignHeaders", MAPPED, "sign.fields, or sign.profile")                                         \
    OPENDKIM("POPDBFile", NONE, "POP before SMTP is no authentication: use SMTP AUTH")                          \
    OPENDKIM("PeerList", NONE, "exempt these clients in the mail server: smtpd_milter_maps of Postfix")         \
    OPENDKIM("PidFile", DROPPED, "systemd knows the process; pid_file writes one")                              \
    OPENDKIM("Quarantine", DROPPED, "what is quarantined is marked by a field of the header")                   \
    OPENDKIM("QueryCache", DROPPED, "answers are always kept; see cache")                                       \
    OPENDKIM("RedirectFailuresTo", NONE, "file what is marked as quarantined by Sieve")                         \
    OPENDKIM("RemoveARAll", NONE, "only fields that use our names are removed (RFC 8601 5)")                    \
    OPENDKIM("RemoveARFrom", MAPPED, "authserv_id.also")                                                        \
    OPENDKIM("RemoveOldSignatures", NONE, "signatures of others stay: they may still pass")                     \
    OPENDKIM("ReplaceHeaders", NONE, "let the mail server rewrite before the milter")                           \
    OPENDKIM("ReplaceRules", NONE, "see ReplaceHeaders")                                                        \
    OPENDKIM("ReportAddress", NONE, "no failure reports are sent")                                              \
    OPENDKIM("ReportBccAddress", NONE, "see ReportAddress")                                                     \
    OPENDKIM("RequestReports", NONE, "r=y is not written; DMARC's aggregate reports tell of failures")          \
    OPENDKIM("RequireSafeKeys", DROPPED, "keys are read by a process of its own; a file that others may read "  \
             "is complained of")                                                                                \
    OPENDKIM("RequiredHeaders", MAPPED, "message.no_from")                                                      \
    OPENDKIM("ResignAll", NONE, "make a milter with direction = out for the mail that is to be signed again")   \
    OPENDKIM("ResignMailTo", NONE, "see ResignAll")                                                             \
    OPENDKIM("ResolverConfiguration", NONE, "run unbound with it, and name that in resolver")                   \
    OPENDKIM("ResolverTracing", DROPPED, "assay verify --explain shows every question")                         \
    OPENDKIM("SMTPURI", DROPPED, "no mail is sent")                                                             \
    OPENDKIM("ScreenPolicyScript", NONE, "there are no scripts; policy blocks decide")                          \
    OPENDKIM("SelectCanonicalizationHeader", NONE, "no field of the message decides how it is signed")          \
    OPENDKIM("Selector", MAPPED, "key.selector")                                                                \
    OPENDKIM("SendReports", NONE, "see ReportAddress")                                                          \
    OPENDKIM("SenderHeaders", NONE, "the author in From decides, for DMARC looks at nothing else")              \
    OPENDKIM("SenderMacro", NONE, "see SenderHeaders")                                                          \
    OPENDKIM("SetupPolicyScript", NONE, "there are no scripts; sign blocks decide")                             \
    OPENDKIM("SignHeaders", MAPPED, "sign.fields")                                                              \
    OPENDKIM("SignatureAlgorithm", MAPPED, "key.algorithm")                                                     \
    OPENDKIM("SignatureTTL", MAPPED, "sign.expire")                                                             \
    OPENDKIM("SigningTable", MAPPED, "sign blocks")                                                             \
    OPENDKIM("Socket", MAPPED, "milter.listen")                                                                 \
    OPENDKIM("SoftStart", NONE, "see LDAPAuthMechanism")                                                        \
    OPENDKIM("SoftwareHeader", NONE, "no field names the program")                                              \
    OPENDKIM("Statistics", NONE, "store keeps a row of every verdict, http serves metrics")                     \
    OPENDKIM("StatisticsName", NONE, "see Statistics")                                                          \
    OPENDKIM("StatisticsPolicyScript", NONE, "see Statistics")                                                  \
    OPENDKIM("StatisticsPrefix", NONE, "see Statistics")                                                        \
    OPENDKIM("StrictHeaders", NONE, "the options message.* say what is refused")                                \
    OPENDKIM("StrictTestMode", DROPPED, "it is for tests")                                                      \
    OPENDKIM("SubDomains", MAPPED, "sign blocks")                                                               \
    OPENDKIM("Syslog", MAPPED, "log")                                                                           \
    OPENDKIM("SyslogFacility", MAPPED, "log.facility")                                                          \
    OPENDKIM("SyslogName", NONE, "the log is of assayd")                                                        \
    OPENDKIM("SyslogSuccess", DROPPED, "every result is in the log")                                            \
    OPENDKIM("TemporaryDirectory", DROPPED, "there are no temporary files")                                     \
    OPENDKIM("TestDNSData", DROPPED, "it is for tests; .case files hold whole worlds")                          \
    OPENDKIM("TestPublicKeys", DROPPED, "it is for tests; .case files hold whole worlds")                       \
    OPENDKIM("TrustAnchorFile", MAPPED, "resolver.trust_anchor")                                                \
    OPENDKIM("TrustSignaturesFrom", NONE, "a signature of a third domain proves that domain alone; DMARC "      \
             "decides")                                                                                         \
    OPENDKIM("UMask", MAPPED, "milter.mode")                                                                    \
    OPENDKIM("UnprotectedKey", NONE, "the result says whether DNSSEC proved the key; it decides nothing")       \
    OPENDKIM("UserID", DROPPED, "assayd has a user of its own; keys are read before, as root, and may stay "    \
             "where they are")                                                                                  \
    OPENDKIM("VBR-Certifiers", NONE, "VBR (RFC 5518) is not used")                                              \
    OPENDKIM("VBR-PurgeFields", NONE, "see VBR-Certifiers")                                                     \
    OPENDKIM("VBR-TrustedCertifiers", NONE, "see VBR-Certifiers")                                               \
    OPENDKIM("VBR-TrustedCertifiersOnly", NONE, "see VBR-Certifiers")                                           \
    OPENDKIM("VBR-Type", NONE, "see VBR-Certifiers")                                                            \
    OPENDKIM("WeakSyntaxChecks", DROPPED, "malformed mail passes unless an option message.* refuses it")

#define IMPORT_OPENDMARC(OPENDMARC)                                                                             \
    OPENDMARC("AuthservID", MAPPED, "authserv_id")                                                              \
    OPENDMARC("AuthservIDWithJobID", NONE, "the log has the queue id of every message; no name carries it")     \
    OPENDMARC("AutoRestart", DROPPED, "assayd restarts its processes by itself, systemd restarts assayd")       \
    OPENDMARC("AutoRestartCount", DROPPED, "see AutoRestart")                                                   \
    OPENDMARC("AutoRestartRate", DROPPED, "see AutoRestart")                                                    \
    OPENDMARC("Background", DROPPED, "assayd stays in the foreground; systemd runs it")                         \
    OPENDMARC("BaseDirectory", MAPPED, "the paths that are not absolute")                                       \
    OPENDMARC("ChangeRootDirectory", DROPPED, "the processes are shut in by the sandbox option")                \
    OPENDMARC("CopyFailuresTo", NONE, "file what is marked as quarantined by Sieve")                            \
    OPENDMARC("DNSTimeout", MAPPED, "resolver.timeout")                                                         \
    OPENDMARC("DomainWhitelist", MAPPED, "arc.trusted")                                                         \
    OPENDMARC("DomainWhitelistFile", MAPPED, "arc.trusted")                                                     \
    OPENDMARC("DomainWhitelistSize", DROPPED, "the list is as long as it is")                                   \
    OPENDMARC("EnableCoredumps", DROPPED, "cores would hold keys: they are off")                                \
    OPENDMARC("FailureReports", NONE, "no failure reports are sent")                                            \
    OPENDMARC("FailureReportsBcc", NONE, "see FailureReports")                                                  \
    OPENDMARC("FailureReportsOnNone", NONE, "see FailureReports")                                               \
    OPENDMARC("FailureReportsSentBy", NONE, "see FailureReports")                                               \
    OPENDMARC("HistoryFile", MAPPED, "store")                                                                   \
    OPENDMARC("HoldQuarantinedMessages", MAPPED, "quarantine.by")                                               \
    OPENDMARC("IgnoreAuthenticatedClients", DROPPED, "what authenticated users send is never judged")           \
    OPENDMARC("IgnoreHosts", MAPPED, "internal")                                                                \
    OPENDMARC("IgnoreMailFrom", MAPPED, "a policy block")                                                       \
    OPENDMARC("IgnoreMailTo", NONE, "every verdict becomes a row of the store")                                 \
    OPENDMARC("MilterDebug", DROPPED, "log.level = debug")                                                      \
    OPENDMARC("PidFile", DROPPED, "systemd knows the process; pid_file writes one")                             \
    OPENDMARC("PublicSuffixList", DROPPED, "RFC 9989 finds organizations in the DNS; dmarc.mode = 7489 uses the"\
              " list of the system")                                                                            \
    OPENDMARC("RecordAllMessages", DROPPED, "every verdict becomes a row of the store")                         \
    OPENDMARC("RejectFailures", MAPPED, "dmarc.reject, enforce")                                                \
    OPENDMARC("RejectMultiValueFrom", NONE, "each author is judged, and the worst counts (RFC 9989 11.5)")      \
    OPENDMARC("RejectString", MAPPED, "reply.text")                                                             \
    OPENDMARC("ReportCommand", NONE, "see FailureReports")                                                      \
    OPENDMARC("RequiredHeaders", MAPPED, "message.no_from")                                                     \
    OPENDMARC("SPFIgnoreResults", DROPPED, "SPF is always evaluated here")                                      \
    OPENDMARC("SPFSelfValidate", DROPPED, "SPF is always evaluated here")                                       \
    OPENDMARC("Socket", MAPPED, "milter.listen")                                                                \
    OPENDMARC("SoftwareHeader", NONE, "no field names the program")                                             \
    OPENDMARC("Syslog", MAPPED, "log")                                                                          \
    OPENDMARC("SyslogFacility", MAPPED, "log.facility")                                                         \
    OPENDMARC("TrustedAuthservIDs", DROPPED, "SPF and DKIM are evaluated here; results of other hosts are not " \
             "believed")                                                                                        \
    OPENDMARC("UMask", MAPPED, "milter.mode")                                                                   \
    OPENDMARC("UserID", DROPPED, "assayd has a user of its own")

#define IMPORT_OPENARC(OPENARC)                                                                                 \
    OPENARC("AuthResIP", DROPPED, "the client's address is in the results of SPF")                              \
    OPENARC("AuthservID", MAPPED, "authserv_id")                                                                \
    OPENARC("AutoRestart", DROPPED, "assayd restarts its processes by itself, systemd restarts assayd")         \
    OPENARC("AutoRestartCount", DROPPED, "see AutoRestart")                                                     \
    OPENARC("AutoRestartRate", DROPPED, "see AutoRestart")                                                      \
    OPENARC("Background", DROPPED, "assayd stays in the foreground; systemd runs it")                           \
    OPENARC("BaseDirectory", MAPPED, "the paths that are not absolute")                                         \
    OPENARC("Canonicalization", DROPPED, "seals are relaxed/relaxed")                                           \
    OPENARC("ChangeRootDirectory", DROPPED, "the processes are shut in by the sandbox option")                  \
    OPENARC("Domain", MAPPED, "seal.domain")                                                                    \
    OPENARC("EnableCoredumps", DROPPED, "cores would hold keys: they are off")                                  \
    OPENARC("FinalReceiver", NONE, "leave the seal block out where mail is not passed on")                      \
    OPENARC("FixedTimestamp", DROPPED, "it is for tests")                                                       \
    OPENARC("Include", MAPPED, "what the file says")                                                            \
    OPENARC("InternalHosts", MAPPED, "internal")                                                                \
    OPENARC("KeepTemporaryFiles", NONE, "there are none; assay why --record keeps a message")                   \
    OPENARC("KeyFile", MAPPED, "key.file")                                                                      \
    OPENARC("MaximumHeaders", MAPPED, "header_bytes")                                                           \
    OPENARC("MilterDebug", DROPPED, "log.level = debug")                                                        \
    OPENARC("MinimumKeySizeRSA", MAPPED, "dkim.min_rsa_bits")                                                   \
    OPENARC("Mode", MAPPED, "the seal block")                                                                   \
    OPENARC("OverrideCV", NONE, "the chain is sealed as it was found")                                          \
    OPENARC("OversignHeaders", MAPPED, "seal.fields")                                                           \
    OPENARC("PeerList", NONE, "exempt these clients in the mail server: smtpd_milter_maps of Postfix")          \
    OPENARC("PermitAuthenticationOverrides", NONE, "results of other hosts are not believed")                   \
    OPENARC("PidFile", DROPPED, "systemd knows the process; pid_file writes one")                               \
    OPENARC("RequireSafeKeys", DROPPED, "keys are read by a process of its own")                                \
    OPENARC("SealHeaderChecks", NONE, "what is sealed does not depend on fields of the message")                \
    OPENARC("Selector", MAPPED, "key.selector")                                                                 \
    OPENARC("SignHeaders", MAPPED, "seal.fields")                                                               \
    OPENARC("SignatureAlgorithm", MAPPED, "key.algorithm")                                                      \
    OPENARC("SignatureTTL", NONE, "seals do not expire")                                                        \
    OPENARC("Socket", MAPPED, "milter.listen")                                                                  \
    OPENARC("SoftwareHeader", NONE, "no field names the program")                                               \
    OPENARC("Syslog", MAPPED, "log")                                                                            \
    OPENARC("SyslogFacility", MAPPED, "log.facility")                                                           \
    OPENARC("TemporaryDirectory", DROPPED, "there are no temporary files")                                      \
    OPENARC("TestKeys", DROPPED, "it is for tests")                                                             \
    OPENARC("UMask", MAPPED, "milter.mode")                                                                     \
    OPENARC("UserID", DROPPED, "assayd has a user of its own")

#define IMPORT_POSTSRSD(POSTSRSD)                                                                               \
    POSTSRSD("CHROOT", DROPPED, "the processes are shut in by the sandbox option")                              \
    POSTSRSD("RUN_AS", DROPPED, "assayd has a user of its own; the secret is read before, as root")             \
    POSTSRSD("SRS_DOMAIN", MAPPED, "srs.domain")                                                                \
    POSTSRSD("SRS_EXCLUDE_DOMAINS", MAPPED, "srs.local")                                                        \
    POSTSRSD("SRS_EXTRA_OPTIONS", NONE, "-A rewrites own domains too, which breaks their mail; -t is not "      \
             "needed")                                                                                          \
    POSTSRSD("SRS_FORWARD_PORT", MAPPED, "srs.listen: one socketmap in place of two TCP tables")                \
    POSTSRSD("SRS_HASHLENGTH", MAPPED, "srs.hash_length")                                                       \
    POSTSRSD("SRS_HASHMIN", MAPPED, "srs.hash_least")                                                           \
    POSTSRSD("SRS_LISTEN_ADDR", DROPPED, "the socketmap is a unix socket")                                      \
    POSTSRSD("SRS_REVERSE_PORT", MAPPED, "srs.listen")                                                          \
    POSTSRSD("SRS_SECRET", MAPPED, "srs.secret")                                                                \
    POSTSRSD("SRS_SEPARATOR", MAPPED, "srs.separator")                                                          \
    POSTSRSD("always-rewrite", NONE, "own domains and rewritten senders are left alone, or mail would break")   \
    POSTSRSD("chroot-dir", DROPPED, "the processes are shut in by the sandbox option")                          \
    POSTSRSD("connection-limit", DROPPED, "connections cost little; max_connections bounds those of milters")   \
    POSTSRSD("daemonize", DROPPED, "systemd runs assayd")                                                       \
    POSTSRSD("debug", DROPPED, "log.level = debug")                                                             \
    POSTSRSD("domains", MAPPED, "srs.local")                                                                    \
    POSTSRSD("domains-file", MAPPED, "srs.local")                                                               \
    POSTSRSD("domains-file-watch", DROPPED, "assay reload reads a new configuration")                           \
    POSTSRSD("envelope-database", NONE, "addresses hold all that is needed; see srs.overflow")                  \
    POSTSRSD("hash-length", MAPPED, "srs.hash_length")                                                          \
    POSTSRSD("hash-minimum", MAPPED, "srs.hash_least")                                                          \
    POSTSRSD("keep-alive", DROPPED, "connections are kept as long as idle_timeout")                             \
    POSTSRSD("milter", MAPPED, "srs.milter, and a milter block")                                                \
    POSTSRSD("milter-recipient-limit", DROPPED, "the mail server limits recipients")                            \
    POSTSRSD("milter-rewrite-local", NONE, "senders of mail for local domains alone are left alone")            \
    POSTSRSD("original-envelope", NONE, "addresses are embedded; what becomes too long: srs.overflow")          \
    POSTSRSD("pid-file", DROPPED, "systemd knows the process; pid_file writes one")                             \
    POSTSRSD("seccomp", DROPPED, "sandbox is on by default")                                                    \
    POSTSRSD("secrets-file", MAPPED, "srs.secret")                                                              \
    POSTSRSD("separator", MAPPED, "srs.separator")                                                              \
    POSTSRSD("socketmap", MAPPED, "srs.listen")                                                                 \
    POSTSRSD("srs-domain", MAPPED, "srs.domain")                                                                \
    POSTSRSD("syslog", MAPPED, "log")                                                                           \
    POSTSRSD("unprivileged-user", DROPPED, "assayd has a user of its own")
/* clang-format on */

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file options.h The commands of `assay` and their options, as tables: parsing, --help, completion
 * and the manuals come from them.
 *
 * COMMAND(ID, name, operands, purpose, status, example, what, example, what, example, what)
 *
 *     operands  as the usage line shows them; "" for none
 *     purpose   one line: what it is for
 *     status    what the exit status says
 *     example   works as typed, `what` says what it does
 *
 * OPTION(ID, letter, name, value, complete, commands, brief, text)
 *
 *     letter    of `-k`; 0: none
 *     value     what the usage shows for its value; NULL: it takes none
 *     complete  "a b c": one of these words; "@file": a file; "@option": an option of the receiver; "": anything
 *     commands  that take it, one bit each: IN(ID)
 *     brief     for --help: a few words; "": it is not shown there, for few need it
 *     text      for the manual and `assay help`: whole sentences
 *
 * WANT(what, example) is one line of what `assay` alone shows: what a person wants to do, and how.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

/* clang-format off */
#define CLI_WANTS(WANT)                                                                                         \
    WANT("judge a saved message; --explain shows every step", "assay verify mail.eml")                          \
    WANT("tell why a message went as it did, or is not signed", "assay why 4Wx2kL0z1")                          \
    WANT("tell how well a domain is protected, and what to do", "assay check shop.example")                     \
    WANT("tell the next step for a domain, and its date", "assay plan shop.example")                            \
    WANT("see who may send for a domain, and what SPF costs", "assay spf tree shop.example")                    \
    WANT("audit a great many domains", "assay scan domains.txt")                                                \
    WANT("make a key to sign mail with; `assay sign` signs", "assay key new rsa --selector s2 --domain a.example")\
    WANT("move from opendkim, opendmarc, openarc or postsrsd", "assay import opendkim.conf")                    \
    WANT("have a word or an option explained", "assay help arc")

#define CLI_COMMANDS(COMMAND)                                                                                   \
    COMMAND(VERIFY, "verify", "[FILE...|-]",                                                                    \
            "Tell whether messages are what they claim to be, and what to do with them.",                       \
            "0 accept, 1 tag, quarantine, reject or discard, 75 could not tell, 64 usage, 66 unreadable",       \
            "assay verify mail.eml", "a saved message, by the real DNS",                                        \
            "assay verify --explain mail.case", "a recorded one, every step of it",                             \
            "assay verify --json *.eml > all.jsonl", "many, a line of JSON each")                               \
    COMMAND(SPF, "spf", "[tree|reach|flatten|watch DOMAIN | test]",                                             \
            "Tell whether an address may send for a domain, and who may at all (RFC 7208).",                    \
            "0 pass or well, 1 not, 65 refused, 75 could not tell, 64 usage, 66 unreadable",                    \
            "assay spf --ip 203.0.113.7 --from bill@shop.example", "may this client send?",                     \
            "assay spf tree shop.example", "what each include costs; reach: who may send",                      \
            "assay spf flatten shop.example", "a record of ten lookups at most, proved")                        \
    COMMAND(CHECK, "check", "DOMAIN...",                                                                        \
            "Tell how well domains are protected, and what to publish.",                                       \
            "0 well, 1 findings, 75 could not tell, 64 usage, 66 unreadable",                        \
            "assay check shop.example", "what to do first",                                                     \
            "assay check -v --selector s1 shop.example", "every finding",                                       \
            "assay check --zone shop.zone", "before it is published")                                           \
    COMMAND(PLAN, "plan", "DOMAIN",                                                                             \
            "Tell what to do next for a domain: records, dates, what could break, how to go back.",             \
            "0 told, 75 an answer did not come, 64 usage, 66 unreadable",                                       \
            "assay plan shop.example", "without reports: up to p=none",                                         \
            "assay plan --evidence shop.json shop.example", "by what reports tell",                             \
            "assay plan --ics shop.example > plan.ics", "its dates, for a calendar")                            \
    COMMAND(CASE, "case", "FILE...",                                                                            \
            "Run cases: each a question, its whole world, and the answer expected.",                            \
            "0 none failed, 1 some failed, 64 usage, 66 unreadable",                                            \
            "assay case mail.case", "every case of a file",                                                     \
            "assay case --strict *.case", "and none may ask what it does not answer",                           \
            "assay case -k mail --json *.case", "those named so, as JSON")                                      \
    COMMAND(WHY, "why", "[QUEUE-ID|MESSAGE-ID]",                                                                \
            "Tell why assayd decided on a message as it did, or whether one would be signed.",                  \
            "0 accepted and signed, 1 otherwise, 75 deferred, 64 usage, 66 not known or no daemon",             \
            "assay why 4Wx2kL0z1", "one message; alone, the last ones",                                         \
            "assay why --explain m@a.example", "every step",                                                    \
            "assay why --not-signed a@a.example --client 192.0.2.7", "would it be signed?")                     \
    COMMAND(STATUS, "status", "",                                                                               \
            "Tell how assayd is.",                                                                              \
            "0 told, 66 it does not answer, 64 usage",                                                          \
            "assay status", "on a screen",                                                                      \
            "assay status --json", "for programs",                                                              \
            "assay status --control /run/a.sock", "of another one")                                             \
    COMMAND(RELOAD, "reload", "",                                                                               \
            "Have assayd read its configuration anew; a bad one changes nothing.",                              \
            "0 reloaded, 1 the configuration is wrong: what and where, 66 no daemon, 64 usage",                 \
            "assay reload", "",                                                                                 \
            "assay reload && assay status", "and how it is then",                                               \
            "assay reload --control /run/a.sock", "another one")                                                \
    COMMAND(SRS, "srs", "forward|reverse ADDRESS",                                                              \
            "Rewrite a sender's address for a forwarder, or find the address behind a rewritten one (SRS).",    \
            "0 printed, 65 refused, and the reason on standard error, 64 usage, 66 unreadable",                 \
            "assay srs forward --secret s --domain b.test al@a.test", "there",                                  \
            "assay srs reverse --secret s --domain b.test SRS0=H=TT=a.test=al@b.test", "and back",              \
            "assay srs forward --explain --secret s --domain b.test al@a.test", "every step")             \
    COMMAND(STORE, "store", "export|check|prune FILE",                                                          \
            "Look at the rows that assayd keeps of its verdicts, or remove old ones.",                          \
            "0 done, 1 the database is damaged, 75 assayd has it open, 64 usage, 66 unreadable",                \
            "assay store check assay.db", "how many, and is all well?",                                         \
            "assay store export --since 2025-11-01 assay.db", "a line of JSON each",                            \
            "assay store prune --until 2025-11-01 assay.db", "without those before")                            \
    COMMAND(KEY, "key", "new rsa|ed25519 | show FILE",                                                          \
            "Make a key that signs for a domain, and show the DNS record it takes.",                            \
            "0 made or shown, 64 usage, 66 unreadable, 73 the file is there already",                           \
            "assay key new rsa --selector s1 --domain shop.example", "RSA, 2048 bits",                          \
            "assay key new ed25519 --selector e1 --domain shop.example --out e1.pem", "",                       \
            "assay key show e1.pem --selector e1 --domain shop.example", "its record again")                    \
    COMMAND(BIMI, "bimi", "svg FILE... | vmc FILE",                                                             \
            "Tell whether a logo, or the certificate for one, is what receivers of BIMI want.",                 \
            "0 valid, 1 not, 64 usage, 66 unreadable",                                                          \
            "assay bimi svg logo.svg", "each fault, with line and column",                                      \
            "assay bimi vmc mark.pem --domain shop.example", "is it for this domain?",                          \
            "assay bimi vmc mark.pem --svg logo.svg --now 2027-01-01", "and for this logo, then?")              \
    COMMAND(SIGN, "sign", "[FILE|-]",                                                                           \
            "Sign a message with DKIM; it comes out with the signatures on top.",                               \
            "0 signed, 1 a key did not sign, 75 could not, 64 usage, 66 unreadable",                            \
            "assay sign --key e1.pem --selector e1 --domain a.example mail.eml", "",                            \
            "assay sign --key e1.pem --selector e1 --domain a.example --no-check <mail.eml", "",                \
            "assay sign --key e1.pem --selector e1 --domain a.example --explain mail.eml", "")                  \
    COMMAND(IMPORT, "import", "FILE...",                                                                        \
            "Make an assayd.conf of configurations of opendkim, opendmarc, openarc and postsrsd.",              \
            "0 all was taken over, 1 some has no equivalent, 64 usage, 66 unreadable, 73 not written",          \
            "assay import opendkim.conf opendmarc.conf", "both in one",                                         \
            "assay import --out assayd.conf postsrsd.conf", "into a new file",                                  \
            "assay import --as opendkim my.conf", "a file of another name")                                     \
    COMMAND(SCAN, "scan", "[FILE|-]",                                                                           \
            "Audit a great many domains: a line of JSON each, of the checks that a few DNS questions decide.",  \
            "0 done, 75 interrupted, 64 usage, 66 unreadable or no resolver, 73 output not written",            \
            "assay scan < domains.txt > out.jsonl", "one name a line, by the resolver of this host",            \
            "assay scan --resume state --out out.jsonl domains.txt", "it may be killed, and goes on",           \
            "assay scan --summary out.jsonl", "the tables")                                                     \
    COMMAND(HELP, "help", "[COMMAND|OPTION|WORD]",                                                              \
            "Explain a command, an option, or a word that a verdict uses.",                                     \
            "0 explained, 64 there is no such word",                                                            \
            "assay help verify", "a command",                                                                   \
            "assay help arc", "what ARC is, and what to trust",                                                 \
            "assay help dkim.max_signatures", "an option of the receiver")                                      \
    COMMAND(VERSION, "version", "",                                                                             \
            "Print the version.",                                                                               \
            "0 printed",                                                                                              \
            "assay version", "for people",                                                                      \
            "assay --version", "the same",                                                                      \
            "assay version --json", "for programs")                                                             \
    COMMAND(COMPLETION, "completion", "bash|zsh",                                                               \
            "Write what completes commands and options with the tab key.",                                      \
            "0 written, 64 no such shell",                                                                      \
            "source <(assay completion bash)", "in this shell",                                                 \
            "assay completion bash > assay.bash", "to keep: source it from ~/.bashrc",                          \
            "assay completion zsh > _assay", "to keep: a folder of $fpath")

#define CLI_OPTIONS(OPTION)                                                                                     \
    OPTION(IP, 0, "ip", "IP", "", IN(VERIFY) | IN(SPF), "the client's address",                                 \
           "The address of the SMTP client, IPv4 or IPv6. Without it SPF and rDNS cannot be judged. With spf test: may be given several times.")           \
    OPTION(HELO, 0, "helo", "NAME", "", IN(VERIFY) | IN(SPF), "what it said in HELO",                           \
           "The name the client gave in HELO or EHLO.")                                                         \
    OPTION(TEXT, 0, "text", "RECORD", "", IN(SPF), "another record in its place",                               \
           "With tree, reach and flatten: as if this were the domain's record; @FILE: what is in that file.")   \
    OPTION(PICTURE, 0, "svg", 0, "", IN(SPF), "a picture",                                                          \
           "With tree: draw it as SVG.")                                                                        \
    OPTION(MAX, 0, "max", "N", "", IN(SPF), "lookups at most: 10",                                              \
           "With flatten and watch: get to so many lookups.")                                                   \
    OPTION(ONLY, 0, "only", "NAME", "", IN(SPF), "flatten this alone",                                          \
           "With flatten and watch: flatten exactly this include, a or mx: its name, or the term as it stands; may be given several times.") \
    OPTION(SIZE, 0, "size", "N", "255 450", IN(SPF), "octets of a record: 450",                                 \
           "With flatten and watch: what one record may take, 255 (a single string) to 450 (a small answer).")  \
    OPTION(LABEL, 0, "label", "NAME", "", IN(SPF), "of further records: _spf",                                  \
           "With flatten and watch: records that do not fit into one are at NAME1.DOMAIN and so on.")           \
    OPTION(FORMAT, 0, "format", "WORD", "zone nsupdate octodns dnscontrol terraform paste", IN(SPF), "how records are written",       \
           "With flatten and watch: as a zone file (zone), for nsupdate, octoDNS, dnscontrol, Terraform, or for a web form (paste).") \
    OPTION(SOURCE, 0, "source", "NAME", "", IN(SPF), "what watch flattens",                                     \
           "With watch: the name that has the record with the includes, or @FILE.")                             \
    OPTION(FROM, 0, "from", "ADDR", "", IN(SPF), "MAIL FROM, or a domain",                                      \
           "The reverse-path of MAIL FROM; a domain alone stands for postmaster there; <> is the null "         \
           "reverse-path, for which the HELO name is checked.")                                                 \
    OPTION(MAIL_FROM, 0, "mail-from", "ADDR", "", IN(VERIFY), "its reverse-path",                               \
           "The reverse-path of MAIL FROM, without brackets; <> is the null reverse-path.")                     \
    OPTION(RCPT, 0, "rcpt", "ADDR", "", IN(VERIFY), "a recipient",                                              \
           "A recipient of RCPT TO; may be given several times.")                                               \
    OPTION(HOSTNAME, 0, "hostname", "NAME", "", IN(VERIFY), "the receiver's name",                              \
           "The name of the receiver: %{r} of SPF, and the name in Authentication-Results unless the option "   \
           "authserv_id gives another.")                                                                        \
    OPTION(NOW, 0, "now", "TIME", "", IN(VERIFY) | IN(SRS) | IN(BIMI) | IN(CHECK) | IN(PLAN), "judge as of then",                                           \
           "The time to judge by, such as 2026-11-23T12:00:00Z, or `received`: when a message came in. "        \
           "Without it, the present. With bimi a date alone will do; with check and plan it goes with --world.")                                          \
    OPTION(NO_GUESS, 0, "no-guess", 0, "", IN(VERIFY), "guess no envelope",                                     \
           "Take no part of the envelope from Return-Path and the Received fields.")                            \
    OPTION(KEY, 0, "key", "FILE", "@file", IN(SIGN), "a private key",                                           \
           "A private key: PEM, PKCS#8 or PKCS#1, not encrypted. May be given several times, each with a "      \
           "--selector: then each key signs.")                                                                  \
    OPTION(SELECTOR, 0, "selector", "S", "", IN(KEY) | IN(SIGN) | IN(BIMI) | IN(CHECK) | IN(PLAN), "of the key's name",                           \
           "The selector: the key is published at SELECTOR._domainkey.DOMAIN. The n-th one belongs to the n-th "\
           "--key. With bimi: of the record, `default` unless given. With check: one whose key has to be there; may " \
           "be given several times.")                                          \
    OPTION(DOMAIN, 0, "domain", "NAME", "", IN(KEY) | IN(SIGN) | IN(SRS) | IN(SPF) | IN(BIMI), "whose it is",                        \
           "The domain. With key and sign: the one that is signed for, d= of the signature, usually that of the " \
           "address in From; one for all keys, or one for each. With srs: the forwarder's, in which addresses are " \
           "made. With bimi: where the record is that names the certificate.")                                  \
    OPTION(BITS, 0, "bits", "N", "2048 3072 4096", IN(KEY), "of an RSA key",                                    \
           "The size of an RSA key in bits. With 2048, as without this option, all receivers verify it, and its " \
           "record fits everywhere.")                                                                           \
    OPTION(OUT, 0, "out", "FILE", "@file", IN(KEY) | IN(IMPORT) | IN(SCAN) | IN(CHECK), "where to write it",                           \
           "The file that is written. A key has mode 0600, and without this option is SELECTOR.DOMAIN.pem here; a " \
           "configuration goes to standard output without it, and never over a file that is there; a report goes "  \
           "to standard output without it.")            \
    OPTION(FORCE, 0, "force", 0, "", IN(KEY) | IN(SPF), "all the same",                                                   \
           "With key: replace a file that is there; its key is lost. With spf watch: publish although many addresses go.")                                                    \
    OPTION(NO_CHECK, 0, "no-check", 0, "", IN(SIGN), "ask no DNS",                                              \
           "Sign without looking whether the key is published and verifies the signature.")                     \
    OPTION(WORLD, 0, "world", "FILE", "@file", IN(VERIFY) | IN(SPF) | IN(SIGN) | IN(CHECK) | IN(PLAN), "answers of a .case",           \
           "Answer every question from this .case file; nobody is asked. Where it has an [envelope], what is "  \
           "not given by options comes from there, and nothing is read from the message.")                      \
    OPTION(RESOLVER, 0, "resolver", "ADDR", "", IN(VERIFY) | IN(SPF) | IN(SIGN) | IN(SCAN) | IN(CHECK) | IN(PLAN), "ask this resolver",           \
           "Ask this resolver, an address with @PORT if it is not 53; may be given several times, or several "  \
           "in one with blanks between; `recursive`: ask the servers of each domain itself. Without it, those "  \
           "of /etc/resolv.conf; for a scan, 127.0.0.1.")                                                                              \
    OPTION(POLICY, 0, "policy", "FILE", "@file", IN(VERIFY) | IN(SIGN), "a file of options",                    \
           "Options of the receiver, one `key = value` a line; # begins a comment.")                            \
    OPTION(SET, 'o', "option", "KEY=VALUE", "@option", IN(VERIFY) | IN(SIGN), "one option",                     \
           "One option of the receiver; stands above --policy and the case; may be given several times. "       \
           "`assay help options` lists them.")                                                                  \
    OPTION(SECRET, 0, "secret", "FILE", "@file", IN(SRS), "secrets, one a line",                                \
           "The file of secrets, one in each line: the first makes addresses, all are accepted. postsrsd's "    \
           "file will do.")                                                                                     \
    OPTION(LOCAL, 0, "local", "NAME", "", IN(SRS), "another domain of ours",                                    \
           "A domain of ours, whose addresses are never rewritten and whose SRS addresses are accepted; with a "\
           "dot before it all below it; may be given several times.")                                           \
    OPTION(HASH_LENGTH, 0, "hash-length", "N", "", IN(SRS), "of hashes made: 4",                                \
           "Characters of a hash that is made, 4 to 27; 4 unless given.")                                       \
    OPTION(HASH_MIN, 0, "hash-min", "N", "", IN(SRS), "that is accepted: 4",                                    \
           "Characters a hash must have to be accepted, 4 to 27; 4 unless given.")                              \
    OPTION(MAX_AGE, 0, "max-age", "DAYS", "", IN(SRS), "days it is good: 21",                                   \
           "Days an address is accepted for, 1 to 1022; 21 unless given.")                                      \
    OPTION(SEPARATOR, 0, "separator", "C", "= + -", IN(SRS), "behind SRS0: =",                                  \
           "The character behind SRS0 and SRS1: = + or -; = unless given.")                                     \
    OPTION(OVERFLOW, 0, "overflow", "WHAT", "refuse keep long", IN(SRS), "refuse keep long",                    \
           "What becomes of an address that would be longer than SMTP allows, 64 octets before the @: refuse "  \
           "it (the default), keep it as it is, or make it as long as it gets, as postsrsd does.")              \
    OPTION(CONTROL, 0, "control", "SOCKET", "@file", IN(WHY) | IN(STATUS) | IN(RELOAD), "where assayd is",      \
           "The control socket of assayd, its option control.listen; /run/assay/control.sock unless given.")    \
    OPTION(STORE, 0, "store", "FILE", "@file", IN(WHY), "what it has kept",                                     \
           "The database to look into when assayd keeps a message no more, or does not run. Without it, the "   \
           "one that assayd says, or /var/lib/assay/assay.db.")                                                 \
    OPTION(LAST, 0, "last", "N", "", IN(WHY), "list so many: 20",                                               \
           "How many messages are listed, the newest first, 1 to 1000; 20 unless given. No more are there than "\
           "the option why.keep lets assayd keep.")                                                             \
    OPTION(NOT_SIGNED, 0, "not-signed", "A@B", "", IN(WHY), "an author's address",                             \
           "Tell whether a message of this author would be signed, by which keys, and why not.")                \
    OPTION(CLIENT, 0, "client", "IP", "", IN(WHY), "who connects",                                              \
           "With --not-signed: the address of the client; 127.0.0.1, this host itself, unless given.")          \
    OPTION(USER, 0, "user", "NAME", "", IN(WHY), "who logged in",                                               \
           "With --not-signed: the authenticated user; nobody unless given.")                                   \
    OPTION(RECORD, 0, "record", "FILE", "@file", IN(VERIFY) | IN(SRS) | IN(WHY) | IN(CHECK) | IN(PLAN), "write a .case",                         \
           "Write the message, the envelope, the options, every answer and the verdict to a .case file, which " \
           "gives the same verdict on any machine. A body over 1 MB is kept as digests only.")                  \
    OPTION(REDACT, 0, "redact", 0, "", IN(VERIFY), "without the content",                                       \
           "With --record: body and local parts become filler where no check depends on them; what could not "  \
           "be replaced is said.")                                                                              \
    OPTION(EXPLAIN, 0, "explain", 0, "", IN(VERIFY) | IN(SPF) | IN(SRS) | IN(SIGN) | IN(WHY), "every step",               \
           "Show what was asked, what answered, what follows, and the paragraph that says so.")                 \
    OPTION(JSON, 0, "json", 0, "", IN(VERIFY) | IN(SPF) | IN(SRS) | IN(CASE) | IN(KEY) | IN(BIMI) | IN(VERSION) | IN(WHY) | IN(STATUS) | \
           IN(SCAN) | IN(CHECK) | IN(PLAN),                                                                                            \
           "JSON, one line each",                                                                               \
           "One line of JSON for each message or case; docs/json/verify.schema.json describes it, other files there " \
           "what other commands print.")             \
    OPTION(AR, 0, "ar", 0, "", IN(VERIFY), "Authentication-Results",                                            \
           "Print the Authentication-Results field (RFC 8601) and nothing else.")                               \
    OPTION(QUIET, 'q', "quiet", 0, "", IN(VERIFY), "exit status only",                                          \
           "Print nothing; the exit status tells.")                                                             \
    OPTION(PIPE, 0, "pipe", 0, "", IN(VERIFY), "pass it on, judged",                                            \
           "Write the message to standard output, with the results on top and forged ones taken out, for a mail " \
           "server that passes messages through a program. Then the status is 0 whatever the verdict, and 75 when " \
           "the message could not be passed on whole.")                                                         \
    OPTION(AS, 0, "as", "PROGRAM", "opendkim opendmarc openarc postsrsd", IN(IMPORT), "what the files are of",  \
           "The program that the files are of. Without it, their names say.")                                   \
    OPTION(SVG, 0, "svg", "FILE", "@file", IN(BIMI), "the logo that is published",                              \
           "With vmc: the logo that the record names; it must be the one in the certificate, octet for octet "  \
           "but for line ends.")                                                                                \
    OPTION(STRICT, 0, "strict", 0, "", IN(CASE), "every question must be answered",                             \
           "A case that asks what it does not answer fails; hints excepted.")                                   \
    OPTION(PATTERN, 'k', "match", "PATTERN", "", IN(CASE), "only cases with this in their name",                \
           "Run only the cases whose name contains the pattern; * stands for anything.")                        \
    OPTION(SINCE, 0, "since", "TIME", "", IN(STORE), "no earlier than that",                                    \
           "With export: only rows decided then or later, such as 2026-11-23 or 2026-11-23T12:00:00Z.")         \
    OPTION(UNTIL, 0, "until", "TIME", "", IN(STORE), "only before that",                                        \
           "With export: only rows decided before then. With prune: those are removed.")  \
    OPTION(FIELDS, 0, "fields", "A,B", "", IN(SCAN), "what a line has",                                         \
           "The fields of a line, parted by commas: line domain profile score grade spf spf_lookups "           \
           "spf_addresses dmarc mta_sts mx findings text questions ms. Without it all but line and text.")      \
    OPTION(CSV, 0, "csv", "COLUMN", "", IN(SCAN), "names in a CSV file",                                        \
           "The input is CSV (RFC 4180), and names stand in this column: its number from 1, or what the first " \
           "line calls it.")                                                                                    \
    OPTION(ORDERED, 0, "ordered", 0, "", IN(SCAN), "in the input's order",                                      \
           "Write the lines in the order of the input. Without it, as domains are done.")                       \
    OPTION(RESUME, 0, "resume", "FILE", "@file", IN(SCAN), "go on where it stopped",                            \
           "A small file that notes what is done. The same command, after a signal, a kill or a crash of the "  \
           "host, goes on where it stopped: no domain is left out, none is written twice. The output must be a " \
           "file: --out FILE, or >>.")                                                                          \
    OPTION(SHARD, 0, "shard", "I/N", "", IN(SCAN), "one part of N",                                             \
           "Only the I-th of N parts, such as 2/8. Which part a domain is in depends on its name alone, so that " \
           "hosts can share a scan.")                                                                           \
    OPTION(SAMPLE, 0, "sample", "PERCENT", "", IN(SCAN), "only so many",                                        \
           "Only so many of a hundred domains, such as 1 or 0.25; the same ones each time.")                    \
    OPTION(DEEP, 0, "deep", 0, "", IN(SCAN), "ask all that the DNS has",                                        \
           "Ask all that assay check asks of the DNS, not only TXT and MX of the domain and of the service "    \
           "names; ten times as many questions.")                                                               \
    OPTION(SUMMARY, 0, "summary", 0, "", IN(SCAN), "tables at the end",                                         \
           "Count, and write tables in place of lines: SPF, DMARC by policy, MTA-STS, each check. Lines go to " \
           "--out FILE, if it is given. Of a file that a scan has written, only count.")                        \
    OPTION(WINDOW, 0, "window", "N", "", IN(SCAN), "domains at a time: 2000",                                   \
           "Domains on their way at a time; 2000 unless given. Slow name servers need more, memory less.")      \
    OPTION(IN_FLIGHT, 0, "in-flight", "N", "", IN(SCAN), "questions at a time: 2000",                           \
           "Questions on their way to one resolver, at most; 2000 unless given. It begins with fewer, and "     \
           "halves them when answers are lost.")                                                                \
    OPTION(WEB, 0, "web", 0, "", IN(SCAN), "fetch policies and logos",                                          \
           "Fetch from the web what assay check fetches: MTA-STS policies, and logos with their certificates. "  \
           "Addresses that are not the Internet's are refused.")                                                \
    OPTION(PROBE, 0, "probe", 0, "", IN(SCAN), "connect to mail servers",                                       \
           "Look at the TLS of each MX host as assay check does - a greeting, EHLO, STARTTLS, QUIT; no mail is " \
           "sent - and at its addresses and TLSA records. A server of many domains is looked at once.")         \
    OPTION(AT_ONCE, 0, "at-once", "N", "", IN(SCAN), "connections at a time: 50",                               \
           "With --web and --probe: documents that are fetched at a time, and mail servers that are looked at; " \
           "50 of each unless given.")                                                                          \
    OPTION(RECORD_FACTS, 0, "record-facts", "F", "@file", IN(SCAN), "all answers, to run again",             \
           "Write what each domain's findings rest on into F, one case a domain, named recorded/DOMAIN/LINE: "  \
           "assay case F judges them again. With --resume it goes on with the output.")                      \
    OPTION(LISTS, 0, "lists", "DIR", "@file", IN(SCAN) | IN(CHECK) | IN(PLAN) | IN(BIMI), "",                                         \
           "A folder of lists (mark-roots.pem, providers and so on) that take the place of those that the "     \
           "program has; without it /etc/assay/lists.")                                                         \
    OPTION(CA_FILE, 0, "ca-file", "FILE", "@file", IN(SCAN) | IN(CHECK) | IN(PLAN), "",                           \
           "The certificates that the web's and the mail servers' have to lead to, PEM; without it, the system's.") \
    OPTION(TRUST_ANCHOR, 0, "trust-anchor", "FILE", "@file", IN(SCAN) | IN(CHECK) | IN(PLAN), "",                            \
           "DS or DNSKEY records to begin validation with; without it, the root's.")                            \
    OPTION(PROBE_OLD, 0, "probe-old", 0, "", IN(SCAN) | IN(CHECK) | IN(PLAN), "old TLS too",                                          \
           "Make up to four more connections to each mail server, to see whether it still takes old versions of " \
           "TLS and weak ciphers.")                                                                             \
    OPTION(ALLOW_PRIVATE, 0, "allow-private", 0, "", IN(SCAN) | IN(CHECK) | IN(PLAN), "",                        \
           "Connect to addresses that are not the Internet's too: for one's own network. Without it they are refused, " \
           "so that no record can make the program knock at doors inside.")                                     \
    OPTION(SMTP_PORT, 0, "smtp-port", "N", "", IN(SCAN) | IN(CHECK) | IN(PLAN), "",                                     \
           "The port of mail servers: for laboratories.")                                                       \
    OPTION(HTTPS_PORT, 0, "https-port", "N", "", IN(SCAN) | IN(CHECK) | IN(PLAN), "",                                  \
           "The port of web servers: for laboratories.")                                                        \
    OPTION(SUBDOMAIN, 0, "subdomain", "N", "", IN(CHECK) | IN(PLAN), "one that is in use",                                 \
           "A sub-domain that is in use; may be given several times: what policies do to it is told.")          \
    OPTION(PROFILE, 0, "profile", "P", "mail send receive parked", IN(CHECK) | IN(PLAN), "what it is for",                 \
           "What the domain is for: mail (sends and receives), send, receive, or parked (neither). It decides " \
           "which checks apply; without it, the domain's records tell, and the report says so.")                \
    OPTION(NS, 0, "ns", 0, "", IN(CHECK), "ask each name server",                                               \
           "Ask each authoritative name server too, and tell where they differ or fail.")                       \
    OPTION(NO_PROBE, 0, "no-probe", 0, "", IN(CHECK) | IN(PLAN), "no SMTP",                                                \
           "Connect to no mail server. What only a connection can tell is then not known.")                     \
    OPTION(NO_WEB, 0, "no-web", 0, "", IN(CHECK) | IN(PLAN), "no HTTPS",                                                   \
           "Fetch nothing from the web: neither MTA-STS policies nor logos. With --no-probe: the DNS alone.")   \
    OPTION(ZONE, 0, "zone", "FILE", "@file", IN(CHECK) | IN(SCAN), "a zone file",                                          \
           "Answer from this zone file (RFC 1035 5) what lies in it, as a server that has it would; the rest is "\
           "asked. The domain is the zone's own unless one is given. A scan takes from it the names that it delegates or " \
           "that have mail.")                                          \
    OPTION(ORIGIN, 0, "origin", "NAME", "", IN(CHECK) | IN(SCAN), "of the zone",                                           \
           "With --zone: what its relative names end in until it has an $ORIGIN.")                              \
    OPTION(OFFLINE, 0, "offline", 0, "", IN(CHECK), "ask nobody",                                               \
           "With --zone: ask nobody. What is not in the zone is then not known.")                               \
    OPTION(EVIDENCE, 0, "evidence", "FILE", "@file", IN(CHECK) | IN(PLAN), "metrics of reports",                           \
           "Metrics of aggregate reports as JSON, as assay-plan(1) describes.")                                 \
    OPTION(BASELINE, 0, "baseline", "FILE", "@file", IN(CHECK), "only what changed",                            \
           "Compare with a former output of --json or --jsonl: only what changed is shown, and only what was "  \
           "added counts for the exit status.")                                                                 \
    OPTION(EXPECT, 0, "expect", "FILE", "@file", IN(CHECK), "what has to be so",                                \
           "Hold the domains against a file of expectations, described below: a line that does not hold makes " \
           "the exit status 1; findings it accepts do not count.")                                              \
    OPTION(FAIL_ON, 0, "fail-on", "WHAT", "error warning notice never", IN(CHECK), "makes status 1",            \
           "The least severe finding that makes the exit status 1: error (the default), warning, notice, or "   \
           "never.")                                                                                            \
    OPTION(JOBS, 0, "jobs", "N", "", IN(CHECK), "domains at once: 4",                                           \
           "How many domains are looked at at once, 1 to 64; 4 unless given.")                                  \
    OPTION(JSONL, 0, "jsonl", 0, "", IN(CHECK), "a line each",                                                  \
           "A line of JSON for each domain, as soon as it is done: the objects that --json puts into one "      \
           "document.")                                                                                         \
    OPTION(CSV_REPORT, 0, "csv", 0, "", IN(CHECK), "a line a finding",                                                 \
           "CSV (RFC 4180), one line for each finding; with -v those that passed too.")                         \
    OPTION(MARKDOWN, 0, "markdown", 0, "", IN(CHECK) | IN(PLAN), "for a ticket",                                           \
           "Markdown, for a ticket or a page of a wiki.")                                                       \
    OPTION(ICS, 0, "ics", 0, "", IN(PLAN), "for a calendar",                                                    \
           "A calendar (RFC 5545): a day for each step that has one.")                                          \
    OPTION(HTML, 0, "html", 0, "", IN(CHECK), "one page",                                                       \
           "One page of HTML: without script, and nothing is loaded from elsewhere; light or dark as the "      \
           "reader's screen is.")                                                                               \
    OPTION(SARIF, 0, "sarif", 0, "", IN(CHECK), "for code scanning",                                            \
           "SARIF 2.1.0, which code scanning services read.")                                                   \
    OPTION(JUNIT, 0, "junit", 0, "", IN(CHECK), "for test reports",                                             \
           "JUnit XML, which build servers read: a suite for each area, a case for each check.")                \
    OPTION(VERBOSE, 'v', "verbose", 0, "", IN(CHECK), "every finding",                                          \
           "Show every finding with why it matters, what it rests on, what to publish and its source, and what " \
           "passed.")                                                                                           \
    OPTION(COLOR, 0, "color", "WHEN", "auto always never",                                                      \
           IN(VERIFY) | IN(SPF) | IN(SRS) | IN(CASE) | IN(KEY) | IN(BIMI) | IN(SIGN) | IN(WHY) | IN(STATUS) |     \
           IN(SCAN) | IN(CHECK) | IN(PLAN), "auto always never",                                                                       \
           "Colour: on a terminal unless NO_COLOR is set (auto), always, or never.")                            \
    OPTION(HELP, 'h', "help", 0, "",                                                                            \
           IN(VERIFY) | IN(SPF) | IN(SRS) | IN(CASE) | IN(KEY) | IN(BIMI) | IN(SIGN) | IN(STORE) | IN(IMPORT) | \
           IN(HELP) | IN(VERSION) | IN(WHY) | IN(STATUS) | IN(RELOAD) | IN(SCAN) | IN(CHECK) | IN(PLAN) |                              \
           IN(COMPLETION), "this help",                                                                         \
           "Show what the command is for, examples, and its options.")
/* clang-format on */

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file topics.h Words that `assay help` explains: TOPIC(name, title, text). Options of the
 * receiver that begin with the name and a dot are listed below the text.
 */
#ifndef CLI_TOPICS_H
#define CLI_TOPICS_H

/* clang-format off */
#define CLI_TOPICS(TOPIC)                                                                                       \
    TOPIC("spf", "SPF: may this client send for that domain?",                                                  \
          "The domain of MAIL FROM, and that of HELO, list in a TXT record (v=spf1 ...) the addresses that may "\
          "send for them. pass: the client is listed. fail, softfail: it is not, and the domain says so, "      \
          "firmly or not. neutral, none: the domain says nothing. permerror: the record is broken, or takes "   \
          "more than ten lookups. SPF knows nothing of From, which people see: DMARC compares the two. A "      \
          "forwarder sends from its own address, so SPF fails on honest forwarded mail. (RFC 7208)")            \
    TOPIC("dkim", "DKIM: does a domain vouch for this message?",                                                \
          "A signer puts a DKIM-Signature into the header; its key stands in the DNS at "                       \
          "SELECTOR._domainkey.DOMAIN. pass: the fields it lists and the body are as they were when signed. "   \
          "fail: they were changed, or the key is another one. policy: good, but of a kind that does not count "\
          "here (a short key, rsa-sha1, a body signed in part). A signature that fails counts like none; it "   \
          "does not make a message bad. It outlives forwarding unless someone changes the message, as mailing " \
          "lists do. (RFC 6376, 8301, 8463)")                                                                   \
    TOPIC("dmarc", "DMARC: is the domain in From proved?",                                                      \
          "The domain in From is proved when SPF or a DKIM signature passes for it or for another domain of "   \
          "the same organization (aligned). Its policy stands in TXT _dmarc.DOMAIN: p=none asks for reports "   \
          "only, quarantine and reject for what they say when nothing proves it. Where DOMAIN has no record, "  \
          "the names above it are asked (tree walk). To be proved: sign with d= of the domain, or send from an "\
          "address that its SPF record lists. (RFC 9989, which follows RFC 7489)")                              \
    TOPIC("arc", "ARC: what did those who handled the message before see?",                                     \
          "A mailing list or forwarder that changes a message breaks its signatures. With ARC it notes what it "\
          "saw before (ARC-Authentication-Results) and seals that. Anyone can seal anything, so a seal counts " \
          "only from sealers you trust: with arc.trusted = lists.example, a message that fails DMARC is "       \
          "accepted when its chain passes, that sealer noted dmarc=pass for the author's domain, and nobody "   \
          "changed the message since who is not trusted too. Trust those who check what they forward. "         \
          "(RFC 8617)")                                                                                         \
    TOPIC("sign", "Signing: whose mail, by which keys?",                                                        \
          "The first entry of sign.table that matches the address in From says by which keys a message is signed: " \
          "sign.table = example.org key=s1:example.org,e1:example.org:ed25519 ; .example.org key=s1:example.org " \
          "user=*. The pattern is an address, a domain, .domain for all below it, or * for any; `*` as the domain "\
          "of a key is the author's. user= and client= (networks) narrow an entry down. Of what is signed: "    \
          "profile=list-friendly (the default) leaves alone what mailing lists add, profile=strict lets nobody "\
          "add a field that people see, fields=From:To:Subject is a list of one's own, in which a name given "  \
          "twice allows no further field. Also canonicalization=relaxed/simple, expire=SECONDS, timestamp=no, " \
          "identity=ADDRESS. Before it signs, the program looks whether the public key is published, and "      \
          "afterwards verifies by it: what nobody could verify is not signed. Sender, MAIL FROM and the user "  \
          "choose no key; a message with several From fields or authors of several domains is not signed. "     \
          "(RFC 6376 5)")                                                                                       \
    TOPIC("seal", "Sealing: vouching for what one saw (ARC)",                                                   \
          "Who sends mail on may note what was seen before it was changed: with seal.key = s1:example.org, each "\
          "message that is delivered gets the three fields of ARC on top, behind all other changes. A chain "   \
          "that fails is sealed as failed, once; one that could not be checked because the DNS did not answer " \
          "is left as it is. A message that cannot be sealed goes without. Receivers believe only sealers they "\
          "trust, and ARC may be given up in favour of DKIM2: seal for those who ask for it. (RFC 8617 5.1)")   \
    TOPIC("srs", "SRS: how does forwarded mail pass SPF, and a bounce come home?",                              \
          "A forwarder sends from its own address, which the author's SPF record does not list. With SRS it "   \
          "makes the sender's address one of its own: SRS0=HASH=DAY=shop.example=alice@fwd.example. A bounce "  \
          "to it is given to alice@shop.example when the hash, which needs the secret, is right and the day "   \
          "is not long ago. A second forwarder makes SRS1 of it. SRS helps SPF, never DMARC: From stays, so "   \
          "the author's DKIM signature must survive. Never for the null sender and own domains.")               \
    TOPIC("iprev", "iprev (rDNS): does the address have a name that leads back?",                               \
          "pass: its PTR name has the address. fail: it has not. permerror: the address has no name. It says "  \
          "that someone cares for the host, nothing of the message; the disposition does not look at it. "      \
          "(RFC 8601 3)")                                                                                       \
    TOPIC("alignment", "Alignment: is what was proved the domain in From?",                                     \
          "The domain that SPF or DKIM proves is aligned when it is the domain in From, or (relaxed, the "      \
          "default) of the same organization: shop.example and mail.shop.example. adkim=s and aspf=s in the "   \
          "DMARC record ask for the very same domain. (RFC 9989 4.4)")                                          \
    TOPIC("organization", "The organizational domain",                                                          \
          "The domain under which names belong to one owner: shop.example for mail.shop.example. RFC 9989 "     \
          "finds it by DMARC records on the way up (tree walk: psd=n says \"here\", psd=y \"one below\", else " \
          "the highest record counts); RFC 7489 by a list of public suffixes. Where the two differ, "           \
          "`assay verify` shows both. (RFC 9989 4.10)")                                                         \
    TOPIC("disposition", "The disposition: what to do with the message",                                        \
          "accept, tag (deliver it with a mark), quarantine (put it aside: a spam folder), reject (550), "      \
          "defer (451: ask to send it again later), discard. By DMARC: pass, or a policy of none: accept. A "   \
          "policy of quarantine: see dmarc.quarantine. A policy of reject: see dmarc.reject; `auto` rejects "   \
          "only when all else says that it is forged, because lists and forwarders break honest mail. Where "   \
          "there is no DMARC policy, spf.fail says what SPF alone may do. When the DNS did not answer and the " \
          "answer matters: defer. enforce = no accepts all and tells what would have been done.")               \
    TOPIC("forwarding", "Trusted forwarders",                                                                   \
          "Who forwards mail breaks SPF, and often signatures, so honest mail fails DMARC. The option "         \
          "forwarders lists whose word counts all the same: client=NETWORKS, name=HOST (proved by rDNS) or "    \
          "sealer=DOMAIN (of an ARC seal), then, if it is not for everyone, authors=DOMAINS and "               \
          "recipients=ADDRESSES, the last day it holds (until=2027-06-30), and a note. Entries are parted by "  \
          "; and a message that fails is accepted when one of them means it: policy.override in "               \
          "Authentication-Results says so. Name only those who check what they forward, and end what you do "   \
          "not need.")                                                                                          \
    TOPIC("envelope", "The envelope: what SMTP told",                                                           \
          "SPF judges the client's address, its HELO and MAIL FROM. The receiver noted them on top of the "     \
          "message: MAIL FROM in Return-Path, the rest in Received. `assay verify` takes the newest Received "  \
          "field whose client is not of the receiving organization (a private address, or a host of the same "  \
          "organization as its `by`), and says which. Fields below it were written by strangers. --ip, --helo " \
          "and --mail-from say otherwise, --no-guess takes nothing, --explain shows each field.")               \
    TOPIC("results", "Results",                                                                                 \
          "pass: proved. fail: disproved. softfail: the domain says probably not. neutral: it says neither. "   \
          "none: there is nothing to check. policy: good, but not of a kind that counts here. temperror: could "\
          "not tell, the DNS did not answer; try again. permerror: what the domain published is broken; trying "\
          "again will not help. (RFC 8601 2.7)")                                                                \
    TOPIC("temperror", "temperror: could not tell",                                                             \
          "A question was not answered: no reply in time, SERVFAIL, or DNSSEC says that the answer is forged "  \
          "(BOGUS). It never counts as a failure: when the answer would have mattered, the message is "         \
          "deferred, so that it comes again; a receiver that remembers since when a domain has been so "        \
          "accepts its mail after temperror.patience. Ask another resolver with --resolver ADDR; `dig` shows "  \
          "the same question from another side.")                                                               \
    TOPIC("lists", "Mailing lists",                                                                             \
          "A list that adds a footer or a [tag] to Subject breaks the author's DKIM signature, and it sends "   \
          "from its own address, so SPF does not prove the author either. DMARC then fails for honest mail. "   \
          "Ways out: the list rewrites From; the list seals with ARC and you trust it (assay help arc); or "    \
          "dmarc.reject = auto, the default, puts such mail aside instead of rejecting it.")                    \
    TOPIC("case", "The .case file: a verdict that can be replayed",                                             \
          "One text file with the message, the envelope, the options, every answer of the DNS and what came "   \
          "out. `assay verify --record mail.case mail.eml` writes it, `assay verify mail.case` judges it again "\
          "without asking anyone, `assay case mail.case` tells whether all comes out as it says. It is the "    \
          "best bug report: --redact takes the content out. See assay-case(5).")                                \
    TOPIC("resolver", "Resolvers",                                                                              \
          "Questions go to the resolvers of /etc/resolv.conf, or to those of --resolver ADDR[@PORT]. DNSSEC is "\
          "validated here where the resolver passes the signatures on; else answers count as not secure, which "\
          "changes no result of mail but shows in --json.")                                                     \
    TOPIC("message", "Messages that break the rules",                                                           \
          "A LF without CR, a CR without LF, a NUL, a line over 998 octets, a header line without colon: RFC "  \
          "5322 forbids them, and two programs may read such a message in two ways. They are taken as they are "\
          "unless an option says otherwise; then the message is malformed and nothing else is judged. A file that " \
          "does not begin with a header is no message and not judged; of an mbox only the first message is.")   \
    TOPIC("policy", "Options of the receiver",                                                                  \
          "-o KEY=VALUE sets one, --policy FILE reads a file of `key = value` lines (# begins a comment), and " \
          "[policy] of a .case holds those of its verdict. The later of these stands above the earlier: "       \
          "defaults, the case, the file, -o. `assay help options` lists them.")                                 \
    TOPIC("status", "Exit status",                                                                              \
          "0 accept, 1 tag, quarantine, reject or discard, 75 could not tell (defer), 64 the command line is "  \
          "wrong, 66 a file could not be read, 70 out of memory, 73 output could not be written. For several messages the " \
          "first of 64, 66, 70, 73, 1, 75, 0 that occurred.")
/* clang-format on */

#endif

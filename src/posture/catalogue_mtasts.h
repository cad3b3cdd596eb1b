/* SPDX-License-Identifier: BSD-2-Clause */
/** \file catalogue_mtasts.h The checks of MTA-STS; see catalogue.h for the columns. */
#ifndef POSTURE_CATALOGUE_MTASTS_H
#define POSTURE_CATALOGUE_MTASTS_H

/* clang-format off */
#define FINDINGS_MTASTS(F) \
    F(MTASTS_MISSING, "MTASTS-MISSING", MTASTS, ASSAY_WARNING, ASSAY_NOTICE, "", \
      "RFC 8461 3.1", \
      "no MTA-STS record", \
      "Without MTA-STS an attacker between two mail servers can switch encryption off, and the sender notices nothing.", \
      "Ask for TLS reports first, then serve a policy in mode testing and publish the record that announces it.") \
    F(MTASTS_MULTIPLE, "MTASTS-MULTIPLE", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.1", \
      "several MTA-STS records", \
      "Senders that find more than one record take none, so that the domain has no policy for them.", \
      "Keep one record and remove the others.") \
    F(MTASTS_RECORD_SYNTAX, "MTASTS-RECORD-SYNTAX", MTASTS, ASSAY_ERROR, 0, "id field version", \
      "RFC 8461 3.1", \
      "MTA-STS record is not valid", \
      "Senders that cannot read the record do not look for the policy, so that it protects nobody.", \
      "Publish the corrected record, such as `v=STSv1; id=20261123T120000;`.") \
    F(MTASTS_RECORD_WSP, "MTASTS-RECORD-WSP", MTASTS, ASSAY_WARNING, 0, "", \
      "RFC 8461 3.1, erratum 6285", \
      "blank before the first semicolon", \
      "The blank is allowed, but some senders look for `v=STSv1;` exactly and see no record.", \
      "Remove the blank before the first semicolon.") \
    F(MTASTS_NO_TXT, "MTASTS-NO-TXT", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3", \
      "policy without a record", \
      "Senders fetch a policy only when the record announces it; without the record the policy protects nobody.", \
      "Publish the TXT record at `_mta-sts`.") \
    F(MTASTS_FETCH, "MTASTS-FETCH", MTASTS, ASSAY_ERROR, 0, "host status size refused", \
      "RFC 8461 3.2 3.3", \
      "policy cannot be fetched", \
      "Senders that see the record but cannot fetch the policy go on as if there were none.", \
      "Serve the policy at the one address where senders look for it, with status 200.") \
    F(MTASTS_REDIRECT, "MTASTS-REDIRECT", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.3", \
      "policy is behind a redirect", \
      "Senders must not follow a redirect to a policy, so for them there is none.", \
      "Answer with status 200 and the policy at that address itself.") \
    F(MTASTS_CERT, "MTASTS-CERT", MTASTS, ASSAY_ERROR, ASSAY_WARNING, "name expired untrusted soon", \
      "RFC 8461 3.3", \
      "the certificate of the policy host is bad, or ends soon", \
      "Senders fetch the policy only from a server that proves its name; with a bad certificate they have no policy.", \
      "Renew the certificate, for the name of the policy host, and let it be renewed by itself.") \
    F(MTASTS_CONTENT_TYPE, "MTASTS-CONTENT-TYPE", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.2", \
      "policy is not served as text/plain", \
      "Senders may refuse a policy of another media type, as protection against files that users upload.", \
      "Serve the policy with `Content-Type: text/plain`.") \
    F(MTASTS_POLICY_SYNTAX, "MTASTS-POLICY-SYNTAX", MTASTS, ASSAY_ERROR, 0, "line version mode max_age mx mx-absent", \
      "RFC 8461 3.2", \
      "policy is not valid", \
      "Senders that cannot read the policy go on as if there were none.", \
      "Serve the corrected policy, then publish the record with a new id.") \
    F(MTASTS_DUPLICATE_KEY, "MTASTS-DUPLICATE-KEY", MTASTS, ASSAY_WARNING, 0, "", \
      "RFC 8461 3.2", \
      "a key stands twice in the policy", \
      "The first one counts, but some senders take the last, so that two senders obey two policies.", \
      "Keep one line for each key but mx.") \
    F(MTASTS_MAX_AGE_RANGE, "MTASTS-MAX-AGE-RANGE", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.2", \
      "max_age is too large", \
      "A policy may be kept for a year at most, and some senders refuse one that asks for more.", \
      "Set max_age to 31557600 or less.") \
    F(MTASTS_MAX_AGE_SHORT, "MTASTS-MAX-AGE-SHORT", MTASTS, ASSAY_WARNING, 0, "", \
      "RFC 8461 3.2 10.2", \
      "max_age is too short", \
      "Senders forget the policy so soon that an attacker only has to keep them from fetching it for a while.", \
      "Raise max_age in steps, to a week or more.") \
    F(MTASTS_MODE, "MTASTS-MODE", MTASTS, ASSAY_WARNING, ASSAY_NOTICE, "testing none", \
      "RFC 8461 5 8.3", \
      "policy enforces nothing", \
      "In mode testing senders report what fails but deliver all the same; in mode none they do not even look.", \
      "Set the mode to enforce when TLS reports show no failures.") \
    F(MTASTS_MX_UNLISTED, "MTASTS-MX-UNLISTED", MTASTS, ASSAY_ERROR, ASSAY_WARNING, "", \
      "RFC 8461 4.1", \
      "MX host is not in the policy", \
      "Senders that enforce the policy deliver nothing to a mail server that it does not name.", \
      "Add the line to the policy, then publish the record with a new id.") \
    F(MTASTS_MX_STALE, "MTASTS-MX-STALE", MTASTS, ASSAY_NOTICE, 0, "", \
      "RFC 8461 3.2", \
      "policy names a host that is no MX", \
      "A name left behind is one more server that an attacker may pretend to be.", \
      "Remove the line when the change is done.") \
    F(MTASTS_MX_FAILS, "MTASTS-MX-FAILS", MTASTS, ASSAY_ERROR, ASSAY_WARNING, "starttls tls name expired untrusted", \
      "RFC 8461 4 4.2 7.2", \
      "MX host does not do what the policy demands", \
      "Senders that enforce the policy deliver nothing to a server without TLS 1.2 and a certificate of its name.", \
      "Mend TLS or the certificate of the host, or set the mode to testing until then.") \
    F(MTASTS_PATTERN_WIDE, "MTASTS-PATTERN-WIDE", MTASTS, ASSAY_NOTICE, ASSAY_WARNING, "", \
      "RFC 8461 10.4", \
      "pattern allows too many hosts", \
      "Whoever runs any host that the pattern matches can take mail of the domain.", \
      "Name the MX hosts one by one.") \
    F(MTASTS_ID_STALE, "MTASTS-ID-STALE", MTASTS, ASSAY_ERROR, 0, "", \
      "RFC 8461 3.1 8.1", \
      "policy changed, id did not", \
      "Senders fetch the policy again only when the id changes; until then they obey the old one.", \
      "Publish the record with a new id after each change of the policy.")
/* clang-format on */

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file plan_rows.h
 * The ladder of the plan as one table: code, reports, docs/plan.md and the manual read it.
 *
 *     R(ID, "id", "ladder", "state", "evidence", "next", "breaks", "undo")
 *
 *     state     where the domain is
 *     evidence  what has to be known before the next step
 *     next      the step
 *     breaks    what could break by it
 *     undo      how to go back
 */
#ifndef POSTURE_PLAN_ROWS_H
#define POSTURE_PLAN_ROWS_H

/* clang-format off */
/** All rows, in the order in which they are looked at. */
#define PLAN_ROWS(R) \
    R(ERRORS, "E", "repair", "something published is broken", \
      "none", \
      "publish the corrected records", \
      "nothing that works now", \
      "publish the old records again") \
    R(UNKNOWN, "U", "repair", "an answer that the plan needs did not come", \
      "that answer", \
      "run it again", \
      "nothing", \
      "nothing is changed") \
    R(PARKED, "P", "auth", "the domain sends no mail and takes none", \
      "none; with reports: no mail of the domain's own in 7 days", \
      "publish the whole set at once: SPF, DMARC at reject, null MX", \
      "mail of the domain, if there is any after all", \
      "remove the records, and begin at step 0") \
    R(START, "0", "auth", "no DMARC policy applies, and the domain sends mail", \
      "a list of who sends mail for the domain", \
      "publish SPF and DKIM; two days later DMARC with p=none and rua", \
      "nothing: p=none changes no delivery", \
      "remove the DMARC record") \
    R(BLIND, "1", "auth", "the policy is none, and no report can come in", \
      "none", \
      "give rua an address that takes reports", \
      "nothing", \
      "remove rua") \
    R(WATCH, "2", "auth", "the policy is none, and reports are being gathered", \
      "7 days of reports, each source of mail known as the domain's own or not", \
      "have every own source pass: SPF or, better, DKIM with the domain's name", \
      "nothing", \
      "nothing is published yet") \
    R(TRY_QUARANTINE, "3", "auth", "the policy is none, and the sources are known", \
      "28 days: reports on 80 % of them, 3 reporters, 98 % of own mail passing, 95 % by DKIM, at most 1 % of sources not known, none new; SPF within its limits, keys of 2048 bits", \
      "p=quarantine as a trial (t=y, and pct=0 for receivers of the old standard), np=reject", \
      "receivers that do not know t=y or pct may quarantine own mail that fails", \
      "publish p=none again") \
    R(QUARANTINE, "4", "auth", "quarantine is being tried", \
      "14 days: 99 % of own mail passing, and as above", \
      "p=quarantine for all mail", \
      "own mail that fails lands in spam folders", \
      "publish the trial again: t=y and pct=0") \
    R(TRY_REJECT, "5", "auth", "quarantine holds for all mail", \
      "28 days: 99.5 % of own mail passing, 98 % by DKIM; nobody there writes to mailing lists that change messages", \
      "p=reject as a trial (t=y, and pct=0 for receivers of the old standard)", \
      "receivers that do not know t=y or pct may refuse own mail that fails", \
      "publish p=quarantine again") \
    R(REJECT, "6", "auth", "reject is being tried", \
      "14 days: 99.5 % of own mail passing", \
      "p=reject for all mail", \
      "own mail that fails is refused; so may be posts to mailing lists", \
      "publish the trial again: t=y and pct=0") \
    R(KEEP, "7", "auth", "reject holds", \
      "each month: 99 % of own mail passing, no new source", \
      "keep it; sp and np at reject as well", \
      "mail of sub-domains that fails, where sp is raised", \
      "publish the old record again") \
    R(SUBDOMAINS, "S", "auth", "the policy for sub-domains is weaker than that of the domain", \
      "for each sub-domain that sends, what is asked of the domain", \
      "sp and np as p; a record of its own for a sub-domain that is not ready", \
      "mail of sub-domains that fails", \
      "publish the old record again") \
    R(INHERITED, "I", "auth", "the policy comes from the organizational domain", \
      "none", \
      "plan that domain; a record here only if this one must differ", \
      "nothing", \
      "nothing is changed") \
    R(KEYS, "K", "auth", "a key is too short", \
      "none", \
      "a new selector with RSA of 2048 bits; when all mail has it, revoke the old one", \
      "mail signed with the old key, if it is revoked too early: wait 7 days", \
      "sign with the old selector again") \
    R(TLSRPT, "T1", "transport", "senders cannot tell where delivery over TLS fails", \
      "none", \
      "publish a TLS-RPT record", \
      "nothing", \
      "remove the record") \
    R(STS_TEST, "T2", "transport", "a TLS report record is published, and there is no MTA-STS record", \
      "7 days of TLS reports; every MX host with TLS 1.2 and a certificate of its name from a web CA", \
      "MTA-STS in mode testing, max_age of a day", \
      "nothing: testing changes no delivery", \
      "remove the TXT record, then the policy") \
    R(STS_ENFORCE, "T3", "transport", "MTA-STS is being tested", \
      "14 days of TLS reports from 2 senders: no failure on this side, 99.5 % of sessions well", \
      "mode enforce, max_age of a week, a new id", \
      "mail from senders that know MTA-STS, when a host or its certificate changes and the policy does not", \
      "mode testing and a new id") \
    R(STS_KEEP, "T4", "transport", "MTA-STS is enforced", \
      "30 days of TLS reports without failure", \
      "max_age of a month up to a year; before an MX host changes, its line first", \
      "a mistake lasts as long as max_age", \
      "mode none and a new id; wait max_age, then remove it") \
    R(DANE, "T5", "transport", "the zone is signed, and the MX hosts have no TLSA records", \
      "the zones of the MX hosts signed", \
      "TLSA 3 1 1 for the key in use and for the next one", \
      "mail from senders that know DANE, when a key changes and the record does not", \
      "remove the TLSA records, wait their TTL") \
    R(LOGO, "B1", "brand", "the policy is quarantine or better, and a logo is wanted", \
      "30 days: 99 % of own mail passing; a logo that is valid SVG Tiny P/S", \
      "publish a BIMI record with the logo", \
      "nothing", \
      "remove the record") \
    R(MARK, "B2", "brand", "the logo is published, and a certificate for it is wanted", \
      "a registered trademark (VMC), or a year of use (CMC)", \
      "have the mark certified, and name the certificate in a=", \
      "nothing", \
      "remove a=")
/* clang-format on */

/** The rows: PLAN_START and so on. */
enum plan_row_id {
#define PLAN_ROW_ID(id, ...) PLAN_##id,
    PLAN_ROWS(PLAN_ROW_ID)
#undef PLAN_ROW_ID
        PLAN_N_ROWS
};

#endif

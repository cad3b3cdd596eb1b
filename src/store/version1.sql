-- A database of version 1, as its program left it. It is never changed: a test brings it to the present version.
PRAGMA application_id = 1098085241;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE published (    n INTEGER PRIMARY KEY,    text TEXT NOT NULL UNIQUE,    used INTEGER NOT NULL) STRICT;
INSERT INTO published VALUES(1,'v=DMARC1; p=reject; rua=mailto:dmarc@news.example; adkim=s',20416);
CREATE TABLE verdict (    n INTEGER PRIMARY KEY,    id BLOB NOT NULL UNIQUE,    time INTEGER NOT NULL,    recipients INTEGER NOT NULL,    null_sender INTEGER NOT NULL,    testing INTEGER NOT NULL,    sampled_out INTEGER NOT NULL,    direction TEXT,    listener TEXT,    queue_id TEXT,    message_id TEXT,    client TEXT,    helo TEXT,    mail_from TEXT,    mail_from_domain TEXT,    user TEXT,    recipient_domain TEXT,    author TEXT,    disposition TEXT,    would TEXT,    cause TEXT,    reason TEXT,    reply TEXT,    override TEXT,    override_note TEXT,    policy TEXT,    dmarc TEXT,    dmarc_reason TEXT,    dmarc_policy TEXT,    dmarc_tag TEXT,    aligned_spf TEXT,    aligned_dkim TEXT,    org_domain TEXT,    policy_domain TEXT,    discovery TEXT,    record INTEGER REFERENCES published (n),    spf_domain TEXT,    spf_scope TEXT,    spf TEXT,    spf_reason TEXT,    spf_helo TEXT,    spf_helo_reason TEXT,    arc TEXT,    arc_reason TEXT,    sealers TEXT,    iprev TEXT,    iprev_name TEXT,    keys TEXT) STRICT;
INSERT INTO verdict VALUES(1,X'5b66002dc5c09c7b1c39000000000001',1764000001,2,0,0,0,'in','in','4bN8xq2Zj3z9rXK','old@news.example','192.0.2.25','mail.news.example','bounce-8831@lists.news.example','lists.news.example',NULL,'example.net','news.example','accept','accept','none','DKIM of news.example proves the author',NULL,NULL,NULL,NULL,'pass',NULL,'reject','p',NULL,'news.example','news.example','news.example','treewalk',1,'lists.news.example','mfrom','pass','ip4:192.0.2.0/24 matches','none',NULL,'none',NULL,NULL,'pass','mail.news.example',NULL);
CREATE TABLE signature (    verdict INTEGER NOT NULL REFERENCES verdict (n),    i INTEGER NOT NULL,    domain TEXT,    selector TEXT,    algorithm TEXT,    result TEXT,    reason TEXT,    PRIMARY KEY (verdict, i)) STRICT, WITHOUT ROWID;
INSERT INTO signature VALUES(1,0,'news.example','s2026','rsa-sha256','pass',NULL);
INSERT INTO signature VALUES(1,1,'relay.example','ed','ed25519-sha256','fail','the body was changed');
CREATE TABLE position (    segment BLOB PRIMARY KEY,    octets INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX verdict_time ON verdict (time);
CREATE INDEX verdict_queue_id ON verdict (queue_id) WHERE queue_id IS NOT NULL;
CREATE INDEX verdict_message_id ON verdict (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX verdict_policy_domain ON verdict (policy_domain, time) WHERE policy_domain IS NOT NULL;
COMMIT;

-- Notices: who is told what after a snapshot, and what is owed: doc/decision/0155.

CREATE TABLE notice_rule (
	organization TEXT   NOT NULL REFERENCES organization (id),
	name         TEXT   NOT NULL,
	content      TEXT   NOT NULL, -- JSON of notice.Rule
	destination  TEXT   NOT NULL, -- JSON of notice.Destination, without its secrets
	sealed       BLOB   NOT NULL, -- JSON of notice.Destination, whole, sealed with the data folder's key
	changed      BIGINT NOT NULL,
	changed_by   TEXT   NOT NULL,
	since        BIGINT NOT NULL, -- the newest snapshot when the rule was made or put in force: what came after it is told
	sent         BIGINT NOT NULL, -- the last time that something was sent; 0: never
	failures     BIGINT NOT NULL, -- tries in a row that failed
	retry        BIGINT NOT NULL, -- not before
	error        TEXT   NOT NULL, -- of the last try; empty if it did not fail
	PRIMARY KEY (organization, name)
);

-- How far notices are derived from snapshots, of organizations that have rules.
CREATE TABLE notice_progress (
	organization TEXT   NOT NULL PRIMARY KEY REFERENCES organization (id),
	number       BIGINT NOT NULL, -- the last snapshot of which notices were made; 0: none was published yet
	known        BLOB   NOT NULL  -- the CVEs that CISA listed then, in lines, deflated; empty: not known
);

-- Notices: those that are owed, and for a while those that were.
CREATE TABLE notice (
	organization TEXT   NOT NULL REFERENCES organization (id),
	id           BIGINT NOT NULL, -- rises in the organization
	rule         TEXT   NOT NULL,
	key          TEXT   NOT NULL,
	snapshot     BIGINT NOT NULL,
	event        TEXT   NOT NULL,
	title        TEXT   NOT NULL,
	state        TEXT   NOT NULL, -- waiting, sent, failed, dry, silent
	made         BIGINT NOT NULL,
	due          BIGINT NOT NULL,
	tries        BIGINT NOT NULL,
	ended        BIGINT NOT NULL, -- when it was sent or given up; 0: it waits
	error        TEXT   NOT NULL,
	content      TEXT   NOT NULL, -- JSON of notice.Notice
	PRIMARY KEY (organization, id)
);
CREATE UNIQUE INDEX notice_by_key ON notice (organization, rule, key);
CREATE INDEX notice_by_state ON notice (organization, rule, state, due);
CREATE INDEX notice_waiting ON notice (state, due);

-- Version 2: access. Who may ask for what (clients and their credentials), the
-- keys that tokens, links and pages are signed with, RBAC groups and the rules
-- that fill them, and enrolment. The same rules of text as version 1.

-- Rules are rbac.Rules in JSON, empty for an organization without groups. Their
-- revision counts changes; the applied one is that by which every device's
-- wanted_group was made.
ALTER TABLE organization ADD COLUMN rules TEXT NOT NULL DEFAULT '';
ALTER TABLE organization ADD COLUMN rules_revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organization ADD COLUMN rules_applied BIGINT NOT NULL DEFAULT 0;

-- When it got its first administrator, who is made once and may be removed; 0: not yet.
ALTER TABLE organization ADD COLUMN administered BIGINT NOT NULL DEFAULT 0;

-- The RBAC group that the device's reports named, by a sender who may; empty: none.
ALTER TABLE device ADD COLUMN named_group TEXT NOT NULL DEFAULT '';

-- Groups are never deleted, so that no number ever means another group.
CREATE TABLE rbac_group (
	organization TEXT   NOT NULL REFERENCES organization (id),
	id           BIGINT NOT NULL, -- 1, 2, ...; 0 is no group
	name         TEXT   NOT NULL,
	PRIMARY KEY (organization, id),
	UNIQUE (organization, name)
);

-- An application that asks for tokens, or one device that reports.
CREATE TABLE client (
	id           TEXT   NOT NULL PRIMARY KEY, -- a GUID, lower case
	organization TEXT   NOT NULL REFERENCES organization (id),
	name         TEXT   NOT NULL, -- for people
	permissions  TEXT   NOT NULL, -- JSON array of strings
	rbac_groups  TEXT   NOT NULL, -- JSON array of group ids; null: all groups
	device       TEXT   NOT NULL DEFAULT '', -- the only device it may report for; empty: an application
	named_group  TEXT   NOT NULL DEFAULT '', -- the group that its reports name; from the enrolment
	created      BIGINT NOT NULL
);

CREATE INDEX client_by_organization ON client (organization, device, name);

-- Either is enough to prove a client; two of a kind may be valid at a time.
CREATE TABLE credential (
	client  TEXT   NOT NULL REFERENCES client (id) ON DELETE CASCADE,
	id      TEXT   NOT NULL, -- a GUID
	kind    TEXT   NOT NULL CHECK (kind IN ('secret', 'certificate')),
	hash    blob   NOT NULL, -- SHA-256 of the secret, or of the certificate in DER
	data    blob   NOT NULL, -- the certificate in DER; empty for a secret
	hint    TEXT   NOT NULL, -- what people tell it by: first characters, or the subject
	created BIGINT NOT NULL,
	expires BIGINT NOT NULL, -- 0: never
	PRIMARY KEY (client, id)
);

-- Keys of this server, sealed with the data folder's own.
CREATE TABLE signing_key (
	id      TEXT   NOT NULL PRIMARY KEY,
	purpose TEXT   NOT NULL CHECK (purpose IN ('token', 'link', 'page')),
	sealed  blob   NOT NULL,
	created BIGINT NOT NULL,
	retired BIGINT NOT NULL -- since when it signs no more, and only checks; 0: it signs
);

-- Assertions that were used, until they expire.
CREATE TABLE assertion (
	client  TEXT   NOT NULL,
	hash    blob   NOT NULL, -- SHA-256 of the assertion's id, or of all of it
	expires BIGINT NOT NULL,
	PRIMARY KEY (client, hash)
);

CREATE INDEX assertion_by_time ON assertion (expires);

-- A secret that devices trade for credentials of their own.
CREATE TABLE enrollment (
	organization TEXT   NOT NULL REFERENCES organization (id),
	id           TEXT   NOT NULL, -- a GUID
	name         TEXT   NOT NULL, -- for people
	hash         blob   NOT NULL, -- SHA-256 of the secret
	named_group  TEXT   NOT NULL, -- that its devices' reports name; empty: none
	uses         BIGINT NOT NULL, -- how often it was traded
	max_uses     BIGINT NOT NULL,
	created      BIGINT NOT NULL,
	expires      BIGINT NOT NULL,
	PRIMARY KEY (organization, id)
);

CREATE UNIQUE INDEX enrollment_by_hash ON enrollment (hash);

-- Version 1. One text for SQLite and PostgreSQL (design.md section 5): times are
-- Unix milliseconds made in Go, JSON is TEXT, no function of one database alone.
-- "blob" is a domain over bytea on PostgreSQL.

CREATE TABLE organization (
	id       TEXT   NOT NULL PRIMARY KEY, -- a GUID
	name     TEXT   NOT NULL,             -- for people
	revision BIGINT NOT NULL DEFAULT 0    -- of the newest report; taking the next one orders all receipts
);

-- The identity of a device is what its reports said last; its groups are what
-- generations pinned and published.
CREATE TABLE device (
	organization    TEXT   NOT NULL REFERENCES organization (id),
	id              TEXT   NOT NULL, -- 40 lower-case hex digits, so every collation orders ids alike
	name            TEXT   NOT NULL, -- fully qualified, as spelled last
	name_key        TEXT   NOT NULL, -- name in lower case: what reports without an id are joined by
	os_platform     TEXT   NOT NULL,
	os_version      TEXT   NOT NULL,
	os_architecture TEXT   NOT NULL,
	tags            TEXT   NOT NULL, -- JSON array of strings; null for none
	wanted_group    BIGINT NOT NULL DEFAULT 0, -- the RBAC group that the next generation puts it in
	pinned_group    BIGINT, -- the group of the newest generation; NULL: no generation has seen the device yet
	published_group BIGINT, -- the group of the newest snapshot; NULL: in no snapshot yet
	first_seen      BIGINT NOT NULL,
	last_seen       BIGINT NOT NULL, -- by the device's clock, clamped
	received        BIGINT NOT NULL, -- by ours
	revision        BIGINT NOT NULL, -- of the last report that changed anything
	hash            blob   NOT NULL, -- SHA-256 over identity and documents
	PRIMARY KEY (organization, id)
);

CREATE INDEX device_by_name ON device (organization, name_key);
CREATE INDEX device_by_group ON device (organization, pinned_group, id);
-- A generation begins and is sealed while reports wait: these three name the
-- few devices to touch, so that neither reads the whole fleet.
CREATE INDEX device_by_time ON device (organization, received);
CREATE INDEX device_moved ON device (organization) WHERE pinned_group IS DISTINCT FROM wanted_group;
CREATE INDEX device_republished ON device (organization) WHERE published_group IS DISTINCT FROM pinned_group;

-- What one source said last about one section of a device.
CREATE TABLE document (
	organization TEXT   NOT NULL,
	device       TEXT   NOT NULL,
	source       TEXT   NOT NULL, -- "collect", "sbom", ...
	section      BIGINT NOT NULL, -- inventory.Section
	hash         blob   NOT NULL, -- SHA-256 of the content, made by inventory
	data         blob   NOT NULL, -- inventory's compact form
	PRIMARY KEY (organization, device, source, section),
	FOREIGN KEY (organization, device) REFERENCES device (organization, id) ON DELETE CASCADE
);

-- What senders of reports may ask for later.
CREATE TABLE receipt (
	organization TEXT    NOT NULL REFERENCES organization (id),
	id           TEXT    NOT NULL, -- UUID version 7
	device       TEXT    NOT NULL,
	source       TEXT    NOT NULL,
	revision     BIGINT  NOT NULL, -- the first generation that pins it or more contains the report
	received     BIGINT  NOT NULL,
	changed      BOOLEAN NOT NULL, -- whether the device's hash changed
	PRIMARY KEY (organization, id)
);

CREATE INDEX receipt_by_time ON receipt (received);

CREATE TABLE generation (
	organization TEXT   NOT NULL REFERENCES organization (id),
	number       BIGINT NOT NULL,
	state        TEXT   NOT NULL CHECK (state IN ('running', 'sealed', 'failed')),
	begun        BIGINT NOT NULL, -- strictly increasing
	revision     BIGINT NOT NULL, -- the organization's when it began
	pin          blob   NOT NULL, -- JSON: catalog, benchmark, settings, ranges; emptied when a later one is sealed
	failure      TEXT   NOT NULL DEFAULT '', -- why it failed
	PRIMARY KEY (organization, number)
);

CREATE UNIQUE INDEX generation_running ON generation (organization) WHERE state = 'running';
CREATE INDEX generation_by_revision ON generation (organization, revision, number) WHERE state = 'sealed';

-- One try at one range. It is there before the first of its files is.
CREATE TABLE attempt (
	organization TEXT   NOT NULL,
	id           TEXT   NOT NULL, -- part of its files' names
	generation   BIGINT NOT NULL,
	range_number BIGINT NOT NULL,
	state        TEXT   NOT NULL CHECK (state IN ('running', 'won', 'lost', 'dead')),
	started      BIGINT NOT NULL,
	PRIMARY KEY (organization, id),
	FOREIGN KEY (organization, generation) REFERENCES generation (organization, number)
);

CREATE INDEX attempt_by_generation ON attempt (organization, generation);

-- The attempt that won a range. The primary key decides between two.
CREATE TABLE completion (
	organization TEXT   NOT NULL,
	generation   BIGINT NOT NULL,
	range_number BIGINT NOT NULL,
	attempt      TEXT   NOT NULL,
	result       blob   NOT NULL, -- JSON: the range's files
	PRIMARY KEY (organization, generation, range_number),
	FOREIGN KEY (organization, generation) REFERENCES generation (organization, number)
);

-- What readers see: the newest row is the pointer.
CREATE TABLE snapshot (
	organization    TEXT   NOT NULL,
	number          BIGINT NOT NULL, -- the generation's
	begun           BIGINT NOT NULL,
	generated       BIGINT NOT NULL, -- whole seconds, strictly increasing
	manifest_path   TEXT   NOT NULL,
	manifest_sha256 blob   NOT NULL,
	totals          TEXT   NOT NULL, -- JSON, for people
	full_files      TEXT   NOT NULL CHECK (full_files IN ('kept', 'retiring', 'retired')),
	delta_files     TEXT   NOT NULL CHECK (delta_files IN ('kept', 'retiring', 'retired')),
	PRIMARY KEY (organization, number),
	FOREIGN KEY (organization, number) REFERENCES generation (organization, number)
);

-- Intelligence is the same for every organization.
CREATE TABLE feed (
	kind     TEXT   NOT NULL, -- "nvd", "osv", ...
	name     TEXT   NOT NULL,
	url      TEXT   NOT NULL, -- empty: imported from files only
	mark     TEXT   NOT NULL, -- how far it has been read
	path     TEXT   NOT NULL, -- its raw files
	records  BIGINT NOT NULL,
	bytes    BIGINT NOT NULL,
	sha256   TEXT   NOT NULL,
	imported BIGINT NOT NULL, -- when its files changed last; 0: never
	checked  BIGINT NOT NULL, -- when it was asked last; 0: never
	failure  TEXT   NOT NULL, -- of the last check; empty: none
	PRIMARY KEY (kind, name)
);

CREATE TABLE catalog (
	id       TEXT   NOT NULL PRIMARY KEY,
	sequence BIGINT NOT NULL, -- the highest is the current one
	path     TEXT   NOT NULL,
	summary  TEXT   NOT NULL, -- JSON, for people
	built    BIGINT NOT NULL
);

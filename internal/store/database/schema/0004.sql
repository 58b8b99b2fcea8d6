-- Version 4: the house. The same rules of text as version 1.

-- What made the newest report of a source that told: doc/decision/0041. It is no
-- content of the device, whose hash does not cover it.
CREATE TABLE collector (
	organization TEXT NOT NULL,
	device       TEXT NOT NULL,
	source       TEXT NOT NULL,
	program      TEXT NOT NULL, -- "muster", ...
	version      TEXT NOT NULL, -- as the program spells its own; empty: it did not say
	PRIMARY KEY (organization, device, source),
	FOREIGN KEY (organization, device) REFERENCES device (organization, id) ON DELETE CASCADE
);

-- Planning (doc/decision/0039). Devices are put into their groups after the
-- generation has begun, slice by slice. By what, in JSON; empty: they are.
ALTER TABLE generation ADD COLUMN placing TEXT NOT NULL DEFAULT '';
-- How many slices there were: a plan that does not know of all does not count.
ALTER TABLE generation ADD COLUMN slices BIGINT NOT NULL DEFAULT 0;
-- Whether its ranges are cut: "pin" names them from then on, and never changes.
ALTER TABLE generation ADD COLUMN planned BOOLEAN NOT NULL DEFAULT TRUE;
-- Rules that were set meanwhile, and count as soon as the devices are placed.
ALTER TABLE organization ADD COLUMN rules_waiting TEXT;
-- The generation that pinned the group. Once it or a later one is published that
-- group is the published one, and published_group the one before.
ALTER TABLE device ADD COLUMN pinned_by BIGINT NOT NULL DEFAULT 0;
UPDATE device SET pinned_by = (SELECT max(g.number) FROM generation g WHERE g.organization = device.organization)
WHERE pinned_group IS NOT NULL AND published_group IS DISTINCT FROM pinned_group
	AND EXISTS (SELECT 1 FROM generation g WHERE g.organization = device.organization);
DROP INDEX device_republished;

-- Generations that were asked for and have not begun, and who makes them
-- (doc/decision/0044).

-- The generation that an organization waits for. The next one that begins
-- answers it, in the transaction in which it begins.
CREATE TABLE request (
	organization TEXT    NOT NULL PRIMARY KEY REFERENCES organization (id),
	id           TEXT    NOT NULL, -- a UUID; whoever joins is told the same one
	revision     BIGINT  NOT NULL, -- that the generation must have, or a later one
	asked        BIGINT  NOT NULL,
	rebuild      BOOLEAN NOT NULL,
	anew         BOOLEAN NOT NULL,
	allow_shrink BOOLEAN NOT NULL,
	patient      BOOLEAN NOT NULL -- waits for the end of a doubt, instead of being refused
);

-- The request that the generation answers; empty: none.
ALTER TABLE generation ADD COLUMN request TEXT NOT NULL DEFAULT '';

-- Who works on the generations and files of an organization. One at a time: who
-- takes a lease over that has ended makes the attempts of the owner before dead.
CREATE TABLE lease (
	organization TEXT   NOT NULL PRIMARY KEY REFERENCES organization (id),
	owner        TEXT   NOT NULL, -- a UUID, made for this lease
	until        BIGINT NOT NULL  -- by the database's clock
);

-- Who makes the attempt: it ends with that owner's lease.
ALTER TABLE attempt ADD COLUMN owner TEXT NOT NULL DEFAULT '';

-- Of the range, for people who watch.
ALTER TABLE completion ADD COLUMN devices BIGINT NOT NULL DEFAULT 0;

-- Intelligence in tables: doc/decision/0046. The id and the file of the table that
-- was compiled of the feed's records; empty until it was.
ALTER TABLE feed ADD COLUMN table_id TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN table_path TEXT NOT NULL DEFAULT '';

-- The tables that a catalog was merged of, which go with the last that names them.
CREATE TABLE catalog_table (
	catalog TEXT NOT NULL,
	id      TEXT NOT NULL,
	path    TEXT NOT NULL,
	PRIMARY KEY (catalog, id),
	FOREIGN KEY (catalog) REFERENCES catalog (id) ON DELETE CASCADE
);

-- Files and folders of intelligence, entered before they are there: what nothing
-- names any more, or never did, is removed by this list.
CREATE TABLE intelligence_file (
	path TEXT NOT NULL PRIMARY KEY
);

-- Builds of the catalog, which are asked for by whoever changes a feed.
CREATE TABLE build (
	number  BIGINT NOT NULL PRIMARY KEY,
	state   TEXT   NOT NULL CHECK (state IN ('waiting', 'running', 'built', 'failed')),
	asked   BIGINT NOT NULL,
	begun   BIGINT NOT NULL, -- 0: not yet
	ended   BIGINT NOT NULL, -- 0: not yet
	failure TEXT   NOT NULL, -- empty: none
	catalog TEXT   NOT NULL, -- the id of what was built, which may be what there was
	summary TEXT   NOT NULL  -- JSON, for people
);

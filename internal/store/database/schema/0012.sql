-- How current feeds are, and bundles of feeds: doc/decision/0129.

ALTER TABLE feed ADD COLUMN answered BIGINT NOT NULL DEFAULT 0; -- when its source answered last without a failure; 0: not known
ALTER TABLE feed ADD COLUMN failures BIGINT NOT NULL DEFAULT 0; -- refreshes in a row that failed
ALTER TABLE feed ADD COLUMN origin TEXT NOT NULL DEFAULT ''; -- JSON of where a bundle has it from; empty: no bundle brought it

-- Whose bundles of feeds are imported.
CREATE TABLE bundle_key (
	id     TEXT   NOT NULL PRIMARY KEY, -- of the public key
	public TEXT   NOT NULL, -- the key, as people write it
	name   TEXT   NOT NULL, -- for people
	added  BIGINT NOT NULL
);

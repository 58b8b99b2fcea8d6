-- What feeds are about: doc/decision/0056. JSON of what the records of a feed hold,
-- and how many were left out; both empty until the feed is compiled again.
ALTER TABLE feed ADD COLUMN contents TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN skipped BIGINT NOT NULL DEFAULT 0;

-- The first records of a feed that were left out, with the reasons: a list in JSON.
CREATE TABLE feed_rejection (
	kind     TEXT NOT NULL,
	name     TEXT NOT NULL,
	rejected TEXT NOT NULL,
	PRIMARY KEY (kind, name),
	FOREIGN KEY (kind, name) REFERENCES feed (kind, name) ON DELETE CASCADE
);

-- Feeds that were removed: the next snapshot tells what nobody looks at any more.
CREATE TABLE feed_removed (
	kind     TEXT   NOT NULL,
	name     TEXT   NOT NULL,
	records  BIGINT NOT NULL,
	contents TEXT   NOT NULL, -- as in feed
	removed  BIGINT NOT NULL, -- when
	sequence BIGINT NOT NULL, -- the order of removals, which goes on for ever
	returned BIGINT NOT NULL, -- 1: a feed of the kind and name came again
	PRIMARY KEY (kind, name)
);

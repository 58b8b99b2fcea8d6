-- The ranges of a generation are made by workers: doc/decision/0104.

-- A process that makes ranges. It lives while its row is here: others remove the row once its time
-- is over, and its attempts are dead then.
CREATE TABLE worker (
	id    TEXT   NOT NULL PRIMARY KEY, -- a UUID, made by the process
	node  TEXT   NOT NULL, -- the node's name, for people
	until BIGINT NOT NULL, -- by the database's clock
	able  TEXT   NOT NULL  -- JSON: which generations it can make
);

-- Why an attempt failed: a word for programs, and a text for people. Empty if it has not.
ALTER TABLE attempt ADD COLUMN failure TEXT NOT NULL DEFAULT '';
ALTER TABLE attempt ADD COLUMN failure_text TEXT NOT NULL DEFAULT '';

CREATE INDEX attempt_by_range ON attempt (organization, generation, range_number);
DROP INDEX attempt_by_generation;

-- Where pulls are whose clients count $skip by themselves, for all nodes: doc/decision/0101.

CREATE TABLE pull (
	caller   BLOB   NOT NULL, -- hash of who pulls
	list     BLOB   NOT NULL, -- hash of what is listed, and how
	snapshot BIGINT NOT NULL,
	mark     BIGINT NOT NULL, -- distinguishes the snapshot from another with its number
	skipped  BIGINT NOT NULL, -- objects that were given out
	looked   BIGINT NOT NULL, -- rows that were looked at for them
	last     BLOB   NOT NULL, -- key of the last object; empty for none
	used     BIGINT NOT NULL, -- when the last page was made
	PRIMARY KEY (caller, list)
);

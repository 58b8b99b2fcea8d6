-- What one node does for all at an interval: doc/decision/0100.

CREATE TABLE chore (
	name   TEXT   NOT NULL PRIMARY KEY, -- "feeds", "verify", "sweep"
	owner  TEXT   NOT NULL, -- a UUID, made for each turn
	until  BIGINT NOT NULL, -- when the owner's turn ends, by the database's clock; 0: nobody has one
	begun  BIGINT NOT NULL, -- when the last turn began that was done; 0: none was
	result TEXT   NOT NULL  -- JSON of its result; empty for none
);

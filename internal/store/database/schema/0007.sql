-- Version 7: nodes that share the database change feeds and catalogs one at a time.

-- Who may do what only one process may do at a time, and which belongs to no organization.
CREATE TABLE work (
	name  TEXT   NOT NULL PRIMARY KEY, -- "intelligence"
	owner TEXT   NOT NULL, -- a UUID, made for this lease
	until BIGINT NOT NULL  -- by the database's clock
);

-- Forms that browsers have sent, so that a form counts once: doc/decision/0156.

CREATE TABLE sent_form (
	session BLOB   NOT NULL REFERENCES browser_session (hash) ON DELETE CASCADE,
	mark    TEXT   NOT NULL, -- the form's, random
	state   TEXT   NOT NULL, -- begun, done or refused
	told    TEXT   NOT NULL, -- what came of it, for people
	audit   TEXT   NOT NULL, -- ids of the lines in the audit log
	leads   TEXT   NOT NULL, -- the address of the page that says so
	begun   BIGINT NOT NULL,
	PRIMARY KEY (session, mark)
);

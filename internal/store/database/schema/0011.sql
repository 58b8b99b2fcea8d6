-- Exceptions of an organization: doc/decision/0130.

CREATE TABLE exception (
	organization TEXT   NOT NULL REFERENCES organization (id),
	id           TEXT   NOT NULL, -- a UUID
	source       TEXT   NOT NULL, -- the document that states it; empty for people's exceptions
	content      TEXT   NOT NULL, -- JSON of except.Exception
	created      BIGINT NOT NULL,
	added        BIGINT NOT NULL, -- the edition in which it came
	removed      BIGINT NOT NULL, -- the edition in which it went; 0: it is there
	ended        BIGINT NOT NULL, -- when it went; 0: it is there
	PRIMARY KEY (organization, id)
);

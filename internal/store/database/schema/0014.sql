-- Signing in with a browser: doc/decision/0151.

-- One-time codes. A code is used by removing it.
CREATE TABLE sign_in (
	hash         BLOB   NOT NULL PRIMARY KEY, -- SHA-256 of the code
	organization TEXT   NOT NULL REFERENCES organization (id),
	client       TEXT   NOT NULL, -- as whom; empty: whoever has the data folder
	name         TEXT   NOT NULL, -- for people
	permissions  TEXT   NOT NULL, -- JSON: those of the token that asked
	expires      BIGINT NOT NULL
);

-- Browsers that are signed in.
CREATE TABLE browser_session (
	hash         BLOB   NOT NULL PRIMARY KEY, -- SHA-256 of the secret in the cookie
	organization TEXT   NOT NULL REFERENCES organization (id),
	client       TEXT   NOT NULL,
	name         TEXT   NOT NULL,
	permissions  TEXT   NOT NULL,
	begun        BIGINT NOT NULL,
	used         BIGINT NOT NULL, -- the last use, to the minute
	expires      BIGINT NOT NULL -- whatever its use
);
CREATE INDEX browser_session_of ON browser_session (organization, client);

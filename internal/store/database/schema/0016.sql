-- Signing in at a provider of OpenID Connect: doc/decision/0158.

-- Of a person the column client is their id, which no client has, and permissions are none: a program that does not
-- know these columns finds nobody.
ALTER TABLE browser_session ADD COLUMN issuer TEXT NOT NULL DEFAULT ''; -- the provider; empty: a client's session
ALTER TABLE browser_session ADD COLUMN claims TEXT NOT NULL DEFAULT ''; -- JSON: what it said of the person

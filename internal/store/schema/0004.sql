-- Version 4: the house. The same rules of text as version 1.

-- What made the newest report of a source that told: doc/decision/0041. It is no
-- content of the device, whose hash does not cover it.
CREATE TABLE collector (
	organization TEXT NOT NULL,
	device       TEXT NOT NULL,
	source       TEXT NOT NULL,
	program      TEXT NOT NULL, -- "muster", ...
	version      TEXT NOT NULL, -- as the program spells its own; empty: it did not say
	PRIMARY KEY (organization, device, source),
	FOREIGN KEY (organization, device) REFERENCES device (organization, id) ON DELETE CASCADE
);

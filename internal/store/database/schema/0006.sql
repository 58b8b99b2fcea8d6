-- Addresses of devices, as the newest report of a source that told has them. They are no
-- content of the device, whose hash does not cover them: doc/decision/0083.
CREATE TABLE address (
	organization TEXT NOT NULL,
	device       TEXT NOT NULL,
	source       TEXT NOT NULL,
	addresses    TEXT NOT NULL, -- a list in JSON, in the order of the report
	PRIMARY KEY (organization, device, source),
	FOREIGN KEY (organization, device) REFERENCES device (organization, id) ON DELETE CASCADE
);

-- Version 3: trust. What a report is believed about (doc/decision/0030). The same
-- rules of text as version 1.

-- Who named the device, trust.Rank: 0 managers and fleet senders, 1 a credential,
-- 2 senders who are limited to groups.
ALTER TABLE device ADD COLUMN named_by BIGINT NOT NULL DEFAULT 0;
-- What the device's credential says of its identity and does not count: JSON, empty for nothing.
ALTER TABLE device ADD COLUMN claims TEXT NOT NULL DEFAULT '';
-- Until when a manager lets it be enrolled; 0: not at all.
ALTER TABLE device ADD COLUMN admitted BIGINT NOT NULL DEFAULT 0;

-- Whose the source is, trust.Writer: 0 nobody's, 1 the credential's, 2 others'.
ALTER TABLE document ADD COLUMN writer BIGINT NOT NULL DEFAULT 0;

-- What of its device's identity counts whenever the credential says it: trust.Fields.
ALTER TABLE client ADD COLUMN trusts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrollment ADD COLUMN trusts BIGINT NOT NULL DEFAULT 0;
-- Whether it takes devices that are known and have no credential.
ALTER TABLE enrollment ADD COLUMN adopts BOOLEAN NOT NULL DEFAULT FALSE;

UPDATE device SET named_by = 1
WHERE EXISTS (SELECT 1 FROM client WHERE client.organization = device.organization AND client.device = device.id);

-- A name is looked up rank by rank, by some senders in some groups alone: those
-- that the device is in at the moment, or is hidden from.
DROP INDEX device_by_name;
CREATE INDEX device_by_name ON device (organization, name_key, named_by,
	(CASE WHEN coalesce(pinned_group, -1) = -1 THEN wanted_group ELSE pinned_group END));
-- Version 3: what the server's clock is judged by, so that a clock that jumped
-- destroys nothing. The same rules of text as version 1.

-- The newest reading of the clock that was believed; 0: none yet.
ALTER TABLE organization ADD COLUMN clock BIGINT NOT NULL DEFAULT 0;

-- What the clock read when it came into doubt, which it still is; 0: it is not.
ALTER TABLE organization ADD COLUMN clock_asked BIGINT NOT NULL DEFAULT 0;

-- When the times of devices ended a doubt about it last, by the clock; 0: never.
ALTER TABLE organization ADD COLUMN clock_settled BIGINT NOT NULL DEFAULT 0;

-- Since when silence is counted, after a gap in the readings that is longer than
-- devices are silent; 0: from their reports on.
ALTER TABLE organization ADD COLUMN clock_since BIGINT NOT NULL DEFAULT 0;

-- How many devices would have dropped out at once when a generation was
-- refused for it; 0: none was since.
ALTER TABLE organization ADD COLUMN shrinking BIGINT NOT NULL DEFAULT 0;

-- The server's time of the last report whose own time agreed with it; 0: none.
ALTER TABLE device ADD COLUMN agreed BIGINT NOT NULL DEFAULT 0;

-- The clock's reading when the snapshot was sealed, which unlike "generated"
-- may lie before that of an earlier one.
ALTER TABLE snapshot ADD COLUMN sealed BIGINT NOT NULL DEFAULT 0;

UPDATE snapshot SET sealed = generated;

-- Counts that add up, of each snapshot, for longer than snapshots are kept: doc/decision/0154.

CREATE TABLE trend (
	organization TEXT   NOT NULL REFERENCES organization (id),
	number       BIGINT NOT NULL, -- the snapshot's
	previous     BIGINT NOT NULL, -- the snapshot from which its changes start; 0: none was before, -1: they are not known
	begun        BIGINT NOT NULL,
	generated    BIGINT NOT NULL,
	whole        blob   NOT NULL, -- the counts of all groups (counts/trend)
	parts        blob   NOT NULL, -- the counts of each group
	opened       blob   NOT NULL, -- of the newest: findings of each group by the day on which they were first seen; else empty
	PRIMARY KEY (organization, number)
);

CREATE INDEX trend_by_time ON trend (organization, generated);

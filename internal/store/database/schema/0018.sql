-- Since when a receiver of notices fails: doc/decision/0161.

-- An older program leaves the column as it is, so it counts only while failures do.
ALTER TABLE notice_rule ADD COLUMN failing BIGINT NOT NULL DEFAULT 0; -- the first of the tries in a row that failed; 0: not known

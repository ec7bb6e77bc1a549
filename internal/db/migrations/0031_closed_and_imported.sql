-- Which settings a month was closed under, 0 for none: its journal keeps their
-- names of accounts, whatever they are called later.
ALTER TABLE liability_month ADD COLUMN setting BIGINT NOT NULL DEFAULT 0;
UPDATE liability_month SET setting = (SELECT COALESCE(MAX(s.no), 0) FROM liability_setting s WHERE s.set_at <= liability_month.settled_at);

-- The source of the files that brought a member; join_source is how she joined,
-- which most files do not say. Members imported before have their source there.
ALTER TABLE member_member ADD COLUMN imported_from TEXT NOT NULL DEFAULT '';

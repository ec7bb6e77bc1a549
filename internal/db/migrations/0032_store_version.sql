-- Which state of a store a change was made from: of two who have it open, the
-- second is told of the first.
ALTER TABLE shop_store ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- The cap a counter was last added to under. A batch may add without asking:
-- who would overshoot breaks the constraint and judges again. Giving back
-- always fits, also where a later version has lowered the cap.
ALTER TABLE limit_counter ADD COLUMN cap BIGINT NOT NULL DEFAULT 9223372036854775807 CONSTRAINT limit_counter_cap CHECK (used <= cap);

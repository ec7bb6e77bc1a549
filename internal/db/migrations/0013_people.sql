-- What people do to each other's books: households share an account or do
-- not, as they were opened; a merge moves a member's rows and remembers whose
-- they were first, so that it can be undone; points may wait for who left.

ALTER TABLE household_household ADD COLUMN pooled BOOLEAN NOT NULL DEFAULT TRUE;

-- The last day on which a withdrawn member's points wait for her return.
ALTER TABLE member_member ADD COLUMN points_until TEXT;
CREATE INDEX member_member_waiting ON member_member (points_until) WHERE points_until IS NOT NULL;

-- Of a row that a merge moved: the member it was written for. NULL: her own.
ALTER TABLE purchase_purchase ADD COLUMN first_member UUID;
ALTER TABLE activity_event ADD COLUMN first_member UUID;
ALTER TABLE tier_event ADD COLUMN first_member UUID;
ALTER TABLE tier_given ADD COLUMN first_member UUID;
ALTER TABLE limit_given ADD COLUMN first_member UUID;

-- What an award of the day turn has in the limit counters. Awards of purchases
-- and events keep theirs with their judgement.
CREATE TABLE limit_award (
    member_id    UUID NOT NULL,
    award_id     UUID NOT NULL,
    first_member UUID,
    counts       TEXT NOT NULL CHECK (length(counts) <= 65536),
    PRIMARY KEY (member_id, award_id)
);

-- An account whose points went to another holder for good, or while its member
-- belongs to a household. Nothing is written to it until it is opened again.
ALTER TABLE ledger_account ADD COLUMN closed BOOLEAN NOT NULL DEFAULT FALSE;

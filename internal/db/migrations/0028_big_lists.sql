-- What the lists of a large shop go by.

-- Members of a rank in order of joining. Level and day of joining are written
-- when they change, and no purchase that leaves the rank alone touches them.
ALTER TABLE tier_state ADD COLUMN joined_on TEXT;
UPDATE tier_state SET joined_on = (SELECT m.joined_on FROM member_member m WHERE m.member_id = tier_state.member_id);
CREATE INDEX tier_state_level ON tier_state (level, joined_on, member_id);

-- Purchases of nobody: an ordinary one has no row in it.
CREATE INDEX purchase_purchase_guests ON purchase_purchase (day, occurred_at, id) WHERE guest;

-- The journal by its books knows the store too: lines of others are passed by
-- without being read.
DROP INDEX ledger_entry_books;
CREATE INDEX ledger_entry_books ON ledger_entry (contra, book_on, occurred_at, store);

-- What the lists of the console go by.

-- The audit log by area and by day. An area is what stands before the last dot
-- of a code; the expression is that of the list, letter by letter.
CREATE INDEX audit_by_area ON audit_entry (rtrim(action, 'abcdefghijklmnopqrstuvwxyz_'), number);
CREATE INDEX audit_by_time ON audit_entry (at);

-- Purchases in the order in which they happened, also within a day: an import
-- records them in another.
DROP INDEX purchase_purchase_day;
CREATE INDEX purchase_purchase_day ON purchase_purchase (day, occurred_at, id);
DROP INDEX purchase_purchase_flagged;
CREATE INDEX purchase_purchase_flagged ON purchase_purchase (day, occurred_at, id) WHERE judged LIKE '%"flags":[{%';

-- Members of a status, the last to join first: who left are few among many.
CREATE INDEX member_member_status ON member_member (status, joined_on, member_id);

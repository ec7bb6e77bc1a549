-- The audit log by area and by day. An area is what stands before the last dot
-- of a code; the expression is that of the list, letter by letter.
CREATE INDEX audit_by_area ON audit_entry (rtrim(action, 'abcdefghijklmnopqrstuvwxyz_'), number);
CREATE INDEX audit_by_time ON audit_entry (at);

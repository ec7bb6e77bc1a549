-- What the console's lists and figures stand on.

-- The journal in the order of its books, by contra account. Rows are added at
-- the end of each, so it stays cheap to keep.
CREATE INDEX ledger_entry_books ON ledger_entry (contra, book_on, occurred_at);

-- The few purchases a person should look at. The condition is that of the
-- list, letter by letter, or no engine would use the index.
CREATE INDEX purchase_purchase_flagged ON purchase_purchase (day, id) WHERE judged LIKE '%"flags":[{%';

-- The figures of Home as last counted. They can always be counted again.
CREATE TABLE console_figures (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    counted_at BIGINT NOT NULL,
    took       BIGINT NOT NULL,
    figures    TEXT   NOT NULL CHECK (length(figures) <= 262144)
);

-- The purchases of a large shop as insight holds them in memory, in pieces, so
-- that a start reads them and the events since instead of every purchase.

CREATE TABLE insight_kept (
    part BIGINT NOT NULL PRIMARY KEY CHECK (part >= 0),
    data BYTEA  NOT NULL CHECK (length(data) <= 1048576)
);

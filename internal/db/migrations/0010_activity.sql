-- What members do beside buying. The natural key stands in purchase_key, which
-- is unique over all members; these rows are keyed by member.

CREATE TABLE activity_event (
    member_id   UUID   NOT NULL,
    occurred_at BIGINT NOT NULL,
    id          UUID   NOT NULL,
    source      TEXT   NOT NULL,
    event_no    TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    day         TEXT   NOT NULL,
    store       TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL,
    fields      TEXT   NOT NULL CHECK (length(fields) <= 16384),
    judged      TEXT   NOT NULL CHECK (length(judged) <= 262144),
    PRIMARY KEY (member_id, occurred_at, id)
);

-- Points on their way from one holder to another: written with the debit,
-- finished with the credit, so that a crash between the two loses nothing.
CREATE TABLE activity_transfer (
    transfer_id UUID   NOT NULL PRIMARY KEY,
    from_id     UUID   NOT NULL,
    to_id       UUID   NOT NULL,
    type        TEXT   NOT NULL,
    points      BIGINT NOT NULL,
    parcel      TEXT   NOT NULL CHECK (length(parcel) <= 1048576),
    started_at  BIGINT NOT NULL,
    finished_at BIGINT
);

CREATE INDEX activity_transfer_open ON activity_transfer (started_at) WHERE finished_at IS NULL;

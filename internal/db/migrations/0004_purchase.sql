-- Purchases with their lines, and returns. A guest's purchase is its own member
-- (member_id = id), so that rows spread evenly.

CREATE TABLE purchase_key (
    source      TEXT   NOT NULL,
    order_no    TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    event_no    TEXT   NOT NULL,
    member_id   UUID   NOT NULL,
    purchase_id UUID   NOT NULL,
    event_id    UUID,
    content     BYTEA  NOT NULL CHECK (length(content) = 32),
    revision    BIGINT NOT NULL,
    updated_at  BIGINT,
    PRIMARY KEY (source, order_no, kind, event_no)
) CLUSTERED;

CREATE TABLE purchase_purchase (
    member_id     UUID    NOT NULL,
    occurred_at   BIGINT  NOT NULL,
    id            UUID    NOT NULL,
    guest         BOOLEAN NOT NULL,
    source        TEXT    NOT NULL,
    order_no      TEXT    NOT NULL,
    store         TEXT    NOT NULL,
    channel       TEXT    NOT NULL,
    day           TEXT    NOT NULL,
    recorded_at   BIGINT  NOT NULL,
    status        TEXT    NOT NULL,
    total         BIGINT  NOT NULL,
    value         BIGINT  NOT NULL,
    eligible      BIGINT  NOT NULL,
    eligible_kept BIGINT  NOT NULL CHECK (eligible_kept >= 0),
    kept          BOOLEAN NOT NULL,
    doc           TEXT    NOT NULL CHECK (length(doc) <= 1048576),
    judged        TEXT    NOT NULL CHECK (length(judged) <= 1048576),
    lines         TEXT    NOT NULL CHECK (length(lines) <= 16777216),
    PRIMARY KEY (member_id, occurred_at, id)
);

CREATE INDEX purchase_purchase_id ON purchase_purchase (id);
CREATE INDEX purchase_purchase_day ON purchase_purchase (day, id);

CREATE TABLE purchase_return (
    member_id   UUID   NOT NULL,
    purchase_id UUID   NOT NULL,
    id          UUID   NOT NULL,
    source      TEXT   NOT NULL,
    return_no   TEXT   NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    day         TEXT   NOT NULL,
    store       TEXT   NOT NULL,
    staff       TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    value       BIGINT NOT NULL,
    eligible    BIGINT NOT NULL,
    points_back BIGINT NOT NULL,
    cash        BIGINT NOT NULL,
    lines       TEXT   NOT NULL CHECK (length(lines) <= 1048576),
    demanded    TEXT   NOT NULL CHECK (length(demanded) <= 65536),
    answer      TEXT   NOT NULL CHECK (length(answer) <= 65536),
    PRIMARY KEY (member_id, purchase_id, id)
);

CREATE TABLE purchase_revision (
    member_id   UUID   NOT NULL,
    purchase_id UUID   NOT NULL,
    id          UUID   NOT NULL,
    replaced_at BIGINT NOT NULL,
    content     TEXT   NOT NULL CHECK (length(content) <= 4194304),
    PRIMARY KEY (member_id, purchase_id, id)
);

CREATE TABLE purchase_parked (
    source      TEXT   NOT NULL,
    order_no    TEXT   NOT NULL,
    return_no   TEXT   NOT NULL,
    content     BYTEA  NOT NULL CHECK (length(content) = 32),
    body        TEXT   NOT NULL CHECK (length(body) <= 1048576),
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (source, order_no, return_no)
);

CREATE TABLE purchase_stats (
    member_id UUID   NOT NULL PRIMARY KEY,
    visits    BIGINT NOT NULL,
    orders    BIGINT NOT NULL,
    spend     BIGINT NOT NULL,
    first_on  TEXT,
    last_on   TEXT,
    last_at   BIGINT
) WITH (fillfactor = 70) CLUSTERED;

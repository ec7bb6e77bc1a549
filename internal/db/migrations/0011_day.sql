-- The turn of the business day: how far it is and who turns it.

CREATE TABLE day_turn (
    id          BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    finished    TEXT,
    turning     TEXT,
    step        BIGINT NOT NULL,
    place       TEXT   NOT NULL CHECK (length(place) <= 200),
    lease_owner UUID,
    lease_until BIGINT,
    fence       BIGINT NOT NULL
);

INSERT INTO day_turn (id, finished, turning, step, place, lease_owner, lease_until, fence) VALUES (1, NULL, NULL, 0, '', NULL, NULL, 0);

-- Gifts by date and by rank, each with why. Its natural key stands in
-- purchase_key.
CREATE TABLE day_gift (
    member_id   UUID   NOT NULL,
    id          UUID   NOT NULL,
    kind        TEXT   NOT NULL,
    event_no    TEXT   NOT NULL,
    day         TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    awards      TEXT   NOT NULL CHECK (length(awards) <= 65536),
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, id)
) CLUSTERED;

-- Open points at the end of a day as known when it was turned. Days without a
-- change have no rows: the newest before them holds.
CREATE TABLE day_open (
    day    TEXT   NOT NULL,
    type   TEXT   NOT NULL,
    origin TEXT   NOT NULL,
    points BIGINT NOT NULL,
    PRIMARY KEY (day, type, origin)
);

-- Closed months. Figures are signed as they moved the members' points, so
-- they add up from opening to closing.
CREATE TABLE day_liability (
    month       TEXT   NOT NULL,
    type        TEXT   NOT NULL,
    opening     BIGINT NOT NULL,
    issued      BIGINT NOT NULL,
    redeemed    BIGINT NOT NULL,
    expired     BIGINT NOT NULL,
    reversed    BIGINT NOT NULL,
    adjusted    BIGINT NOT NULL,
    transferred BIGINT NOT NULL,
    closing     BIGINT NOT NULL,
    closed_at   BIGINT NOT NULL,
    PRIMARY KEY (month, type)
) CLUSTERED;

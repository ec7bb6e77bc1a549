-- Scores of past months: what was said at a month's end cannot be read again
-- from purchases that came or went back later.

CREATE TABLE insight_score (
    member_id   UUID   NOT NULL,
    month       TEXT   NOT NULL,
    score       BIGINT NOT NULL CHECK (score BETWEEN 0 AND 1000),
    horizon     BIGINT NOT NULL,
    parts       TEXT   NOT NULL CHECK (length(parts) <= 2000),
    PRIMARY KEY (member_id, month)
) CLUSTERED;

CREATE TABLE insight_month (
    month       TEXT   NOT NULL PRIMARY KEY,
    day         TEXT   NOT NULL,
    horizon     BIGINT NOT NULL,
    members     BIGINT NOT NULL,
    mean        BIGINT NOT NULL,
    spread      TEXT   NOT NULL CHECK (length(spread) <= 2000),
    missing     TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL
);

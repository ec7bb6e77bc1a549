-- Segments: what they say, who is in them now, and what was frozen.

CREATE TABLE segment_segment (
    id         TEXT   NOT NULL PRIMARY KEY CHECK (length(id) <= 40),
    name_ja    TEXT   NOT NULL CHECK (length(name_ja) <= 100),
    name_en    TEXT   NOT NULL CHECK (length(name_en) <= 100),
    definition TEXT   NOT NULL CHECK (length(definition) <= 8000),
    state      TEXT   NOT NULL CHECK (state IN ('draft', 'active', 'archived')),
    version    BIGINT NOT NULL,
    members    BIGINT NOT NULL CHECK (members >= 0),
    filled_at  BIGINT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE segment_member (
    segment_id TEXT   NOT NULL,
    member_id  UUID   NOT NULL,
    since      BIGINT NOT NULL,
    PRIMARY KEY (segment_id, member_id)
) CLUSTERED;

CREATE INDEX segment_member_of ON segment_member (member_id);

-- The next day on which time alone may change what a member is in.
CREATE TABLE segment_due (
    member_id UUID NOT NULL PRIMARY KEY,
    day       TEXT NOT NULL
) CLUSTERED;

CREATE INDEX segment_due_day ON segment_due (day);

-- What members of the shop are measured against: taken once a business day.
-- One row; whoever changes memberships locks it first.
CREATE TABLE segment_norm (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    day      TEXT,
    norms    TEXT   NOT NULL CHECK (length(norms) <= 2000),
    finished TEXT,
    touched  BIGINT NOT NULL
);

INSERT INTO segment_norm (id, day, norms, finished, touched) VALUES (1, NULL, '{}', NULL, 0);

-- Scores of the business day, kept while a segment asks for them.
CREATE TABLE segment_score (
    member_id UUID   NOT NULL PRIMARY KEY,
    score     BIGINT NOT NULL CHECK (score BETWEEN 0 AND 1000)
) CLUSTERED;

CREATE TABLE segment_size (
    segment_id TEXT   NOT NULL,
    day        TEXT   NOT NULL,
    members    BIGINT NOT NULL,
    PRIMARY KEY (segment_id, day)
) CLUSTERED;

CREATE TABLE segment_snapshot (
    id         UUID   NOT NULL PRIMARY KEY,
    segment_id TEXT   NOT NULL,
    name       TEXT   NOT NULL CHECK (length(name) <= 100),
    definition TEXT   NOT NULL CHECK (length(definition) <= 8000),
    members    BIGINT NOT NULL,
    taken_at   BIGINT NOT NULL,
    taken_by   UUID
);

CREATE INDEX segment_snapshot_of ON segment_snapshot (segment_id, taken_at);

CREATE TABLE segment_snapshot_member (
    snapshot_id UUID NOT NULL,
    member_id   UUID NOT NULL,
    PRIMARY KEY (snapshot_id, member_id)
) CLUSTERED;

CREATE INDEX segment_snapshot_member_of ON segment_snapshot_member (member_id);

-- Imports: how far each has come, what was taken in before, saved mappings.

CREATE TABLE intake_import (
    id           UUID    NOT NULL PRIMARY KEY,
    file         TEXT    NOT NULL,
    hash         TEXT    NOT NULL,
    profile      TEXT    NOT NULL,
    history      BOOLEAN NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('running', 'paused', 'done', 'failed')),
    items_done   BIGINT  NOT NULL,
    day_turned   TEXT,
    progress     TEXT    NOT NULL CHECK (length(progress) <= 1048576),
    report       TEXT    CHECK (length(report) <= 1048576),
    failure_code TEXT,
    started_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL,
    finished_at  BIGINT
);

CREATE TABLE intake_seen (
    source    TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    number    TEXT   NOT NULL,
    hash      TEXT   NOT NULL,
    revision  BIGINT NOT NULL,
    refunded  BIGINT NOT NULL,
    import_id UUID   NOT NULL,
    PRIMARY KEY (source, kind, number)
) CLUSTERED;

CREATE TABLE intake_mapping (
    name     TEXT   NOT NULL PRIMARY KEY,
    document TEXT   NOT NULL CHECK (length(document) <= 65536),
    saved_at BIGINT NOT NULL
);

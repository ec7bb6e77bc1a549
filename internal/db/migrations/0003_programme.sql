-- Versions of the programme document, and the mark that changes with them.

CREATE TABLE programme_version (
    number         BIGINT NOT NULL PRIMARY KEY CHECK (number >= 1),
    source         TEXT   NOT NULL CHECK (length(source) <= 262144),
    hash           TEXT   NOT NULL CHECK (length(hash) = 64),
    effective_from TEXT   NOT NULL CHECK (length(effective_from) = 10),
    starts_at      BIGINT NOT NULL,
    note           TEXT   NOT NULL CHECK (length(note) <= 2000),
    created_at     BIGINT NOT NULL,
    created_by     UUID,
    published_at   BIGINT,
    published_by   UUID
);

CREATE UNIQUE INDEX programme_version_start ON programme_version (starts_at) WHERE published_at IS NOT NULL;

CREATE TABLE programme_mark (
    id   BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    mark UUID
);

INSERT INTO programme_mark (id, mark) VALUES (1, NULL);

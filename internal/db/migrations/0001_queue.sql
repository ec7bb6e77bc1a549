-- What every slice's transaction may leave behind: facts, work, answers, files.

CREATE TABLE outbox_stream (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,
    pruned BIGINT NOT NULL
);

INSERT INTO outbox_stream (id, number, pruned) VALUES (1, 0, 0);

CREATE TABLE outbox_event (
    number  BIGINT NOT NULL PRIMARY KEY,
    id      UUID   NOT NULL,
    kind    TEXT   NOT NULL,
    subject UUID,
    at      BIGINT NOT NULL,
    data    TEXT   NOT NULL CHECK (length(data) <= 65536)
);

CREATE TABLE outbox_consumer (
    name          TEXT   NOT NULL PRIMARY KEY,
    position      BIGINT NOT NULL,
    lease_owner   UUID,
    lease_until   BIGINT,
    tries         BIGINT NOT NULL,
    retry_at      BIGINT,
    careful_until BIGINT NOT NULL,
    failure_code  TEXT,
    failure_words TEXT   CHECK (length(failure_words) <= 2000)
);

CREATE TABLE outbox_parked (
    consumer  TEXT   NOT NULL,
    number    BIGINT NOT NULL,
    id        UUID   NOT NULL,
    kind      TEXT   NOT NULL,
    subject   UUID,
    at        BIGINT NOT NULL,
    data      TEXT   NOT NULL CHECK (length(data) <= 65536),
    tries     BIGINT NOT NULL,
    code      TEXT   NOT NULL,
    words     TEXT   NOT NULL CHECK (length(words) <= 2000),
    parked_at BIGINT NOT NULL,
    PRIMARY KEY (consumer, number)
);

CREATE TABLE jobs_job (
    id           UUID    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    args         TEXT    NOT NULL CHECK (length(args) <= 65536),
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'dead', 'cancelled')),
    unique_key   TEXT,
    run_at       BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    finished_at  BIGINT,
    tries        BIGINT  NOT NULL,
    max_tries    BIGINT  NOT NULL,
    fence        BIGINT  NOT NULL,
    lease_owner  UUID,
    lease_until  BIGINT,
    stop         BOOLEAN NOT NULL,
    done_count   BIGINT  NOT NULL,
    total_count  BIGINT  NOT NULL,
    note         TEXT    NOT NULL CHECK (length(note) <= 500),
    failure_code  TEXT,
    failure_words TEXT   CHECK (length(failure_words) <= 2000)
);

CREATE INDEX jobs_job_due ON jobs_job (run_at, id) WHERE state = 'waiting';
CREATE INDEX jobs_job_lease ON jobs_job (lease_until) WHERE state = 'running';
CREATE INDEX jobs_job_finished ON jobs_job (finished_at) WHERE finished_at IS NOT NULL;
CREATE UNIQUE INDEX jobs_job_unique ON jobs_job (unique_key) WHERE unique_key IS NOT NULL AND finished_at IS NULL;

CREATE TABLE jobs_schedule (
    name    TEXT   NOT NULL PRIMARY KEY,
    next_at BIGINT NOT NULL,
    last_at BIGINT
);

CREATE TABLE idem_key (
    scope       UUID   NOT NULL,
    idem_key    TEXT   NOT NULL CHECK (length(idem_key) BETWEEN 1 AND 255),
    fingerprint BYTEA  NOT NULL CHECK (length(fingerprint) = 32),
    status      BIGINT NOT NULL,
    body        TEXT   NOT NULL CHECK (length(body) <= 1048576),
    created_at  BIGINT NOT NULL,
    lease_until BIGINT,
    PRIMARY KEY (scope, idem_key)
);

CREATE INDEX idem_key_created ON idem_key (created_at);

CREATE TABLE blob_file (
    id           UUID   NOT NULL PRIMARY KEY,
    sha256       BYTEA  NOT NULL CHECK (length(sha256) = 32),
    name         TEXT   NOT NULL CHECK (length(name) <= 255),
    content_type TEXT   NOT NULL CHECK (length(content_type) <= 100),
    size_bytes   BIGINT NOT NULL CHECK (size_bytes >= 0),
    created_at   BIGINT NOT NULL
);

CREATE TABLE blob_chunk (
    file_id UUID   NOT NULL,
    number  BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    data    BYTEA  NOT NULL CHECK (length(data) <= 1048576),
    PRIMARY KEY (file_id, number)
);

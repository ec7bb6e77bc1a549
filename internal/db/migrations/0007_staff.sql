-- Who works here, how they sign in, and what they did.

CREATE TABLE staff_user (
    id          UUID    NOT NULL PRIMARY KEY,
    login       TEXT    NOT NULL UNIQUE CHECK (length(login) <= 254),
    name        TEXT    NOT NULL CHECK (length(name) <= 100),
    role        TEXT    NOT NULL CHECK (role IN ('owner', 'manager', 'marketer', 'analyst', 'agent', 'cashier')),
    status      TEXT    NOT NULL CHECK (status IN ('invited', 'active', 'disabled')),
    password    TEXT,
    password_at BIGINT,
    lang        TEXT    NOT NULL CHECK (lang IN ('', 'ja', 'en')),
    theme       TEXT    NOT NULL CHECK (theme IN ('', 'light', 'dark')),
    created_at  BIGINT  NOT NULL
);

-- One-time links; only the hash of their token is kept.
CREATE TABLE staff_link (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL CHECK (kind IN ('owner', 'invite')),
    staff_id   UUID,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE TABLE staff_key (
    id           UUID   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL CHECK (length(name) <= 100),
    hash         BYTEA  NOT NULL UNIQUE,
    tail         TEXT   NOT NULL,
    scopes       TEXT   NOT NULL,
    created_by   UUID,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at   BIGINT
);

CREATE TABLE session_session (
    id         UUID   NOT NULL PRIMARY KEY,
    hash       BYTEA  NOT NULL UNIQUE,
    staff_id   UUID   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ip         TEXT   NOT NULL,
    agent      TEXT   NOT NULL CHECK (length(agent) <= 60)
);

CREATE INDEX session_of_staff ON session_session (staff_id);

-- One row: the last number and hash of the chain; it serialises appends.
CREATE TABLE audit_head (
    id     BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    number BIGINT NOT NULL,
    hash   BYTEA
);

INSERT INTO audit_head (id, number) VALUES (1, 0);

CREATE TABLE audit_entry (
    number     BIGINT NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    shop_at    BIGINT NOT NULL,
    actor      TEXT   NOT NULL CHECK (actor IN ('staff', 'key', 'member', 'system')),
    actor_id   UUID,
    action     TEXT   NOT NULL CHECK (length(action) <= 80),
    subject    TEXT   NOT NULL CHECK (length(subject) <= 80),
    subject_id UUID,
    before     TEXT   NOT NULL CHECK (length(before) <= 4096),
    after      TEXT   NOT NULL CHECK (length(after) <= 4096),
    reason     TEXT   NOT NULL CHECK (length(reason) <= 500),
    source     TEXT   NOT NULL CHECK (length(source) <= 40),
    request_id TEXT   NOT NULL CHECK (length(request_id) <= 40),
    hash       BYTEA  NOT NULL
);

CREATE INDEX audit_by_actor ON audit_entry (actor_id, number);
CREATE INDEX audit_by_subject ON audit_entry (subject_id, number);

-- People. Everything personal is in member_document, sealed with a key of its
-- own row; tokens, tombstones and contact fingerprints are keyed hashes.

CREATE TABLE member_member (
    member_id   UUID    NOT NULL PRIMARY KEY,
    status      TEXT    NOT NULL CHECK (status IN ('active', 'withdrawn', 'erased', 'merged')),
    card        TEXT    CHECK (length(card) <= 64),
    joined_on   TEXT    NOT NULL,
    join_store  TEXT    NOT NULL,
    join_source TEXT    NOT NULL,
    rejoined    BOOLEAN NOT NULL,
    merged_into UUID,
    alias       BYTEA,
    version     BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    changed_at  BIGINT  NOT NULL,
    left_at     BIGINT
);

CREATE INDEX member_member_joined ON member_member (joined_on, member_id);
CREATE INDEX member_member_merged ON member_member (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX member_member_alias ON member_member (alias) WHERE alias IS NOT NULL;

CREATE TABLE member_document (
    member_id   UUID   NOT NULL PRIMARY KEY,
    key_id      BIGINT NOT NULL,
    wrapped_key BYTEA  NOT NULL,
    sealed      BYTEA  NOT NULL CHECK (length(sealed) <= 65536)
);

-- Tables of their own keys: unique over all members on every engine.
CREATE TABLE member_card (
    card      TEXT    NOT NULL PRIMARY KEY CHECK (length(card) <= 64),
    member_id UUID    NOT NULL,
    own       BOOLEAN NOT NULL,
    added_at  BIGINT  NOT NULL,
    lost_at   BIGINT
);

CREATE INDEX member_card_member ON member_card (member_id);

CREATE TABLE member_external (
    source    TEXT  NOT NULL CHECK (length(source) <= 64),
    token     BYTEA NOT NULL,
    member_id UUID  NOT NULL,
    PRIMARY KEY (source, token)
) CLUSTERED;

CREATE INDEX member_external_member ON member_external (member_id);

CREATE TABLE member_token (
    member_id UUID   NOT NULL,
    token     BIGINT NOT NULL,
    PRIMARY KEY (member_id, token)
) CLUSTERED;

CREATE INDEX member_token_token ON member_token (token, member_id);

CREATE TABLE member_tombstone (
    token BYTEA  NOT NULL PRIMARY KEY,
    kind  TEXT   NOT NULL CHECK (kind IN ('withdrawn', 'erased')),
    at    BIGINT NOT NULL
);

CREATE TABLE member_consent (
    member_id   UUID    NOT NULL,
    consent_id  UUID    NOT NULL,
    purpose     TEXT    NOT NULL CHECK (length(purpose) <= 64),
    channel     TEXT    NOT NULL CHECK (length(channel) <= 64),
    given       BOOLEAN NOT NULL,
    wording     TEXT    NOT NULL CHECK (length(wording) <= 64),
    source      TEXT    NOT NULL CHECK (length(source) <= 64),
    evidence    TEXT    NOT NULL CHECK (length(evidence) <= 500),
    contact     BYTEA,
    at          BIGINT  NOT NULL,
    recorded_at BIGINT  NOT NULL,
    PRIMARY KEY (member_id, consent_id)
) CLUSTERED;

CREATE TABLE member_attribute (
    attribute TEXT   NOT NULL PRIMARY KEY CHECK (length(attribute) <= 64),
    type      TEXT   NOT NULL CHECK (type IN ('text', 'int', 'bool', 'date', 'choice')),
    name_ja   TEXT   NOT NULL CHECK (length(name_ja) <= 200),
    name_en   TEXT   NOT NULL CHECK (length(name_en) <= 200),
    choices   TEXT   NOT NULL CHECK (length(choices) <= 20000),
    position  BIGINT NOT NULL
);

CREATE TABLE member_merge (
    merge_id   UUID   NOT NULL PRIMARY KEY,
    source_id  UUID   NOT NULL,
    target_id  UUID   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('moving', 'merged', 'undoing', 'undone')),
    moved      TEXT   NOT NULL CHECK (length(moved) <= 65536),
    started_at BIGINT NOT NULL,
    ended_at   BIGINT
);

CREATE INDEX member_merge_source ON member_merge (source_id);
CREATE INDEX member_merge_target ON member_merge (target_id);
CREATE INDEX member_merge_open ON member_merge (merge_id) WHERE state IN ('moving', 'undoing');

CREATE TABLE household_household (
    household_id UUID   NOT NULL PRIMARY KEY,
    created_at   BIGINT NOT NULL,
    closed_at    BIGINT
);

CREATE TABLE household_member (
    member_id    UUID    NOT NULL,
    joined_at    BIGINT  NOT NULL,
    household_id UUID    NOT NULL,
    head         BOOLEAN NOT NULL,
    left_at      BIGINT,
    PRIMARY KEY (member_id, joined_at)
) CLUSTERED;

CREATE UNIQUE INDEX household_member_now ON household_member (member_id) WHERE left_at IS NULL;
CREATE INDEX household_member_household ON household_member (household_id);

-- Counters of limits; holder_id is the member, or the fixed id of the
-- programme for counters all members share.

CREATE TABLE limit_counter (
    holder_id   UUID   NOT NULL,
    limit_id    TEXT   NOT NULL,
    store       TEXT   NOT NULL,
    window_from TEXT   NOT NULL,
    used        BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (holder_id, limit_id, store, window_from)
) WITH (fillfactor = 70) CLUSTERED;

-- Ranks: what happened (tier_event, tier_given) is the truth, tier_state is
-- where the run over it has come, tier_history what was said.

CREATE TABLE tier_event (
    member_id UUID   NOT NULL,
    at        BIGINT NOT NULL,
    id        UUID   NOT NULL,
    on_day    TEXT   NOT NULL,
    day       TEXT   NOT NULL,
    spend     BIGINT NOT NULL,
    points    BIGINT NOT NULL,
    orders    BIGINT NOT NULL,
    status    BIGINT NOT NULL,
    PRIMARY KEY (member_id, at, id)
) CLUSTERED;

CREATE TABLE tier_given (
    member_id   UUID   NOT NULL,
    id          UUID   NOT NULL,
    kind        TEXT   NOT NULL CHECK (kind IN ('manual', 'opening')),
    level       TEXT   NOT NULL,
    from_on     TEXT   NOT NULL,
    until_on    TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    staff_id    UUID,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, id)
) CLUSTERED;

CREATE TABLE tier_state (
    member_id UUID   NOT NULL PRIMARY KEY,
    level     TEXT   NOT NULL,
    due_on    TEXT,
    state     BYTEA  NOT NULL CHECK (length(state) <= 65536)
) WITH (fillfactor = 70) CLUSTERED;

CREATE INDEX tier_state_due ON tier_state (due_on, member_id) WHERE due_on IS NOT NULL;

CREATE TABLE tier_history (
    member_id   UUID   NOT NULL,
    id          UUID   NOT NULL,
    on_day      TEXT   NOT NULL,
    level_from  TEXT   NOT NULL,
    level_to    TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, id)
) CLUSTERED;

-- Gifts of rules that give once; a full return takes its rows away.
CREATE TABLE limit_given (
    member_id UUID NOT NULL,
    rule_id   TEXT NOT NULL,
    award_id  UUID NOT NULL,
    day       TEXT NOT NULL,
    PRIMARY KEY (member_id, rule_id, award_id)
) CLUSTERED;

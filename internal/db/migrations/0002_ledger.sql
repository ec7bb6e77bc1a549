-- Accounts of points. Every key starts with holder_id. No index stands on a
-- column that changes with each purchase, so updates stay in place (HOT).

CREATE TABLE ledger_account (
    holder_id   UUID   NOT NULL,
    type        TEXT   NOT NULL CHECK (length(type) BETWEEN 1 AND 64),
    version     BIGINT NOT NULL,
    balance     BIGINT NOT NULL,
    debt        BIGINT NOT NULL CHECK (debt >= 0),
    debt_since  BIGINT,
    held        BIGINT NOT NULL CHECK (held >= 0),
    last_seq    BIGINT NOT NULL,
    last_lot    BIGINT NOT NULL,
    first_open  BIGINT NOT NULL,
    pending     BIGINT NOT NULL CHECK (pending >= 0),
    due_at      BIGINT,
    recorded_at BIGINT NOT NULL,
    hash        BYTEA  NOT NULL CHECK (length(hash) = 32),
    activity    BYTEA,
    PRIMARY KEY (holder_id, type)
) WITH (fillfactor = 70) CLUSTERED;

CREATE INDEX ledger_account_debt ON ledger_account (debt_since) WHERE debt > 0;

CREATE TABLE ledger_lot (
    holder_id      UUID   NOT NULL,
    type           TEXT   NOT NULL,
    no             BIGINT NOT NULL,
    id             UUID   NOT NULL,
    seq            BIGINT NOT NULL,
    origin         TEXT   NOT NULL CHECK (origin IN ('sale', 'gift', 'paid', 'migrated')),
    class          TEXT   NOT NULL CHECK (length(class) <= 64),
    award_id       UUID,
    earned_by      UUID,
    parent         BIGINT NOT NULL,
    moved_by       UUID,
    gross          BIGINT NOT NULL CHECK (gross >= 0),
    net            BIGINT NOT NULL CHECK (net BETWEEN 0 AND gross),
    remaining      BIGINT NOT NULL CHECK (remaining BETWEEN 0 AND net),
    lost           BIGINT NOT NULL,
    lost_claimed   BIGINT NOT NULL CHECK (lost_claimed BETWEEN 0 AND lost),
    repaid         BIGINT NOT NULL,
    repaid_claimed BIGINT NOT NULL CHECK (repaid_claimed BETWEEN 0 AND repaid),
    phase          TEXT   NOT NULL CHECK (phase IN ('pending', 'active', 'expired', 'voided')),
    occurred_at    BIGINT NOT NULL,
    recorded_at    BIGINT NOT NULL,
    activates_at   BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    cancel_at      BIGINT,
    due_at         BIGINT,
    awaits         TEXT   CHECK (length(awaits) <= 64),
    life           TEXT   CHECK (length(life) <= 2000),
    PRIMARY KEY (holder_id, type, no)
) WITH (fillfactor = 80) CLUSTERED;

-- The day turn asks which lots have a row due. An exhausted lot keeps its old
-- due_at, so spending moves no index entry.
CREATE INDEX ledger_lot_due ON ledger_lot (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE ledger_entry (
    holder_id   UUID   NOT NULL,
    type        TEXT   NOT NULL,
    seq         BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    contra      TEXT   NOT NULL,
    points      BIGINT NOT NULL,
    balance     BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    store       TEXT   NOT NULL CHECK (length(store) <= 64),
    actor       TEXT   NOT NULL CHECK (length(actor) <= 100),
    reason      TEXT   NOT NULL CHECK (length(reason) <= 100),
    note        TEXT   CHECK (length(note) <= 2000),
    purchase_id UUID,
    award_id    UUID,
    return_id   UUID,
    transfer_id UUID   NOT NULL,
    hash        BYTEA  NOT NULL CHECK (length(hash) = 32),
    book_on     TEXT   NOT NULL,
    PRIMARY KEY (holder_id, type, seq)
) CLUSTERED;

CREATE TABLE ledger_allocation (
    holder_id UUID   NOT NULL,
    type      TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    no        BIGINT NOT NULL,
    lot       BIGINT NOT NULL,
    points    BIGINT NOT NULL,
    source    TEXT   NOT NULL,
    undone    BIGINT NOT NULL CHECK (undone >= 0 AND (undone = 0 OR undone <= -points)),
    PRIMARY KEY (holder_id, type, seq, no)
) CLUSTERED;

CREATE TABLE ledger_hold (
    holder_id  UUID   NOT NULL,
    type       TEXT   NOT NULL,
    hold_id    UUID   NOT NULL,
    points     BIGINT NOT NULL CHECK (points > 0),
    lots       TEXT   NOT NULL CHECK (length(lots) <= 1000000),
    state      TEXT   NOT NULL CHECK (state IN ('open', 'committed', 'cancelled', 'lapsed')),
    reference  TEXT   NOT NULL CHECK (length(reference) <= 255),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    closed_at  BIGINT,
    seq        BIGINT,
    committed  BIGINT NOT NULL,
    PRIMARY KEY (holder_id, type, hold_id)
) CLUSTERED;

CREATE INDEX ledger_hold_id ON ledger_hold (hold_id);
CREATE INDEX ledger_hold_open ON ledger_hold (expires_at) WHERE state = 'open';

-- The programme's side by accounting day. Each save appends what it moved, so
-- that no two writers share a row; the day turn folds these rows into sums.

CREATE TABLE ledger_booking (
    id      UUID   NOT NULL PRIMARY KEY,
    book_on TEXT   NOT NULL,
    type    TEXT   NOT NULL,
    contra  TEXT   NOT NULL,
    origin  TEXT   NOT NULL,
    points  BIGINT NOT NULL
);

CREATE INDEX ledger_booking_day ON ledger_booking (book_on);

CREATE TABLE ledger_booked (
    book_on TEXT   NOT NULL,
    type    TEXT   NOT NULL,
    contra  TEXT   NOT NULL,
    origin  TEXT   NOT NULL,
    points  BIGINT NOT NULL,
    PRIMARY KEY (book_on, type, contra, origin)
) CLUSTERED;

-- The last day of the last month whose books are closed.
CREATE TABLE ledger_books (
    id        BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    closed_on TEXT
);

INSERT INTO ledger_books (id, closed_on) VALUES (1, NULL);

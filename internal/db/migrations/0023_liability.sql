-- What open points are worth in the accounts. Settings are rows on top of each
-- other, the newest counts; a month's rows are written once, when its books
-- are closed, and never change.

CREATE TABLE liability_setting (
    no       BIGINT NOT NULL PRIMARY KEY,
    sale     TEXT   NOT NULL CHECK (sale IN ('contract_liability', 'provision', 'on_use')),
    gift     TEXT   NOT NULL CHECK (gift IN ('provision', 'on_use')),
    accounts TEXT   NOT NULL CHECK (length(accounts) <= 4000),
    actor    TEXT   NOT NULL CHECK (length(actor) <= 100),
    reason   TEXT   NOT NULL CHECK (length(reason) <= 1000),
    set_at   BIGINT NOT NULL
);

CREATE TABLE liability_basis (
    no        BIGINT NOT NULL PRIMARY KEY,
    type      TEXT   NOT NULL CHECK (length(type) BETWEEN 1 AND 64),
    origin    TEXT   NOT NULL CHECK (origin IN ('sale', 'gift', 'paid', 'migrated')),
    value     BIGINT CHECK (value >= 0),
    use_share BIGINT CHECK (use_share BETWEEN 0 AND 1000000),
    actor     TEXT   NOT NULL CHECK (length(actor) <= 100),
    reason    TEXT   NOT NULL CHECK (length(reason) <= 1000),
    set_at    BIGINT NOT NULL
);

-- The month as it was settled: what moved, by what terms, to which money.

CREATE TABLE liability_month (
    month      TEXT   NOT NULL PRIMARY KEY,
    settled_at BIGINT NOT NULL
) CLUSTERED;

CREATE TABLE liability_move (
    month  TEXT    NOT NULL,
    type   TEXT    NOT NULL,
    origin TEXT    NOT NULL,
    cohort TEXT    NOT NULL,
    contra TEXT    NOT NULL,
    priced BOOLEAN NOT NULL,
    points BIGINT  NOT NULL,
    times  BIGINT  NOT NULL,
    PRIMARY KEY (month, type, origin, cohort, contra, priced)
) CLUSTERED;

CREATE TABLE liability_terms (
    month     TEXT   NOT NULL,
    type      TEXT   NOT NULL,
    origin    TEXT   NOT NULL,
    method    TEXT   NOT NULL,
    value     BIGINT NOT NULL,
    use_share BIGINT NOT NULL CHECK (use_share BETWEEN 0 AND 1000000),
    source    TEXT   NOT NULL CHECK (source IN ('hand', 'cohorts', 'cautious')),
    hand      BIGINT,
    hand_by   TEXT   NOT NULL,
    hand_why  TEXT   NOT NULL,
    hand_at   BIGINT,
    learnt    BIGINT,
    low       BIGINT,
    high      BIGINT,
    missing   TEXT   NOT NULL CHECK (length(missing) <= 64),
    PRIMARY KEY (month, type, origin)
) CLUSTERED;

CREATE TABLE liability_worth (
    month     TEXT   NOT NULL,
    type      TEXT   NOT NULL,
    origin    TEXT   NOT NULL,
    cohort    TEXT   NOT NULL,
    put_off   BIGINT NOT NULL,
    expected  BIGINT NOT NULL,
    opening   BIGINT NOT NULL,
    added     BIGINT NOT NULL,
    spent     BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    released  BIGINT NOT NULL,
    closing   BIGINT NOT NULL CHECK (closing >= 0),
    on_use    BIGINT NOT NULL,
    PRIMARY KEY (month, type, origin, cohort)
) CLUSTERED;

-- The shop as a whole: one row; and its stores.

CREATE TABLE shop_setting (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    name_ja    TEXT   NOT NULL CHECK (length(name_ja) <= 100),
    name_en    TEXT   NOT NULL CHECK (length(name_en) <= 100),
    lang       TEXT   NOT NULL CHECK (lang IN ('ja', 'en')),
    zone       TEXT   NOT NULL,
    currency   TEXT   NOT NULL CHECK (length(currency) = 3),
    day_starts BIGINT NOT NULL CHECK (day_starts >= 0 AND day_starts < 1440),
    shop_clock BIGINT,
    setup      TEXT   NOT NULL CHECK (setup IN ('new', 'sample', 'empty')),
    version    BIGINT NOT NULL
);

INSERT INTO shop_setting (id, name_ja, name_en, lang, zone, currency, day_starts, setup, version)
VALUES (1, '', '', 'ja', 'Asia/Tokyo', 'JPY', 0, 'new', 1);

CREATE TABLE shop_store (
    id         UUID    NOT NULL PRIMARY KEY,
    code       TEXT    NOT NULL UNIQUE CHECK (length(code) <= 40),
    name_ja    TEXT    NOT NULL CHECK (length(name_ja) <= 100),
    name_en    TEXT    NOT NULL CHECK (length(name_en) <= 100),
    zone       TEXT    NOT NULL,
    active     BOOLEAN NOT NULL,
    created_at BIGINT  NOT NULL
);

-- What the pages of Insight are told by the shop, and the reports it keeps.

-- Gross profit as a share of what is paid, in ten-thousandths; the product ''
-- stands for all others.
CREATE TABLE insight_margin (
    product TEXT   NOT NULL PRIMARY KEY CHECK (length(product) <= 255),
    rate    BIGINT NOT NULL CHECK (rate BETWEEN 0 AND 10000)
);

CREATE TABLE insight_plan (
    id    BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    every TEXT   NOT NULL CHECK (every IN ('off', 'week', 'month')),
    lang  TEXT   NOT NULL CHECK (lang IN ('ja', 'en', 'both'))
);

CREATE TABLE insight_report (
    id        UUID   NOT NULL PRIMARY KEY,
    every     TEXT   NOT NULL,
    first_day TEXT   NOT NULL,
    last_day  TEXT   NOT NULL,
    lang      TEXT   NOT NULL,
    page      UUID   NOT NULL,
    figures   UUID   NOT NULL,
    made_at   BIGINT NOT NULL
);

CREATE UNIQUE INDEX insight_report_period ON insight_report (every, first_day, lang);

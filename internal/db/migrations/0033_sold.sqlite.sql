-- What measuring reads of a purchase, beside it and a sixth of its length:
-- whoever reads all of them reads nothing else (internal/purchase/sold_form.go
-- packs it). What was recorded before is kept as a JSON list.
CREATE TABLE purchase_sold (
    member_id   UUID  NOT NULL,
    purchase_id UUID  NOT NULL,
    sold        BYTEA NOT NULL CHECK (length(sold) <= 67108864),
    PRIMARY KEY (member_id, purchase_id)
);

INSERT INTO purchase_sold (member_id, purchase_id, sold)
SELECT member_id, id, CAST(member_id || id || '["' || day || '",' || value || ',' || eligible_kept || ',' || guest || ',' || kept || ',' || json_quote(store) || ',' || json_quote(channel)
    || ',' || lines || ']' || char(0) AS BLOB)
FROM purchase_purchase;

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
SELECT member_id, id, uuid_send(member_id) || uuid_send(id) || convert_to('["' || day || '",' || value || ',' || eligible_kept || ',' || guest::int || ',' || kept::int || ',' || to_json(store) || ',' || to_json(channel)
    || ',' || lines || ']', 'UTF8') || '\x00'::bytea
FROM purchase_purchase;

-- What measuring reads of a purchase, beside it and a sixth of its length:
-- whoever reads all of them reads nothing else (internal/purchase/sold_form.go
-- packs it).
CREATE TABLE purchase_sold (
    member_id   UUID  NOT NULL,
    purchase_id UUID  NOT NULL,
    sold        BYTEA NOT NULL CHECK (length(sold) <= 67108864),
    PRIMARY KEY (member_id, purchase_id)
);

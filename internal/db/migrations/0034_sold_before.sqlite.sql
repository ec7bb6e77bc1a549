-- What was recorded before is kept as a JSON list.
INSERT INTO purchase_sold (member_id, purchase_id, sold)
SELECT member_id, id, CAST(member_id || id || '["' || day || '",' || value || ',' || eligible_kept || ',' || guest || ',' || kept || ',' || json_quote(store) || ',' || json_quote(channel)
    || ',' || lines || ']' || char(0) AS BLOB)
FROM purchase_purchase;

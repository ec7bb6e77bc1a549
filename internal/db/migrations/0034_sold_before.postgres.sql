-- What was recorded before is kept as a JSON list.
INSERT INTO purchase_sold (member_id, purchase_id, sold)
SELECT member_id, id, uuid_send(member_id) || uuid_send(id) || convert_to('["' || day || '",' || value || ',' || eligible_kept || ',' || guest::int || ',' || kept::int || ',' || to_json(store) || ',' || to_json(channel)
    || ',' || lines || ']', 'UTF8') || '\x00'::bytea
FROM purchase_purchase;

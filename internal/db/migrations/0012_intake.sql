-- Files with the same bytes are kept once: a file without pieces of its own
-- names the one whose pieces it has.

ALTER TABLE blob_file ADD COLUMN content_id UUID;

CREATE INDEX blob_file_content ON blob_file (content_id) WHERE content_id IS NOT NULL;

CREATE INDEX blob_file_digest ON blob_file (sha256);

CREATE INDEX intake_import_hash ON intake_import (hash);

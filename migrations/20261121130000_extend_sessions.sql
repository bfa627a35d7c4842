-- A session outlives its connections: it may be resumed, on another node, and its recording lies in
-- files. The row now says which connection (part) and node it is at, what the list shows of it (so
-- that no list opens files), whether its recording is whole, and whether it is being deleted: the
-- mark comes first, the files go after it. A node that no longer says that it lives leaves its
-- sessions to the others.
CREATE TABLE nodes (
    id TEXT PRIMARY KEY NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

ALTER TABLE sessions ADD COLUMN part BIGINT NOT NULL DEFAULT 1;
ALTER TABLE sessions ADD COLUMN node TEXT;
ALTER TABLE sessions ADD COLUMN length_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN turns BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN interruptions BIGINT NOT NULL DEFAULT 0;
-- `none` (held before there were recordings), `whole`, or `stopped`: then where, and why.
ALTER TABLE sessions ADD COLUMN recording TEXT NOT NULL DEFAULT 'none';
ALTER TABLE sessions ADD COLUMN stopped_at_ms BIGINT;
ALTER TABLE sessions ADD COLUMN stopped_reason TEXT;
ALTER TABLE sessions ADD COLUMN deleted_at BIGINT;

UPDATE sessions SET length_ms = (ended_at - started_at) / 1000 WHERE ended_at IS NOT NULL;

-- What is open, and what is being deleted, is looked for when a node starts.
CREATE INDEX sessions_open ON sessions (node) WHERE ended_at IS NULL;
CREATE INDEX sessions_being_deleted ON sessions (deleted_at) WHERE deleted_at IS NOT NULL;

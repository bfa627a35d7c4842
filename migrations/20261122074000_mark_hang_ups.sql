-- A hang-up may reach another node than the one that has the session: after a restart, whoever asks may
-- be led elsewhere than the session went meanwhile. The mark tells the node that has it, which ends it
-- and takes the mark away.
ALTER TABLE sessions ADD COLUMN hung_up_at BIGINT;

CREATE INDEX sessions_hung_up ON sessions (node) WHERE hung_up_at IS NOT NULL;

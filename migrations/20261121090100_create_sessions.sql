-- A live session: whose it was, with which AI client, over what, with which engines, and how it
-- ended. The row is written when the session begins, so that a killed server leaves a trace of it;
-- ended_at stays NULL until the end. Times are microseconds since 1970.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    client_id TEXT,
    transport TEXT NOT NULL,
    engines TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    end_reason TEXT,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

-- A person's sessions are listed latest first.
CREATE INDEX sessions_of_account ON sessions (account_id, started_at, id);

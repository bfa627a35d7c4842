-- A ticket lets an <audio> element, which can send no key, read the sound of one session for a
-- while. Only its hash is kept, as that of a client secret; with the session go its tickets.
CREATE TABLE session_tickets (
    token_hash TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);

-- Expired ones are swept out in the order in which they expired.
CREATE INDEX session_tickets_by_expiry ON session_tickets (expires_at);

-- A client secret lets one browser begin a session without the real key. Only its hash is kept
-- (SHA-256, hexadecimal: the secret has 256 random bits, so no salt is needed), with the session
-- configuration that it stands for as JSON.
CREATE TABLE client_secrets (
    token_hash TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    session TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Expired ones are swept out in the order in which they expired.
CREATE INDEX client_secrets_by_expiry ON client_secrets (expires_at);

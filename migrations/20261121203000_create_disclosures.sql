-- Every call to a provider that carried something of a person away from this machine: who received
-- how much of what, for what, and when; never the content. `amount` counts milliseconds of voice,
-- characters of words. It stays when the session is deleted, and goes with the account.
CREATE TABLE disclosures (
    id TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    processor TEXT NOT NULL,
    engine TEXT NOT NULL,
    data TEXT NOT NULL CHECK (data IN ('voice', 'words')),
    amount BIGINT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('listening', 'answering', 'speaking'))
);

CREATE INDEX disclosures_by_session ON disclosures (account_id, session_id, at);

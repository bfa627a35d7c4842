-- Everything that belongs to a person hangs on an account. Until people can sign up there is one,
-- the local account, which the server makes when it starts.
CREATE TABLE accounts (
    id TEXT PRIMARY KEY NOT NULL,
    created_at BIGINT NOT NULL
);

-- Each connection of a session is a part of it. What became of a part is kept here too, and not in
-- its files alone: where the disk takes nothing any more, nothing says when the connection ended, or
-- from where on it was not recorded (`stopped_at_ms`; nothing of the part is, if that is where it
-- begins). `to_ms` and `end_reason` are NULL until it ends. What is on record of a session follows
-- from its parts.
CREATE TABLE session_parts (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    transport TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT,
    end_reason TEXT,
    stopped_at_ms BIGINT,
    stopped_reason TEXT,
    PRIMARY KEY (session_id, number),
    CHECK ((to_ms IS NULL) = (end_reason IS NULL))
);

-- Of sessions that there are, only the last part is known here, and where it began only if it is
-- the first; the files tell the rest.
INSERT INTO session_parts
    (session_id, number, transport, from_ms, to_ms, end_reason, stopped_at_ms, stopped_reason)
SELECT id, 1, transport, 0,
    CASE WHEN part = 1 AND ended_at IS NOT NULL THEN length_ms END,
    CASE WHEN part = 1 THEN end_reason END,
    stopped_at_ms, stopped_reason
FROM sessions WHERE recording <> 'none';

ALTER TABLE sessions DROP COLUMN recording;
ALTER TABLE sessions DROP COLUMN stopped_at_ms;
ALTER TABLE sessions DROP COLUMN stopped_reason;

-- A client secret acts on the sessions that it began: their ids say so. One that is issued to go on
-- with a session, for a page that was loaded anew, says here with which, and begins no other. No
-- reference: the session's row may reach the database later than the secret.
ALTER TABLE client_secrets ADD COLUMN resumes TEXT;

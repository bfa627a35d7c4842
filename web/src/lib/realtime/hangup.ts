/** Ends a session by a request of its own, which no connection of the session has to carry. */

import { authorization, bearing } from "../access.ts";

/**
 * Says that it was the person who ended the session, and outlives the page. The key that opened the
 * session will do, also where the page holds no other.
 */
export async function hangUp(
  id: string,
  secret: string | null,
  request: typeof fetch = fetch,
): Promise<void> {
  const path = `/v1/realtime/calls/${encodeURIComponent(id)}/hangup`;
  const headers = secret === null ? authorization() : bearing(secret);
  // A server that is away finds the session ended by the loss of its connection.
  await request(path, { method: "POST", headers, keepalive: true }).catch(() => undefined);
}

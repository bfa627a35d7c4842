/** Ends a session by a request of its own, which no connection of the session has to carry. */

import { type Fetch, send } from "../api/request.ts";

/**
 * Says that it was the person who ended the session, and outlives the page. The key that opened the
 * session will do, also where the page holds no other.
 */
export async function hangUp(id: string, secret: string | null, request?: Fetch): Promise<void> {
  const manner = { keepalive: true, request, ...(secret !== null && { key: secret }) };
  // A server that is away finds the session ended by the loss of its connection.
  await send("post", "/v1/realtime/calls/{id}/hangup", { path: { id } }, manner).catch(
    () => undefined,
  );
}

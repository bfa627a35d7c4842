/** Takes up a session where it was cut off. */

import { keepRunning } from "../live/running.ts";
import { hashOf } from "../route.ts";
import type { Session } from "../api.ts";

/** This tab remembers it as the session that runs, and its client's door offers to go on. */
export function takeUp({ id, client_id, started_at_ms, transport }: Session): void {
  if (client_id === null) return;
  keepRunning({
    session: id,
    client: client_id,
    startedAt: started_at_ms,
    // Whether there was a microphone is not on record: the browser asks, or the person types.
    spoken: true,
    transport: transport === "webrtc" || transport === "websocket" ? transport : null,
  });
  window.location.hash = hashOf(client_id);
}

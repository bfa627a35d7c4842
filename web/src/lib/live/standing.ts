/** What the server says of a session that could not be resumed, and how the person ends one. */

import { authorization, bearing } from "../access.ts";

/** `unknown` where the server did not say. */
export type Standing = "open" | "over" | "unknown";

const PATIENCE_MS = 4_000;

/** A browser is not told why a WebSocket was refused, so the archive is asked. */
export async function standingOf(id: string, request: typeof fetch = fetch): Promise<Standing> {
  try {
    const response = await request(`/api/sessions/${encodeURIComponent(id)}`, {
      headers: { accept: "application/json", ...authorization() },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (response.status === 404) return "over";
    if (!response.ok) return "unknown";
    const { status, resumable_until_ms: until } = (await response.json()) as {
      status?: unknown;
      resumable_until_ms?: unknown;
    };
    // One that its server left is open as soon as it is finished.
    if (status === "live" || status === "finishing") return "open";
    // By the server's clock: the page's may be wrong.
    const now = Date.parse(response.headers.get("date") ?? "") || Date.now();
    return typeof until === "number" && until > now ? "open" : "over";
  } catch {
    return "unknown";
  }
}

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

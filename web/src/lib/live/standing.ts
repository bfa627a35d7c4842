/** What the server says of a session that could not be resumed. */

import { authorization } from "../access.ts";

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

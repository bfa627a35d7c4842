/** What the server says of a session that could not be resumed. */

import { ApiError, ask, askAt, type Fetch } from "../api/request.ts";

/** `waits`: until the server's database answers; `unknown` where the server did not say. */
export type Standing = "open" | "over" | "waits" | "unknown";

const PATIENCE_MS = 4_000;

/** A browser is not told why a WebSocket was refused, so the archive is asked. */
export async function standingOf(id: string, request?: Fetch): Promise<Standing> {
  const [recorded, behind] = await Promise.all([onRecord(id, request), isBehind(request)]);
  return behind && recorded !== "over" ? "waits" : recorded;
}

async function onRecord(id: string, request: Fetch | undefined): Promise<Standing> {
  try {
    const manner = { fresh: true, signal: AbortSignal.timeout(PATIENCE_MS), request };
    const { body, at } = await askAt("get", "/api/sessions/{id}", { path: { id } }, manner);
    // One that its server left is open as soon as it is finished.
    if (body.status === "live" || body.status === "finishing") return "open";
    // By the server's clock: the page's may be wrong.
    return (body.resumable_until_ms ?? 0) > at ? "open" : "over";
  } catch (error) {
    return error instanceof ApiError && error.status === 404 ? "over" : "unknown";
  }
}

/** Whether the server says that its database takes nothing. */
async function isBehind(request: Fetch | undefined): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const manner = { fresh: true, alike: 503, key: null, signal, request };
    const { warnings } = await ask("get", "/health", {}, manner);
    return warnings.includes("database_behind");
  } catch {
    return false;
  }
}

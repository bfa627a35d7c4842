/** The session that runs in this tab, kept so that a reload finds it again: no word of it, only its name. */

import type { TransportKind } from "../realtime/transport.ts";

/**
 * The tab's own storage: it survives a reload, a crash and a tab that the browser put aside, and
 * whoever uses the machine next in another tab sees nothing of it.
 */
const KEY = "praxiloom.running";

export interface Running {
  session: string;
  client: string;
  /** When it began, in milliseconds since 1970. */
  startedAt: number;
  spoken: boolean;
  /** What carried it last; what a network blocks is then not tried first again. */
  transport: TransportKind | null;
}

export function keepRunning(running: Running): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(running));
  } catch {
    // A browser that stores nothing: after a reload the session is in the list of sessions.
  }
}

export function forgetRunning(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

/** The session that was running with `client` when the page was left. */
export function runningWith(client: string): Running | null {
  const running = read();
  return running?.client === client ? running : null;
}

function read(): Running | null {
  try {
    const raw = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Record<string, unknown> | null;
    const { session, client, startedAt, spoken, transport } = raw ?? {};
    if (typeof session !== "string" || typeof client !== "string") return null;
    if (typeof startedAt !== "number") return null;
    const known = transport === "webrtc" || transport === "websocket" ? transport : null;
    return { session, client, startedAt, spoken: spoken === true, transport: known };
  } catch {
    return null;
  }
}

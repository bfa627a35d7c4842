/**
 * Opens a live session by the first transport that works: WebRTC, else WebSocket; the other way round
 * where a call cannot come about, and by what carried the session last where it goes on.
 */

import { FaultError, isFinal } from "../faults/fault.ts";
import type { Browser } from "../faults/words.ts";
import { Scope } from "../scope.ts";
import type { OpenTransport, Transport, TransportKind, TransportRequest } from "./transport.ts";

/** A path that takes longer than this to open is not worth having, or is blocked. */
export const PATIENCE_MS: Record<TransportKind, number> = { webrtc: 6_000, websocket: 8_000 };

export interface Way {
  kind: TransportKind;
  open: OpenTransport;
}

/** Where the page came from, and what shows it. */
export interface Page {
  hostname: string;
  browser: Browser;
}

/** Both ways in order of preference, or the one that was asked for by `?transport=`. */
export function choose(ways: Way[], wanted: string | null, page: Page): Way[] {
  const forced = ways.filter((way) => way.kind === wanted);
  if (forced.length > 0) return forced;
  return reachesNoCallHere(page) ? prefer(ways, "websocket") : ways;
}

/**
 * Firefox pairs none of its addresses with one of loopback, and offers no loopback address of its
 * own: to a server on the same machine a call would only be waited for in vain.
 */
function reachesNoCallHere({ hostname, browser }: Page): boolean {
  const here = hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
  return here && browser === "firefox";
}

/** With what carried the session last in front: what a network blocks need not be waited for again. */
export function prefer(ways: Way[], kind: TransportKind | null): Way[] {
  return [...ways].sort((a, b) => Number(b.kind === kind) - Number(a.kind === kind));
}

/** `?transport=webrtc` or `?transport=websocket` in the page's address, for tests and for support. */
export function wantedTransport(search: string): string | null {
  return new URLSearchParams(search).get("transport");
}

export async function connect(ways: Way[], request: TransportRequest): Promise<Transport> {
  let last: unknown;
  for (const way of ways) {
    const attempt = new Scope();
    const abort = new AbortController();
    attempt.listen(request.signal, "abort", () => abort.abort());
    attempt.after(PATIENCE_MS[way.kind], () => abort.abort());
    if (request.signal.aborted) abort.abort();
    try {
      return await way.open({ ...request, signal: abort.signal });
    } catch (error) {
      if (request.signal.aborted) throw error;
      if (error instanceof FaultError && isFinal(error.fault)) throw error;
      last = error;
    } finally {
      attempt.end();
    }
  }
  // A server that says it is stopping will be back; anything else is summed up in one word.
  if (last instanceof FaultError && last.fault === "server-stopping") throw last;
  throw new FaultError("transports-failed", last instanceof Error ? last.message : undefined);
}

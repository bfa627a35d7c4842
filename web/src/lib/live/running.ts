/** The session that runs in this tab, kept so that a reload finds it again: its name, and of its words only the drafts. */

import type { TransportKind } from "../realtime/transport.ts";
import { type Correction, type Drafts, LONGEST_DRAFT, NO_DRAFTS } from "./drafts.ts";

/**
 * The tab's own storage: it survives a reload, a crash and a tab that the browser put aside, and
 * whoever uses the machine next in another tab sees nothing of it.
 */
const KEY = "praxiloom.running";
/** Not there but while something is typed, or on its way. */
const DRAFTS = "praxiloom.drafts";

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
  if (keptDrafts()?.session !== running.session) drop(DRAFTS);
  // A browser that stores nothing: after a reload the session is in the list of sessions.
  keep(KEY, running);
}

/** What is typed in a session, in place of what was kept of it before. */
export function keepDrafts(session: string, drafts: Drafts): void {
  const { correcting, sent, turn } = drafts;
  if (!correcting && !sent && turn === "") drop(DRAFTS);
  else keep(DRAFTS, { session, ...drafts });
}

/** The session is over for this tab: nothing of it stays. */
export function forgetRunning(): void {
  drop(KEY);
  drop(DRAFTS);
}

/** The session that was running when the page was left. */
export function running(): Running | null {
  const { session, client, startedAt, spoken, transport } = kept(KEY);
  if (typeof session !== "string" || typeof client !== "string") return null;
  if (typeof startedAt !== "number") return null;
  const known = transport === "webrtc" || transport === "websocket" ? transport : null;
  return { session, client, startedAt, spoken: spoken === true, transport: known };
}

/** The one that was running with `client`. */
export function runningWith(client: string): Running | null {
  const found = running();
  return found?.client === client ? found : null;
}

/** What was typed in `session` when the page was left. */
export function draftsOf(session: string): Drafts {
  const found = keptDrafts();
  return found?.session === session ? found.drafts : NO_DRAFTS;
}

function keptDrafts(): { session: string; drafts: Drafts } | null {
  const { session, correcting, sent, turn } = kept(DRAFTS);
  if (typeof session !== "string") return null;
  const drafts = { correcting: correction(correcting), sent: correction(sent), turn: text(turn) };
  return { session, drafts };
}

function correction(raw: unknown): Correction | null {
  const { item, text: words } = (raw ?? {}) as Record<string, unknown>;
  return typeof item === "string" && typeof words === "string" ? { item, text: text(words) } : null;
}

function text(raw: unknown): string {
  return typeof raw === "string" ? raw.slice(0, LONGEST_DRAFT) : "";
}

function keep(key: string, value: object): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Kept until the page is left.
  }
}

function drop(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

function kept(key: string): Record<string, unknown> {
  try {
    const raw: unknown = JSON.parse(sessionStorage.getItem(key) ?? "null");
    return typeof raw === "object" && raw !== null ? (raw as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

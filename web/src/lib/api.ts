/** What the server offers besides the live session, in the shapes of its own description. */

import { addressOf, ask, type Fetch } from "./api/request.ts";
import type { components } from "./api/schema.d.ts";

export { ApiError } from "./api/request.ts";

type Schemas = components["schemas"];
export type Client = Schemas["Client"];
export type Engine = Schemas["Engine"];
export type Engines = Schemas["Engines"];
export type Session = Schemas["Session"];
export type SessionPage = Schemas["SessionPage"];
export type Transcript = Schemas["Transcript"];
export type Line = Schemas["Said"];
export type Speaker = Schemas["Speaker"];
export type Peaks = Schemas["Peaks"];
export type Ticket = Schemas["Ticket"];

export async function getClients(request?: Fetch): Promise<Client[]> {
  const { clients } = await ask("get", "/api/clients", {}, { request });
  return clients;
}

export function getEngines(request?: Fetch): Promise<Engines> {
  return ask("get", "/api/engines", {}, { request });
}

/** The servers to find a path with; none when the server does not say, which serves most networks. */
export async function getIceServers(request?: Fetch): Promise<RTCIceServer[]> {
  try {
    const { ice_servers } = await ask("get", "/api/rtc", {}, { request });
    return ice_servers.map(({ urls, username, credential }) => ({
      urls,
      ...(username == null ? {} : { username }),
      ...(credential == null ? {} : { credential }),
    }));
  } catch {
    return [];
  }
}

/** One page of the sessions, latest first; `before` is the `next` of the page before. */
export function listSessions(
  query: { limit?: number; before?: string } = {},
  request?: Fetch,
): Promise<SessionPage> {
  return ask("get", "/api/sessions", { query }, { request });
}

export function getSession(id: string, request?: Fetch): Promise<Session> {
  return ask("get", "/api/sessions/{id}", { path: { id } }, { request });
}

/** Deletes it with everything that belongs to it. What is left, if the server cannot remove all now. */
export function deleteSession(id: string, request?: Fetch): Promise<Session | undefined> {
  return ask("delete", "/api/sessions/{id}", { path: { id } }, { request });
}

export function getTranscript(id: string, request?: Fetch): Promise<Transcript> {
  return ask("get", "/api/sessions/{id}/transcript", { path: { id } }, { request });
}

/** How loud both voices are, in so many points; of a stretch of the session, or of all of it. */
export function getPeaks(
  id: string,
  query: { points: number; from_ms?: number; to_ms?: number },
  request?: Fetch,
): Promise<Peaks> {
  return ask("get", "/api/sessions/{id}/peaks", { path: { id }, query }, { request });
}

/** Lets an `<audio>` element or a link, which send no key, read the session's sound. */
export function createTicket(id: string, request?: Fetch): Promise<Ticket> {
  return ask("post", "/api/sessions/{id}/ticket", { path: { id } }, { request });
}

/** Where the session's sound is: both voices, or one of them. */
export function audioAddress(
  id: string,
  voice: "both" | Speaker,
  query: { ticket?: string; download?: boolean } = {},
): string {
  const input = { path: { id }, query };
  if (voice === "coach") return addressOf("/api/sessions/{id}/audio/coach", input);
  if (voice === "client") return addressOf("/api/sessions/{id}/audio/client", input);
  return addressOf("/api/sessions/{id}/audio", input);
}

/** The engines as a live session tells them, which may say less. */
export function toEngines(body: Record<string, unknown>): Engines {
  return { stt: toEngine(body.stt), llm: toEngine(body.llm), tts: toEngine(body.tts) };
}

function toEngine(raw: unknown): Engine {
  const engine = (raw ?? {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    name: text(engine.name),
    note: text(engine.note),
    processor: text(engine.processor) || null,
  };
}

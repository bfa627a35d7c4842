/** What the server offers besides the live session: clients, engines, ways through a firewall. */

import { authorization } from "./access.ts";
import { faultOfStatus, FaultError } from "./faults/fault.ts";

export interface Client {
  id: string;
  name: string;
  who: string;
  brings: string;
  difficulty: string;
  trains: string[];
  voice: string;
  language: string;
  portrait: string;
}

export interface Engine {
  name: string;
  note: string;
  /** Who receives the data; null when nothing leaves the server's machine. */
  processor: string | null;
}

export interface Engines {
  stt: Engine;
  llm: Engine;
  tts: Engine;
}

type Fetch = typeof fetch;
type Json = Record<string, unknown>;

export async function getClients(request: Fetch = fetch): Promise<Client[]> {
  const body = await getJson("/api/clients", request);
  const list = Array.isArray(body.clients) ? body.clients : [];
  return list.filter(isJson).map(toClient);
}

export async function getEngines(request: Fetch = fetch): Promise<Engines> {
  return toEngines(await getJson("/api/engines", request));
}

/** The servers to find a path with; none when the server does not say, which serves most networks. */
export async function getIceServers(request: Fetch = fetch): Promise<RTCIceServer[]> {
  try {
    const body = await getJson("/api/rtc", request, authorization());
    return Array.isArray(body.ice_servers) ? (body.ice_servers as RTCIceServer[]) : [];
  } catch {
    return [];
  }
}

export function toEngines(body: Json): Engines {
  return { stt: toEngine(body.stt), llm: toEngine(body.llm), tts: toEngine(body.tts) };
}

async function getJson(
  path: string,
  request: Fetch,
  headers: Record<string, string> = {},
): Promise<Json> {
  let response: Response;
  try {
    response = await request(path, { headers: { accept: "application/json", ...headers } });
  } catch {
    throw new FaultError("server-unreachable");
  }
  if (!response.ok) throw new FaultError(faultOfStatus(response.status));
  try {
    const body: unknown = await response.json();
    if (isJson(body)) return body;
  } catch {
    // Something else answered, such as a proxy's page: below.
  }
  throw new FaultError("server-unreachable");
}

function toClient(raw: Json): Client {
  const id = text(raw.id);
  return {
    id,
    name: text(raw.name) || id,
    who: text(raw.who),
    brings: text(raw.brings),
    difficulty: text(raw.difficulty),
    trains: Array.isArray(raw.trains) ? raw.trains.map(text) : [text(raw.trains)].filter(Boolean),
    voice: text(raw.voice),
    language: text(raw.language) || "en",
    portrait: text(raw.portrait) || `/portraits/${encodeURIComponent(id)}.svg`,
  };
}

function toEngine(raw: unknown): Engine {
  const engine = isJson(raw) ? raw : {};
  const processor = text(engine.processor);
  return { name: text(engine.name), note: text(engine.note), processor: processor || null };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

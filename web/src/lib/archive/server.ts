/** What the session page needs of the server beyond its plain questions: the sound, files, what is wrong. */

import { accessKey } from "../access.ts";
import { ApiError, audioAddress, createTicket, getSession, type Speaker } from "../api.ts";
import { addressOf, type Fetch, send } from "../api/request.ts";
import { type Fault, FaultError } from "../faults/fault.ts";

/** Both voices, or one of them. */
export type Track = "both" | Speaker;
export type Written = "text" | "vtt" | "srt";

/**
 * Where an `<audio>` element or a link, which send no key, find the sound: with a ticket, where one
 * is needed. A ticket runs out.
 */
export async function soundAddress(
  id: string,
  track: Track,
  query: { download?: boolean } = {},
  request?: Fetch,
): Promise<string> {
  if (accessKey() === null) return audioAddress(id, track, query);
  const { ticket } = await createTicket(id, request);
  return audioAddress(id, track, { ...query, ticket });
}

export function wordsAddress(id: string, format: Written): string {
  return addressOf("/api/sessions/{id}/transcript", written(id, format));
}

/** The file itself, for servers that ask for a key. */
export async function wordsFile(id: string, format: Written, request?: Fetch): Promise<Blob> {
  const input = written(id, format);
  return (await send("get", "/api/sessions/{id}/transcript", input, { request })).blob();
}

function written(id: string, format: Written) {
  return { path: { id }, query: { format, download: true } };
}

/** What keeps the sound from being played, as far as the server knows. */
export async function soundTrouble(id: string, request?: Fetch): Promise<Fault | null> {
  try {
    // One byte, since a refusal says why only where it may have a body.
    const manner = { range: "bytes=0-0", request };
    await send("get", "/api/sessions/{id}/audio", { path: { id } }, manner);
    return null;
  } catch (error) {
    return faultOf(error);
  }
}

/** Whether there is anything of a session to be heard, unless the server says that there is not. */
export async function isRecorded(id: string, request?: Fetch): Promise<boolean> {
  try {
    return (await getSession(id, request)).recording.state !== "none";
  } catch (error) {
    return faultOf(error) !== "unknown-session";
  }
}

/**
 * By its name, whatever was thrown. What is not found, of a session's, is the session, unless the
 * server says that it has the session and nothing of its recording.
 */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof FaultError)) return "server-unreachable";
  const { fault } = error;
  const missing = error instanceof ApiError && error.status === 404 && fault !== "not-recorded";
  return missing ? "unknown-session" : fault;
}

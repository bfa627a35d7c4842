/** What the session page needs of the server beyond its plain questions: the sound, files, what is wrong. */

import { accessKey, authorization } from "../access.ts";
import { ApiError, audioAddress, createTicket, type Speaker } from "../api.ts";
import { addressOf, type Fetch, refusalOf } from "../api/request.ts";
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
  return addressOf("/api/sessions/{id}/transcript", {
    path: { id },
    query: { format, download: true },
  });
}

/** A whole file, for servers that ask for a key. */
export async function fileAt(address: string, request?: Fetch): Promise<Blob> {
  return (await answerOf(address, {}, request)).blob();
}

/** What keeps the sound from being played, as far as the server knows. */
export async function soundTrouble(id: string, request?: Fetch): Promise<Fault | null> {
  try {
    // One byte, since a refusal says why only where it may have a body.
    await answerOf(audioAddress(id, "both"), { range: "bytes=0-0" }, request);
    return null;
  } catch (error) {
    return faultOf(error);
  }
}

/** By its name, whatever was thrown. What is not found, of a session's, is the session. */
export function faultOf(error: unknown): Fault {
  if (error instanceof ApiError && error.status === 404) return "unknown-session";
  return error instanceof FaultError ? error.fault : "server-unreachable";
}

async function answerOf(address: string, headers: Record<string, string>, request: Fetch = fetch) {
  let response: Response;
  try {
    response = await request(address, { headers: { ...authorization(), ...headers } });
  } catch {
    throw new FaultError("server-unreachable");
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

/** The short-lived key that opens one live session (`POST /v1/realtime/client_secrets`). */

import { ApiError, askAt, type Fetch } from "../api/request.ts";
import { FaultError } from "../faults/fault.ts";
import type { SessionRequest } from "./events.ts";

export interface Secret {
  value: string;
  model: string;
  /** When it was issued, by the server's clock, in milliseconds since 1970. */
  at: number;
}

/**
 * With `resume` the key is for that session alone, which another key began.
 *
 * Sends a key only if the person gave one: on loopback none is needed, and a proxy that knows who is
 * there adds the server's, for which the header must be free for the browser's own sign-in.
 */
export async function createSecret(
  session: SessionRequest,
  resume: string | null,
  signal: AbortSignal,
  request?: Fetch,
): Promise<Secret> {
  const json = { session: { ...session }, ...(resume !== null && { praxiloom: { resume } }) };
  try {
    const asked = askAt("post", "/v1/realtime/client_secrets", { json }, { signal, request });
    const { body, at } = await asked;
    const { value, session: begun } = body;
    // What answers in the server's place, such as a sign-in's page, gives no key.
    if (!value) throw new FaultError("server-unreachable");
    const model = begun?.model;
    return { value, model: typeof model === "string" && model ? model : "praxiloom", at };
  } catch (error) {
    const aboutClient = error instanceof ApiError && error.param.includes("prompt");
    throw aboutClient ? new FaultError("unknown-client") : error;
  }
}

/** The short-lived key that opens one live session (`POST /v1/realtime/client_secrets`). */

import { authorization } from "../access.ts";
import { faultOfStatus, FaultError } from "../faults/fault.ts";
import type { SessionRequest } from "./events.ts";

export interface Secret {
  value: string;
  model: string;
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
  request: typeof fetch = fetch,
): Promise<Secret> {
  let response: Response;
  try {
    response = await request("/v1/realtime/client_secrets", {
      method: "POST",
      headers: { ...authorization(), "content-type": "application/json" },
      body: JSON.stringify(resume === null ? { session } : { session, praxiloom: { resume } }),
      signal,
    });
  } catch {
    throw new FaultError("server-unreachable");
  }
  const body = (await response.json().catch(() => ({}))) as {
    value?: unknown;
    session?: { model?: unknown };
    error?: { param?: unknown; code?: unknown };
  };
  if (!response.ok) {
    const aboutClient = String(body.error?.param ?? "").includes("prompt");
    if (body.error?.code === "missing_api_key") throw new FaultError("key-needed");
    if (body.error?.code === "invalid_api_key") throw new FaultError("key-wrong");
    const fault = faultOfStatus(response.status, String(body.error?.code ?? ""));
    throw new FaultError(aboutClient ? "unknown-client" : fault);
  }
  if (typeof body.value !== "string") throw new FaultError("server-unreachable");
  const model = body.session?.model;
  return { value: body.value, model: typeof model === "string" && model ? model : "praxiloom" };
}

/** The short-lived key that opens one live session (`POST /v1/realtime/client_secrets`). */

import { faultOfStatus, FaultError } from "../faults/fault.ts";
import type { SessionRequest } from "./events.ts";

export interface Secret {
  value: string;
  model: string;
}

/** On loopback any bearer will do; with accounts the browser's own cookie is what counts. */
const BEARER = "Bearer browser";

export async function createSecret(
  session: SessionRequest,
  signal: AbortSignal,
  request: typeof fetch = fetch,
): Promise<Secret> {
  let response: Response;
  try {
    response = await request("/v1/realtime/client_secrets", {
      method: "POST",
      headers: { authorization: BEARER, "content-type": "application/json" },
      body: JSON.stringify({ session }),
      signal,
    });
  } catch {
    throw new FaultError("server-unreachable");
  }
  const body = (await response.json().catch(() => ({}))) as {
    value?: unknown;
    session?: { model?: unknown };
    error?: { param?: unknown };
  };
  if (!response.ok) {
    const aboutClient = String(body.error?.param ?? "").includes("prompt");
    throw new FaultError(aboutClient ? "unknown-client" : faultOfStatus(response.status));
  }
  if (typeof body.value !== "string") throw new FaultError("server-unreachable");
  const model = body.session?.model;
  return { value: body.value, model: typeof model === "string" && model ? model : "praxiloom" };
}

/** One request to the server: addresses, parameters and answers by the generated description. */

import { authorization } from "../access.ts";
import { type Fault, FaultError, faultOfStatus } from "../faults/fault.ts";
import type { paths } from "./schema.d.ts";

export type Fetch = typeof fetch;
type Method = "get" | "post" | "delete";

/** The addresses that take this method. */
export type Addresses<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, M extends Method> = paths[P][M];

/** What goes into the address. */
type Input<O> = (O extends { parameters: { path: infer Path } } ? { path: Path } : unknown) &
  (O extends { parameters: { query?: infer Query } } ? { query?: Query } : unknown);

/** What comes back when all is well. */
type Answer<O> = O extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : O extends { responses: { 202: { content: { "application/json": infer Body } } } }
    ? Body | undefined
    : undefined;

/** The server's refusal, with the `code` of its error body where there is one. */
export class ApiError extends FaultError {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(faultOf(status, code), code || `status ${String(status)}`);
    this.name = "ApiError";
  }
}

/** Asks, with the access key if there is one, and reads the JSON of the answer. */
export async function ask<M extends Method, P extends Addresses<M>>(
  method: M,
  address: P,
  input: Input<Operation<P, M>>,
  request: Fetch = fetch,
): Promise<Answer<Operation<P, M>>> {
  let response: Response;
  try {
    response = await request(fill(address, input as Parameters), {
      method: method.toUpperCase(),
      headers: { accept: "application/json", ...authorization() },
    });
  } catch {
    throw new FaultError("server-unreachable");
  }
  if (!response.ok) throw await refusalOf(response);
  if (response.status === 204) return undefined as Answer<Operation<P, M>>;
  try {
    return (await response.json()) as Answer<Operation<P, M>>;
  } catch {
    // Something else answered, such as a proxy's page.
    throw new FaultError("server-unreachable");
  }
}

/** The address with its parameters filled in. */
export function addressOf<P extends Addresses<"get">>(
  address: P,
  input: Input<Operation<P, "get">>,
): string {
  return fill(address, input as Parameters);
}

interface Parameters {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
}

function fill(address: string, { path = {}, query = {} }: Parameters): string {
  const filled = address.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(path[name])),
  );
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return search.size > 0 ? `${filled}?${search.toString()}` : filled;
}

/** What the server says of a request that it did not take. */
export async function refusalOf(response: Response): Promise<ApiError> {
  return new ApiError(response.status, await codeOf(response));
}

async function codeOf(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: { code?: unknown } };
    return typeof body.error?.code === "string" ? body.error.code : "";
  } catch {
    return "";
  }
}

function faultOf(status: number, code: string): Fault {
  if (code === "missing_api_key") return "key-needed";
  if (code === "invalid_api_key") return "key-wrong";
  return faultOfStatus(status, code);
}

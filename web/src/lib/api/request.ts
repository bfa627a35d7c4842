/** One request to the server: addresses, parameters, bodies and answers by the generated description. */

import { accessKey, bearing } from "../access.ts";
import { type Fault, FaultError, faultOfStatus } from "../faults/fault.ts";
import type { paths } from "./schema.d.ts";

export type Fetch = typeof fetch;
type Method = "get" | "post" | "delete";

/** The addresses that take this method. */
export type Addresses<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, M extends Method> = paths[P][M];

type Body<O> = O extends { requestBody?: { content: infer Content } } ? Content : never;

/** What goes into the address, and what is sent. */
type Input<O> = (O extends { parameters: { path: infer Path } } ? { path: Path } : unknown) &
  (O extends { parameters: { query?: infer Query } } ? { query?: Query } : unknown) &
  (Body<O> extends { "application/json": infer Json } ? { json?: Json } : unknown) &
  (Body<O> extends { "application/sdp": infer Sdp } ? { sdp: Sdp } : unknown);

/** What comes back when all is well. */
type Answer<O> = O extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : O extends { responses: { 202: { content: { "application/json": infer Body } } } }
    ? Body | undefined
    : undefined;

/** How it is asked, beyond what the description says. */
export interface Manner {
  /** In place of the person's access key; null sends none. */
  key?: string | null;
  /** Of the answer's bytes, as `Range` puts it. */
  range?: string;
  /** Never answered from what the browser has kept. */
  fresh?: boolean;
  /** A status whose answer is read as that of 200. */
  alike?: number;
  /** Outlives the page. */
  keepalive?: boolean;
  signal?: AbortSignal;
  request?: Fetch | undefined;
}

/** The server's refusal, with the `code` and the `param` of its error body where there are any. */
export class ApiError extends FaultError {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly param: string,
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
  manner: Manner = {},
): Promise<Answer<Operation<P, M>>> {
  return (await askAt(method, address, input, manner)).body;
}

/** The same, with the time of the answer by the server's clock, as far as it tells. */
export async function askAt<M extends Method, P extends Addresses<M>>(
  method: M,
  address: P,
  input: Input<Operation<P, M>>,
  manner: Manner = {},
): Promise<{ body: Answer<Operation<P, M>>; at: number }> {
  const response = await send(method, address, input, manner);
  const at = Date.parse(response.headers.get("date") ?? "") || Date.now();
  if (response.status === 204) return { body: undefined as Answer<Operation<P, M>>, at };
  try {
    return { body: (await response.json()) as Answer<Operation<P, M>>, at };
  } catch {
    // Something else answered, such as a proxy's page.
    throw new FaultError("server-unreachable");
  }
}

/** The answer as it is, for what is no JSON. */
export async function send<M extends Method, P extends Addresses<M>>(
  method: M,
  address: P,
  input: Input<Operation<P, M>>,
  { key = accessKey(), range, fresh, alike, keepalive, signal, request = fetch }: Manner = {},
): Promise<Response> {
  const { path, query, json, sdp } = input as Given;
  const type = sdp === undefined ? "application/json" : "application/sdp";
  const body = sdp ?? (json ? JSON.stringify(json) : null);
  let response: Response;
  try {
    response = await request(fill(address, { path, query }), {
      method: method.toUpperCase(),
      headers: {
        accept: "application/json, */*;q=0.5",
        ...bearing(key),
        ...(body !== null && { "content-type": type }),
        ...(range && { range }),
      },
      ...(body !== null && { body }),
      ...(fresh && { cache: "no-store" }),
      ...(keepalive && { keepalive }),
      ...(signal && { signal }),
    });
  } catch {
    throw new FaultError("server-unreachable");
  }
  if (!response.ok && response.status !== alike) throw await refusalOf(response);
  return response;
}

/** The address with its parameters filled in. */
export function addressOf<P extends Addresses<"get">>(
  address: P,
  input: Input<Operation<P, "get">>,
): string {
  return fill(address, input as Given);
}

/** `Input` without its address. */
interface Given {
  path?: Record<string, unknown> | undefined;
  query?: Record<string, unknown> | undefined;
  json?: object | null;
  sdp?: string;
}

function fill(address: string, { path = {}, query = {} }: Given): string {
  const filled = address.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(path[name])),
  );
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return search.size > 0 ? `${filled}?${search.toString()}` : filled;
}

/** What the server says of a request that it did not take. */
async function refusalOf(response: Response): Promise<ApiError> {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  try {
    const { error } = (await response.json()) as { error?: { code?: unknown; param?: unknown } };
    return new ApiError(response.status, text(error?.code), text(error?.param));
  } catch {
    return new ApiError(response.status, "", "");
  }
}

function faultOf(status: number, code: string): Fault {
  if (code === "missing_api_key") return "key-needed";
  if (code === "invalid_api_key") return "key-wrong";
  if (code === "not_recorded") return "not-recorded";
  return faultOfStatus(status, code);
}

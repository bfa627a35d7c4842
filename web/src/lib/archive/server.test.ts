import { afterEach, expect, test, vi } from "vitest";
import { keepAccessKey } from "../access.ts";
import { deleteSession } from "../api.ts";
import {
  faultOf,
  isRecorded,
  soundAddress,
  soundTrouble,
  wordsAddress,
  wordsFile,
} from "./server.ts";

/** A server that answers everything the same way, and remembers what it was asked. */
function server(status: number, body: unknown) {
  const asked: { address: string; method: string; key: string | null }[] = [];
  const request = ((address: string, init: RequestInit) => {
    const key = new Headers(init.headers).get("authorization");
    asked.push({ address, method: init.method ?? "GET", key });
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  }) as typeof fetch;
  return { asked, request };
}

const away = () => Promise.reject(new TypeError("Failed to fetch"));

afterEach(() => vi.unstubAllGlobals());

test("the sound is where it is, and behind a ticket where a key is set", async () => {
  const open = server(200, {});
  expect(await soundAddress("../x", "both", {}, open.request)).toBe("/api/sessions/..%2Fx/audio");
  expect(open.asked).toEqual([]);

  vi.stubGlobal("sessionStorage", { getItem: () => "right", setItem: () => undefined });
  keepAccessKey("right");
  const guarded = server(200, { ticket: "tk_1", expires_at_ms: 1 });
  const address = await soundAddress("a", "coach", { download: true }, guarded.request);
  expect(address).toBe("/api/sessions/a/audio/coach?download=true&ticket=tk_1");
  expect(guarded.asked).toEqual([
    { address: "/api/sessions/a/ticket", method: "POST", key: "Bearer right" },
  ]);
  await wordsFile("a", "vtt", guarded.request);
  expect(guarded.asked[1]?.address).toBe(wordsAddress("a", "vtt"));
  expect(guarded.asked[1]).toEqual({
    address: "/api/sessions/a/transcript?format=vtt&download=true",
    method: "GET",
    key: "Bearer right",
  });
});

test("says what keeps the sound from being played", async () => {
  expect(await soundTrouble("a", server(200, {}).request)).toBe(null);
  expect(await soundTrouble("a", server(404, {}).request)).toBe("unknown-session");
  const unrecorded = server(404, { error: { code: "not_recorded" } });
  expect(await soundTrouble("a", unrecorded.request)).toBe("not-recorded");
  expect(await soundTrouble("a", server(503, {}).request)).toBe("server-stopping");
  const locked = server(503, { error: { code: "database_unavailable" } });
  expect(await soundTrouble("a", locked.request)).toBe("database-away");
  const failing = server(500, { error: { code: "recording_unreadable" } });
  expect(await soundTrouble("a", failing.request)).toBe("recording-unreadable");
  expect(await soundTrouble("a", away)).toBe("server-unreachable");
});

test("a session is offered to be heard unless nothing of it was recorded", async () => {
  const told = (status: number, state: string) =>
    isRecorded("a", server(status, { recording: { state } }).request);
  expect(await told(200, "none")).toBe(false);
  for (const state of ["whole", "stopped", "interrupted"]) {
    expect(await told(200, state), state).toBe(true);
  }
  expect(await told(404, "")).toBe(false);
  expect(await told(503, "")).toBe(true);
  expect(await isRecorded("a", away)).toBe(true);
});

test("a session that is not there has a name of its own", async () => {
  const fault = (error: unknown) => faultOf(error);
  expect(await deleteSession("a", server(404, {}).request).catch(fault)).toBe("unknown-session");
  expect(await deleteSession("a", away).catch(fault)).toBe("server-unreachable");
  const refused = server(401, { error: { code: "invalid_api_key" } });
  expect(await deleteSession("a", refused.request).catch(fault)).toBe("key-wrong");
  expect(faultOf(new Error())).toBe("server-unreachable");
});

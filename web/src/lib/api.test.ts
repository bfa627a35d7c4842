import { beforeEach, describe, expect, it } from "vitest";
import { keepAccessKey } from "./access.ts";
import {
  ApiError,
  audioAddress,
  deleteSession,
  getClients,
  getIceServers,
  getPeaks,
  listSessions,
  toEngines,
} from "./api.ts";

const answer = (body: unknown, status = 200) =>
  (() => Promise.resolve(new Response(JSON.stringify(body), { status }))) as typeof fetch;

/** Remembers what it is asked. */
function listener(body: unknown) {
  const asked: { address: string; method: string; key: string | null }[] = [];
  const request = ((address: string, init: RequestInit) => {
    const key = new Headers(init.headers).get("authorization");
    asked.push({ address, method: init.method ?? "GET", key });
    return Promise.resolve(new Response(JSON.stringify(body)));
  }) as typeof fetch;
  return { asked, request };
}

describe("api", () => {
  beforeEach(() => {
    keepAccessKey("the key");
  });

  it("fills in addresses and sends the key", async () => {
    const { asked, request } = listener({ sessions: [], next: null });
    await listSessions({}, request);
    await listSessions({ limit: 5, before: "a b" }, request);
    await getPeaks("sess/1", { points: 800 }, request);
    await getPeaks("sess/1", { points: 9, from_ms: 1_000, to_ms: 2_000 }, request);
    expect(asked.map(({ address }) => address)).toEqual([
      "/api/sessions",
      "/api/sessions?limit=5&before=a+b",
      "/api/sessions/sess%2F1/peaks?points=800",
      "/api/sessions/sess%2F1/peaks?points=9&from_ms=1000&to_ms=2000",
    ]);
    expect(asked[0]).toMatchObject({ method: "GET", key: "Bearer the key" });
  });

  it("says where the sound of a session is", () => {
    expect(audioAddress("s", "both")).toBe("/api/sessions/s/audio");
    expect(audioAddress("s", "coach", { ticket: "tk_1", download: true })).toBe(
      "/api/sessions/s/audio/coach?ticket=tk_1&download=true",
    );
  });

  it("deletes without an answer to read", async () => {
    const gone = ((_: string, init: RequestInit) =>
      Promise.resolve(
        new Response(null, { status: init.method === "DELETE" ? 204 : 500 }),
      )) as typeof fetch;
    expect(await deleteSession("s", gone)).toBeUndefined();
  });

  it("names what failed", async () => {
    const down = (() => Promise.reject(new TypeError("fetch failed"))) as typeof fetch;
    await expect(getClients(down)).rejects.toMatchObject({ fault: "server-unreachable" });
    await expect(getClients(answer({}, 503))).rejects.toMatchObject({ fault: "server-stopping" });
    const page = (() => Promise.resolve(new Response("<html>"))) as typeof fetch;
    await expect(getClients(page)).rejects.toMatchObject({ fault: "server-unreachable" });
    const refused = deleteSession("s", answer({ error: { code: "not_found" } }, 404));
    await expect(refused).rejects.toBeInstanceOf(ApiError);
    await expect(refused).rejects.toMatchObject({ status: 404, code: "not_found" });
    const keyless = listSessions({}, answer({ error: { code: "missing_api_key" } }, 401));
    await expect(keyless).rejects.toMatchObject({ fault: "key-needed" });
  });

  it("goes without ICE servers when there are none to be had", async () => {
    expect(await getIceServers(answer({}, 404))).toEqual([]);
    const turn = { urls: ["turn:a"], username: "coach", credential: "word" };
    expect(
      await getIceServers(answer({ enabled: true, ice_servers: [{ urls: ["stun:a"] }, turn] })),
    ).toEqual([{ urls: ["stun:a"] }, turn]);
  });

  it("says honestly whether an engine sends anything away", () => {
    const engines = toEngines({
      stt: { name: "pocketsphinx", note: "errs", processor: null },
      llm: { processor: "X" },
    });
    expect(engines.stt).toEqual({ name: "pocketsphinx", note: "errs", processor: null });
    expect(engines.llm.processor).toBe("X");
    expect(engines.tts.name).toBe("");
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hangUp } from "../realtime/hangup.ts";
import { LONGEST_DRAFT, NO_DRAFTS } from "./drafts.ts";
import {
  draftsOf,
  forgetRunning,
  keepDrafts,
  keepRunning,
  type Running,
  runningWith,
} from "./running.ts";
import { standingOf } from "./standing.ts";

const running: Running = {
  session: "sess_1",
  client: "marta",
  startedAt: 1_000,
  spoken: true,
  transport: "webrtc",
};

describe("the running session", () => {
  const stored = new Map<string, string>();

  beforeEach(() => {
    stored.clear();
    vi.stubGlobal("sessionStorage", {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
      removeItem: (key: string) => void stored.delete(key),
    });
  });
  afterEach(() => void vi.unstubAllGlobals());

  it("is found again by its client alone, until it is forgotten", () => {
    keepRunning(running);
    expect(runningWith("marta")).toEqual(running);
    expect(runningWith("noah")).toBeNull();
    forgetRunning();
    expect(runningWith("marta")).toBeNull();
  });

  it("is nothing where the browser keeps nothing, or something else was kept", () => {
    stored.set("praxiloom.running", "{");
    expect(runningWith("marta")).toBeNull();
    stored.set("praxiloom.running", JSON.stringify({ ...running, startedAt: "soon" }));
    expect(runningWith("marta")).toBeNull();
    stored.set("praxiloom.running", JSON.stringify({ ...running, transport: "pigeon" }));
    expect(runningWith("marta")?.transport).toBeNull();
    vi.stubGlobal("sessionStorage", undefined);
    keepRunning(running);
    expect(runningWith("marta")).toBeNull();
    expect(draftsOf("sess_1")).toEqual(NO_DRAFTS);
    forgetRunning();
  });

  it("brings its drafts along, and no others, until they are nothing or it is forgotten", () => {
    const drafts = { correcting: { item: "u1", text: "What" }, sent: null, turn: "And" };
    keepRunning(running);
    keepDrafts("sess_1", drafts);
    keepRunning({ ...running, transport: "websocket" });
    expect(draftsOf("sess_1")).toEqual(drafts);
    expect(draftsOf("sess_2")).toEqual(NO_DRAFTS);
    keepDrafts("sess_1", NO_DRAFTS);
    expect(stored.size).toBe(1);
    keepDrafts("sess_1", drafts);
    keepRunning({ ...running, session: "sess_2" });
    expect(stored.size).toBe(1);
    keepDrafts("sess_2", drafts);
    forgetRunning();
    expect(stored.size).toBe(0);
  });

  it("takes of kept drafts only what drafts can be", () => {
    const kept = { session: "sess_1", correcting: { item: 1 }, sent: "x", turn: "a".repeat(9_999) };
    stored.set("praxiloom.drafts", JSON.stringify(kept));
    expect(draftsOf("sess_1")).toEqual({ ...NO_DRAFTS, turn: "a".repeat(LONGEST_DRAFT) });
    for (const other of ["7", "null", "[", '"sess_1"']) {
      stored.set("praxiloom.drafts", other);
      expect(draftsOf("sess_1")).toEqual(NO_DRAFTS);
    }
  });
});

describe("what the server says of a session", () => {
  const DATE = "Sat, 21 Nov 2026 12:00:00 GMT";
  const now = Date.parse(DATE);
  const says = (body: unknown, status = 200) =>
    standingOf("sess_1", () =>
      Promise.resolve(new Response(JSON.stringify(body), { status, headers: { date: DATE } })),
    );

  it("tells open from over by the server's own clock", async () => {
    expect(await says({ status: "live", resumable_until_ms: null })).toBe("open");
    expect(await says({ status: "ended", resumable_until_ms: now + 1_000 })).toBe("open");
    expect(await says({ status: "ended", resumable_until_ms: now - 1_000 })).toBe("over");
    expect(await says({ status: "ended", resumable_until_ms: null })).toBe("over");
    expect(await says({}, 404)).toBe("over");
  });

  it("is not known when the server does not say", async () => {
    expect(await says({}, 401)).toBe("unknown");
    expect(await says({}, 503)).toBe("unknown");
    expect(await standingOf("s", () => Promise.reject(new TypeError()))).toBe("unknown");
  });

  it("waits for a database that takes nothing, unless the session is over", async () => {
    const tells = (status: number, warnings: unknown) =>
      standingOf("sess_1", (path) => {
        const health = path === "/health";
        const body = health ? { status: "ok", warnings } : { status: "live" };
        return Promise.resolve(
          new Response(JSON.stringify(body), { status: health ? 200 : status }),
        );
      });
    expect(await tells(200, ["database_behind"])).toBe("waits");
    expect(await tells(503, ["disk_full", "database_behind"])).toBe("waits");
    expect(await tells(404, ["database_behind"])).toBe("over");
    expect(await tells(200, ["disk_full"])).toBe("open");
    expect(await tells(503, null)).toBe("unknown");
  });

  it("is told of the end though the page goes away", () => {
    const sent: [unknown, RequestInit | undefined][] = [];
    const request = (path: unknown, init: RequestInit | undefined) => {
      sent.push([path, init]);
      return Promise.reject(new TypeError());
    };
    void hangUp("sess/1", null, request);
    void hangUp("sess_1", "ek_1", request);
    expect(sent).toMatchObject([
      ["/v1/realtime/calls/sess%2F1/hangup", { method: "POST", keepalive: true, headers: {} }],
      ["/v1/realtime/calls/sess_1/hangup", { headers: { authorization: "Bearer ek_1" } }],
    ]);
  });
});

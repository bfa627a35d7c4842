import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scope } from "../scope.ts";
import { Opened } from "./opened.svelte.ts";

const pause = vi.fn();

class Sound extends EventTarget {
  pause = pause;
  load = () => undefined;
  removeAttribute = () => undefined;
  canPlayType = () => "probably";
}

/** What the server says of the session; null where it has none. */
let status: string | null = "live";
let reached = true;

beforeEach(() => {
  vi.useFakeTimers();
  pause.mockClear();
  reached = true;
  vi.stubGlobal("Audio", Sound);
  vi.stubGlobal("document", { visibilityState: "visible" });
  vi.stubGlobal("fetch", (path: string) => {
    if (!reached) return Promise.reject(new TypeError());
    if (status === null) return Promise.resolve(new Response("{}", { status: 404 }));
    const words = { length_ms: 1_000, lines: [], breaks: [] };
    const session = { id: "sess_1", status, length_ms: 1_000, parts: [] };
    const found = path.endsWith("/transcript") ? words : session;
    return Promise.resolve(new Response(JSON.stringify(found)));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(as: string | null) {
  status = as;
  const scope = new Scope();
  const opened = new Opened("sess_1", scope);
  await opened.load();
  return { opened, scope };
}

test("a session that is being deleted is not opened", async () => {
  const { opened, scope } = await open("deleting");
  expect([opened.session, opened.fault]).toEqual([null, "unknown-session"]);
  scope.end();
});

test.each(["deleting", null])("one that is deleted elsewhere is not shown on: %s", async (then) => {
  const { opened, scope } = await open("live");
  expect([opened.session?.status, opened.fault]).toEqual(["live", null]);
  status = then;
  await vi.advanceTimersByTimeAsync(5_000);
  expect([opened.session, opened.fault]).toEqual([null, "unknown-session"]);
  expect(opened.wordless).toBe(null);
  expect(pause).toHaveBeenCalledOnce();
  scope.end();
});

test("one whose server is away for a moment stays", async () => {
  const { opened, scope } = await open("live");
  reached = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect([opened.session?.status, opened.fault]).toEqual(["live", null]);
  scope.end();
});

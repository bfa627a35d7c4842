import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scope } from "../scope.ts";
import { Opened } from "./opened.svelte.ts";

const pause = vi.fn();

/** An element that plays what it was given by then, and knows of nothing later. */
class Sound extends EventTarget {
  currentTime = 0;
  duration = NaN;
  readyState = 0;
  paused = true;
  error = null;
  src = "";
  loads = 0;
  pause = () => {
    pause();
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  };
  load = () => {
    this.loads += 1;
    this.paused = true;
    this.currentTime = 0;
    this.readyState = 0;
  };
  play = () => {
    if (this.ended) this.currentTime = 0;
    this.paused = false;
    this.dispatchEvent(new Event("play"));
    return Promise.resolve();
  };
  removeAttribute = () => undefined;
  canPlayType = () => "probably";

  get ended(): boolean {
    return this.currentTime >= this.duration;
  }

  /** The file is there. */
  arrives(seconds: number): void {
    this.duration = seconds;
    this.readyState = 4;
    this.dispatchEvent(new Event("loadedmetadata"));
    if (!this.paused) this.dispatchEvent(new Event("playing"));
  }

  /** To its end. */
  runsOut(): void {
    this.currentTime = this.duration;
    this.paused = true;
    for (const type of ["pause", "ended"]) this.dispatchEvent(new Event(type));
  }
}

/** Enough of one that the player can be wired up. */
class Wires {
  state = "running";
  currentTime = 0;
  pan = { value: 0 };
  gain = { value: 1, setTargetAtTime: () => undefined };
  connect = () => this;
  resume = () => Promise.resolve();
  close = () => Promise.resolve();
  createChannelSplitter = () => this;
  createMediaElementSource = () => this;
  createGain = () => this;
  createStereoPanner = () => this;
}

let sound: Sound;
let length = 1_000;

/** What the server says of the session; null where it has none. */
let status: string | null = "live";
let reached = true;

beforeEach(() => {
  vi.useFakeTimers();
  pause.mockClear();
  reached = true;
  length = 1_000;
  vi.stubGlobal("Audio", function () {
    return (sound = new Sound());
  });
  vi.stubGlobal("AudioContext", Wires);
  vi.stubGlobal("HTMLMediaElement", { HAVE_METADATA: 1, HAVE_FUTURE_DATA: 3 });
  vi.stubGlobal("requestAnimationFrame", () => 1);
  vi.stubGlobal("cancelAnimationFrame", () => undefined);
  vi.stubGlobal("document", { visibilityState: "visible" });
  vi.stubGlobal("fetch", (path: string) => {
    if (!reached) return Promise.reject(new TypeError());
    if (status === null) return Promise.resolve(new Response("{}", { status: 404 }));
    const recording = { state: "whole", stopped_at_ms: null };
    const words = { length_ms: length, lines: [], breaks: [] };
    const parts = [{ to_ms: length, recording }];
    const session = { id: "sess_1", status, length_ms: length, parts };
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

async function passes(to: number, as = "live") {
  length = to;
  status = as;
  await vi.advanceTimersByTimeAsync(5_000);
}

test("whoever listens hears on where the recording was cut when it was opened", async () => {
  const { opened, scope } = await open("live");
  sound.arrives(1);
  expect(sound.loads).toBe(1);
  opened.player.play();
  sound.currentTime = 0.5;
  await passes(6_000);
  // What sounds is not disturbed.
  expect([sound.loads, sound.currentTime, opened.player.playing]).toEqual([1, 0.5, true]);
  sound.runsOut();
  expect(opened.player.playing).toBe(true);
  await vi.advanceTimersByTimeAsync(0);
  expect([sound.loads, sound.paused, opened.player.now()]).toEqual([2, false, 1_000]);
  sound.arrives(6);
  expect([sound.currentTime, opened.player.playing]).toEqual([1, true]);
  scope.end();
});

test("at the end of what there is, it waits for more, and stops with the session", async () => {
  const { opened, scope } = await open("live");
  sound.arrives(1);
  opened.player.play();
  sound.runsOut();
  expect([opened.player.playing, opened.player.waiting]).toEqual([true, true]);
  await passes(3_000);
  sound.arrives(3);
  expect([sound.currentTime, sound.paused]).toEqual([1, false]);
  // The last of it may be no longer than what was told before.
  await passes(3_000, "ended");
  sound.runsOut();
  await vi.advanceTimersByTimeAsync(0);
  expect(sound.loads).toBe(3);
  sound.arrives(3.2);
  sound.runsOut();
  expect([opened.player.playing, opened.player.waiting]).toEqual([false, false]);
  opened.player.play();
  expect(sound.currentTime).toBe(0);
  scope.end();
});

test("a pause ends the waiting, and a jump leads into what is new", async () => {
  const { opened, scope } = await open("live");
  sound.arrives(1);
  opened.player.play();
  sound.runsOut();
  opened.player.pause();
  expect([opened.player.playing, opened.player.waiting]).toEqual([false, false]);
  opened.player.play();
  sound.currentTime = 0.2;
  sound.paused = false;
  await passes(9_000, "ended");
  opened.player.seek(7_000);
  await vi.advanceTimersByTimeAsync(0);
  expect([sound.loads, opened.player.now()]).toEqual([2, 7_000]);
  sound.arrives(9);
  expect([sound.currentTime, opened.player.playing]).toEqual([7, true]);
  scope.end();
});

test("nothing of the recording is loaded twice once the session is over", async () => {
  const { scope } = await open("live");
  sound.arrives(1);
  await passes(1_000, "ended");
  expect(sound.loads).toBe(2);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sound.loads).toBe(2);
  scope.end();
});

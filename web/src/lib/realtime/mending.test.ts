import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TransportRequest } from "./transport.ts";
import { openWebRtc } from "./webrtc.ts";

/** A call that stands; after an ICE restart the other side answers again. */
class Peer extends EventTarget {
  connectionState = "connected";
  localDescription = { sdp: "offer" };
  answers = 0;
  channel = Object.assign(new EventTarget(), { readyState: "open", close() {}, send() {} });
  createDataChannel = () => this.channel;
  addTransceiver = () => ({ sender: {} });
  restartIce = vi.fn();
  setLocalDescription = () => Promise.resolve();
  setRemoteDescription = () => {
    queueMicrotask(() => this.channel.dispatchEvent(new Event("open")));
    return Promise.resolve();
  };
  getStats = () => {
    this.answers += 1;
    return Promise.resolve([{ type: "candidate-pair", responsesReceived: this.answers }]);
  };
  close = () => undefined;
}

const hooks = { event: vi.fn(), down: vi.fn(), blocked: vi.fn(), mending: vi.fn() };
let peer: Peer;
let network: { onLine: boolean };
/** What the server does with the next requests; 201 when nothing is said. */
let answers: ("lost" | number | { status: number; code: string })[];

async function call() {
  const { signal } = new AbortController();
  const audio = { resume: () => Promise.resolve() };
  const element = { play: () => Promise.resolve() };
  const wanted = {
    secret: "ek_1",
    resume: null,
    microphone: null,
    iceServers: () => Promise.resolve([]),
  };
  const request = { ...wanted, signal, hooks, audio, element };
  const transport = openWebRtc(request as unknown as TransportRequest);
  await vi.advanceTimersByTimeAsync(0);
  return transport;
}

beforeEach(() => {
  vi.useFakeTimers();
  for (const hook of Object.values(hooks)) hook.mockReset();
  answers = [];
  network = { onLine: true };
  vi.stubGlobal("navigator", network);
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("RTCPeerConnection", function () {
    return (peer = new Peer());
  });
  vi.stubGlobal("fetch", () => {
    const next = answers.shift();
    if (next === "lost") return Promise.reject(new TypeError("unreachable"));
    if (typeof next === "object") {
      const body = JSON.stringify({ error: { code: next.code } });
      return Promise.resolve(new Response(body, { status: next.status }));
    }
    const headers = { location: "/v1/realtime/calls/sess_1" };
    return Promise.resolve(new Response("answer", { status: next ?? 201, headers }));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a call waits for a network, and goes on over it as soon as it leads somewhere", async () => {
  const transport = await call();
  network.onLine = false;
  transport.check();
  await vi.advanceTimersByTimeAsync(8_000);
  expect(hooks.mending.mock.calls).toEqual([[true]]);
  expect(peer.restartIce).not.toHaveBeenCalled();
  answers = ["lost", "lost"];
  network.onLine = true;
  window.dispatchEvent(new Event("online"));
  await vi.advanceTimersByTimeAsync(1_500);
  expect(peer.restartIce).toHaveBeenCalledOnce();
  expect(hooks.mending).toHaveBeenLastCalledWith(false);
  expect(hooks.down).not.toHaveBeenCalled();
  transport.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("a network that stays away is not waited for any longer than the server keeps the call", async () => {
  const transport = await call();
  network.onLine = false;
  transport.check();
  await vi.advanceTimersByTimeAsync(14_000);
  expect(hooks.down).toHaveBeenCalledWith("network-lost");
  expect(vi.getTimerCount()).toBe(0);
});

test("a server that has given the call up ends the waiting at once", async () => {
  const transport = await call();
  answers = [404];
  transport.check();
  await vi.advanceTimersByTimeAsync(2_600);
  expect(hooks.down).toHaveBeenCalledOnce();
});

test("a server that is stopping says so itself, and is not asked again", async () => {
  const transport = await call();
  answers = [{ status: 503, code: "server_stopping" }];
  transport.check();
  await vi.advanceTimersByTimeAsync(2_600);
  expect(hooks.down).toHaveBeenCalledOnce();
  expect(answers).toEqual([]);
});

test("a proxy that does not reach the server for a moment ends nothing", async () => {
  const transport = await call();
  answers = [502, 503];
  peer.connectionState = "disconnected";
  transport.check();
  peer.connectionState = "connected";
  await vi.advanceTimersByTimeAsync(2_000);
  expect(hooks.mending).toHaveBeenLastCalledWith(false);
  expect(hooks.down).not.toHaveBeenCalled();
  transport.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("a network that changes while an answer is awaited is mended at once", async () => {
  const transport = await call();
  transport.check();
  transport.check();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(peer.restartIce).not.toHaveBeenCalled();
  transport.check();
  await vi.advanceTimersByTimeAsync(0);
  expect(peer.restartIce).toHaveBeenCalledOnce();
  transport.close();
});

test("a way that carries no events is not mended again", async () => {
  const transport = await call();
  transport.check();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(hooks.mending).toHaveBeenLastCalledWith(false);
  transport.check();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(peer.restartIce).toHaveBeenCalledOnce();
  expect(hooks.down).toHaveBeenCalledWith("network-lost");
});

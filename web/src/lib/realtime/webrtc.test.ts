import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FaultError } from "../faults/fault.ts";
import type { TransportRequest } from "./transport.ts";
import { openWebRtc } from "./webrtc.ts";

/** A connection whose call the server takes, and which then comes to nothing. */
class Peer extends EventTarget {
  connectionState = "new";
  localDescription = { sdp: "offer" };
  createDataChannel = () => Object.assign(new EventTarget(), { close: () => undefined });
  addTransceiver = () => ({ sender: {} });
  setLocalDescription = () => Promise.resolve();
  setRemoteDescription = () => Promise.reject(new FaultError("network-lost"));
  close = () => undefined;
}

const asked: string[] = [];
let hungUp: () => void = () => undefined;

/** How the attempt stands: whether what comes next may begin. */
function attempt(resume: string | null) {
  const { signal } = new AbortController();
  const request = {
    secret: "ek_1",
    resume,
    microphone: null,
    iceServers: () => Promise.resolve([]),
    signal,
  };
  const failed = vi.fn();
  void openWebRtc(request as unknown as TransportRequest).catch(failed);
  return failed;
}

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  vi.stubGlobal("RTCPeerConnection", Peer);
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    if (path.endsWith("/hangup")) {
      return new Promise((resolve) => (hungUp = () => resolve(new Response())));
    }
    const headers = { location: "/v1/realtime/calls/sess_1" };
    return Promise.resolve(new Response("answer", { status: 201, headers }));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a call that comes to nothing is hung up before anything else is tried", async () => {
  const failed = attempt(null);
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toEqual(["/v1/realtime/calls", "/v1/realtime/calls/sess_1/hangup"]);
  expect(failed).not.toHaveBeenCalled();
  hungUp();
  await vi.advanceTimersByTimeAsync(0);
  expect(failed).toHaveBeenCalledWith(expect.objectContaining({ fault: "network-lost" }));
  expect(vi.getTimerCount()).toBe(0);
});

test("a server that does not answer the hang-up is not waited for", async () => {
  const failed = attempt(null);
  await vi.advanceTimersByTimeAsync(499);
  expect(failed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(failed).toHaveBeenCalledOnce();
});

test("a session that goes on is not hung up", async () => {
  const failed = attempt("sess_1");
  await vi.advanceTimersByTimeAsync(0);
  expect(failed).toHaveBeenCalledOnce();
  expect(asked).toEqual(["/v1/realtime/calls?resume=sess_1"]);
});

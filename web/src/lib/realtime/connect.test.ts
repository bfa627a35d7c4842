import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../faults/fault.ts";
import { ATTEMPTS, backoff } from "./backoff.ts";
import { choose, connect, wantedTransport, type Way } from "./connect.ts";
import type { Transport, TransportRequest } from "./transport.ts";

const transport = (kind: Transport["kind"]) => ({ kind }) as Transport;
const never = ({ signal }: TransportRequest) =>
  new Promise<Transport>((_, reject) => {
    signal.onabort = () => reject(new FaultError("network-lost"));
  });

function request(signal = new AbortController().signal): TransportRequest {
  return { signal } as TransportRequest;
}

describe("connect", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("takes WebRTC when it works", async () => {
    const ways: Way[] = [
      { kind: "webrtc", open: () => Promise.resolve(transport("webrtc")) },
      { kind: "websocket", open: () => Promise.reject(new Error("not asked")) },
    ];
    expect((await connect(ways, request())).kind).toBe("webrtc");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("falls back to WebSocket after six seconds without a path", async () => {
    const ways: Way[] = [
      { kind: "webrtc", open: never },
      { kind: "websocket", open: () => Promise.resolve(transport("websocket")) },
    ];
    const result = connect(ways, request());
    await vi.advanceTimersByTimeAsync(5_999);
    let settled = false;
    void result.then(() => (settled = true));
    await Promise.resolve();
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await result).kind).toBe("websocket");
  });

  it("does not try the other way when the answer would be the same", async () => {
    const second = vi.fn();
    const ways: Way[] = [
      { kind: "webrtc", open: () => Promise.reject(new FaultError("not-allowed")) },
      { kind: "websocket", open: second },
    ];
    await expect(connect(ways, request())).rejects.toMatchObject({ fault: "not-allowed" });
    expect(second).not.toHaveBeenCalled();
  });

  it("sums up two failures in one word, except a server that is stopping", async () => {
    const lost = () => Promise.reject(new FaultError("network-lost"));
    const stopping = () => Promise.reject(new FaultError("server-stopping"));
    await expect(
      connect(
        [
          { kind: "webrtc", open: lost },
          { kind: "websocket", open: lost },
        ],
        request(),
      ),
    ).rejects.toMatchObject({ fault: "transports-failed" });
    await expect(
      connect(
        [
          { kind: "webrtc", open: lost },
          { kind: "websocket", open: stopping },
        ],
        request(),
      ),
    ).rejects.toMatchObject({ fault: "server-stopping" });
  });

  it("gives up at once when it is no longer wanted", async () => {
    const abort = new AbortController();
    const second = vi.fn();
    const result = connect(
      [
        { kind: "webrtc", open: never },
        { kind: "websocket", open: second },
      ],
      request(abort.signal),
    );
    abort.abort();
    await expect(result).rejects.toThrow();
    expect(second).not.toHaveBeenCalled();
  });

  it("lets the address force a transport", () => {
    const ways = [{ kind: "webrtc" }, { kind: "websocket" }] as Way[];
    const page = { hostname: "coach.example.org", browser: "chrome" } as const;
    expect(choose(ways, wantedTransport("?transport=websocket"), page)).toEqual([ways[1]]);
    expect(choose(ways, wantedTransport("?transport=pigeon"), page)).toEqual(ways);
    expect(choose(ways, wantedTransport(""), page)).toEqual(ways);
  });

  it("begins in Firefox on the server's own machine with what can work there", () => {
    const ways = [{ kind: "webrtc" }, { kind: "websocket" }] as Way[];
    const first = (hostname: string, browser: "firefox" | "chrome", wanted: string | null = null) =>
      choose(ways, wanted, { hostname, browser })[0]?.kind;
    for (const here of ["127.0.0.1", "localhost", "[::1]"]) {
      expect(first(here, "firefox")).toBe("websocket");
      expect(first(here, "firefox", "webrtc")).toBe("webrtc");
      expect(first(here, "chrome")).toBe("webrtc");
    }
    expect(first("coach.example.org", "firefox")).toBe("webrtc");
  });
});

describe("backoff", () => {
  it("doubles, is capped, and is shortened by chance by at most a quarter", () => {
    expect([0, 1, 2, 3].map((attempt) => backoff(attempt, 0))).toEqual([400, 800, 1_600, 3_200]);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      expect(backoff(attempt, 0)).toBeLessThanOrEqual(4_000);
      expect(backoff(attempt, 1)).toBe(Math.round(backoff(attempt, 0) * 0.75));
    }
    const waits = Array.from({ length: ATTEMPTS }, (_, attempt) => backoff(attempt, 1));
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(600_000);
  });
});

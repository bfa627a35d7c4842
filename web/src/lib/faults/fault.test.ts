import { describe, expect, it } from "vitest";
import {
  type Fault,
  faultOfClose,
  faultOfMicrophone,
  faultOfProtocolError,
  faultOfStatus,
} from "./fault.ts";
import { browserOf, wordsFor } from "./words.ts";

describe("faults", () => {
  it("reads what getUserMedia means", () => {
    const named = (name: string) => faultOfMicrophone(new DOMException("", name));
    expect(named("NotAllowedError")).toBe("microphone-refused");
    expect(named("NotFoundError")).toBe("microphone-none");
    expect(named("NotReadableError")).toBe("microphone-busy");
    expect(faultOfMicrophone(undefined)).toBe("unsupported");
  });

  it("reads HTTP statuses, close codes and protocol errors", () => {
    expect([401, 403, 429, 503, 500].map((status) => faultOfStatus(status))).toEqual([
      "not-allowed",
      "not-allowed",
      "server-busy",
      "server-stopping",
      "server-failed",
    ]);
    expect([502, 504].map((status) => faultOfStatus(status))).toEqual([
      "server-unreachable",
      "server-unreachable",
    ]);
    expect(faultOfStatus(503, "database_unavailable")).toBe("database-away");
    expect(faultOfStatus(500, "recording_unreadable")).toBe("recording-unreadable");
    expect(faultOfStatus(503, "disk_unavailable")).toBe("disk-full");
    expect([1000, 1001, 1006, 1008, 1011, 1013].map(faultOfClose)).toEqual([
      null,
      "server-stopping",
      "network-lost",
      "not-allowed",
      "network-lost",
      "server-busy",
    ]);
    expect(faultOfProtocolError("session_expired")).toBe("session-expired");
    expect(faultOfProtocolError("invalid_value")).toBeNull();
    expect(faultOfProtocolError(undefined)).toBeNull();
  });

  it("tells browsers apart by what their settings look like", () => {
    const mac =
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/26 Safari/605";
    expect(browserOf(mac, 0)).toBe("safari");
    expect(browserOf(mac, 5)).toBe("ios");
    expect(browserOf("… Chrome/156.0 Safari/537.36", 0)).toBe("chrome");
    expect(browserOf("… Chrome/156.0 Safari/537.36 Edg/156.0", 0)).toBe("edge");
    expect(browserOf("… (X11; Linux) Gecko/20100101 Firefox/150.0", 0)).toBe("firefox");
    expect(browserOf("… (Linux; Android 16) Chrome/156.0 Mobile Safari/537.36", 5)).toBe("android");
    expect(browserOf("… (iPhone; CPU iPhone OS 27_0) CriOS/156 Mobile Safari", 5)).toBe("ios");
    expect(browserOf("", 0)).toBe("other");
  });

  it("explains how to allow the microphone in each browser, and only that fault", () => {
    for (const browser of [
      "chrome",
      "edge",
      "firefox",
      "safari",
      "ios",
      "android",
      "other",
    ] as const) {
      expect(wordsFor("microphone-refused", browser).steps.length).toBeGreaterThan(1);
    }
    const other: Fault[] = ["microphone-none", "network-lost", "transports-failed"];
    for (const fault of other) expect(wordsFor(fault, "chrome").steps).toEqual([]);
  });
});

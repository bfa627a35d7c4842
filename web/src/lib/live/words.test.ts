import { describe, expect, it } from "vitest";
import { shortcutOf } from "../keys.ts";
import { newTurn } from "./conversation.ts";
import { steps } from "./latency.ts";
import { ease, thread } from "./threads.ts";
import {
  agoWords,
  announcement,
  awayWords,
  clockFace,
  closingWait,
  closingWords,
  noticeWords,
  spokenDuration,
} from "./words.ts";

describe("words", () => {
  it("tells time", () => {
    expect([0, 59_999, 61_000, 3_845_000, -5].map(clockFace)).toEqual([
      "0:00",
      "0:59",
      "1:01",
      "1:04:05",
      "0:00",
    ]);
    expect([1_000, 60_000, 61_000, 754_000].map(spokenDuration)).toEqual([
      "1 second",
      "1 minute",
      "1 minute 1 second",
      "12 minutes 34 seconds",
    ]);
  });

  it("tells of the end in its last five minutes, and once more in the last", () => {
    expect([3_600_000, 300_001].map(closingWords)).toEqual([null, null]);
    expect(closingWords(300_000)).toMatch(/^Less than five minutes/);
    expect(closingWords(60_001)).toBe(closingWords(300_000));
    expect(closingWords(60_000)).toMatch(/^The last minute/);
    expect(closingWords(-1)).toBe(closingWords(60_000));
  });

  it("looks at the end again when the words change, and never later", () => {
    expect([3_600_000, 330_000, 300_000, 61_000].map(closingWait)).toEqual([
      60_000, 30_000, 60_000, 1_000,
    ]);
    expect([60_000, -1].map(closingWait)).toEqual([null, null]);
  });

  it("tells how long ago, and how long away", () => {
    expect([5_000, 61_000, 125_000].map(agoWords)).toEqual([
      "less than a minute ago",
      "a minute ago",
      "2 minutes ago",
    ]);
    expect([200, 42_000].map(awayWords)).toEqual([
      "Connection away for 1 second",
      "Connection away for 42 seconds",
    ]);
  });

  it("says itself what the page will do, and leaves the rest to the server", () => {
    expect(noticeWords({ code: "server_stopping", message: "bye" })).toMatch(/by itself/);
    expect(noticeWords({ code: "engine_trouble", message: "Slow" })).toBe("Slow");
  });

  it("announces final turns by who spoke", () => {
    const coach = { ...newTurn("u", "coach"), text: "And now?", certainty: "final" as const };
    expect(announcement(coach, "Marta")).toBe("You: And now?");
    expect(announcement({ ...coach, side: "client", interrupted: true }, "Marta")).toBe(
      "Marta: And now? (interrupted)",
    );
    expect(announcement({ ...coach, certainty: "not_understood" }, "Marta")).toMatch(
      /not understood/,
    );
  });
});

describe("latency", () => {
  const figures = {
    response_id: "r",
    turn_decided_ms: 600,
    first_token_ms: 650,
    first_audio_ms: 700,
    thinking_ms: 1200,
    first_packet_ms: 720,
  };

  it("splits the whole into its steps", () => {
    expect(steps(figures).map(({ key, ms }) => [key, ms])).toEqual([
      ["decide", 600],
      ["think", 50],
      ["voice", 50],
      ["send", 20],
    ]);
  });

  it("adds up to the last figure when a step was missing or came ahead of time", () => {
    for (const odd of [
      { ...figures, first_token_ms: 200 },
      { ...figures, first_audio_ms: null },
    ]) {
      expect(steps(odd).reduce((sum, step) => sum + step.ms, 0)).toBe(720);
    }
  });
});

describe("thread", () => {
  it("starts and ends in the middle, and reaches further the louder the voice", () => {
    const height = (path: string) => {
      const ys = [...path.matchAll(/[\d.-]+ ([\d.-]+)/g)].map((match) => Number(match[1]));
      return Math.max(...ys) - Math.min(...ys);
    };
    const path = thread(600, 120, 0.5, 1, 1);
    expect(path.startsWith("M0.0 60.0")).toBe(true);
    expect(path.endsWith("600.0 60.0")).toBe(true);
    expect(height(thread(600, 120, 1, 1, 1))).toBeGreaterThan(height(thread(600, 120, 0.1, 1, 1)));
  });

  it("rises faster than it falls", () => {
    expect(ease(0, 1)).toBeGreaterThan(1 - ease(1, 0));
  });
});

describe("keys", () => {
  const press = (key: string, more: object = {}) =>
    shortcutOf({ key, ...more } as unknown as KeyboardEvent);

  it("knows its keys, and keeps out of typing and of the browser's own", () => {
    expect(press("m")).toBe("mute");
    expect(press("C")).toBe("captions");
    expect(press("x")).toBeNull();
    expect(press("m", { ctrlKey: true })).toBeNull();
    expect(press("m", { repeat: true })).toBeNull();
    expect(press("m", { target: { tagName: "TEXTAREA" } })).toBeNull();
    expect(press("m", { target: { tagName: "INPUT" } })).toBeNull();
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Passing, passingWords, SETTLES_MS, STANDS_MS } from "./passing.ts";

describe("a notice of an engine", () => {
  let shown: string[];
  let passing: Passing;

  beforeEach(() => {
    vi.useFakeTimers();
    shown = [];
    passing = new Passing((words) => shown.push(words));
  });
  afterEach(() => {
    passing.end();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it("has words of the page's own, and only if it is of an engine", () => {
    expect(passingWords("voice_replaced")).toMatch(/goes on/);
    expect(passingWords("model_trouble")).toBe("");
    expect(passingWords("server_stopping")).toBeNull();
  });

  it("is one where several come in one breath", () => {
    passing.tell("broke off");
    vi.advanceTimersByTime(10);
    passing.tell("another");
    vi.advanceTimersByTime(SETTLES_MS);
    expect(shown).toEqual(["another"]);
  });

  it("goes by itself", () => {
    passing.tell("another");
    passing.tell("");
    vi.advanceTimersByTime(SETTLES_MS + STANDS_MS - 1);
    expect(shown).toEqual(["another"]);
    vi.advanceTimersByTime(1);
    expect(shown).toEqual(["another", ""]);
  });

  it("stays while somebody is at it, and for as long again afterwards", () => {
    passing.tell("another");
    vi.advanceTimersByTime(SETTLES_MS + STANDS_MS - 1);
    passing.hold();
    vi.advanceTimersByTime(10 * STANDS_MS);
    expect(shown).toEqual(["another"]);
    passing.release();
    vi.advanceTimersByTime(STANDS_MS - 1);
    expect(shown).toEqual(["another"]);
    vi.advanceTimersByTime(1);
    expect(shown).toEqual(["another", ""]);
  });

  it("takes another's place while it is held, and can be put away", () => {
    passing.tell("another");
    vi.advanceTimersByTime(SETTLES_MS);
    passing.hold();
    passing.tell("back");
    vi.advanceTimersByTime(10 * STANDS_MS);
    expect(shown).toEqual(["another", "back"]);
    passing.dismiss();
    expect(shown).toEqual(["another", "back", ""]);
    vi.advanceTimersByTime(10 * STANDS_MS);
    passing.tell("again");
    vi.advanceTimersByTime(SETTLES_MS + STANDS_MS);
    expect(shown.slice(3)).toEqual(["again", ""]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { insist } from "./insist.ts";

describe("insisting", () => {
  let asked: {
    signal: AbortSignal;
    answer: (with_: string) => void;
    refuse: (why: Error) => void;
  }[];
  const ask = (signal: AbortSignal) =>
    new Promise<string>((answer, refuse) => {
      asked.push({ signal, answer, refuse });
      if (signal.aborted) refuse(new Error("aborted"));
      signal.onabort = () => refuse(new Error("aborted"));
    });

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
  });
  afterEach(() => void vi.useRealTimers());

  it("asks once where an answer comes", async () => {
    const answer = insist(ask, new AbortController().signal);
    asked[0]?.answer("yes");
    expect(await answer).toBe("yes");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveLength(1);
  });

  it("asks again past connections that died, and drops them", async () => {
    const answer = insist(ask, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([false, false, false]);
    asked[2]?.answer("yes");
    expect(await answer).toBe("yes");
    expect(asked.slice(0, 2).map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it("takes a refusal for an answer", async () => {
    const answer = insist(ask, new AbortController().signal);
    asked[0]?.refuse(new Error("no such session"));
    await expect(answer).rejects.toThrow("no such session");
  });

  it("ends with the attempt that it is a part of", async () => {
    const attempt = new AbortController();
    const answer = insist(ask, attempt.signal);
    const refused = expect(answer).rejects.toThrow("aborted");
    attempt.abort();
    await refused;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveLength(1);
    await expect(insist(ask, attempt.signal)).rejects.toThrow("aborted");
  });
});

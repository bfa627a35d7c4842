import { beforeEach, describe, expect, it } from "vitest";
import { type Heard, Playout } from "./playout.ts";

const RATE = 48_000;
const PREBUFFER = RATE * 0.06;

function ones(length: number): Float32Array {
  return new Float32Array(length).fill(1);
}

describe("Playout", () => {
  let playout: Playout;
  let ended: Heard[];

  beforeEach(() => {
    playout = new Playout(RATE);
    ended = [];
  });

  function pull(frames: number): Float32Array {
    const out = new Float32Array(frames);
    ended.push(...playout.pull(out));
    return out;
  }

  it("waits for a prebuffer, then plays every frame once", () => {
    playout.push("a", ones(PREBUFFER - 1));
    expect(pull(128).every((x) => x === 0)).toBe(true);
    expect(playout.position()).toEqual({ item: "a", frames: 0, sounding: false });
    playout.push("a", ones(4_801));
    const out = pull(4_800);
    expect(out[4_799]).toBe(1);
    expect(playout.position()).toEqual({ item: "a", frames: 4_800, sounding: true });
  });

  it("plays a short item without a prebuffer once it is complete", () => {
    playout.push("a", ones(500));
    playout.finish("a");
    pull(1_024);
    expect(ended).toEqual([{ item: "a", frames: 500 }]);
    expect(playout.position()).toBeNull();
  });

  it("fades in and out instead of clicking", () => {
    playout.push("a", ones(RATE));
    const start = pull(480);
    expect(start[0]).toBeLessThan(0.02);
    playout.clear();
    const tail = pull(480);
    expect(tail[0]).toBeGreaterThan(0.9);
    for (let i = 1; i < 480; i += 1) {
      expect(Math.abs((tail[i] ?? 0) - (tail[i - 1] ?? 0))).toBeLessThan(0.02);
    }
  });

  it("falls silent within five milliseconds of a cut and says what was heard", () => {
    playout.push("a", ones(RATE));
    pull(4_800);
    expect(playout.clear()).toEqual([{ item: "a", frames: 4_800 + 240 }]);
    expect(pull(240).some((x) => x > 0)).toBe(true);
    expect(pull(4_800).every((x) => x === 0)).toBe(true);
  });

  it("reports items that had not begun as not heard", () => {
    playout.push("a", ones(RATE));
    playout.push("b", ones(RATE));
    pull(960);
    const [a, b] = playout.clear();
    expect(a?.frames).toBeGreaterThanOrEqual(960);
    expect(b).toEqual({ item: "b", frames: 0 });
  });

  it("holds its place while paused and goes on from there", () => {
    playout.push("a", ones(RATE));
    pull(4_800);
    playout.pause();
    pull(480);
    const held = playout.position()?.frames ?? 0;
    pull(48_000);
    expect(playout.position()).toEqual({ item: "a", frames: held, sounding: false });
    playout.resume();
    pull(100);
    expect(playout.position()?.frames).toBe(held + 100);
  });

  it("bridges a gap in the network by gathering again", () => {
    playout.push("a", ones(PREBUFFER));
    pull(PREBUFFER + 1_000);
    expect(ended).toEqual([]);
    playout.push("a", ones(100));
    expect(pull(128).every((x) => x === 0)).toBe(true);
    playout.push("a", ones(PREBUFFER));
    pull(PREBUFFER);
    expect(playout.position()?.frames).toBe(PREBUFFER * 2);
  });

  it("moves from item to item without a gap", () => {
    playout.push("a", ones(PREBUFFER));
    playout.push("b", ones(PREBUFFER));
    const out = pull(PREBUFFER * 2);
    expect(out.subarray(240).every((x) => x === 1)).toBe(true);
    expect(ended).toEqual([{ item: "a", frames: PREBUFFER }]);
  });

  it("keeps items apart that arrive interleaved", () => {
    for (let i = 0; i < 10; i += 1) {
      playout.push("a", ones(1_000));
      playout.push("b", ones(1_000));
    }
    pull(4_800);
    expect(playout.clear().map(({ item }) => item)).toEqual(["a", "b"]);
  });

  it("refuses sound without end", () => {
    const small = new Playout(1_000);
    for (let second = 0; second < 400; second += 1) small.push("a", ones(1_000));
    small.finish("a");
    const out = new Float32Array(400_000);
    expect(small.pull(out)).toEqual([{ item: "a", frames: 300_000 }]);
  });
});

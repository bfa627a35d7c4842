import { describe, expect, it } from "vitest";
import { Chunker } from "./chunker.ts";
import { LevelAdvice, loudness, meter } from "./level.ts";
import { fromBase64, toBase64 } from "./pcm.ts";
import { toPcm16 } from "./pcm16.ts";

describe("level", () => {
  it("measures a sine", () => {
    const sine = Float32Array.from({ length: 4_800 }, (_, i) => 0.5 * Math.sin(i / 10));
    const { rms, peak } = loudness(sine);
    expect(rms).toBeCloseTo(0.5 / Math.SQRT2, 2);
    expect(peak).toBeCloseTo(0.5, 3);
    expect(loudness(new Float32Array(0))).toEqual({ rms: 0, peak: 0 });
  });

  it("draws decibels", () => {
    expect(meter(0)).toBe(0);
    expect(meter(0.001)).toBeCloseTo(0, 5);
    expect(meter(10 ** (-35 / 20))).toBeCloseTo(0.5, 5);
    expect(meter(1)).toBe(1);
  });

  function after(peaks: number[]): string {
    const advice = new LevelAdvice();
    return peaks.map((peak, i) => advice.update({ rms: peak / 3, peak }, i * 100)).at(-1) ?? "";
  }

  it("waits before it judges, then names what is wrong", () => {
    const four = (peak: number) => Array.from({ length: 45 }, () => peak);
    expect(after([0, 0, 0])).toBe("wait");
    expect(after(four(0))).toBe("dead");
    expect(after(four(0.001))).toBe("silent");
    expect(after(four(0.01))).toBe("quiet");
    expect(after([0.001, 0.2])).toBe("good");
    expect(after([0.5, 1, 1])).toBe("good");
    expect(after([1, 1, 1])).toBe("loud");
  });

  it("forgets: loudness of two seconds ago, speech of five seconds ago", () => {
    const silence = (n: number) => Array.from({ length: n }, () => 0.001);
    expect(after([1, 1, 1, ...silence(20)])).toBe("good");
    expect(after([0.4, ...silence(50)])).toBe("silent");
  });
});

describe("pcm", () => {
  it("goes to the wire and back, clipping what is too loud", () => {
    const samples = new Float32Array([0, 0.5, -0.5, 1, -1, 2, -2]);
    const back = fromBase64(toBase64(toPcm16(samples)));
    expect(back).toHaveLength(samples.length);
    back?.forEach((x, i) => {
      expect(x).toBeCloseTo(Math.max(-1, Math.min(1, samples[i] ?? 0)), 3);
    });
  });

  it("writes little-endian, whatever the machine", () => {
    expect(toBase64(new Int16Array([1, -2]))).toBe(btoa("\x01\x00\xfe\xff"));
  });

  it("refuses what is not whole samples", () => {
    expect(fromBase64("*")).toBeNull();
    expect(fromBase64(btoa("abc"))).toBeNull();
    expect(fromBase64("")).toEqual(new Float32Array(0));
  });
});

describe("Chunker", () => {
  it("keeps every sample in order, whatever it is given", () => {
    const chunker = new Chunker(10);
    const chunks: Float32Array[] = [];
    let next = 0;
    for (const length of [0, 3, 25, 1, 7, 128]) {
      const samples = Float32Array.from({ length }, () => next++);
      chunker.push(samples, (chunk) => chunks.push(chunk));
    }
    expect(chunks.every((chunk) => chunk.length === 10)).toBe(true);
    expect(chunks.flatMap((chunk) => [...chunk])).toEqual(Array.from({ length: 160 }, (_, i) => i));
  });
});

import { describe, expect, it } from "vitest";
import { Resampler } from "./resampler.ts";

function tone(hz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) =>
    Math.sin((2 * Math.PI * hz * i) / rate),
  );
}

function run(resampler: Resampler, input: Float32Array, chunk: number): Float32Array {
  const output: number[] = [];
  for (let at = 0; at < input.length; at += chunk) {
    output.push(...resampler.push(input.subarray(at, at + chunk)));
  }
  return Float32Array.from(output);
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}

/** The middle, away from the silence before the first sample. */
function steady(samples: Float32Array): Float32Array {
  return samples.subarray(Math.floor(samples.length / 4), Math.floor((samples.length * 3) / 4));
}

describe("Resampler", () => {
  for (const rate of [16_000, 22_050, 44_100, 48_000, 96_000]) {
    it(`keeps a voice's tone from ${String(rate)} Hz to 24 kHz`, () => {
      const output = run(new Resampler(rate, 24_000), tone(440, rate, 0.5), 128);
      expect(Math.abs(output.length - 12_000)).toBeLessThan(60);
      const expected = tone(440, 24_000, 0.5);
      const error = steady(output).map(
        (x, i) => x - (expected[i + Math.floor(output.length / 4)] ?? 0),
      );
      expect(rms(error)).toBeLessThan(0.001);
    });
  }

  it("gives the same samples whatever the chunks", () => {
    const input = tone(1_000, 44_100, 0.1);
    const whole = run(new Resampler(44_100, 24_000), input, input.length);
    for (const chunk of [1, 7, 128, 441]) {
      expect(run(new Resampler(44_100, 24_000), input, chunk)).toEqual(whole);
    }
  });

  it("starts with the input, without a delay", () => {
    const output = run(new Resampler(48_000, 24_000), tone(300, 48_000, 0.1), 128);
    const expected = tone(300, 24_000, 0.1);
    const from = 200;
    for (let i = from; i < 1_000; i += 1) expect(output[i]).toBeCloseTo(expected[i] ?? 0, 2);
  });

  it("keeps what lies above the new rate's half from folding back", () => {
    const output = run(new Resampler(48_000, 24_000), tone(17_000, 48_000, 0.3), 128);
    expect(rms(steady(output))).toBeLessThan(0.001);
  });

  it("passes samples through at an equal rate, as a copy", () => {
    const input = new Float32Array([0.1, 0.2]);
    const output = new Resampler(24_000, 24_000).push(input);
    expect(output).toEqual(input);
    expect(output.buffer).not.toBe(input.buffer);
  });

  it("loses nothing over a long run: 44.1 kHz for a minute gives a minute", () => {
    const resampler = new Resampler(44_100, 24_000);
    const chunk = new Float32Array(128);
    let made = 0;
    const pushes = Math.floor((44_100 * 60) / 128);
    for (let i = 0; i < pushes; i += 1) made += resampler.push(chunk).length;
    const expected = (pushes * 128 * 24_000) / 44_100;
    expect(Math.abs(made - expected)).toBeLessThan(40);
  });
});

import { expect, test } from "vitest";
import { columnsOf, gainOf, shapeOf, type Shape } from "./shape.ts";

/** The coach alone, over `length` milliseconds from `from` on, not stretched. */
const shape = (coach: number[], length: number, from = 0): Shape => ({
  from,
  to: from + length,
  coach: Uint8Array.from(coach),
  client: new Uint8Array(),
  gain: { coach: 1, client: 1 },
});
const view = (from: number, to: number) => ({ from, to });

test("a column is as high as its loudest moment and its mean, and none is lost", () => {
  const peaks = [0, 255, 0, 0, 51, 51, 0, 100];
  const all = shape(peaks, 8_000);
  const heights = columnsOf(all, "coach", view(0, 8_000), 4);
  expect([...heights].map((height) => Math.round(height * 255))).toEqual([178, 0, 51, 70]);
  expect([...columnsOf(all, "coach", view(0, 8_000), 8)].map((h) => h * 255)).toEqual(
    peaks.map((peak) => expect.closeTo(peak)),
  );
});

test("closer than the peaks are, columns repeat them", () => {
  const heights = columnsOf(shape([0, 255], 2_000), "coach", view(500, 1_500), 4);
  expect([...heights]).toEqual([0, 0, 1, 1]);
});

test("a stretch of the session lies where it is, and beyond it there is nothing", () => {
  const stretch = shape([255, 0], 2_000, 1_000);
  expect([...columnsOf(stretch, "coach", view(0, 4_000), 4)]).toEqual([0, 1, 0, 0]);
  expect([...columnsOf(shape([], 1_000), "coach", view(0, 1_000), 2)]).toEqual([0, 0]);
  expect([...columnsOf(stretch, "client", view(0, 4_000), 2)]).toEqual([0, 0]);
});

test("a quiet voice is stretched, a single crack does not hide it, silence stays silent", () => {
  const quiet = Uint8Array.from({ length: 200 }, (_, i) => (i % 2 ? 60 : 0));
  quiet[100] = 255;
  expect(gainOf(quiet)).toBeCloseTo((0.82 * 255) / 60);
  expect(gainOf(new Uint8Array())).toBe(1);
  expect(gainOf(new Uint8Array(100).fill(3))).toBe(1);
  expect(gainOf(new Uint8Array(100).fill(8))).toBe(6);
});

test("whoever looks closer sees the same voice", () => {
  const whole = { session_id: "s", length_ms: 9, from_ms: 0, to_ms: 9 };
  const peaks = (coach: number[]) => ({ ...whole, coach, client: [] });
  const { gain } = shapeOf(peaks([100]));
  expect(gain.coach).toBeCloseTo((0.82 * 255) / 100);
  const stretch = shapeOf({ ...peaks([50]), from_ms: 3, to_ms: 6 }, gain);
  expect(stretch).toMatchObject({ from: 3, to: 6, gain });
});

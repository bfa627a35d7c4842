import { expect, test } from "vitest";
import { columnsOf, gainOf } from "./shape.ts";

test("a column is as high as its loudest moment and its mean, and none is lost", () => {
  const peaks = [0, 255, 0, 0, 51, 51, 0, 100];
  const heights = columnsOf(peaks, 8_000, { from: 0, to: 8_000 }, 4);
  expect([...heights].map((height) => Math.round(height * 255))).toEqual([178, 0, 51, 70]);
  expect([...columnsOf(peaks, 8_000, { from: 0, to: 8_000 }, 8)].map((h) => h * 255)).toEqual(
    peaks.map((peak) => expect.closeTo(peak)),
  );
});

test("closer than the peaks are, columns repeat them", () => {
  const heights = columnsOf([0, 255], 2_000, { from: 500, to: 1_500 }, 4);
  expect([...heights]).toEqual([0, 0, 1, 1]);
});

test("beyond the recording there is nothing", () => {
  expect([...columnsOf([255], 1_000, { from: 0, to: 2_000 }, 2)]).toEqual([1, 0]);
  expect([...columnsOf([], 1_000, { from: 0, to: 1_000 }, 2)]).toEqual([0, 0]);
});

test("a quiet voice is stretched, a single crack does not hide it, silence stays silent", () => {
  const quiet = Array.from<unknown, number>({ length: 200 }, (_, i) => (i % 2 ? 60 : 0));
  quiet[100] = 255;
  expect(gainOf(quiet)).toBeCloseTo((0.82 * 255) / 60);
  expect(gainOf([])).toBe(1);
  expect(gainOf(new Array(100).fill(3))).toBe(1);
  expect(gainOf(new Array(100).fill(8))).toBe(6);
});

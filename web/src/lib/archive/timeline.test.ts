import { expect, test } from "vitest";
import { CLOSEST, panned, showing, ticks, toTime, toX, whole, zoomed } from "./timeline.ts";

const HOUR = 3_600_000;

test("pixels and moments are two names of the same place", () => {
  const view = { from: 10_000, to: 70_000 };
  expect(toX(40_000, view, 800)).toBe(400);
  for (const x of [0, 1, 399.5, 800]) expect(toX(toTime(x, view, 800), view, 800)).toBeCloseTo(x);
  expect(toTime(5, view, 0)).toBe(10_000);
});

test("what is under the finger stays there while zooming", () => {
  const view = whole(HOUR);
  const at = toTime(300, view, 1_000);
  const close = zoomed(view, 8, at, HOUR);
  expect(close.to - close.from).toBe(HOUR / 8);
  expect(toX(at, close, 1_000)).toBeCloseTo(300);
});

test("zooming stops at the whole session and at a few seconds", () => {
  expect(zoomed({ from: 100, to: 60_000 }, 0.001, 30_000, HOUR)).toEqual(whole(HOUR));
  const closest = zoomed(whole(HOUR), 1e9, 0, HOUR);
  expect(closest).toEqual({ from: 0, to: CLOSEST });
  expect(zoomed(whole(1_000), 4, 500, 1_000)).toEqual(whole(1_000));
});

test("nothing beyond the session comes into view", () => {
  const view = { from: 0, to: 60_000 };
  expect(panned(view, -5, HOUR)).toEqual(view);
  expect(panned(view, 2 * HOUR, HOUR)).toEqual({ from: HOUR - 60_000, to: HOUR });
});

test("a view turns to the page with the moment, and stays while it is there", () => {
  const view = { from: 60_000, to: 120_000 };
  expect(showing(view, 90_000, HOUR)).toBe(view);
  const next = showing(view, 121_000, HOUR);
  expect(next.from).toBeLessThan(121_000);
  expect(next.to - next.from).toBe(60_000);
});

test.each([
  [3_000, 320],
  [63_000, 320],
  [HOUR, 320],
  [HOUR, 1_200],
  [30 * HOUR, 1_200],
])("the marks of %i ms on %i px do not touch", (length, width) => {
  const view = whole(length);
  const marks = ticks(view, width).map((at) => toX(at, view, width));
  expect(marks.length).toBeGreaterThan(1);
  marks.slice(1).forEach((x, i) => expect(x - (marks[i] ?? 0)).toBeGreaterThanOrEqual(76));
});

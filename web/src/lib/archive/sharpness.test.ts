import { expect, test } from "vitest";
import { closeSharp, covers, type Sharp, wholeSharp } from "./sharpness.ts";
import { panned, whole, zoomed } from "./timeline.ts";

const HOURS = 2 * 3_600_000;
const WIDE = 1_100;

test("the whole costs what its pixels need, and no more than there is", () => {
  expect(wholeSharp(HOURS, WIDE)).toEqual({ from: 0, to: HOURS, points: 8 * 366 });
  expect(wholeSharp(HOURS, 320).points).toBe(8 * 106);
  expect(wholeSharp(10_000, WIDE).points).toBe(500);
  expect(wholeSharp(1, 0).points).toBe(1);
});

test("what is fine enough is not asked for again", () => {
  const all = wholeSharp(HOURS, WIDE);
  expect(closeSharp(whole(HOURS), all, HOURS, WIDE)).toBeNull();
  expect(closeSharp(zoomed(whole(HOURS), 1.9, 0, HOURS), all, HOURS, WIDE)).toBeNull();
  const short = wholeSharp(40_000, WIDE);
  expect(closeSharp({ from: 0, to: 4_000 }, short, 40_000, WIDE)).toBeNull();
});

test.each([4, 10, 37, 100, 1_000])("%i times as close, a bar keeps its peaks", (factor) => {
  const all = wholeSharp(HOURS, WIDE);
  for (const centre of [0, 0.3, 0.77, 1]) {
    const view = zoomed(whole(HOURS), factor, centre * HOURS, HOURS);
    const found = closeSharp(view, all, HOURS, WIDE) as Sharp;
    expect(covers(found, view)).toBe(true);
    const perBar = (found.points / (found.to - found.from)) * ((view.to - view.from) / 366);
    const every20ms = (view.to - view.from) / 366 / 20;
    expect(perBar).toBeGreaterThanOrEqual(Math.min(4, every20ms) - 0.01);
    expect(found.points).toBeLessThan(8 * 366 * 2.6);
    expect(found.from).toBeGreaterThanOrEqual(0);
    expect(found.to).toBeLessThanOrEqual(HOURS);
  }
});

test("going on a little asks for nothing new", () => {
  const all = wholeSharp(HOURS, WIDE);
  const view = { from: 3_000_000, to: 3_060_000 };
  const first = closeSharp(view, all, HOURS, WIDE);
  const next = panned(view, 10_000, HOURS);
  expect(covers(first, next)).toBe(true);
});

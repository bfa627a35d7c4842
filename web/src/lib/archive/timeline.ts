/** The stretch of a session that is in view, and where its moments lie in pixels. */

import type { Transcript } from "../api.ts";

/** A stretch of the timeline of which there is no sound. */
export type Gap = Transcript["breaks"][number];

/** In milliseconds of the session's timeline. */
export interface View {
  from: number;
  to: number;
}

/** Closer than this there is nothing more to see. */
export const CLOSEST = 4_000;

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600].map((s) => s * 1_000);

export function gapAt(gaps: Gap[], at: number): Gap | undefined {
  return gaps.find(({ from_ms, to_ms }) => at >= from_ms && at < to_ms);
}

export function whole(length: number): View {
  return { from: 0, to: Math.max(1, length) };
}

export function isWhole(view: View, length: number): boolean {
  return view.from <= 0 && view.to >= length;
}

export function toX(at: number, view: View, width: number): number {
  return ((at - view.from) / (view.to - view.from)) * width;
}

export function toTime(x: number, view: View, width: number): number {
  return width <= 0 ? view.from : view.from + (x / width) * (view.to - view.from);
}

/** `factor` times as close, with `centre` staying where it is seen. */
export function zoomed(view: View, factor: number, centre: number, length: number): View {
  const span = clamp((view.to - view.from) / factor, Math.min(CLOSEST, length), length);
  const share = (centre - view.from) / (view.to - view.from);
  return placed(centre - share * span, span, length);
}

export function panned(view: View, by: number, length: number): View {
  return placed(view.from + by, view.to - view.from, length);
}

/** The view that shows `at`: this one, or the page of the session that begins just before it. */
export function showing(view: View, at: number, length: number): View {
  if (at >= view.from && at <= view.to) return view;
  const span = view.to - view.from;
  return placed(at - span * 0.08, span, length);
}

/** Marks for the clock, as far apart as their labels need. */
export function ticks(view: View, width: number, apart = 76): number[] {
  const least = ((view.to - view.from) / Math.max(1, width)) * apart;
  const step = STEPS.find((each) => each >= least) ?? Math.ceil(least / 3_600_000) * 3_600_000;
  const marks: number[] = [];
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) marks.push(at);
  return marks;
}

export function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}

function placed(from: number, span: number, length: number): View {
  const start = clamp(from, 0, Math.max(0, length - span));
  return { from: start, to: start + span };
}

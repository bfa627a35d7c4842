/** Which peaks a waveform of so many pixels needs: the whole session, and more of what is looked at closely. */

import { clamp, type View } from "./timeline.ts";

/** A request for peaks. */
export interface Sharp extends View {
  points: number;
}

/** The width of a bar with the gap after it, in CSS pixels. */
export const PITCH = 3;
/** Peaks for every bar, so that it tells how much of its time was speech. */
const PER_BAR = 8;
/** The archive keeps one peak every 20 ms. */
const PEAK_MS = 20;

/** The whole session in a window of this width. */
export function wholeSharp(length: number, width: number): Sharp {
  return sharp({ from: 0, to: length }, PER_BAR * barsOf(width));
}

/**
 * The stretch to ask for where `whole` is too coarse for `view`; null where it is fine enough. It is
 * a little longer than the view, and its ends are few: going on within it asks for nothing.
 */
export function closeSharp(view: View, whole: Sharp, length: number, width: number): Sharp | null {
  const span = view.to - view.from;
  const bars = barsOf(width);
  const has = (whole.points / (whole.to - whole.from)) * span;
  const finest = whole.points >= Math.ceil(length / PEAK_MS);
  if (finest || has >= (PER_BAR * bars) / 2) return null;
  // Half as long each time, so that zooming by a little asks for nothing new either.
  const level = length / 2 ** Math.max(0, Math.floor(Math.log2(length / span)));
  const step = level / 4;
  const from = clamp((Math.floor(view.from / step) - 1) * step, 0, length);
  const to = clamp((Math.ceil(view.to / step) + 1) * step, 0, length);
  const ends = { from: Math.floor(from), to: Math.ceil(to) };
  return sharp(ends, ((to - from) / level) * PER_BAR * bars);
}

/** Whether all of `view` lies in `stretch`. */
export function covers(stretch: View | null, view: View): boolean {
  return stretch !== null && stretch.from <= view.from && stretch.to >= view.to;
}

/** More would say nothing more. */
function sharp({ from, to }: View, points: number): Sharp {
  return { from, to, points: clamp(Math.ceil(points), 1, Math.ceil((to - from) / PEAK_MS)) };
}

function barsOf(width: number): number {
  return Math.max(1, Math.floor(width / PITCH));
}

/** How loud both voices are over a stretch of the session, and the columns that a waveform makes of it. */

import type { Peaks } from "../api.ts";
import type { View } from "./timeline.ts";

/** Of `from` to `to`, in peaks of one length, 0 to 255. */
export interface Shape extends View {
  coach: Uint8Array;
  client: Uint8Array;
  /** How much to stretch each side. */
  gain: { coach: number; client: number };
}

/** What an ordinary voice should reach, so that a quiet microphone is still to be seen. */
const WANTED = 0.82;
/** Silence is not blown up to look like speech. */
const MOST_GAIN = 6;

/** What the loudest bin of a column counts for; the rest is the mean. */
const LOUDEST = 0.4;

/** `gain` is that of the whole session, for a stretch of it: looking closer makes nobody louder. */
export function shapeOf(peaks: Peaks, gain?: Shape["gain"]): Shape {
  const { coach, client, from_ms: from, to_ms: to } = peaks;
  const sides = { coach: Uint8Array.from(coach), client: Uint8Array.from(client) };
  const own = () => ({ coach: gainOf(sides.coach), client: gainOf(sides.client) });
  return { from, to, ...sides, gain: gain ?? own() };
}

/** How much to stretch one side: its loud moments, not its one loudest, fill the height. */
export function gainOf(peaks: Uint8Array): number {
  const counts = new Uint32Array(256);
  let sounding = 0;
  for (const value of peaks) {
    if (value < 4) continue;
    counts[value] = (counts[value] ?? 0) + 1;
    sounding += 1;
  }
  let seen = 0;
  for (let value = 255; value > 0; value -= 1) {
    seen += counts[value] ?? 0;
    if (seen > 0 && seen >= sounding * 0.03) return Math.min(MOST_GAIN, (WANTED * 255) / value);
  }
  return 1;
}

/**
 * The heights of one side, 0 to 1, in `columns` columns of equal width across `view`. A column that
 * stands for many bins is as high as how loud and how long somebody spoke in it: by the loudest bin
 * alone an hour would look like one solid block.
 */
export function columnsOf(
  shape: Shape,
  side: "coach" | "client",
  view: View,
  columns: number,
): Float32Array {
  const heights = new Float32Array(columns);
  const { [side]: peaks, gain, from, to } = shape;
  if (peaks.length === 0 || to <= from) return heights;
  const perColumn = (view.to - view.from) / columns;
  const perBin = (to - from) / peaks.length;
  for (let column = 0; column < columns; column += 1) {
    const left = view.from + column * perColumn - from;
    const first = Math.floor(left / perBin);
    // At least one bin, however close the view is.
    const end = Math.max(first + 1, Math.ceil((left + perColumn) / perBin));
    let loudest = 0;
    let sum = 0;
    for (let i = Math.max(0, first); i < end && i < peaks.length; i += 1) {
      const peak = peaks[i] ?? 0;
      loudest = Math.max(loudest, peak);
      sum += peak;
    }
    const height = LOUDEST * loudest + (1 - LOUDEST) * (sum / (end - first));
    heights[column] = Math.min(1, (height / 255) * gain[side]);
  }
  return heights;
}

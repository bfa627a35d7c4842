/** From the archive's peaks to the columns that a waveform of so many pixels needs. */

import type { View } from "./timeline.ts";

/** What an ordinary voice should reach, so that a quiet microphone is still to be seen. */
const WANTED = 0.82;
/** Silence is not blown up to look like speech. */
const MOST_GAIN = 6;

/** What the loudest bin of a column counts for; the rest is the mean. */
const LOUDEST = 0.4;

/** How much to stretch one side: its loud moments, not its one loudest, fill the height. */
export function gainOf(peaks: ArrayLike<number>): number {
  const counts = new Uint32Array(256);
  let sounding = 0;
  for (let i = 0; i < peaks.length; i += 1) {
    const value = Math.min(255, peaks[i] ?? 0);
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
 * The heights, 0 to 1, of `columns` columns of equal width across `view`. A column that stands for
 * many bins is as high as how loud and how long somebody spoke in it: by the loudest bin alone an
 * hour would look like one solid block.
 */
export function columnsOf(
  peaks: ArrayLike<number>,
  length: number,
  view: View,
  columns: number,
  gain = 1,
): Float32Array {
  const heights = new Float32Array(columns);
  if (peaks.length === 0 || length <= 0) return heights;
  const perColumn = (view.to - view.from) / columns;
  const perBin = length / peaks.length;
  for (let column = 0; column < columns; column += 1) {
    const from = view.from + column * perColumn;
    const first = Math.floor(from / perBin);
    // At least one bin, however close the view is.
    const end = Math.max(first + 1, Math.ceil((from + perColumn) / perBin));
    let loudest = 0;
    let sum = 0;
    for (let i = Math.max(0, first); i < end && i < peaks.length; i += 1) {
      const peak = peaks[i] ?? 0;
      loudest = Math.max(loudest, peak);
      sum += peak;
    }
    const height = LOUDEST * loudest + (1 - LOUDEST) * (sum / (end - first));
    heights[column] = Math.min(1, (height / 255) * gain);
  }
  return heights;
}

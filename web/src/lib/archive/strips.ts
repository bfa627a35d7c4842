/** The small waveforms of the list: asked for when their row comes into view, and remembered. */

import { getPeaks } from "../api.ts";
import { shapeOf, type Shape } from "./shape.ts";

/** Ten for every stroke, so that it tells how much was said. */
const POINTS = 480;
/** More than a person scrolls past; beyond it the oldest are asked for again. */
const KEPT = 200;

const known = new Map<string, Promise<Shape | null>>();

/** A session that is live, or goes on, has another shape later: its length is part of the key. */
export function stripOf(id: string, length: number): Promise<Shape | null> {
  const key = `${id} ${String(length)}`;
  const found = known.get(key);
  if (found) return found;
  // A row is complete without its picture: what went wrong is told where it matters.
  const asked = getPeaks(id, { points: POINTS })
    .then((peaks) => shapeOf(peaks))
    .catch(() => {
      known.delete(key);
      return null;
    });
  known.set(key, asked);
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return asked;
}

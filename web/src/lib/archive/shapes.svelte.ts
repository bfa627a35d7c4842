/** The waveform's shapes: of the whole session, and of the stretch that is looked at closely. */

import { getPeaks } from "../api.ts";
import type { Scope } from "../scope.ts";
import { shapeOf, type Shape } from "./shape.ts";
import { closeSharp, covers, type Sharp, wholeSharp } from "./sharpness.ts";
import type { View } from "./timeline.ts";

/** A view that is still being moved asks for nothing. */
const STILL_MS = 120;

export class Shapes {
  whole = $state.raw<Shape | null>(null);
  #close = $state.raw<Shape | null>(null);
  /** What was asked for of the whole, and of the stretch that is at hand. */
  #has: Sharp | null = null;
  #near: Sharp | null = null;
  #asked: Sharp | null = null;
  #view: View | null = null;
  #width = 0;
  #wait: (() => void) | null = null;

  constructor(
    readonly id: string,
    readonly length: () => number,
    readonly scope: Scope,
  ) {}

  /** What shows `view` best of what there is. */
  of(view: View): Shape | null {
    return covers(this.#close, view) ? this.#close : this.whole;
  }

  /** What is looked at, in a window of this many pixels. */
  look(view: View, width: number): void {
    if (width <= 0) return;
    this.#view = view;
    this.#width = width;
    if (!this.#has) return void this.refresh();
    this.#wait?.();
    this.#wait = this.scope.after(STILL_MS, () => void this.#sharpen());
  }

  /** The whole again, since the session has grown. */
  async refresh(): Promise<void> {
    if (this.#width === 0) return;
    const wanted = wholeSharp(this.length(), this.#width);
    this.#has = wanted;
    const found = await this.#ask({ points: wanted.points });
    if (!found) return;
    this.whole = shapeOf(found);
    await this.#sharpen();
  }

  async #sharpen(): Promise<void> {
    const has = this.#has;
    if (!has || !this.#view || !this.whole) return;
    // A window that was made much wider shows more of the whole.
    const wider = wholeSharp(this.length(), this.#width).points > 1.5 * has.points;
    if (wider) return this.refresh();
    const wanted = closeSharp(this.#view, has, this.length(), this.#width);
    if (!wanted || serves(this.#near, this.#view, wanted)) return;
    if (serves(this.#asked, this.#view, wanted)) return;
    this.#asked = wanted;
    const { from, to, points } = wanted;
    const found = await this.#ask({ points, from_ms: from, to_ms: to });
    // Only what is looked at by now.
    if (this.#asked !== wanted) return;
    this.#asked = null;
    if (!found) return;
    this.#near = wanted;
    this.#close = shapeOf(found, this.whole.gain);
  }

  /** The timeline works without its picture, and the sound itself tells what is wrong. */
  async #ask(query: { points: number; from_ms?: number; to_ms?: number }) {
    const found = await getPeaks(this.id, query).catch(() => null);
    return this.scope.ended ? null : found;
  }
}

/** Whether what was asked for shows the view as finely as `wanted` would. */
function serves(asked: Sharp | null, view: View, wanted: Sharp): boolean {
  if (!asked || !covers(asked, view)) return false;
  const fine = ({ from, to, points }: Sharp) => points / (to - from);
  return fine(asked) >= 0.95 * fine(wanted);
}

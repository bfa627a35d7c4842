/** What fingers, mouse and wheel do to a timeline: choose a moment, look closer, look elsewhere. */

import { panned, type View, zoomed } from "./timeline.ts";

/** The timeline under the pointers. */
export interface Surface {
  view: () => View;
  length: () => number;
  width: () => number;
  /** The moment at a place of the window. */
  timeAt: (clientX: number) => number;
  look: (view: View) => void;
  /** Shows a moment while it is being chosen; null once it is not. */
  preview: (at: number | null) => void;
  choose: (at: number) => void;
  /** What the mouse points at; null for nothing. */
  hover: (at: number | null) => void;
}

/** Fingers closer than this are not told apart, in pixels. */
const APART = 10;

export class Pointers {
  /** A moment is being chosen. */
  scrubbing = false;
  /** The fingers and the mouse that are down, by where they are. */
  #down: { id: number; x: number }[] = [];
  #pinch: { apart: number; at: number; view: View } | null = null;

  constructor(readonly surface: Surface) {}

  wheel(event: WheelEvent): void {
    const { view, length, width, timeAt, look } = this.surface;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey) {
      event.preventDefault();
      look(zoomed(view(), Math.exp(-event.deltaY / 200), timeAt(event.clientX), length()));
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      event.preventDefault();
      const { from, to } = view();
      look(panned(view(), (sideways / width()) * (to - from), length()));
    }
  }

  press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const { view, timeAt, preview, hover } = this.surface;
    this.#down = [...this.#down, { id: event.pointerId, x: event.clientX }];
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    hover(null);
    const [a, b] = this.#places();
    if (this.#down.length === 2) {
      this.scrubbing = false;
      preview(null);
      this.#pinch = { apart: apart(a, b), at: timeAt((a + b) / 2), view: view() };
    } else {
      this.scrubbing = true;
      preview(timeAt(event.clientX));
    }
  }

  move(event: PointerEvent): void {
    const { length, timeAt, look, preview, hover } = this.surface;
    const finger = this.#down.find(({ id }) => id === event.pointerId);
    if (!finger) {
      if (event.pointerType === "mouse") hover(timeAt(event.clientX));
      return;
    }
    finger.x = event.clientX;
    const [a, b] = this.#places();
    if (this.#pinch) {
      const { view, at } = this.#pinch;
      look(zoomed(view, apart(a, b) / this.#pinch.apart, at, length()));
    } else if (this.scrubbing) {
      preview(timeAt(event.clientX));
    }
  }

  /** Lifted, or taken away by the browser, which chooses nothing. */
  release(event: PointerEvent): void {
    const { timeAt, preview, choose } = this.surface;
    const count = this.#down.length;
    this.#down = this.#down.filter(({ id }) => id !== event.pointerId);
    if (this.#down.length === count) return;
    // The finger that is left of two chooses nothing either.
    this.#pinch = null;
    if (this.#down.length > 0) return;
    const chosen = this.scrubbing && event.type === "pointerup";
    if (chosen) choose(timeAt(event.clientX));
    else if (this.scrubbing) preview(null);
    this.scrubbing = false;
  }

  #places(): [number, number] {
    const [a, b] = this.#down;
    return [a?.x ?? 0, b?.x ?? 0];
  }
}

function apart(a: number, b: number): number {
  return Math.max(APART, Math.abs(a - b));
}

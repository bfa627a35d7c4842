/** Which word sounds at a moment, and which turn comes before or after it. */

import type { Line, Speaker } from "../api.ts";

/** A word of the transcript, numbered through the whole session as it is read. */
export interface Place {
  text: string;
  from: number;
  to: number;
  line: number;
  speaker: Speaker;
}

/** A word stays marked this long after its end, so that speech does not flicker. */
const LINGER = 350;
/** "Previous" within this of a turn's beginning means the turn before. */
const JUST_BEGUN = 1_500;

/** Every word in reading order; what was typed, or has no times, is one place. */
export function placesOf(lines: Line[]): Place[] {
  return lines.flatMap((line, index) => {
    const { speaker } = line;
    const one = { text: line.text, from_ms: line.from_ms, to_ms: line.to_ms };
    const words = line.words.length > 0 ? line.words : line.text === "" ? [] : [one];
    return words.map(({ text, from_ms, to_ms }) => ({
      text,
      from: from_ms,
      to: to_ms,
      line: index,
      speaker,
    }));
  });
}

/** Finds the words that sound at a moment: both sides may speak at once. */
export class WordFinder {
  readonly #sides: Record<Speaker, { from: Float64Array; place: Int32Array }>;

  constructor(readonly places: Place[]) {
    this.#sides = { coach: sideOf(places, "coach"), client: sideOf(places, "client") };
  }

  /** The place of the word that `speaker` says at `at`, or -1. */
  sounding(speaker: Speaker, at: number): number {
    const { from, place } = this.#sides[speaker];
    const found = lastNotAfter(from, at);
    const index = found < 0 ? -1 : (place[found] ?? -1);
    return index >= 0 && at < (this.places[index]?.to ?? 0) + LINGER ? index : -1;
  }

  /** The word, of either side, that began last at `at`; -1 before the first. */
  latest(at: number): number {
    const sides = Object.values(this.#sides).map(({ from, place }) => {
      const found = lastNotAfter(from, at);
      return found < 0 ? -1 : (place[found] ?? -1);
    });
    const began = (index: number) => this.places[index]?.from ?? -1;
    return sides.reduce((a, b) => (began(b) > began(a) ? b : a), -1);
  }
}

/** Where the turn before `at` begins; the present one's beginning if it has gone on for a while. */
export function previousTurn(lines: Line[], at: number): number {
  const begun = lines.map(({ from_ms }) => from_ms).filter((from) => from <= at);
  begun.sort((a, b) => b - a);
  const [present = 0, before = 0] = begun;
  return at - present > JUST_BEGUN ? present : before;
}

/** Where the turn after `at` begins, if there is one. */
export function nextTurn(lines: Line[], at: number): number | null {
  // Whoever just came here has not yet left: a millisecond later is the next one.
  const later = lines.map(({ from_ms }) => from_ms).filter((from) => from > at + 50);
  return later.length > 0 ? later.reduce((a, b) => Math.min(a, b)) : null;
}

function sideOf(places: Place[], speaker: Speaker) {
  const mine = places
    .map((place, index) => ({ from: place.from, index, speaker: place.speaker }))
    .filter((place) => place.speaker === speaker)
    .sort((a, b) => a.from - b.from || a.index - b.index);
  return {
    from: Float64Array.from(mine, (place) => place.from),
    place: Int32Array.from(mine, (place) => place.index),
  };
}

/** The last index whose value is at most `at`, or -1. */
function lastNotAfter(values: Float64Array, at: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Where the arrows lead from a word of the transcript. */

import type { Place } from "./words.ts";

/** The place to go to; null if the key means nothing here, or there is nothing further. */
export function arrowFrom(places: Place[], index: number, key: string): number | null {
  const to = target(places, index, key);
  return to !== null && to !== index && places[to] ? to : null;
}

function target(places: Place[], index: number, key: string): number | null {
  const line = places[index]?.line;
  if (line === undefined) return null;
  switch (key) {
    case "ArrowLeft":
      return index - 1;
    case "ArrowRight":
      return index + 1;
    case "ArrowDown":
      return places.findIndex((place, i) => i > index && place.line !== line);
    case "ArrowUp": {
      const before = places.findLastIndex((place, i) => i < index && place.line !== line);
      // To the beginning of that turn.
      return places.findIndex((place) => place.line === places[before]?.line);
    }
    default:
      return null;
  }
}

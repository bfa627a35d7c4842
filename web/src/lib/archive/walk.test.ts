import { expect, test } from "vitest";
import { arrowFrom } from "./walk.ts";
import type { Place } from "./words.ts";

/** Three turns of two, one and three words. */
const places = [0, 0, 1, 2, 2, 2].map((line) => ({ line }) as Place);

test.each([
  [0, "ArrowRight", 1],
  [1, "ArrowRight", 2],
  [5, "ArrowRight", null],
  [0, "ArrowLeft", null],
  [3, "ArrowLeft", 2],
  [0, "ArrowDown", 2],
  [3, "ArrowDown", null],
  [5, "ArrowUp", 2],
  [2, "ArrowUp", 0],
  [1, "ArrowUp", null],
  [1, "PageDown", null],
  [9, "ArrowLeft", null],
])("from %i, %s leads to %s", (from, key, to) => expect(arrowFrom(places, from, key)).toBe(to));

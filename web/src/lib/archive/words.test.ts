import { expect, test } from "vitest";
import type { Line } from "../api.ts";
import { nextTurn, placesOf, previousTurn, WordFinder } from "./words.ts";

const line = (
  speaker: "coach" | "client",
  from_ms: number,
  to_ms: number,
  ...words: [string, number, number][]
): Line => ({
  item_id: `item_${String(from_ms)}`,
  speaker,
  from_ms,
  to_ms,
  text: words.map(([text]) => text).join(" "),
  words: words.map(([text, from, to]) => ({ text, from_ms: from, to_ms: to })),
  cut: false,
  typed: false,
});

const lines = [
  line("coach", 1_000, 2_000, ["How", 1_000, 1_300], ["so?", 1_400, 2_000]),
  line(
    "client",
    3_000,
    6_000,
    ["Well,", 3_000, 3_500],
    ["I", 5_000, 5_100],
    ["know.", 5_100, 6_000],
  ),
  // Cuts in while the client speaks.
  line("coach", 5_050, 5_600, ["Stop.", 5_050, 5_600]),
  { ...line("coach", 20_000, 20_000), text: "And now?", typed: true },
];
const places = placesOf(lines);
const finder = new WordFinder(places);
const textAt = (speaker: "coach" | "client", at: number) =>
  places[finder.sounding(speaker, at)]?.text ?? null;

test("words are numbered as they are read; typed lines are one place", () => {
  expect(places.map(({ text }) => text)).toEqual([
    "How",
    "so?",
    "Well,",
    "I",
    "know.",
    "Stop.",
    "And now?",
  ]);
  expect(places.map((place) => place.line)).toEqual([0, 0, 1, 1, 1, 2, 3]);
});

test("a word sounds from its beginning until shortly after its end", () => {
  expect(textAt("coach", 999)).toBe(null);
  expect(textAt("coach", 1_000)).toBe("How");
  expect(textAt("coach", 1_399)).toBe("How");
  expect(textAt("coach", 1_400)).toBe("so?");
  expect(textAt("coach", 2_349)).toBe("so?");
  expect(textAt("coach", 2_350)).toBe(null);
  expect(textAt("client", 4_500)).toBe(null);
});

test("both sides are found where they speak at once", () => {
  expect([textAt("coach", 5_200), textAt("client", 5_200)]).toEqual(["Stop.", "know."]);
  expect(places[finder.latest(5_060)]?.text).toBe("Stop.");
  expect(places[finder.latest(5_200)]?.text).toBe("know.");
  expect(finder.latest(0)).toBe(-1);
});

test("what was found is what a search through all words finds", () => {
  let state = 7;
  const random = (most: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % most;
  };
  const many: Line[] = Array.from({ length: 200 }, (_, i) => {
    const from = i * 500 + random(400);
    return line(i % 3 ? "client" : "coach", from, from + 400, [
      String(i),
      from,
      from + random(600),
    ]);
  });
  const all = placesOf(many);
  const fast = new WordFinder(all);
  for (let at = 0; at < 100_000; at += 97) {
    for (const speaker of ["coach", "client"] as const) {
      const slow = all.findLastIndex((word) => word.speaker === speaker && word.from <= at);
      const word = all[slow];
      expect(fast.sounding(speaker, at)).toBe(word && at < word.to + 350 ? slow : -1);
    }
  }
});

test("turns before and after a moment", () => {
  expect(previousTurn(lines, 5_900)).toBe(3_000);
  expect(previousTurn(lines, 6_800)).toBe(5_050);
  expect(previousTurn(lines, 3_100)).toBe(1_000);
  expect(previousTurn(lines, 500)).toBe(0);
  expect(nextTurn(lines, 0)).toBe(1_000);
  expect(nextTurn(lines, 1_000)).toBe(3_000);
  expect(nextTurn(lines, 3_000)).toBe(5_050);
  expect(nextTurn(lines, 20_000)).toBe(null);
  expect(nextTurn([], 0)).toBe(null);
});

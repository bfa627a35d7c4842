import { expect, test } from "vitest";
import { byDay, dayTitle, timeOfDay } from "./days.ts";
import type { Session } from "../api.ts";

const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).getTime();
const session = (id: string, started_at_ms: number) => ({ id, started_at_ms }) as Session;
const NOW = at(2026, 2, 1, 0, 30);

test("sessions of one day stand together, in the order they came in", () => {
  const days = byDay(
    [
      session("d", at(2026, 2, 1, 0, 5)),
      session("c", at(2026, 1, 28, 23, 55)),
      session("b", at(2026, 1, 28, 0, 0)),
      session("a", at(2025, 11, 31, 12)),
    ],
    NOW,
  );
  expect(days.map(({ title, sessions }) => [title, sessions.map(({ id }) => id).join("")])).toEqual(
    [
      ["Today", "d"],
      ["Yesterday", "cb"],
      ["Wednesday 31 December 2025", "a"],
    ],
  );
});

test("a day of this year needs no year", () => {
  expect(dayTitle(at(2026, 1, 14, 9), NOW)).toBe("Saturday 14 February");
});

test("times follow the person's custom", () => {
  expect(timeOfDay(at(2026, 1, 14, 9, 5), false)).toBe("09:05");
  expect(timeOfDay(at(2026, 1, 14, 14, 5), true)).toBe("2:05 pm");
});

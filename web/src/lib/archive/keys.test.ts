import { expect, test } from "vitest";
import { actionOf, SHEET } from "./keys.ts";

const press = (key: string, more: object = {}, tagName = "BODY", role: string | null = null) =>
  ({ key, target: { tagName, getAttribute: () => role }, ...more }) as unknown as KeyboardEvent;

test.each([
  [" ", "play"],
  ["K", "play"],
  ["ArrowLeft", "back"],
  ["j", "back-far"],
  ["End", "end"],
  ["?", "help"],
  ["x", null],
])("%s does %s", (key, action) => expect(actionOf(press(key), true)).toBe(action));

test("a key belongs to what has the focus", () => {
  expect(actionOf(press(" ", {}, "BUTTON"), true)).toBe(null);
  expect(actionOf(press(" ", {}, "SPAN", "button"), true)).toBe(null);
  expect(actionOf(press("k", {}, "BUTTON"), true)).toBe("play");
  for (const tag of ["INPUT", "SELECT", "TEXTAREA"]) {
    expect(actionOf(press("ArrowLeft", {}, tag), true)).toBe(null);
  }
  const radio = { target: { tagName: "INPUT", type: "radio" } };
  expect(actionOf(press("ArrowLeft", radio), true)).toBe(null);
  expect(actionOf(press("k", radio), true)).toBe("play");
  expect(actionOf(press("ArrowLeft", { defaultPrevented: true }), true)).toBe(null);
});

test("the browser's own shortcuts stay the browser's", () => {
  for (const held of ["ctrlKey", "metaKey", "altKey"]) {
    expect(actionOf(press("l", { [held]: true }), true)).toBe(null);
  }
});

test("single characters can be turned off", () => {
  expect(actionOf(press("k"), false)).toBe(null);
  expect(actionOf(press("?"), false)).toBe(null);
  expect(actionOf(press(" "), false)).toBe("play");
  expect(actionOf(press("ArrowRight"), false)).toBe("forward");
});

test("held down, a key winds but does not flutter", () => {
  expect(actionOf(press(" ", { repeat: true }), true)).toBe(null);
  expect(actionOf(press("ArrowRight", { repeat: true }), true)).toBe("forward");
});

test("every key of the sheet does what it says", () => {
  const named: Record<string, string> = {
    Space: " ",
    "←": "ArrowLeft",
    "→": "ArrowRight",
    "−": "-",
  };
  for (const [keys] of SHEET) {
    for (const key of keys) expect(actionOf(press(named[key] ?? key), true), key).not.toBe(null);
  }
});

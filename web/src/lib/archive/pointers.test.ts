import { beforeEach, expect, test } from "vitest";
import { Pointers } from "./pointers.ts";
import { toTime, type View, whole } from "./timeline.ts";

const LENGTH = 60_000;
const WIDTH = 600;

let view: View;
let told: string[];
let pointers: Pointers;

beforeEach(() => {
  view = whole(LENGTH);
  told = [];
  const tell = (what: string) => (at: number | null) => void told.push(`${what} ${String(at)}`);
  pointers = new Pointers({
    view: () => view,
    length: () => LENGTH,
    width: () => WIDTH,
    timeAt: (x) => toTime(x, view, WIDTH),
    look: (next) => (view = next),
    preview: tell("preview"),
    choose: tell("choose"),
    hover: tell("hover"),
  });
});

const at = (clientX: number, pointerId = 1, more = {}) =>
  ({
    button: 0,
    clientX,
    pointerId,
    pointerType: "touch",
    currentTarget: { setPointerCapture: () => undefined },
    ...more,
  }) as unknown as PointerEvent;
const lifted = (clientX: number, pointerId = 1) => at(clientX, pointerId, { type: "pointerup" });

test("a finger that moves chooses where it is lifted", () => {
  pointers.press(at(100));
  pointers.move(at(150));
  expect(pointers.scrubbing).toBe(true);
  pointers.release(lifted(200));
  expect(told).toEqual(["hover null", "preview 10000", "preview 15000", "choose 20000"]);
  expect(pointers.scrubbing).toBe(false);
});

test("what the browser takes away chooses nothing, nor does another button", () => {
  pointers.press(at(100, 1, { button: 2 }));
  pointers.release(lifted(100));
  pointers.press(at(100));
  pointers.release(at(200, 1, { type: "pointercancel" }));
  expect(told).toEqual(["hover null", "preview 10000", "preview null"]);
});

test("two fingers look closer where they are, and the one that is left does nothing", () => {
  pointers.press(at(200));
  pointers.press(at(400, 2));
  pointers.move(at(100));
  pointers.move(at(500, 2));
  expect(view).toEqual({ from: 15_000, to: 45_000 });
  pointers.release(lifted(500, 2));
  const before = told.length;
  pointers.move(at(20));
  pointers.release(lifted(20));
  expect(view).toEqual({ from: 15_000, to: 45_000 });
  expect(told.length).toBe(before);
});

test("the mouse points without pressing; the wheel zooms with Ctrl and pans sideways", () => {
  pointers.move(at(60, 1, { pointerType: "mouse" }));
  expect(told).toEqual(["hover 6000"]);
  const wheel = (more: object) => {
    let prevented = false;
    const turned = { clientX: 0, deltaX: 0, deltaY: 0, preventDefault: () => (prevented = true) };
    pointers.wheel({ ...turned, ...more } as unknown as WheelEvent);
    return prevented;
  };
  expect(wheel({ deltaY: 100 })).toBe(false);
  expect(wheel({ deltaY: -200 * Math.LN2, ctrlKey: true })).toBe(true);
  expect(view.to).toBeCloseTo(30_000);
  expect(wheel({ deltaX: 60 })).toBe(true);
  expect(view.from).toBeCloseTo(3_000);
});

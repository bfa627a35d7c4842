import { expect, test } from "vitest";
import { outputDelay } from "./output.ts";

test("the device's delay is what the browser says, but Firefox is never asked", () => {
  expect(outputDelay({ outputLatency: 0.03, baseLatency: 0.01 }, "chrome")).toBe(0.03);
  expect(outputDelay({ outputLatency: 0, baseLatency: 0.01 }, "safari")).toBe(0.01);
  const hangs = {
    baseLatency: 0,
    get outputLatency(): number {
      throw new Error("asked");
    },
  };
  expect(outputDelay(hangs, "firefox")).toBeGreaterThan(0);
});

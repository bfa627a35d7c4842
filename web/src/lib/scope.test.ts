import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Scope } from "./scope.ts";

describe("Scope", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("leaves nothing behind", () => {
    const scope = new Scope();
    const target = new EventTarget();
    const called = vi.fn();
    const track = { stop: vi.fn() };
    scope.listen(target, "x", called);
    scope.after(10, called);
    scope.every(10, called);
    scope.stream({ getTracks: () => [track] } as unknown as MediaStream);
    scope.child().every(10, called);
    scope.end();
    target.dispatchEvent(new Event("x"));
    vi.advanceTimersByTime(100);
    expect(called).not.toHaveBeenCalled();
    expect(track.stop).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
    expect(scope.size).toBe(0);
  });

  it("forgets what is over by itself", () => {
    const scope = new Scope();
    const done = vi.fn();
    scope.after(10, done);
    const inner = scope.child();
    vi.advanceTimersByTime(10);
    inner.end();
    expect(done).toHaveBeenCalledOnce();
    expect(scope.size).toBe(0);
  });

  it("undoes at once what comes after its end", () => {
    const scope = new Scope();
    scope.end();
    const undo = vi.fn();
    const late = vi.fn();
    scope.add(undo);
    scope.after(1, late);
    scope.every(1, late);
    vi.advanceTimersByTime(10);
    expect(undo).toHaveBeenCalledOnce();
    expect(late).not.toHaveBeenCalled();
  });

  it("undoes in reverse order, once", () => {
    const scope = new Scope();
    const order: string[] = [];
    scope.add(() => order.push("a"));
    scope.add(() => order.push("b"));
    scope.end();
    scope.end();
    expect(order).toEqual(["b", "a"]);
  });
});

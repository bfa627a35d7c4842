import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Scope } from "../scope.ts";
import type { ClientEvent, ServerEvent } from "./events.ts";
import { Probe } from "./probe.ts";

describe("Probe", () => {
  let scope: Scope;
  let sent: ClientEvent[];
  let probe: Probe;
  const silent = vi.fn();
  const refused = (event_id: string | undefined): ServerEvent => ({
    type: "error",
    code: "item_not_found",
    message: "",
    event_id,
  });

  beforeEach(() => {
    vi.useFakeTimers();
    silent.mockClear();
    scope = new Scope();
    sent = [];
    probe = new Probe(scope, (event) => void sent.push(event));
  });
  afterEach(() => {
    scope.end();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it("is content with the answer, which nobody else sees", () => {
    probe.ask(silent);
    probe.ask(silent);
    expect(sent).toEqual([
      { type: "conversation.item.retrieve", item_id: "probe_1", event_id: "probe_1" },
    ]);
    expect(probe.receive(refused("probe_1"))).toBe(true);
    vi.advanceTimersByTime(10_000);
    expect(silent).not.toHaveBeenCalled();
    probe.ask(silent);
    expect(sent).toHaveLength(2);
  });

  it("is told by silence, whatever else was still on its way", () => {
    probe.ask(silent);
    expect(probe.receive(refused(undefined))).toBe(false);
    expect(probe.receive(refused("mine"))).toBe(false);
    expect(probe.receive({ type: "praxiloom.turn", state: "listening" })).toBe(false);
    vi.advanceTimersByTime(2_500);
    expect(silent).toHaveBeenCalledOnce();
    // The answer to a question that was given up is still not for others.
    expect(probe.receive(refused("probe_1"))).toBe(true);
  });
});

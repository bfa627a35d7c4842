import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../faults/fault.ts";
import { created, FakeWorld, item, type Line, settle } from "./fake-world.ts";
import type { LiveSession } from "./session.ts";

describe("LiveSession", () => {
  let world: FakeWorld;
  let session: LiveSession;

  beforeEach(() => {
    vi.useFakeTimers();
    world = new FakeWorld();
    session = world.session;
  });

  afterEach(() => {
    session.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  const line = (): Line => world.line;

  async function live() {
    await world.live();
    expect(session.snapshot.stage).toBe("live");
  }

  it("opens, and asks for the client and for our own events", async () => {
    await live();
    expect(line().sent[0]).toMatchObject({
      type: "session.update",
      session: {
        type: "realtime",
        prompt: { id: "marta" },
        include: ["praxiloom.events"],
        audio: { input: { turn_detection: { type: "semantic_vad" } } },
      },
    });
  });

  it("knows when the server will close it, whatever the page's own clock says", async () => {
    world.ahead = 7_200_000;
    await live();
    expect(session.snapshot.closesAt).toBeNull();
    const expires = Math.floor((Date.now() + world.ahead) / 1000) + 3_600;
    line().hooks.event(created("sess_1", expires));
    const left = (session.snapshot.closesAt ?? 0) - Date.now();
    expect(Math.abs(left - 3_600_000)).toBeLessThan(1_000);
  });

  it("holds, corrects and releases a turn", async () => {
    await live();
    line().hooks.event({
      type: "conversation.item.input_audio_transcription.completed",
      item_id: "u1",
      transcript: "what wood you",
    });
    session.hold("u1");
    expect(session.snapshot.holding).toBe("u1");
    session.correct("u1", "  What would you? ");
    expect(session.snapshot.holding).toBeNull();
    expect(session.snapshot.conversation.turns[0]).toMatchObject({
      text: "What would you?",
      corrected: true,
    });
    session.hold("u1");
    session.correct("u1", "   ");
    expect(line().sent.slice(1)).toEqual([
      { type: "praxiloom.turn.hold", item_id: "u1" },
      {
        type: "praxiloom.turn.correct",
        item_id: "u1",
        transcript: "What would you?",
        event_id: "correction",
      },
      { type: "praxiloom.turn.hold", item_id: "u1" },
      { type: "praxiloom.turn.release", item_id: "u1" },
    ]);
  });

  it("types a turn, cancelling an answer that may just have begun", async () => {
    await live();
    session.say(" And now? ");
    session.say("  ");
    expect(line().types().slice(1)).toEqual([
      "response.cancel",
      "conversation.item.create",
      "response.create",
    ]);
    expect(line().interrupted).toBe(1);
    expect(session.snapshot.conversation.turns).toMatchObject([
      { text: "And now?", typed: true, certainty: "final" },
    ]);
  });

  it("keeps of a broken answer what was heard, and waits for nothing more of it", async () => {
    await live();
    line().hooks.event({
      type: "response.output_audio_transcript.delta",
      item_id: "c1",
      delta: "I would like",
    });
    line().hooks.event({
      type: "praxiloom.heard",
      item_id: "c1",
      audio_ms: 300,
      transcript: "I would",
    });
    line().hooks.event({ type: "praxiloom.turn", state: "client_speaking" });
    line().hooks.down("network-lost");
    expect(session.snapshot.conversation).toMatchObject({
      phase: "listening",
      turns: [{ text: "I would", interrupted: true, certainty: "final" }],
    });
  });

  it("says that the server is restarting when it said so before it went", async () => {
    await live();
    line().hooks.event({ type: "praxiloom.notice", code: "server_stopping", message: "Soon back" });
    line().hooks.down("network-lost");
    expect(session.snapshot).toMatchObject({ stage: "reconnecting", fault: "server-stopping" });
    world.refuse = new FaultError("server-unreachable");
    await vi.advanceTimersByTimeAsync(400);
    expect(session.snapshot).toMatchObject({ attempt: 2, fault: "server-stopping" });
  });

  it("stops trying after a while, and starts again when asked", async () => {
    await live();
    world.refuse = new FaultError("server-unreachable");
    line().hooks.down("network-lost");
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(session.snapshot.stage).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(session.snapshot).toMatchObject({ stage: "failed", fault: "server-unreachable" });
    world.refuse = null;
    session.retry();
    await settle();
    line().gives([]);
    expect(session.snapshot.stage).toBe("live");
  });

  it("fails plainly when the first connection does not come about", async () => {
    world.refuse = new FaultError("transports-failed");
    session.start(null);
    await settle();
    expect(session.snapshot).toMatchObject({ stage: "failed", fault: "transports-failed" });
  });

  it("ends when the server ends the session, and when it expired", async () => {
    await live();
    line().hooks.event({
      type: "error",
      code: "session_expired",
      message: "60 minutes",
      event_id: undefined,
    });
    expect(session.snapshot).toMatchObject({ stage: "ended", fault: "session-expired" });
    expect(line().closed).toBe(true);
  });

  it("shows other errors without ending, but not those of two things at once", async () => {
    await live();
    const error = { type: "error", message: "No such item", event_id: undefined } as const;
    line().hooks.event({ ...error, code: "response_cancel_not_active" });
    expect(session.snapshot.conversation.notice).toBeNull();
    line().hooks.event({ ...error, code: "item_not_found" });
    expect(session.snapshot.conversation.notice?.message).toBe("No such item");
    expect(session.snapshot.stage).toBe("live");
  });

  it("says of an engine that failed what the coach has of it, and nothing of the vendor's", async () => {
    await live();
    const message = "voices is unavailable: 500 Internal Server Error, type api_error";
    const code = "voice_trouble";
    line().hooks.event({ type: "praxiloom.notice", code, message });
    line().hooks.event({ type: "error", code, message, event_id: undefined });
    line().hooks.event({ type: "praxiloom.notice", code: "voice_replaced", message });
    const { notice, passing } = session.snapshot.conversation;
    expect(notice).toBeNull();
    expect(passing?.code).toBe("voice_replaced");
    expect(passing?.words).not.toMatch(/500|api_error|voices/);
  });

  it("lets blocked sound be started by a tap", async () => {
    await live();
    const resume = vi.fn(() => Promise.resolve());
    line().hooks.blocked(resume);
    expect(session.snapshot.audioBlocked).toBe(true);
    await session.hear();
    expect(resume).toHaveBeenCalledOnce();
    expect(session.snapshot.audioBlocked).toBe(false);
    line().hooks.blocked(resume);
    line().hooks.blocked(null);
    expect(session.snapshot.audioBlocked).toBe(false);
  });

  it("hears nothing more of a connection that it gave up", async () => {
    await live();
    const old = line();
    old.hooks.down("network-lost");
    await vi.advanceTimersByTimeAsync(400);
    line().gives([item("u1", "user", "Hello")]);
    old.hooks.down("network-lost");
    expect(session.snapshot.stage).toBe("live");
    session.end();
    expect(session.snapshot.stage).toBe("ended");
    await settle();
    expect(line().closed).toBe(true);
  });
});

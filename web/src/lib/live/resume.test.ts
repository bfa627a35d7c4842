import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../faults/fault.ts";
import { wording } from "./conversation.ts";
import { NO_DRAFTS } from "./drafts.ts";
import { FakeWorld, item, settle } from "./fake-world.ts";

const FIRST_WAIT = 400;

describe("resumption", () => {
  let world: FakeWorld;

  beforeEach(() => {
    vi.useFakeTimers();
    world = new FakeWorld();
  });

  afterEach(() => {
    world.session.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  const snapshot = () => world.session.snapshot;
  const script = () =>
    snapshot().conversation.turns.map((turn) => `${turn.side}: ${wording(turn)}`);

  async function talked() {
    await world.live();
    world.session.say("Hello");
    world.line.hears(
      {
        type: "conversation.item.added",
        item: item("item_1", "user", "Hello", { typed: true }),
        previous_item_id: null,
      },
      { type: "response.created", response_id: "r1" },
      {
        type: "response.output_item.added",
        response_id: "r1",
        item: item("c1", "assistant", null),
      },
      {
        type: "response.output_audio_transcript.delta",
        item_id: "c1",
        delta: "I would like to rest",
      },
    );
  }

  async function cut() {
    world.line.hooks.down("network-lost");
    await vi.advanceTimersByTimeAsync(FIRST_WAIT);
  }

  it("goes on with the same session, and with what the server has of it", async () => {
    await talked();
    expect(world.line.resume).toBeNull();
    await cut();
    expect(world.line.resume).toBe("sess_1");
    expect(world.keysFor).toEqual([null, "sess_1"]);
    expect(snapshot().stage).toBe("reconnecting");
    expect(script()).toEqual(["coach: Hello", "client: I would like to rest"]);
    world.line.gives([
      item("item_1", "user", "Hello", { typed: true }),
      item("c1", "assistant", "I would", { cut: true }),
    ]);
    expect(snapshot()).toMatchObject({ stage: "live", fault: null, attempt: 0 });
    expect(script()).toEqual(["coach: Hello", "client: I would"]);
    expect(snapshot().conversation.turns[1]).toMatchObject({
      interrupted: true,
      certainty: "final",
    });
    expect(snapshot().conversation.turns[0]).toMatchObject({ typed: true });
    expect(snapshot().conversation.breaks).toEqual([{ after: "c1", awayMs: 3_000 }]);
    expect(world.line.sent).toEqual([]);
  });

  it("keeps what is shown until the last item has come", async () => {
    await talked();
    await cut();
    world.line.hears({
      type: "praxiloom.session.resumed",
      session_id: "sess_1",
      part: 3,
      at_ms: 0,
      away_ms: 0,
      items: 5,
    });
    const hello = item("item_1", "user", "Hello", { typed: true });
    world.line.hears(
      { type: "conversation.item.added", item: hello, previous_item_id: null },
      { type: "conversation.item.done", item: hello, previous_item_id: null },
    );
    expect(script()).toEqual(["coach: Hello", "client: I would like to rest"]);
    // Items that this page does not know are counted as well: whatever comes next ends the list.
    world.line.hears({ type: "praxiloom.turn", state: "listening" });
    expect(script()).toEqual(["coach: Hello"]);
    expect(snapshot().conversation.phase).toBe("listening");
  });

  it("takes the time from the server, whose clock went on", async () => {
    await talked();
    await cut();
    world.line.gives([], { atMs: 90_000 });
    expect(Date.now() - (snapshot().startedAt ?? 0)).toBe(90_000);
  });

  it("says again what was typed as the connection broke, once", async () => {
    await talked();
    world.session.say("And then?");
    await cut();
    world.line.gives([
      item("item_1", "user", "Hello", { typed: true }),
      item("c1", "assistant", "I"),
    ]);
    expect(world.line.sent).toMatchObject([
      { type: "response.cancel" },
      {
        type: "conversation.item.create",
        item: { id: "item_2", content: [{ text: "And then?" }] },
      },
      { type: "response.create" },
    ]);
    expect(script()).toEqual(["coach: Hello", "client: I", "coach: And then?"]);
    await cut();
    world.line.gives([
      item("item_1", "user", "Hello", { typed: true }),
      item("c1", "assistant", "I"),
      item("item_2", "user", "And then?", { typed: true }),
      item("c2", "assistant", "Well"),
    ]);
    expect(world.line.sent).toEqual([]);
  });

  describe("of a correction", () => {
    const MEANT = "What would you like to change?";
    const heard = item("u1", "user", "What would you like to charge?");
    const corrects = (id: string) => ({
      type: "praxiloom.turn.correct",
      item_id: id,
      transcript: MEANT,
    });

    /** A spoken turn is shown, and its correction begun. */
    async function correcting() {
      await world.live();
      world.line.hears({
        type: "conversation.item.added",
        item: heard,
        previous_item_id: null,
      });
      world.session.hold("u1");
    }

    it("goes on where it was, and nobody answers meanwhile", async () => {
      await correcting();
      world.session.revise("What would you");
      await cut();
      expect(snapshot()).toMatchObject({ stage: "reconnecting", holding: "u1" });
      world.session.revise(MEANT);
      world.line.gives([heard]);
      expect(snapshot().holding).toBe("u1");
      expect(snapshot().drafts.correcting?.text).toBe(MEANT);
      expect(world.line.sent).toEqual([{ type: "praxiloom.turn.hold", item_id: "u1" }]);
      world.session.correct("u1", MEANT);
      expect(world.line.sent[1]).toMatchObject(corrects("u1"));
    });

    it("sends it again until the server says that it took it", async () => {
      await correcting();
      world.session.correct("u1", MEANT);
      await cut();
      expect(script()).toEqual([`coach: ${MEANT}`]);
      world.line.gives([heard]);
      expect(world.line.sent).toMatchObject([corrects("u1")]);
      expect(script()).toEqual([`coach: ${MEANT}`]);
      world.line.hears({
        type: "conversation.item.input_audio_transcription.completed",
        item_id: "u1",
        transcript: MEANT,
      });
      expect(snapshot().drafts.sent).toBeNull();
      await cut();
      world.line.gives([{ ...heard, text: MEANT }]);
      expect(world.line.sent).toEqual([]);
    });

    it("knows it among what the server has", async () => {
      await correcting();
      world.session.correct("u1", MEANT);
      await cut();
      world.line.gives([{ ...heard, text: MEANT }]);
      expect(world.line.sent).toEqual([]);
      expect(snapshot().drafts.sent).toBeNull();
    });

    it("sends what was finished while the connection was away", async () => {
      await correcting();
      world.line.hooks.down("network-lost");
      world.session.correct("u1", MEANT);
      await vi.advanceTimersByTimeAsync(FIRST_WAIT);
      world.line.gives([heard]);
      expect(world.line.sent).toMatchObject([corrects("u1")]);
      expect(snapshot().conversation.turns[0]).toMatchObject({ text: MEANT, corrected: true });
    });

    it("says it as a turn of its own when the server lost the turn", async () => {
      await correcting();
      world.session.correct("u1", MEANT);
      await cut();
      world.line.gives([]);
      expect(world.line.types()).toEqual([
        "response.cancel",
        "conversation.item.create",
        "response.create",
      ]);
      expect(snapshot().conversation.turns).toMatchObject([{ text: MEANT, typed: true }]);
    });

    it("puts what was being typed into the other field when the server lost the turn", async () => {
      await correcting();
      world.session.revise(MEANT);
      await cut();
      world.line.gives([]);
      expect(snapshot()).toMatchObject({
        holding: null,
        drafts: { correcting: null, turn: MEANT },
      });
      expect(world.line.sent).toEqual([]);
    });

    it("survives a reload", async () => {
      world.session.close();
      const drafts = { correcting: { item: "u1", text: MEANT }, sent: null, turn: "And" };
      const startedAt = Date.now() - 20_000;
      world = new FakeWorld({ session: "sess_9", startedAt, transport: null, drafts });
      world.session.start(null);
      await settle();
      world.line.gives([heard], { id: "sess_9" });
      expect(snapshot()).toMatchObject({ holding: "u1", drafts });
      expect(world.line.types()).toEqual(["praxiloom.turn.hold"]);
      world.session.end();
      expect(snapshot()).toMatchObject({ holding: null, drafts: NO_DRAFTS });
    });

    it("is given up when the server refuses it", async () => {
      await correcting();
      world.session.correct("u1", MEANT);
      const refusal = { type: "error", code: "item_not_found", message: "No such item" } as const;
      world.line.hears({ ...refusal, event_id: "another" });
      expect(snapshot().drafts.sent).not.toBeNull();
      world.line.hears({ ...refusal, event_id: "correction" });
      expect(snapshot().drafts.sent).toBeNull();
    });
  });

  it("shows a turn that was not understood as such", async () => {
    await talked();
    await cut();
    world.line.gives([item("item_1", "user", "Hello"), item("u", "user", null)]);
    expect(snapshot().conversation.turns[1]).toMatchObject({ certainty: "not_understood" });
    expect(world.line.sent).toEqual([]);
  });

  it("goes on after a reload, with the earlier turns", async () => {
    world.session.close();
    const startedAt = Date.now() - 20_000;
    world = new FakeWorld({
      session: "sess_9",
      startedAt,
      transport: "websocket",
      drafts: NO_DRAFTS,
    });
    world.session.start(null);
    await settle();
    expect(world.line).toMatchObject({ resume: "sess_9", kind: "websocket" });
    expect(snapshot().stage).toBe("connecting");
    world.line.gives([item("a", "user", "One"), item("b", "assistant", "Two")], { id: "sess_9" });
    expect(snapshot()).toMatchObject({ stage: "live", sessionId: "sess_9" });
    expect(script()).toEqual(["coach: One", "client: Two"]);
    expect(world.line.sent).toEqual([]);
  });

  it("tries again when the server is away as the page comes back", async () => {
    world.session.close();
    world = new FakeWorld({
      session: "sess_9",
      startedAt: Date.now(),
      transport: null,
      drafts: NO_DRAFTS,
    });
    world.refuse = new FaultError("server-unreachable");
    world.session.start(null);
    await settle();
    expect(snapshot().stage).toBe("reconnecting");
    world.refuse = null;
    await vi.advanceTimersByTimeAsync(FIRST_WAIT);
    expect(world.line.resume).toBe("sess_9");
  });

  it("does not wait for a server that never gives the session back", async () => {
    await talked();
    await cut();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(snapshot()).toMatchObject({ stage: "reconnecting", attempt: 2 });
  });

  it("ends plainly when the server says that the session is over", async () => {
    await talked();
    world.blocked = {
      webrtc: new FaultError("network-lost"),
      websocket: new FaultError("network-lost"),
    };
    world.standing = "over";
    await cut();
    expect(snapshot()).toMatchObject({ stage: "ended", fault: "session-over" });
    expect(world.hungUp).toEqual([]);
  });

  it("does not take another session for this one", async () => {
    await talked();
    await cut();
    world.line.gives([], { id: "sess_2" });
    expect(snapshot()).toMatchObject({
      stage: "ended",
      fault: "session-over",
      sessionId: "sess_1",
    });
    expect(script()[0]).toBe("coach: Hello");
  });

  it("does not take a server that cannot say for one that says no", async () => {
    await talked();
    world.blocked = {
      webrtc: new FaultError("network-lost"),
      websocket: new FaultError("network-lost"),
    };
    world.standing = "unknown";
    await cut();
    expect(snapshot().stage).toBe("reconnecting");
    world.blocked = {};
    await vi.advanceTimersByTimeAsync(2 * FIRST_WAIT);
    world.line.gives([]);
    expect(snapshot().stage).toBe("live");
  });

  it("says that the database does not answer, and tries for as long as a session is kept", async () => {
    await talked();
    // A call is told why it is refused, which a WebSocket would not be told better.
    world.blocked = { webrtc: new FaultError("database-away") };
    await cut();
    expect(snapshot()).toMatchObject({ stage: "reconnecting", fault: "database-away" });
    expect(world.lines).toHaveLength(1);
    world.blocked = {
      webrtc: new FaultError("network-lost"),
      websocket: new FaultError("network-lost"),
    };
    world.standing = "waits";
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(snapshot()).toMatchObject({ stage: "reconnecting", fault: "database-away" });
    world.blocked = {};
    await vi.advanceTimersByTimeAsync(10 * FIRST_WAIT);
    world.line.gives([]);
    expect(snapshot()).toMatchObject({ stage: "live", fault: null });
  });

  it("leaves the session to whoever took it up elsewhere", async () => {
    await talked();
    world.line.hears({ type: "praxiloom.notice", code: "session_taken_over", message: "" });
    world.line.hooks.down("network-lost");
    expect(snapshot()).toMatchObject({ stage: "ended", fault: "session-elsewhere" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.lines).toHaveLength(1);
    expect(world.hungUp).toEqual([]);
  });

  it("is over when it was hung up elsewhere", async () => {
    await talked();
    world.line.hears({ type: "praxiloom.notice", code: "session_ended", message: "" });
    world.line.hooks.down("network-lost");
    expect(snapshot()).toMatchObject({ stage: "ended", fault: "session-ended" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.lines).toHaveLength(1);
    expect(world.hungUp).toEqual([]);
  });

  it("shows no reason when the hang-up was its own", async () => {
    await talked();
    world.session.end();
    world.line.hears({ type: "praxiloom.notice", code: "session_ended", message: "" });
    world.line.hooks.down("network-lost");
    expect(snapshot()).toMatchObject({ stage: "ended", fault: null });
  });

  it("tells the server that the person ended the session, live or away", async () => {
    await talked();
    world.session.end();
    expect(world.hungUp).toEqual(["sess_1"]);
    expect(world.line.closed, "the server is told first").toBe(false);
    await settle();
    expect(world.line.closed).toBe(true);
    world.session.end();
    expect(world.hungUp).toHaveLength(1);
  });

  it("looks at the connection when the page wakes, and does not wait when it is away", async () => {
    await talked();
    const checked = world.line.checked;
    world.woke();
    expect(world.line.checked).toBe(checked + 1);
    world.refuse = new FaultError("server-unreachable");
    world.line.hooks.down("network-lost");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(world.lines).toHaveLength(1);
    world.refuse = null;
    vi.setSystemTime(Date.now() + 60_000);
    world.woke();
    world.woke();
    await settle();
    expect(world.lines).toHaveLength(2);
  });

  it("asks a server that has been silent for long, and one that was written to", async () => {
    await world.live();
    await vi.advanceTimersByTimeAsync(10_000);
    world.line.hears({ type: "praxiloom.turn", state: "listening" });
    await vi.advanceTimersByTimeAsync(14_000);
    expect(world.line.checked).toBe(0);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(world.line.checked).toBe(1);
    world.session.say("Are you there?");
    expect(world.line.checked).toBe(2);
  });

  it("comes back by the way that carried it last", async () => {
    world.blocked = { webrtc: new FaultError("network-lost") };
    await talked();
    expect(world.line.kind).toBe("websocket");
    world.blocked = {};
    await cut();
    expect(world.line.kind).toBe("websocket");
  });

  it("falls to the other way when the first is gone for good", async () => {
    await talked();
    expect(world.line.kind).toBe("webrtc");
    world.blocked = { webrtc: new FaultError("network-lost") };
    await cut();
    expect(world.line).toMatchObject({ kind: "websocket", resume: "sess_1" });
  });

  it("says while it mends the way, and forgets that when it is lost", async () => {
    await talked();
    world.line.hooks.mending(true);
    expect(snapshot()).toMatchObject({ stage: "live", mending: true });
    await cut();
    expect(snapshot().mending).toBe(false);
  });

  it("keeps the word that nothing is recorded any more in view, until the session goes on anew", async () => {
    await talked();
    const message = "This session is no longer being recorded: the disk is full.";
    world.line.hears({ type: "praxiloom.notice", code: "recording_stopped", message });
    world.session.dismissNotice();
    world.line.hears({ type: "praxiloom.notice", code: "engine_trouble", message: "Slow" });
    expect(snapshot().conversation.recordingStopped).toBe(message);
    world.line.hooks.down("network-lost");
    expect(snapshot().conversation.recordingStopped).toBe(message);
    await vi.advanceTimersByTimeAsync(FIRST_WAIT);
    world.line.gives([]);
    expect(snapshot().conversation.recordingStopped).toBeNull();
  });

  it("says that the database does not answer until it does, or until another connection says", async () => {
    await talked();
    const says = (code: string) =>
      world.line.hears({ type: "praxiloom.notice", code, message: "No answer." });
    says("database_behind");
    expect(snapshot().conversation).toMatchObject({ databaseBehind: "No answer.", notice: null });
    says("database_back");
    expect(snapshot().conversation).toMatchObject({ databaseBehind: null, notice: null });
    says("database_behind");
    world.line.hooks.down("network-lost");
    expect(snapshot().conversation.databaseBehind).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import type { ServerEvent } from "../realtime/events.ts";
import { type Conversation, correctable, EMPTY, wording } from "./conversation.ts";
import { reduce } from "./reduce.ts";

function play(events: ServerEvent[], from: Conversation = EMPTY): Conversation {
  return events.reduce(reduce, from);
}

function script(state: Conversation): string[] {
  return state.turns.map((turn) => `${turn.side}: ${wording(turn)}`);
}

const user = (id: string, text: string | null = null, typed = false) => ({
  id,
  role: "user" as const,
  text,
  typed,
  cut: false,
});
const assistant = (id: string, text: string | null = null) => ({
  id,
  role: "assistant" as const,
  text,
  typed: false,
  cut: false,
});

const spoken: ServerEvent[] = [
  { type: "praxiloom.turn", state: "coach_speaking" },
  { type: "praxiloom.caption", item_id: "u1", stable: "What", unstable: "wood you" },
  { type: "praxiloom.caption", item_id: "u1", stable: "What would you", unstable: "like" },
  { type: "input_audio_buffer.committed", item_id: "u1", previous_item_id: null },
  { type: "conversation.item.added", item: user("u1"), previous_item_id: null },
  { type: "conversation.item.done", item: user("u1"), previous_item_id: null },
];

const answered: ServerEvent[] = [
  { type: "response.created", response_id: "r1" },
  { type: "response.output_item.added", response_id: "r1", item: assistant("c1") },
  { type: "conversation.item.added", item: assistant("c1"), previous_item_id: "u1" },
  { type: "response.output_audio_transcript.delta", item_id: "c1", delta: "I would " },
  { type: "response.output_audio_transcript.delta", item_id: "c1", delta: "like to rest." },
];

describe("reduce", () => {
  it("shows what is understood while it is spoken, and then for good", () => {
    const during = play(spoken.slice(0, 3));
    expect(during.turns[0]).toMatchObject({ text: "What would you", unstable: "like" });
    expect(during.phase).toBe("coach_speaking");
    const after = play([
      ...spoken,
      {
        type: "conversation.item.input_audio_transcription.completed",
        item_id: "u1",
        transcript: "What would you like?",
      },
      // A caption that was under way when the transcript came.
      { type: "praxiloom.caption", item_id: "u1", stable: "What", unstable: "" },
    ]);
    expect(after.turns[0]).toMatchObject({
      text: "What would you like?",
      unstable: "",
      certainty: "final",
      typed: false,
    });
  });

  it("keeps the order of the conversation though the transcript comes after the answer began", () => {
    const state = play([
      ...spoken.slice(3),
      ...answered,
      {
        type: "conversation.item.input_audio_transcription.completed",
        item_id: "u1",
        transcript: "And you?",
      },
    ]);
    expect(script(state)).toEqual(["coach: And you?", "client: I would like to rest."]);
  });

  it("places an item by its predecessor", () => {
    const state = play([
      { type: "conversation.item.added", item: user("a", "one", true), previous_item_id: null },
      { type: "conversation.item.added", item: user("c", "three", true), previous_item_id: "a" },
      { type: "conversation.item.added", item: user("b", "two", true), previous_item_id: "a" },
      { type: "conversation.item.added", item: user("z", "zero", true), previous_item_id: null },
    ]);
    expect(script(state)).toEqual(["coach: zero", "coach: one", "coach: two", "coach: three"]);
  });

  it("says so when nothing was understood, and lets it be corrected", () => {
    const state = play([
      ...spoken,
      { type: "conversation.item.input_audio_transcription.failed", item_id: "u1" },
    ]);
    expect(state.turns[0]?.certainty).toBe("not_understood");
    expect(correctable(state.turns)?.id).toBe("u1");
  });

  it("does not let a late transcript undo a correction", () => {
    const state = play(spoken);
    const corrected = {
      ...state,
      turns: state.turns.map((turn) => ({ ...turn, text: "As typed", corrected: true })),
    };
    const after = reduce(corrected, {
      type: "conversation.item.input_audio_transcription.completed",
      item_id: "u1",
      transcript: "misheard",
    });
    expect(after.turns[0]?.text).toBe("As typed");
  });

  it("keeps only what was heard when the client is cut off", () => {
    const cut: ServerEvent[] = [
      { type: "praxiloom.heard", item_id: "c1", audio_ms: 400, transcript: "I would" },
      {
        type: "response.done",
        response_id: "r1",
        status: "cancelled",
        reason: "turn_detected",
      },
      { type: "conversation.item.truncated", item_id: "c1", audio_end_ms: 400 },
      { type: "response.output_audio_transcript.delta", item_id: "c1", delta: " late words" },
    ];
    const state = play([...spoken, ...answered, ...cut]);
    expect(state.turns[1]).toMatchObject({
      text: "I would",
      interrupted: true,
      certainty: "final",
    });
    const corrected = reduce(state, {
      type: "conversation.item.retrieved",
      item: assistant("c1", "I"),
      previous_item_id: undefined,
    });
    expect(corrected.turns[1]?.text).toBe("I");
  });

  it("leaves no empty turn of an answer that was discarded before its first word", () => {
    const state = play([
      ...spoken,
      ...answered.slice(0, 3),
      { type: "response.done", response_id: "r1", status: "cancelled", reason: "turn_detected" },
    ]);
    expect(state.turns.map((turn) => turn.id)).toEqual(["u1"]);
  });

  it("finishes a turn, and reports a failed one", () => {
    const done: ServerEvent = {
      type: "response.done",
      response_id: "r1",
      status: "completed",
      reason: undefined,
    };
    expect(play([...spoken, ...answered, done]).turns[1]?.certainty).toBe("final");
    const failed = play([...spoken, ...answered, { ...done, status: "failed" }]);
    expect(failed.failed).toBe(true);
    expect(reduce(failed, { type: "response.created", response_id: "r2" }).failed).toBe(false);
  });

  it("guesses the phase only until the server announces it", () => {
    const guessed = reduce(EMPTY, { type: "input_audio_buffer.speech_started", item_id: "u" });
    expect(guessed.phase).toBe("coach_speaking");
    const announced = reduce(guessed, { type: "praxiloom.turn", state: "pausing" });
    expect(reduce(announced, { type: "response.created", response_id: "r" }).phase).toBe("pausing");
  });

  it("keeps the latency of recent turns, numbered", () => {
    let state = EMPTY;
    for (let turn = 1; turn <= 60; turn += 1) {
      state = reduce(state, {
        type: "praxiloom.latency",
        response_id: `r${String(turn)}`,
        turn_decided_ms: 600,
        first_token_ms: 650,
        first_audio_ms: 700,
        thinking_ms: null,
        first_packet_ms: 720,
      });
    }
    expect(state.latency).toHaveLength(50);
    expect(state.latency.at(-1)?.turn).toBe(60);
  });

  it("forgets a deleted item", () => {
    const state = play([...spoken, { type: "conversation.item.deleted", item_id: "u1" }]);
    expect(state.turns).toEqual([]);
  });

  it("never changes the state it was given", () => {
    const before = structuredClone(EMPTY);
    play([...spoken, ...answered]);
    expect(EMPTY).toEqual(before);
  });
});

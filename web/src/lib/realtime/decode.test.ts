import { describe, expect, it } from "vitest";
import { decode } from "./decode.ts";

const wire = (event: unknown) => decode(JSON.stringify(event));

describe("decode", () => {
  it("reads a user item whose transcript is not known yet", () => {
    const event = wire({
      type: "conversation.item.added",
      previous_item_id: "item_0",
      item: {
        id: "item_1",
        type: "message",
        role: "user",
        content: [{ type: "input_audio", transcript: null }],
      },
    });
    expect(event).toEqual({
      type: "conversation.item.added",
      previous_item_id: "item_0",
      item: { id: "item_1", role: "user", text: null, typed: false, cut: false },
    });
  });

  it("tells 'insert first' (null) from 'not said' (absent)", () => {
    const item = { id: "i", type: "message", role: "assistant", content: [] };
    const first = wire({ type: "conversation.item.done", previous_item_id: null, item });
    const unsaid = wire({ type: "conversation.item.retrieved", item });
    expect(first).toMatchObject({ previous_item_id: null });
    expect(unsaid).toMatchObject({ previous_item_id: undefined });
  });

  it("reads why a response was cancelled", () => {
    const response = {
      id: "resp_1",
      status: "cancelled",
      status_details: { type: "cancelled", reason: "turn_detected" },
    };
    expect(wire({ type: "response.done", response })).toEqual({
      type: "response.done",
      response_id: "resp_1",
      status: "cancelled",
      reason: "turn_detected",
    });
  });

  it("reads our own events", () => {
    expect(
      wire({ type: "praxiloom.caption", item_id: "i", stable: "I am", unstable: "her" }),
    ).toEqual({ type: "praxiloom.caption", item_id: "i", stable: "I am", unstable: "her" });
    expect(wire({ type: "praxiloom.turn", state: "client_paused" })).toEqual({
      type: "praxiloom.turn",
      state: "client_paused",
    });
    expect(
      wire({
        type: "praxiloom.latency",
        response_id: "r",
        turn_decided_ms: 600,
        first_token_ms: null,
      }),
    ).toEqual({
      type: "praxiloom.latency",
      response_id: "r",
      turn_decided_ms: 600,
      first_token_ms: null,
      first_audio_ms: null,
      thinking_ms: null,
      first_packet_ms: null,
    });
  });

  it("drops what it does not know, and what is not an event", () => {
    expect(wire({ type: "rate_limits.updated", rate_limits: [] })).toBeNull();
    expect(wire({ type: "praxiloom.turn", state: "dancing" })).toBeNull();
    expect(
      wire({ type: "conversation.item.added", item: { type: "function_call", id: "f" } }),
    ).toBeNull();
    for (const odd of ["", "{", "null", "[]", "3", new ArrayBuffer(2), undefined]) {
      expect(decode(odd)).toBeNull();
    }
  });

  it("survives every event type with nothing in it", () => {
    const types = [
      "session.created",
      "error",
      "input_audio_buffer.speech_started",
      "input_audio_buffer.committed",
      "conversation.item.added",
      "conversation.item.truncated",
      "conversation.item.input_audio_transcription.completed",
      "response.created",
      "response.done",
      "response.output_item.added",
      "response.output_audio.delta",
      "output_audio_buffer.started",
      "praxiloom.heard",
      "praxiloom.engines",
      "praxiloom.notice",
    ];
    for (const type of types) expect(() => wire({ type })).not.toThrow();
  });
});

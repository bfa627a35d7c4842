/** One server event in, the next state of the conversation out. */

import type { ServerEvent } from "../realtime/events.ts";
import { type Conversation, findTurn, placed, type Turn, withTurn } from "./conversation.ts";
import { passingWords } from "./passing.ts";
import { begun, completed, restored } from "./restore.ts";

/** The latency panel shows the recent turns; a long session must not grow without end. */
const LATENCY_KEPT = 50;

export function reduce(state: Conversation, event: ServerEvent): Conversation {
  const { restoring } = state;
  if (!restoring) return guessPhase(apply(state, event), event);
  return restored(state, restoring, event) ?? reduce(completed(state, restoring), event);
}

function apply(state: Conversation, event: ServerEvent): Conversation {
  const { turns } = state;
  const coach = (id: string, change: (turn: Turn) => Partial<Turn>) => ({
    ...state,
    turns: withTurn(turns, id, "coach", change),
  });
  const client = (id: string, change: (turn: Turn) => Partial<Turn>) => ({
    ...state,
    turns: withTurn(turns, id, "client", change),
  });

  switch (event.type) {
    case "praxiloom.caption": {
      const known = findTurn(turns, event.item_id);
      // A caption that was overtaken by the final transcript says nothing new.
      if (known && known.certainty !== "partial") return state;
      return coach(event.item_id, () => ({ text: event.stable, unstable: event.unstable }));
    }
    case "conversation.item.input_audio_transcription.delta":
      // Our own captions carry the same words with more care.
      if (state.announced) return state;
      return coach(event.item_id, (turn) => ({ text: turn.text + event.delta }));
    case "conversation.item.input_audio_transcription.completed":
      return coach(event.item_id, (turn) =>
        turn.corrected ? {} : understood(event.transcript.trim()),
      );
    case "conversation.item.input_audio_transcription.failed":
      return coach(event.item_id, (turn) => (turn.corrected ? {} : understood("")));
    case "input_audio_buffer.committed":
      return { ...state, turns: placed(turns, event.item_id, event.previous_item_id) };
    case "conversation.item.added":
    case "conversation.item.done":
    case "conversation.item.retrieved":
      return withItem(state, event);
    case "conversation.item.deleted":
      return { ...state, turns: turns.filter((turn) => turn.id !== event.item_id) };
    case "conversation.item.truncated": {
      const turn = findTurn(turns, event.item_id);
      if (!turn || turn.side !== "client") return state;
      return client(event.item_id, () => ({
        interrupted: true,
        certainty: "final",
        ...(turn.heard === null ? {} : { text: turn.heard }),
      }));
    }
    case "response.created":
      return { ...state, failed: false };
    case "response.output_item.added":
      return {
        ...client(event.item.id, () => ({})),
        items: { ...state.items, [event.response_id]: event.item.id },
      };
    case "response.output_audio_transcript.delta":
    case "response.output_text.delta":
      return client(event.item_id, (turn) =>
        turn.interrupted ? {} : { text: turn.text + event.delta },
      );
    case "response.output_audio_transcript.done":
      return client(event.item_id, (turn) => (turn.interrupted ? {} : { text: event.transcript }));
    case "response.output_text.done":
      return client(event.item_id, (turn) => (turn.interrupted ? {} : { text: event.text }));
    case "praxiloom.heard":
      return client(event.item_id, (turn) => ({
        heard: event.transcript,
        ...(turn.interrupted ? { text: event.transcript } : {}),
      }));
    case "response.done":
      return finished(state, event.response_id, event.status);
    case "praxiloom.latency": {
      const entry = { ...event, turn: (state.latency.at(-1)?.turn ?? 0) + 1 };
      return { ...state, latency: [...state.latency, entry].slice(-LATENCY_KEPT) };
    }
    case "praxiloom.engines":
      return { ...state, engines: event.engines };
    case "praxiloom.session.resumed":
      return begun(state, event);
    case "praxiloom.notice":
      return noticed(state, event);
    case "praxiloom.turn":
      return { ...state, phase: event.state, announced: true };
    default:
      return state;
  }
}

/** What lasts stays in view until it has passed; what is said once can be put away. */
export function noticed(state: Conversation, { code, message }: { code: string; message: string }) {
  const words = passingWords(code);
  if (words !== null) return { ...state, passing: { code, words } };
  if (code === "recording_stopped") return { ...state, recordingStopped: message };
  if (code === "database_behind") return { ...state, databaseBehind: message };
  if (code === "database_back") return { ...state, databaseBehind: null };
  return { ...state, notice: { code, message } };
}

function understood(transcript: string): Partial<Turn> {
  return {
    text: transcript,
    unstable: "",
    certainty: transcript ? "final" : "not_understood",
  };
}

type ItemEvent = Extract<ServerEvent, { item: unknown; previous_item_id: unknown }>;

function withItem(state: Conversation, event: ItemEvent): Conversation {
  const { item } = event;
  if (item.role === "system") return state;
  const side = item.role === "user" ? "coach" : "client";
  const final = event.type !== "conversation.item.added";
  const turns = withTurn(state.turns, item.id, side, (turn) => {
    const change: Partial<Turn> = { typed: turn.typed || item.typed };
    if (side === "coach") {
      // A spoken item is done long before its words are known; only typed ones bring theirs.
      if (item.text) Object.assign(change, understood(item.text));
    } else if (item.text !== null && final) {
      // After a cut the server keeps what was heard, and so does the page.
      if (!turn.interrupted || event.type === "conversation.item.retrieved")
        change.text = item.text;
      change.certainty = "final";
    }
    return change;
  });
  if (event.type !== "conversation.item.added") return { ...state, turns };
  return { ...state, turns: placed(turns, item.id, event.previous_item_id) };
}

function finished(state: Conversation, response: string, status: string): Conversation {
  const { [response]: item, ...items } = state.items;
  const cut = status === "cancelled";
  const turns = state.turns
    .map((turn) =>
      turn.id === item
        ? {
            ...turn,
            certainty: "final" as const,
            interrupted: turn.interrupted || cut,
            ...(cut && turn.heard !== null ? { text: turn.heard } : {}),
          }
        : turn,
    )
    // A response that was discarded before a word of it was made leaves no empty turn behind.
    .filter((turn) => turn.id !== item || turn.text !== "" || !cut);
  return { ...state, items, turns, failed: status === "failed" };
}

/** Servers without our own events: the phase follows from the protocol's. */
function guessPhase(state: Conversation, event: ServerEvent): Conversation {
  if (state.announced) return state;
  switch (event.type) {
    case "input_audio_buffer.speech_started":
      return { ...state, phase: "coach_speaking" };
    case "input_audio_buffer.speech_stopped":
    case "response.created":
      return { ...state, phase: "thinking" };
    case "output_audio_buffer.started":
    case "response.output_audio_transcript.delta":
      return { ...state, phase: "client_speaking" };
    case "output_audio_buffer.stopped":
    case "output_audio_buffer.cleared":
    case "response.done":
      return { ...state, phase: "listening" };
    default:
      return state;
  }
}

/** Turns a message from the wire into a typed event, or null for what this page does not use. */

import type { Item, ServerEvent, SessionInfo, TurnPhase } from "./events.ts";

type Json = Record<string, unknown>;

const PHASES: readonly TurnPhase[] = [
  "listening",
  "coach_speaking",
  "pausing",
  "thinking",
  "client_speaking",
  "client_paused",
];

export function decode(message: unknown): ServerEvent | null {
  if (typeof message !== "string") return null;
  let raw: unknown;
  try {
    raw = JSON.parse(message);
  } catch {
    return null;
  }
  return isJson(raw) ? shape(raw) : null;
}

function shape(raw: Json): ServerEvent | null {
  const type = raw.type;
  const item_id = text(raw.item_id);
  const response_id = text(raw.response_id);
  switch (type) {
    case "session.created":
    case "session.updated":
      return { type, session: session(raw.session) };
    case "error": {
      const error = isJson(raw.error) ? raw.error : {};
      return {
        type,
        code: optional(error.code),
        message: text(error.message),
        event_id: optional(error.event_id),
      };
    }
    case "input_audio_buffer.speech_started":
    case "input_audio_buffer.speech_stopped":
      return { type, item_id };
    case "input_audio_buffer.committed":
      return { type, item_id, previous_item_id: optional(raw.previous_item_id) ?? null };
    case "conversation.item.added":
    case "conversation.item.done":
    case "conversation.item.retrieved": {
      const parsed = item(raw.item);
      if (!parsed) return null;
      const before = raw.previous_item_id;
      return { type, item: parsed, previous_item_id: before === null ? null : optional(before) };
    }
    case "conversation.item.deleted":
      return { type, item_id };
    case "conversation.item.truncated":
      return { type, item_id, audio_end_ms: number(raw.audio_end_ms) ?? 0 };
    case "conversation.item.input_audio_transcription.delta":
      return { type, item_id, delta: text(raw.delta) };
    case "conversation.item.input_audio_transcription.completed":
      return { type, item_id, transcript: text(raw.transcript) };
    case "conversation.item.input_audio_transcription.failed":
      return { type, item_id };
    case "response.created":
      return isJson(raw.response) ? { type, response_id: text(raw.response.id) } : null;
    case "response.done": {
      if (!isJson(raw.response)) return null;
      const { id, status, status_details: details } = raw.response;
      const reason = isJson(details) ? optional(details.reason) : undefined;
      return { type, response_id: text(id), status: text(status), reason };
    }
    case "response.output_item.added": {
      const parsed = item(raw.item);
      return parsed && { type, response_id, item: parsed };
    }
    case "response.output_audio.delta":
      return { type, response_id, item_id, delta: text(raw.delta) };
    case "response.output_audio.done":
      return { type, response_id, item_id };
    case "response.output_audio_transcript.delta":
    case "response.output_text.delta":
      return { type, item_id, delta: text(raw.delta) };
    case "response.output_audio_transcript.done":
      return { type, item_id, transcript: text(raw.transcript) };
    case "response.output_text.done":
      return { type, item_id, text: text(raw.text) };
    case "output_audio_buffer.started":
    case "output_audio_buffer.stopped":
    case "output_audio_buffer.cleared":
      return { type, response_id };
    case "praxiloom.caption":
      return { type, item_id, stable: text(raw.stable), unstable: text(raw.unstable) };
    case "praxiloom.turn": {
      const state = PHASES.find((phase) => phase === raw.state);
      return state ? { type, state } : null;
    }
    case "praxiloom.heard":
      return {
        type,
        item_id,
        audio_ms: number(raw.audio_ms) ?? 0,
        transcript: text(raw.transcript),
      };
    case "praxiloom.latency":
      return {
        type,
        response_id,
        turn_decided_ms: number(raw.turn_decided_ms),
        first_token_ms: number(raw.first_token_ms),
        first_audio_ms: number(raw.first_audio_ms),
        thinking_ms: number(raw.thinking_ms),
        first_packet_ms: number(raw.first_packet_ms),
      };
    case "praxiloom.engines":
      return { type, engines: isJson(raw.engines) ? raw.engines : raw };
    case "praxiloom.notice":
      return { type, code: text(raw.code), message: text(raw.message) };
    case "praxiloom.session.resumed":
      return {
        type,
        session_id: text(raw.session_id),
        part: number(raw.part) ?? 1,
        at_ms: number(raw.at_ms) ?? 0,
        away_ms: number(raw.away_ms) ?? 0,
        items: number(raw.items) ?? 0,
      };
    default:
      return null;
  }
}

function session(raw: unknown): SessionInfo {
  const info = isJson(raw) ? raw : {};
  const include = Array.isArray(info.include) ? info.include.map(text) : [];
  const expires_at = number(info.expires_at);
  return { id: text(info.id), model: text(info.model), include, expires_at };
}

/** A message item; function calls and the like are none of a practice page's business. */
function item(raw: unknown): Item | null {
  if (!isJson(raw) || raw.type !== "message") return null;
  const role = raw.role;
  if (role !== "user" && role !== "assistant" && role !== "system") return null;
  const parts = (Array.isArray(raw.content) ? raw.content : []).filter(isJson);
  const said = parts
    .map((part) => optional(part.text) ?? optional(part.transcript))
    .filter((part) => part !== undefined);
  return {
    id: text(raw.id),
    role,
    text: said.length > 0 ? said.join(" ") : null,
    typed: parts.some((part) => part.type === "input_text"),
    cut: raw.status === "incomplete",
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function optional(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The events of the OpenAI Realtime protocol (GA) that this page speaks, and our own beside them. */

export type TurnPhase =
  "listening" | "coach_speaking" | "pausing" | "thinking" | "client_speaking" | "client_paused";

export interface Item {
  id: string;
  role: "user" | "assistant" | "system";
  /** What was said or typed; null while a spoken item awaits its transcript. */
  text: string | null;
  typed: boolean;
  /** Only its beginning was said: it was interrupted. */
  cut: boolean;
}

export interface LatencyFigures {
  response_id: string;
  turn_decided_ms: number | null;
  first_token_ms: number | null;
  first_audio_ms: number | null;
  /** How long the client still thought when its voice was ready; in none of the other figures. */
  thinking_ms: number | null;
  first_packet_ms: number | null;
}

export type ServerEvent =
  | { type: "session.created" | "session.updated"; session: SessionInfo }
  | { type: "error"; code: string | undefined; message: string; event_id: string | undefined }
  | {
      type: "input_audio_buffer.speech_started" | "input_audio_buffer.speech_stopped";
      item_id: string;
    }
  | { type: "input_audio_buffer.committed"; item_id: string; previous_item_id: string | null }
  | {
      type: "conversation.item.added" | "conversation.item.done" | "conversation.item.retrieved";
      item: Item;
      previous_item_id: string | null | undefined;
    }
  | { type: "conversation.item.deleted"; item_id: string }
  | { type: "conversation.item.truncated"; item_id: string; audio_end_ms: number }
  | { type: "conversation.item.input_audio_transcription.delta"; item_id: string; delta: string }
  | {
      type: "conversation.item.input_audio_transcription.completed";
      item_id: string;
      transcript: string;
    }
  | { type: "conversation.item.input_audio_transcription.failed"; item_id: string }
  | { type: "response.created"; response_id: string }
  | { type: "response.done"; response_id: string; status: string; reason: string | undefined }
  | { type: "response.output_item.added"; response_id: string; item: Item }
  | { type: "response.output_audio.delta"; response_id: string; item_id: string; delta: string }
  | { type: "response.output_audio.done"; response_id: string; item_id: string }
  | { type: "response.output_audio_transcript.delta"; item_id: string; delta: string }
  | { type: "response.output_audio_transcript.done"; item_id: string; transcript: string }
  | { type: "response.output_text.delta"; item_id: string; delta: string }
  | { type: "response.output_text.done"; item_id: string; text: string }
  | {
      type:
        | "output_audio_buffer.started"
        | "output_audio_buffer.stopped"
        | "output_audio_buffer.cleared";
      response_id: string;
    }
  | { type: "praxiloom.caption"; item_id: string; stable: string; unstable: string }
  | { type: "praxiloom.turn"; state: TurnPhase }
  | { type: "praxiloom.heard"; item_id: string; audio_ms: number; transcript: string }
  | ({ type: "praxiloom.latency" } & LatencyFigures)
  | { type: "praxiloom.engines"; engines: Record<string, unknown> }
  | { type: "praxiloom.notice"; code: string; message: string }
  /** A session goes on; its items follow, each as `conversation.item.added` and `.done`. */
  | {
      type: "praxiloom.session.resumed";
      session_id: string;
      part: number;
      /** Where the session's timeline goes on. */
      at_ms: number;
      away_ms: number;
      items: number;
    };

export interface SessionInfo {
  id: string;
  model: string;
  include: string[];
  /** When the server closes it at the latest, in seconds since 1970 by its clock. */
  expires_at: number | null;
}

export type ClientEvent =
  | { type: "session.update"; session: SessionRequest }
  | { type: "input_audio_buffer.append"; audio: string }
  | {
      type: "conversation.item.create";
      item: {
        id: string;
        type: "message";
        role: "user";
        content: { type: "input_text"; text: string }[];
      };
    }
  | { type: "conversation.item.retrieve"; item_id: string; event_id?: string }
  | { type: "conversation.item.truncate"; item_id: string; content_index: 0; audio_end_ms: number }
  | { type: "response.create" }
  | { type: "response.cancel"; response_id?: string }
  | { type: "output_audio_buffer.clear" }
  | { type: "praxiloom.turn.hold"; item_id: string }
  | { type: "praxiloom.turn.correct"; item_id: string; transcript: string; event_id?: string }
  | { type: "praxiloom.turn.release"; item_id: string };

export interface SessionRequest {
  type: "realtime";
  include: string[];
  prompt: { id: string };
  output_modalities: ["audio"];
  audio: {
    input: {
      format: { type: "audio/pcm"; rate: 24000 };
      turn_detection: { type: "semantic_vad" };
      transcription: { model: string; language: string };
    };
    output: { format: { type: "audio/pcm"; rate: 24000 } };
  };
}

/** Opting in to our own events; clients that do not ask never see them. */
export const OWN_EVENTS = "praxiloom.events";

/** Samples per second of `audio/pcm`, both ways. */
export const WIRE_RATE = 24_000;

export function sessionRequest(clientId: string, language: string): SessionRequest {
  const format = { type: "audio/pcm", rate: WIRE_RATE } as const;
  return {
    type: "realtime",
    include: [OWN_EVENTS],
    prompt: { id: clientId },
    output_modalities: ["audio"],
    audio: {
      input: {
        format,
        turn_detection: { type: "semantic_vad" },
        transcription: { model: "local", language },
      },
      output: { format },
    },
  };
}

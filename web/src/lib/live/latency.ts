/** Splits a turn's latency, whose figures all count from the end of speech, into its steps. What the
 * client thought is in none of them. */

import type { LatencyFigures } from "../realtime/events.ts";

export interface Step {
  key: "decide" | "think" | "voice" | "send";
  name: string;
  ms: number;
}

export function steps(figures: LatencyFigures): Step[] {
  const marks = [
    { key: "decide", name: "turn decided", at: figures.turn_decided_ms },
    { key: "think", name: "first word", at: figures.first_token_ms },
    { key: "voice", name: "first sound", at: figures.first_audio_ms },
    { key: "send", name: "sent", at: figures.first_packet_ms },
  ] as const;
  let reached = 0;
  const list: Step[] = [];
  for (const { key, name, at } of marks) {
    // A step that was never measured, or came before the one before it because the answer was
    // prepared ahead of time, took no time of its own.
    if (at === null || at <= reached) continue;
    list.push({ key, name, ms: at - reached });
    reached = at;
  }
  return list;
}

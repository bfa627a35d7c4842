/** Gives a new connection the conversation so far, so that the client still knows what was said. */

import type { ClientEvent } from "../realtime/events.ts";
import type { Turn } from "./conversation.ts";

/** Enough for the thread of a conversation, little enough for one message burst. */
const KEPT = 80;

export function replay(turns: Turn[]): ClientEvent[] {
  return turns
    .filter((turn) => turn.certainty === "final" && spoken(turn) !== "")
    .slice(-KEPT)
    .map((turn) => ({
      type: "conversation.item.create",
      item: {
        id: turn.id,
        type: "message",
        role: turn.side === "coach" ? "user" : "assistant",
        content: [
          { type: turn.side === "coach" ? "input_text" : "output_text", text: spoken(turn) },
        ],
      },
    }));
}

/** Of the client's words only those that were heard. */
function spoken(turn: Turn): string {
  return turn.interrupted && turn.heard !== null ? turn.heard : turn.text;
}

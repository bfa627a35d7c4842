/** Brings the conversation shown into line with the server's after a break: what the server has is what was said. */

import type { Item, ServerEvent } from "../realtime/events.ts";
import { type Conversation, findTurn, newTurn, placed, type Turn } from "./conversation.ts";

/** The server's items as far as they have come; they take the place of the turns all at once. */
export interface Restoring {
  /** How many items are still to come. */
  left: number;
  turns: Turn[];
  awayMs: number;
}

type Resumed = Extract<ServerEvent, { type: "praxiloom.session.resumed" }>;

/** The items follow; until the last has come, the page shows what it showed. */
export function begun(state: Conversation, { items, away_ms }: Resumed): Conversation {
  const restoring: Restoring = { left: items, turns: [], awayMs: away_ms };
  const next = { ...state, recordingStopped: null, restoring };
  return items > 0 ? next : completed(next, restoring);
}

/** One event while the items come in; null if it is none of them, so that they are complete. */
export function restored(
  state: Conversation,
  restoring: Restoring,
  event: ServerEvent,
): Conversation | null {
  if (event.type !== "conversation.item.added" && event.type !== "conversation.item.done") {
    return null;
  }
  const { item, previous_item_id: previous } = event;
  let { turns } = restoring;
  if (item.role !== "system") {
    const turn = turnOf(item, findTurn(state.turns, item.id));
    const known = findTurn(turns, item.id);
    turns = known ? turns.map((each) => (each === known ? turn : each)) : [...turns, turn];
    if (event.type === "conversation.item.added") turns = placed(turns, item.id, previous);
  }
  const left = restoring.left - (event.type === "conversation.item.done" ? 1 : 0);
  const next = { ...restoring, turns, left };
  return left > 0 ? { ...state, restoring: next } : completed(state, next);
}

export function completed(state: Conversation, restoring: Restoring): Conversation {
  const turns = restoring.turns.filter((turn) => turn.side === "coach" || turn.text !== "");
  const breaks = state.breaks.filter(({ after }) => findTurn(turns, after));
  const last = turns.at(-1);
  if (last) {
    // Two breaks with no word between them are one to the reader.
    const same = breaks.at(-1)?.after === last.id ? breaks.pop() : undefined;
    breaks.push({ after: last.id, awayMs: restoring.awayMs + (same?.awayMs ?? 0) });
  }
  return { ...state, turns, breaks, restoring: null };
}

/** What the coach typed into a connection that was gone already: the server never had it. */
export function unheard(before: Turn[], after: Turn[]): Turn[] {
  const reached = before.findLastIndex((turn) => findTurn(after, turn.id));
  return before.slice(reached + 1).filter((turn) => turn.typed && turn.text !== "");
}

/** The words are the server's; of the page's own only what the server does not say of a turn. */
function turnOf(item: Item, shown: Turn | undefined): Turn {
  const text = item.text?.trim() ?? "";
  if (item.role === "assistant") {
    return { ...newTurn(item.id, "client"), text, certainty: "final", interrupted: item.cut };
  }
  return {
    ...newTurn(item.id, "coach"),
    text,
    certainty: text ? "final" : "not_understood",
    typed: item.typed,
    corrected: shown?.corrected ?? false,
  };
}

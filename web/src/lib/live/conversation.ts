/** What was said so far and whose turn it is, built from the server's events alone. */

import type { LatencyFigures, TurnPhase } from "../realtime/events.ts";
import type { Restoring } from "./restore.ts";

export type Side = "coach" | "client";

/** How sure the words of a turn are. */
export type Certainty =
  | "partial"
  | "final"
  /** The recogniser gave up; the words can still be typed. */
  | "not_understood";

export interface Turn {
  id: string;
  side: Side;
  /** Words that will not change any more by themselves. */
  text: string;
  /** Words that the recogniser may still revise. */
  unstable: string;
  certainty: Certainty;
  typed: boolean;
  corrected: boolean;
  /** The client's words that were really heard; null until the server says. */
  heard: string | null;
  interrupted: boolean;
}

export interface LatencyEntry extends LatencyFigures {
  turn: number;
}

/** A time for which the page was away, shown behind the turn before it. */
export interface Break {
  after: string;
  awayMs: number;
}

export interface Conversation {
  turns: Turn[];
  breaks: Break[];
  /** While a resumed session's items come in. */
  restoring: Restoring | null;
  phase: TurnPhase;
  latency: LatencyEntry[];
  /** Which item each response is producing. */
  items: Record<string, string>;
  /** Our own events were seen, so the phase need not be guessed from the protocol's. */
  announced: boolean;
  /** The engines that serve this session, as the server put it. */
  engines: Record<string, unknown> | null;
  notice: { code: string; message: string } | null;
  /** What was said last of an engine that failed or came back; it passes by itself. */
  passing: { code: string; words: string } | null;
  /** Why this part of the session is not recorded any more; it stays in view. */
  recordingStopped: string | null;
  /** What is said of a database that does not answer, for as long as it does not. */
  databaseBehind: string | null;
  /** Responses of the running connection that failed, for one message to the person. */
  failed: boolean;
}

export const EMPTY: Conversation = {
  turns: [],
  breaks: [],
  restoring: null,
  phase: "listening",
  latency: [],
  items: {},
  announced: false,
  engines: null,
  notice: null,
  passing: null,
  recordingStopped: null,
  databaseBehind: null,
  failed: false,
};

export function findTurn(turns: Turn[], id: string): Turn | undefined {
  return turns.find((turn) => turn.id === id);
}

/** The turn that "Correct" means: the coach's latest, typed ones aside. */
export function correctable(turns: Turn[]): Turn | undefined {
  return turns.findLast((turn) => turn.side === "coach" && !turn.typed);
}

/** Everything that a turn shows, as one line. */
export function wording(turn: Turn): string {
  return [turn.text, turn.unstable].filter(Boolean).join(" ");
}

export function newTurn(id: string, side: Side): Turn {
  return {
    id,
    side,
    text: "",
    unstable: "",
    certainty: "partial",
    typed: false,
    corrected: false,
    heard: null,
    interrupted: false,
  };
}

/** Changes one turn, making it at the end if it is new. */
export function withTurn(
  turns: Turn[],
  id: string,
  side: Side,
  change: (turn: Turn) => Partial<Turn>,
): Turn[] {
  if (!id) return turns;
  const known = findTurn(turns, id);
  if (!known) {
    const turn = newTurn(id, side);
    return [...turns, { ...turn, ...change(turn) }];
  }
  return turns.map((turn) => (turn === known ? { ...turn, ...change(turn) } : turn));
}

/** Puts turn `id` right behind `previous`; null means first, an unknown one leaves it in place. */
export function placed(turns: Turn[], id: string, previous: string | null | undefined): Turn[] {
  const turn = findTurn(turns, id);
  if (!turn || previous === undefined) return turns;
  const rest = turns.filter((each) => each !== turn);
  if (previous === null) return [turn, ...rest];
  const at = rest.findIndex((each) => each.id === previous);
  return at < 0 ? turns : [...rest.slice(0, at + 1), turn, ...rest.slice(at + 1)];
}

/** What stands when a connection broke: nothing is under way any more, and nothing more will come of it. */
export function settled(conversation: Conversation): Conversation {
  const turns = conversation.turns
    .map((turn): Turn => {
      if (turn.certainty !== "partial") return turn;
      if (turn.side === "coach") return { ...turn, certainty: "final" };
      return { ...turn, certainty: "final", interrupted: true, text: turn.heard ?? turn.text };
    })
    .filter((turn) => wording(turn) !== "" || turn.certainty === "not_understood");
  return {
    ...conversation,
    turns,
    restoring: null,
    phase: "listening",
    items: {},
    announced: false,
    failed: false,
    notice: null,
    passing: null,
    databaseBehind: null,
  };
}

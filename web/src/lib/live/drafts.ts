/** What the person typed and the server does not have yet: it outlives breaks and reloads. */

import { findTurn, newTurn, type Turn, wording } from "./conversation.ts";

export interface Correction {
  /** The turn that it corrects. */
  item: string;
  text: string;
}

export interface Drafts {
  /** The correction that is being typed. */
  correcting: Correction | null;
  /** The correction that was sent, until the server says that it took it. */
  sent: Correction | null;
  /** The turn that is being typed. */
  turn: string;
}

export const NO_DRAFTS: Drafts = { correcting: null, sent: null, turn: "" };

/** In characters: the fields take no more, so that what a browser keeps of them is bounded. */
export const LONGEST_DRAFT = 8_000;

/** What becomes of the drafts once a session goes on, and it is known which turns the server has. */
export interface CaughtUp {
  drafts: Drafts;
  /** The turn whose correction goes on. */
  holding: string | null;
  /** The correction to send again. */
  again: Correction | null;
  /** The words of a turn that the server lost are said as a turn of their own. */
  said: Turn[];
}

export function caughtUp(drafts: Drafts, held: string | null, turns: Turn[]): CaughtUp {
  const found: CaughtUp = { drafts, holding: null, again: null, said: [] };
  const { sent, correcting } = drafts;
  if (sent) {
    const turn = findTurn(turns, sent.item);
    if (turn && wording(turn) !== sent.text) found.again = sent;
    else found.drafts = { ...found.drafts, sent: null };
    if (!turn) found.said.push(typedTurn(sent.item, sent.text));
  }
  const open = correcting?.item ?? held;
  if (open !== null && findTurn(turns, open)) found.holding = open;
  else if (correcting) {
    const turn = [drafts.turn, correcting.text].filter(Boolean).join(" ");
    found.drafts = { ...found.drafts, correcting: null, turn: turn.slice(0, LONGEST_DRAFT) };
  }
  return found;
}

export function typedTurn(id: string, text: string): Turn {
  return { ...newTurn(id, "coach"), text, typed: true, certainty: "final" };
}

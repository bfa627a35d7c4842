/** What the page says about a session, in words. */

import { type Turn, wording } from "./conversation.ts";
import type { Snapshot } from "./snapshot.ts";

const MINUTE_MS = 60_000;
const FEW_MINUTES_MS = 5 * MINUTE_MS;

export function phaseWords(snapshot: Snapshot, name: string): string {
  if (snapshot.stage === "connecting") return `${name} is coming in…`;
  if (snapshot.stage === "reconnecting") return "Reconnecting…";
  if (snapshot.stage !== "live") return "";
  if (snapshot.mending) return "Finding the connection again…";
  // The server does not wait for ever; once the client speaks, that is what is true.
  if (snapshot.holding && snapshot.conversation.phase !== "client_speaking")
    return `${name} waits while you correct`;
  switch (snapshot.conversation.phase) {
    case "listening":
      return snapshot.muted ? "You are muted" : `${name} is listening`;
    case "coach_speaking":
      return "You are speaking";
    case "pausing":
      return `${name} is giving you time`;
    case "thinking":
      return `${name} is thinking`;
    case "client_speaking":
      return `${name} is speaking`;
    case "client_paused":
      return `${name} paused for you`;
  }
}

/** Whose voice the picture brings forward. */
export function sounding(snapshot: Snapshot): "coach" | "client" | null {
  if (snapshot.stage !== "live" || snapshot.mending) return null;
  const { phase } = snapshot.conversation;
  if (phase === "client_speaking") return "client";
  if (phase === "coach_speaking" || phase === "client_paused") return "coach";
  return null;
}

/** The server's own words, but for what the page does better: it knows what it will do itself. */
export function noticeWords({ code, message }: { code: string; message: string }): string {
  if (code !== "server_stopping") return message;
  return "The server restarts in a moment. Talk on: the session goes on by itself afterwards.";
}

/** Hours only where there are any: `4:05`, `1:04:05`. */
export function clockFace(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = two(seconds % 60);
  return hours > 0 ? `${String(hours)}:${two(minutes)}:${rest}` : `${String(minutes)}:${rest}`;
}

export function spokenDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const some = (value: number, unit: string) => `${String(value)} ${unit}${value === 1 ? "" : "s"}`;
  if (minutes === 0) return some(seconds, "second");
  if (seconds % 60 === 0) return some(minutes, "minute");
  return `${some(minutes, "minute")} ${some(seconds % 60, "second")}`;
}

/** The end that the server sets, in good time before it comes. */
export function closingWords(left: number): string | null {
  if (left > FEW_MINUTES_MS) return null;
  const end = "this session reaches its longest time, and ends by itself.";
  return left <= MINUTE_MS
    ? `The last minute: then ${end}`
    : `Less than five minutes are left: then ${end}`;
}

/**
 * After how long these words are to be looked at again, if they will change: a minute at most, as a
 * machine that slept may not have counted it.
 */
export function closingWait(left: number): number | null {
  const mark = [FEW_MINUTES_MS, MINUTE_MS].find((mark) => left > mark);
  return mark === undefined ? null : Math.min(left - mark, MINUTE_MS);
}

/** A break of the session, in the middle of its captions. */
export function awayWords(ms: number): string {
  return `Connection away for ${spokenDuration(Math.max(ms, 1_000))}`;
}

/** How long ago something was, roughly, as people say it. */
export function agoWords(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "less than a minute ago";
  return minutes === 1 ? "a minute ago" : `${String(minutes)} minutes ago`;
}

/** What a screen reader hears of a turn that is final: never a guess that may change. */
export function announcement(turn: Turn, name: string): string {
  if (turn.certainty === "not_understood") return "Your last words were not understood.";
  const words = wording(turn);
  if (turn.side === "coach") return `You: ${words}`;
  return `${name}: ${words}${turn.interrupted ? " (interrupted)" : ""}`;
}

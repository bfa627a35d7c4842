/** What the page says about a session of the archive. */

import { clockFace } from "../live/words.ts";
import { timeOfDay } from "./days.ts";
import type { Gap } from "./timeline.ts";
import type { Line, Session } from "../api.ts";

type Parts = NonNullable<Session["parts"]>;

/** With whom it was, as a heading and before what they say. */
export function nameOf(session: Session): string {
  return session.client_name ?? "AI client";
}

/** With whom it was, within a sentence. */
export function partnerOf(session: Session): string {
  return session.client_name ?? "an AI client";
}

/** How long, and how much was said: the plain facts in one line. */
export function factsOf(session: Session): string[] {
  const { turns, interruptions } = session;
  // Its server was killed: neither its length nor what was said is known before it is put away.
  if (session.status === "finishing") return [];
  const facts = [lengthWords(session.length_ms)];
  // What was said is counted when the connection ends.
  if (session.status === "live") return facts;
  facts.push(turns === 0 ? "you said nothing" : `you spoke ${times(turns)}`);
  if (interruptions > 0) facts.push(some(interruptions, "interruption"));
  return facts;
}

/** What stands in the place of its words, where there are none. */
export function unsaidWords({ status }: Session): string | null {
  if (status === "live") return "Nothing was said yet.";
  return status === "ended" ? "Nothing was said in this session." : null;
}

/** `12 min 3 s`; seconds matter only while there are few minutes. */
function lengthWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = seconds < 3_600 ? Math.floor(seconds / 60) : Math.round(seconds / 60);
  const parts: [number, string][] =
    minutes < 60
      ? [
          [minutes, "min"],
          [seconds % 60, "s"],
        ]
      : [
          [Math.floor(minutes / 60), "h"],
          [minutes % 60, "min"],
        ];
  const told = parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${String(value)} ${unit}`);
  return told.join(" ") || "0 s";
}

/** What ended it, where that was not the coach's own wish. */
export function endOf(session: Session): string | null {
  if (session.status === "live" || session.status === "deleting") return null;
  if (session.status === "finishing") return "The server broke off; it still has to put it away";
  const after = clockFace(session.length_ms);
  switch (session.end_reason) {
    case "by_client":
    case "hung_up":
      return null;
    case "expired":
      return `Reached its longest time, ${after}`;
    case "server_stopped":
      return `The server was stopped after ${after}`;
    case "failed":
      return `The server failed after ${after}`;
    case "displaced":
      return `Another connection took over after ${after}`;
    default:
      return session.cut_off ? `Connection lost after ${after}` : null;
  }
}

/** Where a session stands that is not to be heard as it is, in a word. */
export function badgeOf(session: Session): string | null {
  if (session.status === "live") return "Live now";
  return session.status === "deleting" ? "Being deleted" : null;
}

/** The server could not delete it at once. */
export const DELETING =
  "The server cannot remove its files just now. It tries again by itself until they are gone; nobody can open them any more.";

/** What the list says of a session that was to be deleted. */
export function deletedWords(session: Session, rest: Session | undefined): string {
  const partner = partnerOf(session);
  if (!rest) return `The session with ${partner} was deleted`;
  return `The session with ${partner} is being deleted. ${DELETING}`;
}

/** The person can still take it up where it was cut off. */
export function isResumable(session: Session, now: number): boolean {
  return session.cut_off && session.client_id !== null && now < (session.resumable_until_ms ?? 0);
}

export function resumableWords(session: Session): string {
  return `You can go on until ${timeOfDay(session.resumable_until_ms ?? 0)}.`;
}

/** Why the recording is not whole, if it is not. */
export function recordingWords(session: Session): string | null {
  const { state, stopped_at_ms, reason } = session.recording;
  if (state === "whole") return null;
  const why = reason === null ? "" : ` ${CAUSES[reason] ?? `The reason: ${reason}.`}`;
  if (state === "none") return `This session was not recorded.${why}`;
  const when = stopped_at_ms === null ? "" : ` at ${clockFace(stopped_at_ms)}`;
  const rest =
    state === "interrupted"
      ? " and began again later; what is missing is marked."
      : "; the conversation went on.";
  return `The recording stopped${when}${rest}${why}`;
}

/** How a line came to be that was not taken from the voice alone: what was typed lasts no time. */
export function typedWords({ typed, from_ms, to_ms }: Line): string | null {
  if (!typed) return null;
  return to_ms > from_ms ? "corrected" : "typed";
}

/**
 * Of what is being said, the record knows what was said a moment ago: of the coach, whose words are
 * understood later than they are said, some time ago.
 */
const KNOWN_MS = { client: 1_000, coach: 5_000 };

/** What is missing of a line that was said when the recording stopped, or later. */
export function unrecordedWords(line: Line, gaps: Gap[]): string | null {
  if (typedWords(line) === "typed") return null;
  const { from_ms, to_ms, cut, speaker } = line;
  const until = cut ? to_ms + KNOWN_MS[speaker] : to_ms;
  const gap = gaps.find(
    (each) => each.kind === "unrecorded" && from_ms < each.to_ms && until > each.from_ms,
  );
  if (!gap) return null;
  return from_ms < gap.from_ms ? "not wholly recorded" : "not recorded";
}

/** How far there is sound: to where the last of a session of this length that was recorded ends. */
export function recordedTo({ parts = [] }: Session, length: number): number {
  const last = parts.filter(({ recording }) => recording.state !== "none").at(-1);
  if (!last) return 0;
  const end = last === parts.at(-1) ? length : last.to_ms;
  return Math.min(last.recording.stopped_at_ms ?? end, length);
}

/** Nobody notices to have been away for less: the next connection was there at once. */
const NOTICED = 500;

/** A stretch without sound, among the words; `end` is that of the session, `parts` are its connections. */
export function gapWords({ from_ms, to_ms, kind }: Gap, end: number, parts: Parts = []): string {
  const from = clockFace(from_ms);
  if (kind === "away") {
    const before = parts.find((part) => part.to_ms === from_ms);
    const away = to_ms - from_ms;
    if (before?.end_reason === "displaced" || away < NOTICED)
      return `Another connection took over at ${from}.`;
    const later = clockFace(Math.max(1, Math.round(away / 1000)) * 1000);
    return `The connection was lost at ${from}. It went on ${later} later.`;
  }
  if (to_ms >= end) return "The recording stopped here. The conversation went on.";
  return `From ${from} to ${clockFace(to_ms)} the conversation was not recorded.`;
}

/** The same on the waveform, in a word. */
export function gapName(kind: Gap["kind"]): string {
  return kind === "away" ? "away" : "not recorded";
}

/** A moment for a screen reader, which would read `1:04` as a time of day. */
export function spokenMoment(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), "hour"],
    [Math.floor(seconds / 60) % 60, "minute"],
    [seconds % 60, "second"],
  ];
  const told = parts.filter(([value]) => value > 0).map(([value, unit]) => some(value, unit));
  return told.length === 0 ? "the beginning" : told.join(" ");
}

const CAUSES: Record<string, string> = {
  disk_full: "The server’s disk was full.",
  read_only: "The server could not write to its disk.",
  disk_too_slow: "The server’s disk was too slow.",
  disk_failed: "The server’s disk failed.",
  taken_over: "The server did not answer for a while.",
};

function times(count: number): string {
  return count === 1 ? "once" : `${String(count)} times`;
}

function some(value: number, unit: string): string {
  return `${String(value)} ${unit}${value === 1 ? "" : "s"}`;
}

/** Sessions by the day they began on, and how days and times are written. */

import type { Session } from "../api.ts";

export interface Day {
  /** The day's midnight here. */
  key: number;
  title: string;
  sessions: Session[];
}

/** Newest first, as the server lists them; a session belongs to the day here that it began on. */
export function byDay(sessions: Session[], now: number): Day[] {
  const days: Day[] = [];
  for (const session of sessions) {
    const key = midnight(session.started_at_ms);
    const last = days.at(-1);
    if (last?.key === key) last.sessions.push(session);
    else days.push({ key, title: dayTitle(key, now), sessions: [session] });
  }
  return days;
}

/** `Today`, `Yesterday`, `Friday, 14 November`; with the year where it is another one. */
export function dayTitle(at: number, now: number): string {
  const day = midnight(at);
  if (day === midnight(now)) return "Today";
  const before = new Date(midnight(now));
  before.setDate(before.getDate() - 1);
  if (day === before.getTime()) return "Yesterday";
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const words = new Intl.DateTimeFormat("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(at);
  // Browsers do not agree on the comma.
  return words.replace(",", "");
}

/** By the person's own clock: `14:05`, or `2:05 pm` where that is the custom. */
export function timeOfDay(at: number, hour12 = usesTwelveHours()): string {
  const text = new Intl.DateTimeFormat("en-GB", {
    hour: hour12 ? "numeric" : "2-digit",
    minute: "2-digit",
    hour12,
  });
  return text.format(at);
}

function usesTwelveHours(): boolean {
  return new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hour12 ?? false;
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

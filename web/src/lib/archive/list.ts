/** The list of sessions as its pages come in, one after the other or again. */

import type { Session, SessionPage } from "../api.ts";

/** With an earlier page behind what is shown: one that began meanwhile moves the pages. */
export function extended(shown: Session[], { sessions }: SessionPage): Session[] {
  return joined(shown, sessions);
}

/**
 * The newest again. What is not among them, and would be if it were there, is gone; of those that
 * began in the same moment as the last of them some may be on the next page.
 */
export function refreshed(shown: Session[], { sessions, next }: SessionPage): Session[] {
  const oldest = next === null ? null : sessions.at(-1);
  const before = ({ started_at_ms: began }: Session) =>
    oldest != null && began <= oldest.started_at_ms;
  return joined(sessions, shown.filter(before));
}

/** None twice. */
function joined(first: Session[], then: Session[]): Session[] {
  const had = new Set(first.map(({ id }) => id));
  return [...first, ...then.filter(({ id }) => !had.has(id))];
}

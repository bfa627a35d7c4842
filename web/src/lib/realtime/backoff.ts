/** How long to wait before the next attempt to reconnect. */

const FIRST_MS = 400;
const LONGEST_MS = 4_000;

/**
 * Attempts before the page stops trying by itself: at least the ten minutes for which a server keeps
 * a session that was cut off, also where each is refused at once.
 */
export const ATTEMPTS = 210;

/**
 * Doubles from 0.4 s to 4 s, and takes away up to a quarter at random so that the pages of a
 * restarted server do not all come back in the same instant. `random` is from 0 to 1.
 */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return Math.round(full * (1 - random / 4));
}

/** When a page should look at once whether its connection still stands: it woke up, or the network changed. */

import type { Scope } from "../scope.ts";

/** `woke` may be called several times for one awakening. */
export function onWakeUp(scope: Scope, woke: () => void): void {
  scope.listen(window, "online", woke);
  // Also out of the browser's back-forward cache.
  scope.listen(window, "pageshow", woke);
  // The Page Lifecycle's name for the end of a freeze; nothing to do with sessions.
  scope.listen(document, "resume", woke);
  scope.listen(document, "visibilitychange", () => {
    if (document.visibilityState === "visible") woke();
  });
  const { connection } = navigator as { connection?: EventTarget };
  if (connection) scope.listen(connection, "change", woke);
}

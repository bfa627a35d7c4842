/** Keeps a phone's screen on during a session: a browser whose screen is off stops the microphone. */

import type { Scope } from "./scope.ts";

/** Asks again whenever the page comes back into view, since leaving it gives the lock back. */
export function stayAwake(scope: Scope): void {
  let held: WakeLockSentinel | null = null;
  const ask = async () => {
    if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      if (scope.ended) return void lock.release();
      held = lock;
    } catch {
      // Low battery, or refused by policy: the session goes on all the same.
    }
  };
  scope.listen(document, "visibilitychange", () => void ask());
  scope.add(() => void held?.release());
  void ask();
}

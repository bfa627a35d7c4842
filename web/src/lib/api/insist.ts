/** Asks again on another connection where one gives no answer. */

import { Scope } from "../scope.ts";

/** Longer than most answers take. */
const USUAL_MS = 1_000;

/**
 * A browser keeps several connections to a server and cannot tell which of them died while the page
 * slept: what is asked on one of those waits for minutes. The first answer counts, a refusal too;
 * whatever is still open then is dropped, and its connection with it.
 */
export async function insist<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const scope = new Scope();
  scope.listen(signal, "abort", () => scope.end());
  if (signal.aborted) scope.end();
  try {
    return await new Promise<T>((resolve, reject) => {
      const again = () => {
        const abort = new AbortController();
        scope.add(() => abort.abort());
        ask(abort.signal).then(resolve, reject);
      };
      again();
      if (!scope.ended) scope.every(USUAL_MS, again);
    });
  } finally {
    scope.end();
  }
}

/** Asks the server for a sign of life, for a page that was asleep or changed its network. */

import type { Scope } from "../scope.ts";
import type { ClientEvent, ServerEvent } from "./events.ts";

/** Longer than any healthy answer takes, short enough that nobody talks into the void for long. */
const PATIENCE_MS = 2_500;
/** Longer than most answers take. */
const USUAL_MS = 700;

/**
 * The protocol knows no ping. What it answers without any effect is the question for an item that
 * does not exist: an error with the question's own id, so that nothing that was on its way earlier
 * passes for the answer.
 */
export class Probe {
  #asked: { id: string; at: number; stop: () => void } | null = null;
  #count = 0;

  constructor(
    readonly scope: Scope,
    readonly send: (event: ClientEvent) => void,
  ) {}

  /** Calls `silent` if no answer comes. A question that is open is not asked again. */
  ask(silent: () => void): void {
    if (this.#asked) return;
    const id = `probe_${String((this.#count += 1))}`;
    const stop = this.scope.after(PATIENCE_MS, () => {
      this.#asked = null;
      silent();
    });
    this.#asked = { id, at: performance.now(), stop };
    this.send({ type: "conversation.item.retrieve", item_id: id, event_id: id });
  }

  /** Whether an answer is awaited for longer than usual. */
  get late(): boolean {
    return this.#asked !== null && performance.now() - this.#asked.at > USUAL_MS;
  }

  /** Whether `event` is the answer, which is nobody else's business. */
  receive(event: ServerEvent): boolean {
    if (event.type !== "error" || !event.event_id?.startsWith("probe_")) return false;
    if (event.event_id === this.#asked?.id) this.forget();
    return true;
  }

  forget(): void {
    this.#asked?.stop();
    this.#asked = null;
  }
}

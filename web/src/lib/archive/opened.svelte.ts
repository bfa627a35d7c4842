/** One session of the archive as its page sees it: loaded, kept up to date while it is live. */

import { type Fault, FaultError } from "../faults/fault.ts";
import type { Scope } from "../scope.ts";
import { Player } from "./player.svelte.ts";
import { faultOf, soundAddress, soundTrouble } from "./server.ts";
import { Shapes } from "./shapes.svelte.ts";
import { getSession, getTranscript, type Session, type Transcript } from "../api.ts";
import { recordedTo, unrecordedWords } from "./telling.ts";
import { placesOf } from "./words.ts";

const FRESH_MS = 5_000;
/** A long session costs more to be fetched again, and what is new is less of it: two hours, every 30 s. */
const FRESH_SHARE = 1 / 240;

export class Opened {
  session = $state.raw<Session | null>(null);
  transcript = $state.raw<Transcript | null>(null);
  /** What keeps the whole session from being shown. */
  fault = $state<Fault | null>(null);
  /** What keeps its words from being shown. */
  wordless = $state<Fault | null>(null);
  now = $state(Date.now());
  readonly player: Player;
  readonly shapes: Shapes;
  readonly lines = $derived(this.transcript?.lines ?? []);
  readonly places = $derived(placesOf(this.lines));
  /** Where the client was cut off, as far as it is to be seen. */
  readonly cuts = $derived(
    this.lines
      .filter((line) => line.cut && line.speaker === "client")
      .filter((line) => unrecordedWords(line, this.gaps) === null)
      .map(({ to_ms }) => to_ms)
      .filter((at) => at <= this.recordedTo),
  );
  readonly length = $derived(
    Math.max(1, this.session?.length_ms ?? 0, this.transcript?.length_ms ?? 0),
  );
  /** How far there is sound. */
  readonly recordedTo = $derived(this.session ? recordedTo(this.session, this.length) : 0);
  /** Of what there is no sound: the times away, and what was not recorded. */
  readonly gaps = $derived(this.transcript?.breaks ?? []);
  /** How much of the sound the player was told of. */
  #told = 0;
  #refreshed = 0;

  constructor(
    readonly id: string,
    readonly scope: Scope,
  ) {
    const source = {
      address: () => soundAddress(id, "both"),
      trouble: () => soundTrouble(id),
      // The recording of a session that goes on may have stopped.
      growing: () => this.#changing && this.recordedTo >= this.length,
    };
    this.player = new Player(source, () => this.recordedTo);
    this.shapes = new Shapes(id, () => this.length, scope);
    scope.add(() => this.player.close());
    scope.every(FRESH_MS, () => {
      this.now = Date.now();
      const due = this.now - this.#refreshed >= this.length * FRESH_SHARE;
      const minded = document.visibilityState === "visible" || this.player.playing;
      if (this.#changing && due && minded) void this.#refresh();
    });
  }

  async load(): Promise<void> {
    this.fault = null;
    try {
      this.session = await this.#ask();
    } catch (error) {
      this.fault = faultOf(error);
      return;
    }
    await Promise.all([this.loadWords(), this.shapes.refresh()]);
    this.#tellPlayer(false);
  }

  async loadWords(): Promise<void> {
    try {
      this.transcript = await getTranscript(this.id);
      this.wordless = null;
    } catch (error) {
      this.wordless = faultOf(error);
    }
  }

  /** Whether the server has more to say of it soon. */
  get #changing(): boolean {
    return this.session?.status === "live" || this.session?.status === "finishing";
  }

  async #refresh(): Promise<void> {
    this.#refreshed = Date.now();
    try {
      this.session = await this.#ask();
    } catch (error) {
      if (faultOf(error) === "unknown-session") this.#gone();
      return;
    }
    await Promise.all([this.loadWords(), this.shapes.refresh()]);
    this.#tellPlayer(!this.#changing);
  }

  /** One that is being deleted is nobody's to open any more. */
  async #ask(): Promise<Session> {
    const session = await getSession(this.id);
    if (session.status === "deleting") throw new FaultError("unknown-session");
    return session;
  }

  /** It was deleted elsewhere while it was shown. */
  #gone(): void {
    this.session = null;
    this.fault = "unknown-session";
    this.player.close();
  }

  /** What was told of a session that went on may be a little less than it then came to. */
  #tellPlayer(last: boolean): void {
    if (this.scope.ended || this.recordedTo === 0) return;
    if (this.recordedTo <= this.#told && !last) return;
    this.#told = this.recordedTo;
    this.player.grew();
  }
}

/** One session of the archive as its page sees it: loaded, kept up to date while it is live. */

import type { Fault } from "../faults/fault.ts";
import type { Scope } from "../scope.ts";
import { Player } from "./player.svelte.ts";
import { faultOf, soundAddress, soundTrouble } from "./server.ts";
import {
  getPeaks,
  getSession,
  getTranscript,
  type Peaks,
  type Session,
  type Transcript,
} from "../api.ts";
import { placesOf } from "./words.ts";

/** Enough for a window; looking closer asks for more. */
const COARSE = 3_000;
/** The archive keeps one peak every 20 ms. */
const PEAK_MS = 20;
/** More than this at once is never sent. */
const FINEST = 20_000;
const FRESH_MS = 5_000;

export class Opened {
  session = $state.raw<Session | null>(null);
  transcript = $state.raw<Transcript | null>(null);
  peaks = $state.raw<Peaks | null>(null);
  /** What keeps the whole session from being shown. */
  fault = $state<Fault | null>(null);
  /** What keeps its words from being shown. */
  wordless = $state<Fault | null>(null);
  now = $state(Date.now());
  readonly player: Player;
  readonly lines = $derived(this.transcript?.lines ?? []);
  readonly breaks = $derived(this.transcript?.breaks ?? []);
  readonly places = $derived(placesOf(this.lines));
  readonly cuts = $derived(
    this.lines.filter(({ cut, speaker }) => cut && speaker === "client").map(({ to_ms }) => to_ms),
  );
  readonly length = $derived(
    Math.max(1, this.session?.length_ms ?? 0, this.transcript?.length_ms ?? 0),
  );
  /** How far there is sound. */
  readonly recordedTo = $derived.by(() => {
    const { state, stopped_at_ms } = this.session?.recording ?? { state: "none", stopped_at_ms: 0 };
    if (state === "none") return 0;
    return state === "stopped" ? Math.min(stopped_at_ms ?? this.length, this.length) : this.length;
  });
  #points = COARSE;
  #heard = 0;

  constructor(
    readonly id: string,
    readonly scope: Scope,
  ) {
    const source = {
      address: () => soundAddress(id, "both"),
      trouble: () => soundTrouble(id),
    };
    this.player = new Player(source, () => this.recordedTo);
    scope.add(() => this.player.close());
    scope.every(FRESH_MS, () => {
      this.now = Date.now();
      if (this.session?.status === "live" && document.visibilityState === "visible") {
        void this.#refresh();
      }
    });
  }

  async load(): Promise<void> {
    this.fault = null;
    try {
      this.session = await getSession(this.id);
    } catch (error) {
      this.fault = faultOf(error);
      return;
    }
    await Promise.all([this.loadWords(), this.#loadPeaks()]);
    this.#openSound();
  }

  async loadWords(): Promise<void> {
    try {
      this.transcript = await getTranscript(this.id);
      this.wordless = null;
    } catch (error) {
      this.wordless = faultOf(error);
    }
  }

  /** For a view in which `visible` milliseconds fill `width` pixels. */
  sharpen(visible: number, width: number): void {
    const wanted = Math.ceil((this.length / Math.max(1, visible)) * (width / 3));
    const most = Math.min(FINEST, Math.ceil(this.length / PEAK_MS));
    if (Math.min(wanted, most) <= this.#points) return;
    this.#points = most;
    void this.#loadPeaks();
  }

  async #loadPeaks(): Promise<void> {
    try {
      const points = Math.min(this.#points, Math.max(1, Math.ceil(this.length / PEAK_MS)));
      this.peaks = await getPeaks(this.id, points);
    } catch {
      // The timeline works without its picture, and the sound itself tells what is wrong.
    }
  }

  async #refresh(): Promise<void> {
    try {
      this.session = await getSession(this.id);
    } catch {
      return;
    }
    await Promise.all([this.loadWords(), this.#loadPeaks()]);
    this.#openSound();
  }

  /** A recording that grows is opened again when nobody is listening. */
  #openSound(): void {
    if (this.scope.ended || this.recordedTo <= this.#heard || this.player.playing) return;
    this.#heard = this.recordedTo;
    void this.player.open();
  }
}

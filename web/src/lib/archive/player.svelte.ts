/** Plays a session's recording: one element, one clock, and a gain for each side. */

import type { Fault } from "../faults/fault.ts";
import { Scope } from "../scope.ts";
import type { Track } from "./server.ts";
import { clamp } from "./timeline.ts";

/** Why nothing sounds. */
export type Silence = "no-opus" | "broken" | Fault;

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** Where the player finds the recording, and what is wrong with it if it does not play. */
export interface Source {
  /** Asked for anew when an address has run out. */
  address: () => Promise<string>;
  trouble: () => Promise<Fault | null>;
  /** Whether more of it is to come. */
  growing: () => boolean;
}

/** In headphones the two sit a little apart; hard left and right would tire. */
const APART = 0.35;
/** An address that fails sooner than this after it was asked for is not one that ran out. */
const FRESH_MS = 20_000;

export class Player {
  playing = $state(false);
  /** The browser waits for more of the file. */
  waiting = $state(false);
  /** For what shows whole seconds; `now()` is exact. */
  at = $state(0);
  speed = $state(1);
  side = $state<Track>("both");
  silence = $state<Silence | null>(null);

  readonly #scope = new Scope();
  readonly #audio = new Audio();
  #watchers: ((at: number) => void)[] = [];
  #frames: (() => void) | null = null;
  #graph: { context: AudioContext; coach: GainNode; client: GainNode } | null = null;
  #asked: number | null = null;
  #opening: Promise<void> | null = null;
  #openings = 0;
  /** There is more of the recording than the element knows of. */
  #more = false;
  /** Where to be once the element knows its file. */
  #wanted: number | null = null;
  #wantsToPlay = false;
  #preview: number | null = null;

  constructor(
    readonly source: Source,
    /** How much of the session there is to hear. */
    readonly length: () => number,
  ) {
    const audio = this.#audio;
    audio.preload = "metadata";
    audio.preservesPitch = true;
    const on = (type: string, run: () => void) => this.#scope.listen(audio, type, run);
    on("loadedmetadata", () => this.#arrived());
    on("playing", () => {
      this.waiting = false;
      this.silence = null;
    });
    on("play", () => this.#run(true));
    on("pause", () => {
      // At the end of what there was it is not over yet.
      if (!audio.ended) this.#halted();
    });
    on("ended", () => this.#ranOut());
    on("waiting", () => (this.waiting = this.playing));
    on("seeked", () => this.#tell());
    on("timeupdate", () => (this.at = this.now()));
    on("error", () => void this.#failed());
    this.#scope.add(() => {
      audio.pause();
      audio.removeAttribute("src");
      audio.load();
      void this.#graph?.context.close();
    });
    if (audio.canPlayType('audio/ogg; codecs="opus"') === "") this.silence = "no-opus";
  }

  /** Milliseconds of the session's timeline. */
  now(): number {
    if (this.#preview !== null) return this.#preview;
    if (this.#wanted !== null) return this.#wanted;
    return Math.min(this.#audio.currentTime * 1000, this.length());
  }

  /** Calls back with the time at once, before every repaint while it plays, and after every jump. */
  watch(told: (at: number) => void): () => void {
    this.#watchers = [...this.#watchers, told];
    told(this.now());
    return () => {
      this.#watchers = this.#watchers.filter((each) => each !== told);
    };
  }

  /** Inside a gesture, since browsers let nothing sound without one. */
  play(): void {
    if (this.silence === "no-opus") return;
    const over = this.#atEnd() && !this.#more;
    if (over && !this.source.growing()) this.seek(0);
    this.#connect();
    this.#wantsToPlay = true;
    if (this.#asked === null || this.silence !== null || this.#more) void this.open();
    else if (over && this.source.growing()) this.#await();
    else this.#start();
  }

  pause(): void {
    this.#audio.pause();
    this.#halted();
  }

  toggle(): void {
    if (this.playing || this.#wantsToPlay) this.pause();
    else this.play();
  }

  seek(at: number): void {
    const target = clamp(at, 0, this.length());
    this.#preview = null;
    if (this.#more) void this.open();
    if (this.#opening || this.#audio.readyState < HTMLMediaElement.HAVE_METADATA) {
      this.#wanted = target;
    } else {
      this.#wanted = null;
      this.#audio.currentTime = target / 1000;
    }
    this.at = target;
    this.#tell();
  }

  /** Shows a moment while it is being chosen, without moving the sound there. */
  preview(at: number | null): void {
    this.#preview = at === null ? null : clamp(at, 0, this.length());
    this.at = this.now();
    this.#tell();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.#audio.defaultPlaybackRate = speed;
    this.#audio.playbackRate = speed;
  }

  hear(side: Track): void {
    this.side = side;
    if (!this.#graph) return;
    const { context, coach, client } = this.#graph;
    // A ramp of a few milliseconds does not click.
    coach.gain.setTargetAtTime(side === "client" ? 0 : 1, context.currentTime, 0.015);
    client.gain.setTargetAtTime(side === "coach" ? 0 : 1, context.currentTime, 0.015);
  }

  /**
   * The recording has grown. What sounds goes on undisturbed: the rest is fetched when that has run
   * out, or at the next pause or jump. It stays one element, since a phone lets no other one sound
   * without a gesture of its own.
   */
  grew(): void {
    this.#more = true;
    const sounds = this.playing && !this.#audio.ended;
    const loading = this.#asked !== null && this.#audio.readyState === 0 && this.silence === null;
    if (!sounds && !loading) void this.open();
  }

  /** Finds the recording; again, when it has grown or its address has run out. */
  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    return this.#opening;
  }

  close(): void {
    this.#frames?.();
    this.#watchers = [];
    this.#scope.end();
  }

  async #open(): Promise<void> {
    this.#more = false;
    this.waiting = this.#wantsToPlay;
    try {
      const address = await this.source.address();
      if (this.#scope.ended) return;
      this.#asked = performance.now();
      this.silence = null;
      this.#wanted ??= Math.min(this.#audio.currentTime * 1000, this.length());
      this.#openings += 1;
      this.#audio.src = distinct(address, this.#openings);
      this.#audio.load();
      if (this.#wantsToPlay) this.#start();
    } catch (error) {
      this.#stopped((error as { fault?: Fault }).fault ?? "server-unreachable");
    }
  }

  #start(): void {
    this.waiting = this.#audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    // The element's `error` event tells what is wrong; a refusal of the browser's leaves it paused.
    this.#audio.play().catch((error: unknown) => {
      // A newer file aborts what waits to be played of the older one, and is played itself.
      const aborted = error instanceof DOMException && error.name === "AbortError";
      if (!this.#audio.error && !aborted) this.pause();
    });
  }

  #arrived(): void {
    this.setSpeed(this.speed);
    const wanted = this.#wanted;
    this.#wanted = null;
    if (wanted !== null && wanted > 0) this.#audio.currentTime = wanted / 1000;
    this.#tell();
  }

  #atEnd(): boolean {
    return this.#audio.ended || this.now() >= this.length() - 50;
  }

  /** What the element knew of the recording has been played. */
  #ranOut(): void {
    if (!this.#wantsToPlay || (!this.#more && !this.source.growing())) return this.#halted();
    this.#await();
    if (this.#more) void this.open();
  }

  /** Playing goes on as soon as there is something to play. */
  #await(): void {
    this.#run(true);
    this.waiting = true;
  }

  #halted(): void {
    this.#run(false);
    if (this.#more) void this.open();
  }

  /** An address runs out after a while; otherwise the server, or the browser, has a reason. */
  async #failed(): Promise<void> {
    if (this.#scope.ended || this.#asked === null) return;
    const now = performance.now();
    this.#wanted ??= this.#audio.currentTime * 1000;
    if (now - this.#asked > FRESH_MS) return this.open();
    const trouble = await this.source.trouble();
    const undecodable = this.#audio.error?.code !== MediaError.MEDIA_ERR_NETWORK;
    this.#stopped(trouble ?? (undecodable ? "broken" : "network-lost"));
  }

  #stopped(silence: Silence): void {
    this.#more = false;
    this.pause();
    this.silence = silence;
  }

  /** Left is the coach, right the client, each with a gain and its place between the ears. */
  #connect(): void {
    if (!this.#graph) {
      const context = new AudioContext();
      const split = context.createChannelSplitter(2);
      context.createMediaElementSource(this.#audio).connect(split);
      const side = (channel: number, place: number) => {
        const gain = context.createGain();
        const panner = context.createStereoPanner();
        panner.pan.value = place;
        split.connect(gain, channel);
        gain.connect(panner).connect(context.destination);
        return gain;
      };
      this.#graph = { context, coach: side(0, -APART), client: side(1, APART) };
      this.hear(this.side);
    }
    void this.#graph.context.resume().catch(() => undefined);
  }

  #run(playing: boolean): void {
    this.playing = this.#wantsToPlay = playing;
    if (!playing) this.waiting = false;
    this.#frames?.();
    this.#frames = playing ? this.#scope.frames(() => this.#tell()) : null;
    this.at = this.now();
    this.#tell();
  }

  #tell(): void {
    const at = this.now();
    for (const told of this.#watchers) told(at);
  }
}

/** Chromium takes what it still knows of an address for the whole, though the recording has grown. */
function distinct(address: string, opening: number): string {
  return `${address}${address.includes("?") ? "&" : "?"}opening=${String(opening)}`;
}

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
    on("pause", () => this.#run(false));
    on("ended", () => this.#run(false));
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
    if (this.now() >= this.length() - 50) this.seek(0);
    this.#connect();
    this.#wantsToPlay = true;
    if (this.#asked === null || this.silence !== null) void this.open();
    else this.#start();
  }

  pause(): void {
    this.#wantsToPlay = false;
    this.waiting = false;
    this.#audio.pause();
  }

  toggle(): void {
    if (this.playing || this.#wantsToPlay) this.pause();
    else this.play();
  }

  seek(at: number): void {
    const target = clamp(at, 0, this.length());
    this.#preview = null;
    if (this.#audio.readyState >= HTMLMediaElement.HAVE_METADATA) {
      this.#wanted = null;
      this.#audio.currentTime = target / 1000;
    } else {
      this.#wanted = target;
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
    const at = this.now();
    this.waiting = this.#wantsToPlay;
    try {
      const address = await this.source.address();
      if (this.#scope.ended) return;
      this.#asked = performance.now();
      this.silence = null;
      this.#wanted = at;
      this.#audio.src = address;
      this.#audio.load();
      if (this.#wantsToPlay) this.#start();
    } catch (error) {
      this.#stopped((error as { fault?: Fault }).fault ?? "server-unreachable");
    }
  }

  #start(): void {
    this.waiting = this.#audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    // The element's `error` event tells what is wrong; a refusal of the browser's leaves it paused.
    this.#audio.play().catch(() => {
      if (!this.#audio.error && !this.#opening) this.pause();
    });
  }

  #arrived(): void {
    this.setSpeed(this.speed);
    const wanted = this.#wanted;
    this.#wanted = null;
    if (wanted !== null && wanted > 0) this.seek(wanted);
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
    this.pause();
    this.#run(false);
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
    this.playing = playing;
    if (!playing) this.#wantsToPlay = this.waiting = false;
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

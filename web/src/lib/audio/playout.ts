/** What plays when, and how much of it was heard: the logic of the playback worklet. */

/** One response item's sound, in frames of the context's rate. */
interface Segment {
  item: string;
  chunks: Float32Array[];
  /** Frames of the first chunk that were played already. */
  offset: number;
  queued: number;
  played: number;
  finished: boolean;
}

export interface Heard {
  item: string;
  frames: number;
}

/** Sound gathered before an item starts, and again after it ran dry: bridges a network's jitter. */
const PREBUFFER_S = 0.06;
/** Long enough not to click, short enough not to be heard as speech. */
const RAMP_S = 0.005;
/** A response longer than this is cut: a sender that never stops must not fill the memory. */
const LONGEST_S = 300;

export class Playout {
  readonly #rate: number;
  #segments: Segment[] = [];
  #buffering = true;
  #paused = false;
  #gain = 0;
  /** The few milliseconds that fade out after a cut. */
  #tail: Float32Array = new Float32Array(0);

  constructor(rate: number) {
    this.#rate = rate;
  }

  push(item: string, samples: Float32Array): void {
    const segment = this.#segment(item);
    if (segment.queued + samples.length > LONGEST_S * this.#rate) return;
    segment.chunks.push(samples);
    segment.queued += samples.length;
  }

  /** No more sound comes for `item`. */
  finish(item: string): void {
    const segment = this.#segments.find((each) => each.item === item);
    if (segment) segment.finished = true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** Stops at once and forgets what was not heard. Returns how far each waiting item had come. */
  clear(): Heard[] {
    const first = this.#segments[0];
    const ramp = Math.ceil(this.#rate * RAMP_S);
    if (first && this.#gain > 0 && first.queued > 0) {
      this.#tail = new Float32Array(Math.min(ramp, first.queued));
      const from = this.#gain;
      for (let i = 0; i < this.#tail.length; i += 1) {
        this.#tail[i] = this.#take(first) * from * (1 - i / ramp);
      }
    }
    const heard = this.#segments.map(({ item, played }) => ({ item, frames: played }));
    this.#segments = [];
    this.#paused = false;
    this.#buffering = true;
    this.#gain = 0;
    return heard;
  }

  /** Where the listener is, or null when nothing is waiting. */
  position(): (Heard & { sounding: boolean }) | null {
    const first = this.#segments[0];
    if (!first) return null;
    return { item: first.item, frames: first.played, sounding: !this.#paused && !this.#buffering };
  }

  /** Fills `out` with what comes next, silence if nothing does. Returns the items that ended in it. */
  pull(out: Float32Array): Heard[] {
    const ended: Heard[] = [];
    const step = 1 / (this.#rate * RAMP_S);
    for (let i = 0; i < out.length; i += 1) {
      const target = this.#ready(ended) && !this.#paused ? 1 : 0;
      this.#gain =
        target > this.#gain ? Math.min(1, this.#gain + step) : Math.max(target, this.#gain - step);
      const first = this.#segments[0];
      const fading = i < this.#tail.length ? (this.#tail[i] ?? 0) : 0;
      out[i] = fading + (first && this.#gain > 0 ? this.#take(first) * this.#gain : 0);
    }
    this.#tail = this.#tail.subarray(Math.min(out.length, this.#tail.length));
    return ended;
  }

  /** Whether the first item may sound; moves past items that are over. */
  #ready(ended: Heard[]): boolean {
    for (;;) {
      const first = this.#segments[0];
      if (!first) {
        this.#buffering = true;
        return false;
      }
      if (first.queued === 0) {
        this.#buffering = true;
        if (!first.finished) return false;
        ended.push({ item: first.item, frames: first.played });
        this.#segments.shift();
        continue;
      }
      if (this.#buffering && (first.finished || first.queued >= PREBUFFER_S * this.#rate)) {
        this.#buffering = false;
      }
      return !this.#buffering;
    }
  }

  #take(segment: Segment): number {
    const chunk = segment.chunks[0];
    if (!chunk) return 0;
    const sample = chunk[segment.offset] ?? 0;
    segment.offset += 1;
    segment.queued -= 1;
    segment.played += 1;
    if (segment.offset === chunk.length) {
      segment.chunks.shift();
      segment.offset = 0;
    }
    return sample;
  }

  #segment(item: string): Segment {
    const known = this.#segments.find((each) => each.item === item);
    if (known) return known;
    const segment = { item, chunks: [], offset: 0, queued: 0, played: 0, finished: false };
    // A new item means that the one before it is complete.
    const last = this.#segments.at(-1);
    if (last) last.finished = true;
    this.#segments.push(segment);
    return segment;
  }
}

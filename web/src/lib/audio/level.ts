/** How loud a sound is, for the eye, and what to tell a person whose microphone is not right. */

export interface Loudness {
  /** Root mean square and greatest absolute sample, 0 to 1. */
  rms: number;
  peak: number;
}

export function loudness(samples: Float32Array): Loudness {
  let sum = 0;
  let peak = 0;
  for (const sample of samples) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  return { rms: samples.length ? Math.sqrt(sum / samples.length) : 0, peak };
}

/** Decibels below full scale drawn as a length: −60 dB is nothing, −10 dB is full. */
export function meter(rms: number): number {
  if (rms <= 0) return 0;
  return Math.max(0, Math.min(1, (20 * Math.log10(rms) + 60) / 50));
}

export type Advice = "wait" | "dead" | "silent" | "quiet" | "loud" | "good";

const WINDOW_MS = 4_000;
const LOUD_MS = 1_500;
/** Speech at a sane setting peaks well above −30 dBFS; a live but idle room stays below −46. */
const QUIET = 0.03;
const SILENT = 0.005;
const CLIPPING = 0.985;

/** Judges the last four seconds. Time comes with each reading, in milliseconds. */
export class LevelAdvice {
  #readings: { at: number; peak: number }[] = [];
  #began: number | null = null;

  update({ peak }: Loudness, now: number): Advice {
    this.#began ??= now;
    this.#readings.push({ at: now, peak });
    this.#readings = this.#readings.filter((reading) => now - reading.at <= WINDOW_MS);
    const clipped = this.#readings.filter((r) => now - r.at <= LOUD_MS && r.peak >= CLIPPING);
    if (clipped.length >= 3) return "loud";
    const best = Math.max(...this.#readings.map((reading) => reading.peak));
    if (best >= QUIET) return "good";
    if (now - this.#began < WINDOW_MS) return "wait";
    // Even a quiet room makes some noise: exact zeros come from a switch or a system setting.
    if (best === 0) return "dead";
    return best < SILENT ? "silent" : "quiet";
  }
}

/** Reads the loudness of whatever is connected to it. */
export class LevelReader {
  readonly node: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(context: BaseAudioContext) {
    this.node = context.createAnalyser();
    this.node.fftSize = 1024;
    this.#samples = new Float32Array(this.node.fftSize);
  }

  read(): Loudness {
    this.node.getFloatTimeDomainData(this.#samples);
    return loudness(this.#samples);
  }
}

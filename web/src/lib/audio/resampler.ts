/** Changes the sample rate of a stream of sound, chunk by chunk, without seams. */

/** Zero crossings of the sinc on each side of its centre: flat to 10 kHz at 24 kHz, image below −60 dB. */
const CROSSINGS = 16;
const ROLLOFF = 0.92;

/**
 * A windowed-sinc polyphase filter: for each of the positions that an output sample can have
 * between two input samples, one row of weights is computed beforehand.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  readonly #weights: Float32Array;
  /** Input that later outputs still need. */
  #held: Float32Array;
  /** The next output's place: whole input samples into `#held`, and `#phase / #up` beyond. */
  #index: number;
  #phase = 0;

  constructor(from: number, to: number) {
    const common = gcd(from, to);
    this.#up = to / common;
    this.#down = from / common;
    const cutoff = Math.min(1, to / from) * ROLLOFF;
    this.#half = Math.ceil(CROSSINGS / cutoff);
    this.#weights = weights(this.#up, this.#half, cutoff);
    // Silence before the first sample, so that output starts with input.
    this.#held = new Float32Array(this.#half - 1);
    this.#index = this.#half - 1;
  }

  push(input: Float32Array): Float32Array {
    if (this.#up === this.#down) return input.slice();
    const samples = new Float32Array(this.#held.length + input.length);
    samples.set(this.#held);
    samples.set(input, this.#held.length);

    const taps = this.#half * 2;
    const ready = samples.length - this.#half - this.#index;
    const output = new Float32Array(
      Math.max(0, Math.ceil((ready * this.#up - this.#phase) / this.#down)),
    );
    for (let at = 0; at < output.length; at += 1) {
      const first = this.#index - this.#half + 1;
      const row = this.#phase * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap += 1) {
        sum += (samples[first + tap] ?? 0) * (this.#weights[row + tap] ?? 0);
      }
      output[at] = sum;
      const next = this.#phase + this.#down;
      this.#index += Math.floor(next / this.#up);
      this.#phase = next % this.#up;
    }

    const keepFrom = Math.min(this.#index - this.#half + 1, samples.length);
    this.#held = samples.slice(keepFrom);
    this.#index -= keepFrom;
    return output;
  }
}

function weights(phases: number, half: number, cutoff: number): Float32Array {
  const taps = half * 2;
  const rows = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase += 1) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const distance = tap - (half - 1) - phase / phases;
      const weight = sinc(distance * cutoff) * blackman(distance / half);
      rows[phase * taps + tap] = weight;
      sum += weight;
    }
    // Every row passes a constant unchanged, so no tone appears at the rate of the phases.
    for (let tap = 0; tap < taps; tap += 1) {
      rows[phase * taps + tap] = (rows[phase * taps + tap] ?? 0) / sum;
    }
  }
  return rows;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The Blackman window over −1…1. */
function blackman(x: number): number {
  if (Math.abs(x) >= 1) return 0;
  return 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** Gathers samples of any number into chunks of one length. */
export class Chunker {
  #chunk: Float32Array;
  #filled = 0;

  constructor(readonly length: number) {
    this.#chunk = new Float32Array(length);
  }

  /** Calls `full` with each chunk that `samples` completes; the chunk then belongs to the callee. */
  push(samples: Float32Array, full: (chunk: Float32Array) => void): void {
    let from = 0;
    while (from < samples.length) {
      const take = Math.min(this.length - this.#filled, samples.length - from);
      this.#chunk.set(samples.subarray(from, from + take), this.#filled);
      this.#filled += take;
      from += take;
      if (this.#filled === this.length) {
        const chunk = this.#chunk;
        this.#chunk = new Float32Array(this.length);
        this.#filled = 0;
        full(chunk);
      }
    }
  }
}

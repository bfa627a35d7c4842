/** The microphone's end on the audio thread: context rate in, 40 ms chunks of 24 kHz PCM16 out. */

import { Chunker } from "./chunker.ts";
import { CAPTURE } from "./messages.ts";
import { toPcm16 } from "./pcm16.ts";
import { Resampler } from "./resampler.ts";

const RATE = 24_000;
const CHUNK = 960;

class Capture extends AudioWorkletProcessor {
  readonly #resampler = new Resampler(sampleRate, RATE);
  readonly #chunker = new Chunker(CHUNK);

  #running = true;

  constructor() {
    super();
    // The only message there is: to stop.
    this.port.onmessage = () => {
      this.#running = false;
    };
  }

  process(inputs: Float32Array[][]): boolean {
    const channel = inputs[0]?.[0];
    if (channel) {
      this.#chunker.push(this.#resampler.push(channel), (chunk) => {
        const pcm = toPcm16(chunk);
        this.port.postMessage(pcm, [pcm.buffer]);
      });
    }
    return this.#running;
  }
}

registerProcessor(CAPTURE, Capture);

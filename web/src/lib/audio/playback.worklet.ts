/** The listener's end on the audio thread: plays queued items and reports what was heard. */

import { PLAYBACK, type FromPlayback, type ToPlayback } from "./messages.ts";
import { Playout } from "./playout.ts";

/** Positions are reported about twenty times a second. */
const REPORT_FRAMES = Math.round(sampleRate / 20);

class Playback extends AudioWorkletProcessor {
  readonly #playout = new Playout(sampleRate);
  #sinceReport = 0;
  #running = true;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#obey(data as ToPlayback);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const channels = outputs[0] ?? [];
    const out = channels[0];
    if (!out) return this.#running;
    for (const ended of this.#playout.pull(out)) this.#tell({ did: "end", ...ended });
    for (const other of channels.slice(1)) other.set(out);
    this.#sinceReport += out.length;
    if (this.#sinceReport >= REPORT_FRAMES) {
      this.#sinceReport = 0;
      const position = this.#playout.position();
      if (position) this.#tell({ did: "move", ...position });
    }
    return this.#running;
  }

  #obey(order: ToPlayback): void {
    switch (order.do) {
      case "push":
        return this.#playout.push(order.item, order.samples);
      case "finish":
        return this.#playout.finish(order.item);
      case "pause":
        return this.#playout.pause();
      case "resume":
        return this.#playout.resume();
      case "stop":
        this.#running = false;
        return;
      case "clear":
        return this.#tell({ did: "clear", token: order.token, heard: this.#playout.clear() });
    }
  }

  #tell(message: FromPlayback): void {
    this.port.postMessage(message);
  }
}

registerProcessor(PLAYBACK, Playback);

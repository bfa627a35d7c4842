/** Plays `response.output_audio.delta` on a WebSocket session and knows what was heard of it. */

import { LevelReader, meter } from "../audio/level.ts";
import { type FromPlayback, PLAYBACK, type ToPlayback } from "../audio/messages.ts";
import { outputDelay } from "../audio/output.ts";
import { fromBase64 } from "../audio/pcm.ts";
import playbackUrl from "../audio/playback.worklet.ts?worker&url";
import type { Heard } from "../audio/playout.ts";
import { Resampler } from "../audio/resampler.ts";
import { Scope } from "../scope.ts";
import { WIRE_RATE } from "./events.ts";

export class Speaker {
  readonly #node: AudioWorkletNode;
  readonly #reader: LevelReader;
  readonly #clears = new Map<number, (heard: Heard[]) => void>();
  #resampler: Resampler | null = null;
  #item = "";
  #token = 0;

  private constructor(
    readonly audio: AudioContext,
    scope: Scope,
    moved: (item: string | null) => void,
  ) {
    this.#node = new AudioWorkletNode(audio, PLAYBACK, { outputChannelCount: [1] });
    this.#reader = new LevelReader(audio);
    this.#node.connect(this.#reader.node).connect(audio.destination);
    scope.add(() => {
      this.#tell({ do: "stop" });
      this.#node.port.onmessage = null;
      this.#node.disconnect();
      this.#reader.node.disconnect();
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<FromPlayback>) => {
      if (data.did === "clear") {
        this.#clears.get(data.token)?.(data.heard);
        this.#clears.delete(data.token);
      } else {
        moved(data.did === "move" ? data.item : null);
      }
    };
  }

  static async open(
    audio: AudioContext,
    scope: Scope,
    moved: (item: string | null) => void,
  ): Promise<Speaker> {
    await audio.audioWorklet.addModule(playbackUrl);
    return new Speaker(audio, scope, moved);
  }

  push(item: string, delta: string): void {
    const samples = fromBase64(delta);
    if (!samples) return;
    if (item !== this.#item || !this.#resampler) {
      this.#item = item;
      this.#resampler = new Resampler(WIRE_RATE, this.audio.sampleRate);
    }
    this.#tell({ do: "push", item, samples: this.#resampler.push(samples) });
  }

  finish(item: string): void {
    this.#tell({ do: "finish", item });
  }

  pause(): void {
    this.#tell({ do: "pause" });
  }

  resume(): void {
    this.#tell({ do: "resume" });
  }

  /** Falls silent at once; resolves with how many milliseconds of each waiting item were heard. */
  clear(): Promise<{ item: string; ms: number }[]> {
    this.#token += 1;
    const token = this.#token;
    return new Promise((resolve) => {
      this.#clears.set(token, (heard) => {
        resolve(heard.map(({ item, frames }) => ({ item, ms: this.#heardMs(frames) })));
      });
      this.#tell({ do: "clear", token });
    });
  }

  level(): number {
    return meter(this.#reader.read().rms);
  }

  /** What left the worklet still has the device's own delay before it. */
  #heardMs(frames: number): number {
    const heard = frames / this.audio.sampleRate - outputDelay(this.audio);
    return Math.max(0, Math.floor(heard * 1000));
  }

  #tell(message: ToPlayback): void {
    this.#node.port.postMessage(message);
  }
}

/** The global scope of an audio worklet (Web Audio API, 1.32.3), which TypeScript's libraries lack. */

interface WorkletPort {
  postMessage(message: unknown, transfer?: ArrayBufferLike[]): void;
  onmessage: ((event: { data: unknown }) => void) | null;
}

declare const sampleRate: number;

declare class AudioWorkletProcessor {
  readonly port: WorkletPort;
}

declare function registerProcessor(
  name: string,
  processor: new () => AudioWorkletProcessor & {
    process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
  },
): void;

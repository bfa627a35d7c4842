/** What the page and its two audio worklets say to each other. */

import type { Heard } from "./playout.ts";

export const CAPTURE = "praxiloom-capture";
export const PLAYBACK = "praxiloom-playback";

/** From the capture worklet: one chunk of 24 kHz PCM16. */
export type Captured = Int16Array<ArrayBuffer>;

export type ToPlayback =
  | { do: "push"; item: string; samples: Float32Array }
  | { do: "finish"; item: string }
  | { do: "pause" }
  | { do: "resume" }
  | { do: "clear"; token: number }
  | { do: "stop" };

/** To the capture worklet: a processor that is not told to stop runs as long as its context. */
export type ToCapture = { do: "stop" };

export type FromPlayback =
  | { did: "end"; item: string; frames: number }
  | { did: "move"; item: string; frames: number; sounding: boolean }
  | { did: "clear"; token: number; heard: Heard[] };

/** The page's one audio context and one audio element, opened inside a person's gesture. */

import { type Browser, browserOf } from "../faults/words.ts";

export interface Output {
  audio: AudioContext;
  element: HTMLAudioElement;
}

/** In the middle of the 23 to 70 ms that Firefox names, when it answers. */
const FIREFOX_DELAY_S = 0.04;

let shared: Output | null = null;

/**
 * Must run inside a click or key press: Safari and Firefox let a page sound only if its audio was
 * started by a gesture. The element plays silence from then on, so that the client's voice, which
 * arrives later, plays on an element that already has leave to sound.
 */
export function openOutput(): Output {
  if (!shared) {
    const audio = new AudioContext({ latencyHint: "interactive" });
    const element = new Audio();
    element.autoplay = true;
    element.setAttribute("playsinline", "");
    element.srcObject = audio.createMediaStreamDestination().stream;
    shared = { audio, element };
  }
  const { audio, element } = shared;
  // A refusal shows later, when there is something to hear; it is answered there.
  audio.resume().catch(() => undefined);
  element.play().catch(() => undefined);
  return shared;
}

/**
 * How many seconds the device adds before sound is heard. Firefox is not asked: over PulseAudio its
 * answer waits for the sound server with the audio graph locked, which in turn may be waiting for
 * that graph, and about every second page hung for good (Firefox 153).
 */
export function outputDelay(
  audio: Pick<AudioContext, "outputLatency" | "baseLatency">,
  browser: Browser = browserOf(navigator.userAgent, navigator.maxTouchPoints),
): number {
  if (browser === "firefox") return FIREFOX_DELAY_S;
  return audio.outputLatency || audio.baseLatency || 0;
}

/** The page's one audio context and one audio element, opened inside a person's gesture. */

export interface Output {
  audio: AudioContext;
  element: HTMLAudioElement;
}

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

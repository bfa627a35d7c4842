/** What is said of an engine that failed or came back: one calm sentence, gone by itself. */

import { Scope } from "../scope.ts";

/**
 * What the coach has of it, in plain words; what the vendor said is in the archive and in the server's
 * log. Empty where the page says the same elsewhere.
 */
const WORDS: Record<string, string> = {
  voice_trouble: "The voice broke off. The session goes on.",
  voice_replaced: "The voice has changed to another. The session goes on.",
  voice_back: "The voice from before speaks again.",
  model_trouble: "",
  model_broke_off: "The answer stopped short. The session goes on.",
  model_replaced: "Another engine writes the answers now. The session goes on.",
  model_back: "The engine from before writes the answers again.",
  recogniser_trouble: "Some of your words were not understood.",
  recogniser_replaced: "Another recogniser listens now. The session goes on.",
  recogniser_back: "The recogniser from before listens again.",
};

/** The words for a notice of an engine; `null` if it is of something else. */
export function passingWords(code: string): string | null {
  return WORDS[code] ?? null;
}

/** What comes within one breath is told as one: a voice that breaks off, and the one after it. */
export const SETTLES_MS = 300;

/** How long it stands. */
export const STANDS_MS = 8_000;

/** Tells words once they have settled, and takes them back after a while, later while they are held. */
export class Passing {
  readonly #show: (words: string) => void;
  #timers = new Scope();
  #held = false;
  #stands = false;

  /** `show` is given what is to stand there; nothing once it has passed. */
  constructor(show: (words: string) => void) {
    this.#show = show;
  }

  tell(words: string): void {
    if (words === "") return;
    this.#then(SETTLES_MS, () => {
      this.#stands = true;
      this.#show(words);
      this.#wait();
    });
  }

  /** Somebody is at it. */
  hold(): void {
    this.#held = true;
    if (this.#stands) this.#timers.end();
  }

  release(): void {
    this.#held = false;
    if (this.#stands) this.#wait();
  }

  dismiss(): void {
    this.#held = false;
    this.#pass();
  }

  /** Nothing more happens. */
  end(): void {
    this.#timers.end();
  }

  #wait(): void {
    if (!this.#held) this.#then(STANDS_MS, () => this.#pass());
  }

  #pass(): void {
    this.#timers.end();
    this.#stands = false;
    this.#show("");
  }

  #then(ms: number, run: () => void): void {
    this.#timers.end();
    this.#timers = new Scope();
    this.#timers.after(ms, run);
  }
}

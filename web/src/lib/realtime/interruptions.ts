/** What a WebSocket page owes the server when the coach cuts in: silence, and the truth about what was heard. */

import { type ClientEvent, OWN_EVENTS, type ServerEvent } from "./events.ts";

/** The part of the speaker that interruptions need. */
export interface Voice {
  push(item: string, delta: string): void;
  finish(item: string): void;
  pause(): void;
  resume(): void;
  clear(): Promise<{ item: string; ms: number }[]>;
}

/**
 * A server that speaks our own events decides itself whether speech is an interruption, so a cough
 * only pauses the voice. Any other server expects the page to fall silent when speech starts.
 */
export class Interruptions {
  readonly #responses = new Map<string, Set<string>>();
  readonly #cut = new Set<string>();
  #playing: string | null = null;
  #serverDecides = false;

  constructor(
    readonly voice: Voice,
    readonly send: (event: ClientEvent) => void,
  ) {}

  /** Where playback is; null when an item has come to its end. */
  moved(item: string | null): void {
    this.#playing = item;
  }

  /** Whatever sounds just now is cut. */
  interrupt(): void {
    if (this.#playing) this.#cancelled(new Set([this.#playing]));
  }

  receive(event: ServerEvent): void {
    switch (event.type) {
      case "session.created":
      case "session.updated":
        this.#serverDecides = event.session.include.includes(OWN_EVENTS);
        break;
      case "response.output_audio.delta":
        // What was still on its way when its response was cut must not be heard.
        if (this.#cut.has(event.item_id)) break;
        this.#items(event.response_id).add(event.item_id);
        this.#playing ??= event.item_id;
        this.voice.push(event.item_id, event.delta);
        break;
      case "response.output_audio.done":
        this.voice.finish(event.item_id);
        break;
      case "response.done":
        if (event.status === "cancelled") this.#cancelled(this.#items(event.response_id));
        this.#responses.delete(event.response_id);
        break;
      case "conversation.item.truncated":
        if (!this.#cut.has(event.item_id)) this.#cancelled(new Set([event.item_id]));
        break;
      case "input_audio_buffer.speech_started":
        if (!this.#serverDecides) this.interrupt();
        break;
      case "praxiloom.turn":
        if (event.state === "client_paused") this.voice.pause();
        if (event.state === "client_speaking") this.voice.resume();
        // Decided: the coach has the floor, also when the response itself was complete long ago.
        if (event.state === "coach_speaking") this.interrupt();
        break;
    }
  }

  #items(response: string): Set<string> {
    const items = this.#responses.get(response) ?? new Set();
    this.#responses.set(response, items);
    return items;
  }

  #cancelled(items: Set<string>): void {
    if (items.size === 0) return;
    for (const item of items) this.#cut.add(item);
    this.#playing = null;
    void this.voice.clear().then((heard) => {
      for (const { item, ms } of heard) {
        this.#cut.add(item);
        this.send({
          type: "conversation.item.truncate",
          item_id: item,
          content_index: 0,
          audio_end_ms: ms,
        });
      }
    });
  }
}

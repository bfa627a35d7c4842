/** A connection of `openai`'s Realtime clients with everything it received, held to its order. */

import { inOrder, last } from "./order.mjs";
import { Microphone, pcm } from "./sound.mjs";

const PATIENCE_MS = 40_000;

export class Talk {
  events = [];
  errors = [];
  #failure = null;
  #waiting = new Set();

  /** `client` is an `OpenAIRealtimeWS` or an `OpenAIRealtimeWebSocket`. */
  constructor(client) {
    this.client = client;
    client.on("event", (event) => this.#take(event));
    client.on("error", (error) => {
      // Without an event of the server it is the connection that failed.
      if (error.error) this.errors.push(error);
      else this.#failure ??= error;
      this.#look();
    });
  }

  async begin(test) {
    test.after(() => {
      this.mic?.stop();
      this.client.close();
      inOrder(this.events);
    });
    await this.until("conversation.created");
    return this;
  }

  /** The event of this type (or types) and number, counted from 0. */
  until(type, number = 0) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.of(type)[number];
        if (!found && !this.#failure) return;
        clearTimeout(late);
        this.#waiting.delete(look);
        if (this.#failure) reject(this.#failure);
        else resolve(found);
      };
      const late = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no ${type}; the last events: ${last(this.events)}`));
      }, PATIENCE_MS);
      this.#waiting.add(look);
      look();
    });
  }

  /** Says a fixture, again if it was not understood in time; gives what was understood. */
  async askAloud(name) {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await this.microphone().speak(pcm(name));
      const { type, transcript } = await this.until(/_transcription\.(completed|failed)$/, attempt);
      if (type.endsWith("completed")) return transcript;
      console.log("the machine is too busy for the recogniser; saying it again");
    }
    throw new Error("it was never understood");
  }

  of(type) {
    const fits = (event) => (type instanceof RegExp ? type.test(event.type) : event.type === type);
    return this.events.filter(fits);
  }

  say(text) {
    const content = [{ type: "input_text", text }];
    this.client.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
  }

  microphone() {
    this.mic ??= new Microphone((frame) => {
      const audio = Buffer.from(frame.buffer).toString("base64");
      this.client.send({ type: "input_audio_buffer.append", audio });
    });
    return this.mic;
  }

  /** The sound of a response. */
  sound(id) {
    const deltas = this.of("response.output_audio.delta").filter((event) => event.response_id === id);
    return deltas.map((event) => Buffer.from(event.delta, "base64"));
  }

  #take(event) {
    this.events.push(event);
    this.#look();
  }

  #look() {
    for (const look of [...this.#waiting]) look();
  }
}


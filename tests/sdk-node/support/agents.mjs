/** A session of `@openai/agents-realtime` with everything it received, held to types and order. */

import { OpenAIRealtimeWebSocket, RealtimeSession } from "@openai/agents-realtime";

// The schemas are no part of what the package exports; an event that fits none is passed over in
// silence, so they are asked here.
import { parseRealtimeEvent } from "../node_modules/@openai/agents-realtime/dist/openaiRealtimeEvents.mjs";
import { finished, inOrder, last } from "./order.mjs";
import { Microphone, pcm } from "./sound.mjs";

const PATIENCE_MS = 40_000;

export class AgentTalk {
  events = [];
  sound = [];
  faults = [];
  #waiting = new Set();

  constructor(agent, url, options = {}) {
    this.transport = new OpenAIRealtimeWebSocket({ url: `${url.replace(/^http/, "ws")}/v1/realtime` });
    this.session = new RealtimeSession(agent, { transport: this.transport, ...options });
    this.transport.on("*", (event) => this.#take(event));
    this.session.on("audio", (event) => this.sound.push(Buffer.from(event.data)));
    this.session.on("error", (error) => this.faults.push(error));
    for (const news of ["history_updated", "audio_interrupted", "agent_end", "audio_stopped"]) {
      this.session.on(news, () => this.#look());
    }
  }

  async begin(test) {
    test.after(() => {
      this.close();
      inOrder(this.events);
    });
    await this.session.connect({ apiKey: "none" });
    await this.until("the session", () => this.of("session.updated").length > 0);
    return this;
  }

  microphone() {
    this.mic ??= new Microphone((frame) => this.session.sendAudio(frame.buffer));
    return this.mic;
  }

  /** Waits until `found` gives something, and gives that. */
  until(what, found) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const fault = this.faults.at(0);
        const result = fault ? null : found();
        if (!fault && !result) return;
        clearTimeout(late);
        this.#waiting.delete(look);
        if (fault) reject(fault instanceof Error ? fault : new Error(JSON.stringify(fault)));
        else resolve(result);
      };
      const late = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`${what} did not come; the last events: ${last(this.events)}`));
      }, PATIENCE_MS);
      this.#waiting.add(look);
      look();
    });
  }

  /** Says a fixture, again if it was not understood in time. */
  async askAloud(name) {
    const heard = "conversation.item.input_audio_transcription";
    const outcomes = () => this.of(`${heard}.completed`).concat(this.of(`${heard}.failed`));
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await this.microphone().speak(pcm(name));
      await this.until("the transcript", () => outcomes()[attempt]);
      if (this.of(`${heard}.completed`).length > 0) return;
      console.log("the machine is too busy for the recogniser; saying it again");
    }
    throw new Error("it was never understood");
  }

  /** Waits for the end of the response of this number, counted from 0. */
  async done(number) {
    const event = await this.until(`response ${number}`, () => this.of("response.done")[number]);
    return event.response;
  }

  of(type) {
    return this.events.filter((event) => event.type === type);
  }

  /** Each message of the history as `[role, words, status]`. */
  messages() {
    const messages = this.session.history.filter((item) => item.type === "message");
    return messages.map(({ role, content, status }) => {
      const words = content.map((part) => part.text ?? part.transcript ?? "").join(" ");
      return [role, words, status];
    });
  }

  /** Ends the test's part: whatever was received kept its promises, and nothing is left open. */
  finish() {
    if (this.faults.length > 0) throw this.faults[0];
    finished(this.events);
  }

  close() {
    this.mic?.stop();
    this.session.close();
  }

  #take(event) {
    try {
      const { isGeneric } = parseRealtimeEvent({ data: JSON.stringify(event) });
      if (isGeneric) throw new Error(`fits no schema: ${JSON.stringify(event)}`);
    } catch (error) {
      this.faults.push(error);
    }
    this.events.push(event);
    this.#look();
  }

  #look() {
    for (const look of [...this.#waiting]) look();
  }
}

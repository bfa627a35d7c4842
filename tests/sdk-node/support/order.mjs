/**
 * Holds every event of a session to the order that the protocol promises: the twin of
 * `tests/sdk/support/order.py`. `take` throws at the first event that breaks a promise, with the
 * events before it.
 */

const ALONE = new Set([
  "error",
  "session.updated",
  "input_audio_buffer.cleared",
  "input_audio_buffer.timeout_triggered",
  "conversation.item.retrieved",
]);
const BEGINNING = ["session.created", "conversation.created"];

export class Order {
  trace = [];
  #seen = new Set();
  items = [];
  #finished = new Set();
  #speaking = null;
  #stopped = null;
  /** What was told of each spoken item's words; `null` once they are complete. */
  #transcribed = new Map();
  #responses = new Map();
  #ended = new Set();
  #playing = null;
  /** What must follow at once. */
  #next = [];

  constructor(carrier = "websocket") {
    this.carrier = carrier;
  }

  take(event) {
    const { type } = event;
    const first = BEGINNING[this.trace.length];
    this.trace.push(type);
    this.#need(event.event_id && !this.#seen.has(event.event_id), "an event_id of its own");
    this.#seen.add(event.event_id);
    this.#need(first ? type === first : !BEGINNING.includes(type), first ?? "one beginning");
    const item = event.item_id ?? event.item?.id;
    if (this.#next.length > 0) {
      const [wanted, of] = this.#next.shift();
      this.#need(type === wanted && item === of, `${wanted} of ${of} at once`);
    }
    if (first || ALONE.has(type) || type.startsWith("praxiloom.")) return;
    const promise = this.#promises[type];
    this.#need(promise, "a known event");
    promise(event, item);
  }

  /** The session is idle: nothing is left open. */
  finish() {
    this.#need(this.#responses.size === 0, "response.done");
    this.#need(this.#next.length === 0, "what must follow at once");
    this.#need(this.items.every((item) => this.#finished.has(item)), "item.done of every item");
    this.#need(this.#playing === null, "output_audio_buffer.stopped");
  }

  #need(held, promise) {
    if (!held) {
      throw new Error(`expected ${promise}; the last events: ${this.trace.slice(-40).join(" ")}`);
    }
  }

  #promises = {
    "input_audio_buffer.speech_started": (event, item) => {
      this.#need(!this.items.includes(item), "speech of an item to come");
      this.#speaking = { item, from: event.audio_start_ms };
    },
    "input_audio_buffer.speech_stopped": (event, item) => {
      this.#need(this.#speaking?.item === item, "the end of the speech that began");
      this.#need(event.audio_end_ms > this.#speaking.from, "speech of some length");
      this.#speaking = null;
      this.#stopped = item;
    },
    "input_audio_buffer.committed": (event, item) => {
      this.#need(this.#speaking === null, "speech_stopped before committed");
      this.#need([null, item].includes(this.#stopped), "the item whose speech stopped");
      this.#need(event.previous_item_id === this.#last(), "the real predecessor");
      this.#stopped = null;
      this.#next = [
        ["conversation.item.added", item],
        ["conversation.item.done", item],
      ];
      this.#transcribed.set(item, "");
    },
    "conversation.item.input_audio_transcription.delta": (event, item) => {
      this.#transcribed.set(item, this.#told(item) + event.delta);
    },
    "conversation.item.input_audio_transcription.completed": (event, item) => {
      this.#need(["", event.transcript].includes(this.#told(item)), "the transcript of the deltas");
      this.#transcribed.set(item, null);
    },
    "conversation.item.input_audio_transcription.failed": (_, item) => {
      this.#told(item);
      this.#transcribed.set(item, null);
    },

    "conversation.item.added": (event, item) => {
      const before = event.previous_item_id;
      this.#need(!this.items.includes(item), "a new item");
      this.#need(before === null || this.items.includes(before), "a predecessor that exists");
      const made = [...this.#responses.values()].flatMap((response) => response.items);
      if (made.some((one) => one.item.id === item)) {
        this.#need(before === this.#last(), "the real predecessor");
        this.#need(event.item.status === "in_progress", "an item in progress");
      }
      this.items.splice(before === null ? 0 : this.items.indexOf(before) + 1, 0, item);
    },
    "conversation.item.done": (event, item) => {
      const at = this.items.indexOf(item);
      this.#need(at >= 0 && !this.#finished.has(item), "item.added, and one item.done");
      this.#need(event.previous_item_id === (this.items[at - 1] ?? null), "the real predecessor");
      this.#need(event.item.status !== "in_progress", "an item that is finished");
      this.#finished.add(item);
    },
    "conversation.item.truncated": (_, item) => {
      this.#need(this.items.includes(item), "an item of the conversation");
    },
    "conversation.item.deleted": (_, item) => {
      this.#need(this.items.includes(item), "an item of the conversation");
      this.items.splice(this.items.indexOf(item), 1);
    },

    "response.created": ({ response }) => {
      const { id, status, output } = response;
      this.#need(!this.#ended.has(id) && !this.#responses.has(id), "a new response");
      this.#need(status === "in_progress" && output.length === 0, "an empty response");
      const remembered = Boolean(response.conversation_id);
      const others = [...this.#responses.values()].some((other) => other.remembered);
      this.#need(!(remembered && others), "one response of the conversation at a time");
      this.#responses.set(id, { remembered, items: [] });
    },
    "response.output_item.added": (event, id) => {
      const response = this.#response(event.response_id);
      const { item } = event;
      this.#need(event.output_index === response.items.length, "indexes without gaps");
      this.#need(item.status === "in_progress" && !item.content?.length, "an empty item");
      const argued = item.type !== "function_call";
      response.items.push({ item, parts: [], arguments: "", argued, done: false });
      if (response.remembered) this.#next = [["conversation.item.added", id]];
    },
    "response.content_part.added": (event) => {
      const { parts } = this.#made(event);
      this.#need(event.content_index === parts.length, "indexes without gaps");
      const { type } = event.part;
      parts.push({ type, said: "", words: null, quiet: type !== "audio", done: false });
    },
    "response.output_audio.delta": (event) => {
      this.#need(this.carrier === "websocket", "sound on its own track");
      this.#need(!this.#part(event, "audio").quiet, "no sound after its end");
    },
    "response.output_audio.done": (event) => {
      const part = this.#part(event, "audio");
      this.#need(!part.quiet, "one end of the sound");
      part.quiet = true;
    },
    "response.output_audio_transcript.delta": (event) => {
      this.#say(this.#part(event, "audio"), event.delta);
    },
    "response.output_audio_transcript.done": (event) => {
      const part = this.#part(event, "audio");
      this.#need(part.quiet, "output_audio.done before its transcript's");
      this.#said(part, event.transcript);
    },
    "response.output_text.delta": (event) => this.#say(this.#part(event, "text"), event.delta),
    "response.output_text.done": (event) => this.#said(this.#part(event, "text"), event.text),
    "response.content_part.done": (event) => {
      const part = this.#part(event, event.part.type);
      const words = event.part.transcript ?? event.part.text;
      this.#need(part.words !== null && part.words === words, "the words that were told");
      part.done = true;
    },
    "response.function_call_arguments.delta": (event) => {
      const made = this.#made(event);
      this.#need(!made.argued, "no arguments after their end");
      made.arguments += event.delta;
    },
    "response.function_call_arguments.done": (event) => {
      const made = this.#made(event);
      this.#need(!made.argued && made.arguments === event.arguments, "the arguments as told");
      made.argued = true;
    },
    "response.output_item.done": (event, item) => {
      const { remembered } = this.#response(event.response_id);
      const made = this.#made(event);
      this.#need(made.argued && made.parts.every((part) => part.done), "the ends of the parts");
      this.#need(event.item.status !== "in_progress", "an item that is finished");
      this.#need(!remembered || this.#finished.has(item), "item.done before output_item.done");
      made.done = true;
      made.item = event.item;
    },
    "response.done": ({ response }) => {
      const { items } = this.#response(response.id);
      this.#need(items.every((made) => made.done), "the ends of the items first");
      const outputs = items.map((made) => made.item);
      const same = JSON.stringify(response.output) === JSON.stringify(outputs);
      this.#need(same, "the items as they were told");
      const { status, status_details: details } = response;
      const known = ["completed", "cancelled", "incomplete", "failed"];
      this.#need(known.includes(status), "a response that ended");
      if (status === "cancelled") {
        const why = ["turn_detected", "client_cancelled"].includes(details?.reason);
        this.#need(why, "why it was cancelled");
      }
      if (status === "completed") {
        const completed = outputs.every((item) => item.status === "completed");
        this.#need(completed, "completed items");
        const parts = items.flatMap((made) => made.parts);
        const told = parts.every((part) => part.words === part.said);
        this.#need(told, "all words as deltas");
      }
      this.#ended.add(response.id);
      this.#responses.delete(response.id);
    },

    "rate_limits.updated": (event) => this.#need(Array.isArray(event.rate_limits), "a list"),
    "output_audio_buffer.started": ({ response_id: id }) => {
      const free = this.carrier === "webrtc" && this.#playing === null;
      this.#need(free && this.#responses.has(id), "one response played at a time");
      this.#playing = id;
    },
    "output_audio_buffer.stopped": ({ response_id: id }) => {
      this.#need(this.#playing === id, "the response that is played");
      this.#need(this.#ended.has(id), "response.done before the end of its playout");
      this.#playing = null;
    },
    "output_audio_buffer.cleared": ({ response_id: id }) => {
      this.#need(this.carrier === "webrtc", "a server that plays");
      if (this.#playing === id) this.#playing = null;
    },
  };

  #last() {
    return this.items.at(-1) ?? null;
  }

  #told(item) {
    const told = this.#transcribed.get(item);
    this.#need(typeof told === "string", "an item that is being transcribed");
    return told;
  }

  #response(id) {
    this.#need(this.#responses.has(id), "a response that is being made");
    return this.#responses.get(id);
  }

  #made(event) {
    const made = this.#response(event.response_id).items[event.output_index];
    const item = event.item_id ?? event.item.id;
    this.#need(made && made.item.id === item && !made.done, "an item that is being made");
    return made;
  }

  #part(event, type) {
    const part = this.#made(event).parts[event.content_index];
    this.#need(part && !part.done && part.type === type, `a ${type} part that is being made`);
    return part;
  }

  #say(part, delta) {
    this.#need(part.words === null && delta !== "", "words before their end");
    part.said += delta;
  }

  #said(part, words) {
    // An answer that was cut off ends where the listener was, which may be before the last words.
    this.#need(part.words === null, "one end of the words");
    this.#need(part.said.startsWith(words), "the deltas' words");
    part.words = words;
  }
}

/** What may be missing without breaking a promise. */
const OPTIONAL = [...ALONE, "rate_limits.updated", "response.output_audio.delta"];

/**
 * Proves that an order is held to at all: which events of a good session could be missing, or
 * change places with the one before within a response, without anybody noticing.
 */
export function unnoticed(events) {
  const missed = [];
  const holds = (changed) => {
    try {
      const order = new Order();
      for (const event of changed) order.take(event);
      order.finish();
      return true;
    } catch {
      return false;
    }
  };
  if (!holds(events)) missed.push("the session itself breaks a promise");
  events.forEach((event, at) => {
    const { type } = event;
    if (OPTIONAL.includes(type)) return;
    const without = events.toSpliced(at, 1);
    if (holds(without)) missed.push(`${type} missing`);
    const before = events[at - 1];
    const both = before && [before, event].every((one) => one.type.startsWith("response."));
    if (both && !OPTIONAL.includes(before.type) && before.type !== type) {
      const swapped = events.with(at - 1, event).with(at, before);
      if (holds(swapped)) missed.push(`${type} before ${before.type}`);
    }
  });
  return missed;
}

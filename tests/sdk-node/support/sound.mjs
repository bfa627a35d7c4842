/** Speech at 24 kHz as time passes, and how loud what comes back is. */

import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const SPEECH = new URL("../../fixtures/speech/", import.meta.url);
const FRAME = 480;

/** What a fixture says. */
export function wordsOf(name) {
  const rows = readFileSync(new URL("lines.txt", SPEECH), "utf8").split("\n");
  return rows.map((row) => row.split("|")).find((row) => row[0] === name)[2];
}

/** A fixture (16 kHz) as `audio/pcm`, with straight lines drawn between its samples. */
export function pcm(name) {
  const file = readFileSync(new URL(`${name}.wav`, SPEECH));
  const body = file.subarray(file.indexOf("data") + 8);
  const given = new Int16Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.length));
  return Int16Array.from({ length: Math.floor((given.length * 3) / 2) }, (_, index) => {
    const at = (index * 2) / 3;
    const left = given[Math.floor(at)];
    const right = given[Math.min(Math.ceil(at), given.length - 1)];
    return left + (right - left) * (at % 1);
  });
}

/** Root mean square of `audio/pcm`, from 0 to 1. */
export function loudness(chunks) {
  const bytes = Buffer.concat(chunks);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readInt16LE(at) ** 2;
  return Math.sqrt(sum / Math.max(1, bytes.length / 2)) / 32768;
}

/** How many of the words said were understood in their order, from 0 to 1. */
export function likeness(said, understood) {
  const [a, b] = [said, understood].map((text) => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []);
  let row = new Array(b.length + 1).fill(0);
  for (const x of a) {
    const above = [...row];
    b.forEach((y, at) => {
      row[at + 1] = x === y ? above[at] + 1 : Math.max(above[at + 1], row[at]);
    });
  }
  return row[b.length] / Math.max(1, a.length);
}

/** Sends sound as time passes, silence if nobody speaks, like a microphone. */
export class Microphone {
  #waiting = [];
  #on = true;
  #spoken = () => {};

  /** `send` takes 20 ms at a time as an `Int16Array`. */
  constructor(send) {
    this.#run(send);
  }

  /** Says this, and resolves when it is said. */
  speak(samples) {
    for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
      this.#waiting.push(samples.slice(at, at + FRAME));
    }
    return new Promise((resolve) => (this.#spoken = resolve));
  }

  stop() {
    this.#on = false;
  }

  async #run(send) {
    for (let due = performance.now(); this.#on; due += 20) {
      await pause(Math.max(0, due - performance.now()));
      if (!this.#on) return;
      send(this.#waiting.shift() ?? new Int16Array(FRAME));
      if (this.#waiting.length === 0) this.#spoken();
    }
  }
}

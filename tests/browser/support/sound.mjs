/** Makes what Chromium's fake microphone plays: recordings, silence and noise in one WAV file. */

import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const RATE = 16_000;
const HERE = new URL("../../fixtures/speech/", import.meta.url);
/** Recordings of people, which are no part of the repository. */
const PEOPLE = new URL("../../../../shared/data/speech/", import.meta.url);

/** A recording of the project's own, by its name in `tests/fixtures/speech`. */
export function fixture(name) {
  return samplesOf(fileURLToPath(new URL(`${name}.wav`, HERE)));
}

/** The words of such a recording. */
export function wordsOfFixture(name) {
  const lines = readFileSync(new URL("lines.txt", HERE), "utf8").split("\n");
  return lines.find((line) => line.startsWith(`${name}|`)).split("|")[2];
}

/** A person's recording, or null where it is absent. */
export function person(file) {
  const folder = process.env.PRAXILOOM_SPEECH ?? fileURLToPath(PEOPLE);
  const path = join(folder, file);
  return existsSync(path) ? samplesOf(path) : null;
}

export function silence(seconds) {
  return new Int16Array(Math.round(seconds * RATE));
}

/** A cough is about a quarter of a second of noise that rises at once and fades away. */
export function cough(seconds = 0.25) {
  let state = 1;
  const noise = () => {
    // A generator of its own, so that every run hears the same cough.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  return Int16Array.from({ length: Math.round(seconds * RATE) }, (_, i) => {
    const age = i / (seconds * RATE);
    return 12_000 * noise() * Math.min(1, age * 20) * Math.exp(-4 * age);
  });
}

/** Writes the parts one after the other; the file is gone after `test`. */
export async function wav(test, ...parts) {
  const folder = await mkdtemp(join(tmpdir(), "praxiloom-sound-"));
  test.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "microphone.wav");
  const bytes = parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  const body = Buffer.concat(bytes);
  await writeFile(path, Buffer.concat([header(body.length), body]));
  return path;
}

function header(bytes) {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + bytes, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(bytes, 40);
  return head;
}

function samplesOf(path) {
  const file = readFileSync(path);
  let at = 12;
  while (file.toString("latin1", at, at + 4) !== "data") {
    const isFormat = file.toString("latin1", at, at + 4) === "fmt ";
    if (isFormat && (file.readUInt32LE(at + 12) !== RATE || file.readUInt16LE(at + 10) !== 1)) {
      throw new Error(`${path} is not 16 kHz mono`);
    }
    at += 8 + file.readUInt32LE(at + 4);
  }
  const bytes = file.subarray(at + 8, at + 8 + file.readUInt32LE(at + 4));
  return new Int16Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)),
  );
}

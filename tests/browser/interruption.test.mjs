/** The coach cuts in, or only coughs, while the client's voice sounds. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { microphone } from "./support/chromium.mjs";
import {
  AUDIBLE,
  answered,
  begin,
  finished,
  heard,
  now,
  overlap,
  say,
  silent,
  sounds,
  turns,
  visit,
} from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";
import { cough, fixture, silence, wav, wordsOfFixture } from "./support/sound.mjs";

/** Everything that Maya can say. */
const sheet = new URL("../../src/practice/clients/maya-promotion.toml", import.meta.url);
const authored = [...readFileSync(sheet, "utf8").matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, line]) =>
  line.replace(/\[[^\]]*\] ?/g, ""),
);

/** Longer than an answer takes to begin, shorter than it takes to end. */
const PAUSE_S = 5;

let server;
test.before(async () => (server = await startServer()));
test.after(() => server?.close());

for (const transport of ["webrtc", "websocket"]) {
  test(`the voice stops when the coach cuts in over ${transport}`, async (t) => {
    const page = await duringTheAnswer(t, transport, fixture("goal"));
    const planned = (await turns(page)).at(-1);
    const unmuted = await now(page);
    const spoke = await sounds(page, "microphone", unmuted);
    const stopped = await silent(page, "speaker", spoke - 1_000, 700);
    const ended = await silent(page, "microphone", spoke, 500);
    await page.getByTestId("mute").click();
    t.diagnostic(`speech to silence: ${(stopped - spoke).toFixed(0)} ms`);
    assert.ok(stopped < ended, "the voice went on to the end of what the coach said");
    assert.ok(stopped - spoke < 2_000, `the voice went on for ${stopped - spoke} ms`);

    await finished(page, "coach", 2);
    const next = await answered(page);
    const all = await turns(page);
    const cut = all.find(({ item }) => item === planned.item);
    t.diagnostic(`heard: ${cut.words}`);
    assert.match(cut.notes, /interrupted/);
    const kept = cut.words.replace(/\s*—$/, "");
    const line = authored.find((each) => each.startsWith(kept));
    assert.ok(line, "what was heard begins a line of hers");
    assert.ok(kept.length > 0 && kept.length < line.length, "what was not heard is gone");

    const said = all.filter(({ side }) => side === "coach").at(-1).words;
    t.diagnostic(`understood: ${said}; answered: ${next.words}`);
    // Its beginning is spoken over the client's voice.
    assert.ok(overlap(wordsOfFixture("goal"), said) >= 0.5, said);
    assert.notEqual(next.item, planned.item);
    assert.deepEqual(page.complaints, []);
  });

  test(`a cough does not stop the voice over ${transport}`, async (t) => {
    const page = await duringTheAnswer(t, transport, cough());
    const { item } = (await turns(page)).at(-1);
    const coughed = await sounds(page, "microphone", await now(page));
    const answer = await answered(page);
    assert.equal(answer.item, item);
    assert.doesNotMatch(answer.notes, /interrupted/);
    assert.match(answer.words, /[.?!]$/);
    const after = (await heard(page, "speaker")).filter(
      ({ at, rms }) => at > coughed && rms > 0.01,
    );
    assert.ok(after.length > 25, "the voice went on for half a second and more");
    assert.deepEqual(page.complaints, []);
  });
}

/**
 * Opens a session in which the client is speaking and the microphone, silent just now, is about to
 * carry `sound`. The fake microphone plays it every few seconds; the page is muted until it matters.
 */
async function duringTheAnswer(t, transport, sound) {
  const path = await wav(t, silence(PAUSE_S), sound);
  const page = await visit(t, server, { transport, flags: microphone.again(path) });
  await begin(page);
  await page.getByTestId("mute").click();
  // Once it has just been played, the next time is a whole pause away, in the middle of the answer.
  const played = await sounds(page, "microphone", await now(page));
  const asked = await silent(page, "microphone", played, 500);
  await say(page, "What would you like to talk about today?");
  const began = await sounds(page, "speaker", asked);
  await page.getByTestId("mute").click();
  const loud = (await heard(page, "microphone")).some(({ at, rms }) => at > asked && rms > AUDIBLE);
  assert.ok(!loud, `the answer began after ${(began - asked).toFixed(0)} ms, too late to cut in`);
  return page;
}

/** A spoken turn, from the microphone to the loudspeaker, over both transports. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { microphone } from "./support/chromium.mjs";
import {
  AUDIBLE,
  answered,
  begin,
  heard,
  overlap,
  silent,
  sounds,
  turns,
  visit,
} from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";
import { fixture, person, silence, wav, wordsOfFixture } from "./support/sound.mjs";

const JFK =
  "and so my fellow americans ask not what your country can do for you " +
  "ask what you can do for your country";

const recordings = [
  {
    name: "a synthesised coach",
    samples: fixture("begin"),
    words: wordsOfFixture("begin"),
    floor: 0.7,
  },
  // The local engine understands about three words of four of read speech.
  { name: "a person", samples: person("01-jfk.wav"), words: JFK, floor: 0.4 },
];

let server;
test.before(async () => (server = await startServer()));
test.after(() => server?.close());

for (const transport of ["webrtc", "websocket"]) {
  for (const { name, samples, words, floor } of recordings) {
    const absent = samples === null && "the recordings of people are not on this machine";
    test(`${name} is understood and answered over ${transport}`, { skip: absent }, async (t) => {
      // The file begins when the microphone is opened: the session is live before anything is said.
      const path = await wav(t, silence(4), samples, silence(30));
      const page = await visit(t, server, { transport, flags: microphone.once(path) });
      const live = await begin(page);
      // People pause in the middle, and may then be answered and go on.
      const end = await silent(page, "microphone", 0, 2_500);
      const answer = await answered(page);
      const understood = (await turns(page)).filter(({ side }) => side === "coach");
      const said = understood.map((turn) => turn.words).join(" ");
      t.diagnostic(`understood: ${said}`);
      t.diagnostic(`answered: ${answer.words}`);
      assert.ok(overlap(words, said) >= floor, `"${said}" is too far from "${words}"`);
      // What a person said may be misheard, and answered with a word or two.
      assert.match(answer.words, /\w/);

      const began = await sounds(page, "speaker", end);
      const ended = await silent(page, "speaker", began);
      const voice = (await heard(page, "speaker")).filter(({ at }) => at >= began && at <= ended);
      const loud = voice.filter(({ rms }) => rms > AUDIBLE).length / voice.length;
      assert.ok(ended - began > 300, `the voice sounded for ${ended - began} ms only`);
      assert.ok(loud > 0.4, `the voice sounded for ${loud} of its time`);
      if (transport === "webrtc") {
        const { totalAudioEnergy, protocol } = await page.evaluate(() => window.listener.inbound());
        assert.equal(protocol, "udp");
        assert.ok(totalAudioEnergy > 0.001, `energy ${totalAudioEnergy}`);
      }
      t.diagnostic(
        `live after ${live.toFixed(0)} ms; end of speech to first sound: ${(began - end).toFixed(0)} ms`,
      );
      assert.equal(await page.getByTestId("screen-session").getAttribute("data-stage"), "live");
      assert.deepEqual(page.complaints, []);
    });
  }
}

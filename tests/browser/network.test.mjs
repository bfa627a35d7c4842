/** Networks that block a transport, and servers that go away and come back. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { microphone } from "./support/chromium.mjs";
import {
  PATIENCE,
  answered,
  begin,
  beginTyping,
  finished,
  now,
  say,
  sounds,
  turns,
  untilLive,
  visit,
} from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";
import { fixture, silence, wav } from "./support/sound.mjs";

/** Answered in a few words. */
const GREETING = "Hello.";

test("where WebRTC is off, the page takes the WebSocket by itself", async (t) => {
  const server = await serve(t, ["--webrtc-udp=false", "--webrtc-tcp=false"]);
  const page = await visit(t, server);
  const live = await beginTyping(page);
  assert.equal(await transportOf(page), "websocket");
  t.diagnostic(`live after ${live.toFixed(0)} ms`);
  await askAndHear(page);
});

test("where the calls' port is blocked, the page takes the WebSocket by itself", async (t) => {
  // An address that nobody answers at (RFC 5737).
  const server = await serve(t, ["--webrtc-announce", "192.0.2.1"]);
  const page = await visit(t, server);
  const live = await beginTyping(page);
  assert.equal(await transportOf(page), "websocket");
  t.diagnostic(`live after ${live.toFixed(0)} ms`);
  await askAndHear(page);
});

test("where UDP is blocked, the call goes over TCP", async (t) => {
  const server = await serve(t, ["--webrtc-udp=false"]);
  const path = await wav(t, silence(3), fixture("begin"), silence(60));
  const page = await visit(t, server, { flags: microphone.once(path) });
  await begin(page);
  assert.equal(await transportOf(page), "webrtc");
  await sounds(page, "speaker");
  const answer = await answered(page);
  const [mine] = await turns(page);
  t.diagnostic(`${mine.words}: ${answer.words}`);
  assert.match(mine.words, /talk about today/);
  const { protocol, totalAudioEnergy } = await page.evaluate(() => window.listener.inbound());
  assert.equal(protocol, "tcp");
  assert.ok(totalAudioEnergy > 0.001);
});

for (const transport of ["webrtc", "websocket"]) {
  test(`a server that dies is waited for over ${transport}`, async (t) => {
    const server = await serve(t);
    const page = await visit(t, server, { transport });
    await beginTyping(page);
    await askAndHear(page);
    const before = await turns(page);
    await server.kill();
    const banner = page.locator('[data-testid="banner"]');
    await banner.waitFor({ timeout: PATIENCE });
    assert.equal(await stageOf(page), "reconnecting");
    assert.equal(await banner.getAttribute("data-fault"), "network-lost");
    assert.deepEqual(
      (await turns(page)).map(({ words }) => words),
      before.map(({ words }) => words),
      "what was said is still there",
    );
    await server.start();
    await untilLive(page);
    assert.equal(await banner.count(), 0);
    await say(page, "How do you feel about that?");
    await finished(page, "client", 2);
    assert.equal((await turns(page)).length, 4);
  });

  test(`a server that stops says so over ${transport}`, async (t) => {
    const server = await serve(t, ["--live-stop-grace-seconds", "3"]);
    const page = await visit(t, server, { transport });
    await beginTyping(page);
    const stopped = server.stop();
    const notice = page.locator('[data-testid="notice"][data-code="server_stopping"]');
    await notice.waitFor();
    assert.equal(await stageOf(page), "live", "what is said may still be finished");
    await page.locator('[data-testid="banner"][data-fault="server-stopping"]').waitFor();
    assert.equal(await stageOf(page), "reconnecting");
    await stopped;
    await server.start();
    await untilLive(page);
    await askAndHear(page);
  });
}

async function serve(t, flags) {
  const server = await startServer({ flags });
  t.after(() => server.close());
  return server;
}

async function askAndHear(page) {
  const asked = await now(page);
  await say(page, GREETING);
  await sounds(page, "speaker", asked);
  await answered(page);
}

async function transportOf(page) {
  await page.getByTestId("menu").locator("summary").click();
  const transport = await page.getByTestId("transport").getAttribute("data-transport");
  await page.getByTestId("menu").locator("summary").click();
  return transport;
}

function stageOf(page) {
  return page.getByTestId("screen-session").getAttribute("data-stage");
}

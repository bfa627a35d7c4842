/**
 * Whatever breaks between the page and the server, the same session goes on: everything said
 * before is there once, one more exchange works, and the record has all of it once.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { LISTENER, microphone } from "./support/chromium.mjs";
import {
  BRIEF,
  SECOND,
  ask,
  endIt,
  ended,
  goesOnAs,
  mending,
  requests,
  sessionOf,
  talkOnce,
  until,
  visitPatient,
  wholeRecord,
} from "./support/continuity.mjs";
import {
  PATIENCE,
  answered,
  begin,
  beginTyping,
  finished,
  now,
  say,
  silent,
  sounds,
  turns,
  untilLive,
  visit,
} from "./support/practice.mjs";
import { tcpRelay, udpRelay } from "./support/relay.mjs";
import { startServer } from "./support/server.mjs";
import { fixture, silence, wav } from "./support/sound.mjs";

// Most of the time is spent waiting, each with a server and a browser of its own.
describe("a session goes on", { concurrency: 2 }, () => {
  for (const transport of ["webrtc", "websocket"]) {
    test(`a reloaded page goes on with one press over ${transport}`, async (t) => {
      const server = await serve(t);
      const page = await visitPatient(t, server, { transport });
      await beginTyping(page);
      const session = await talkOnce(page);
      const before = await turns(page);
      await page.reload();
      const pressed = await goOn(page);
      t.diagnostic(`live ${pressed.toFixed(0)} ms after the press`);
      assert.equal(await goesOnAs(page, session, before), transport);
      await wholeRecord(page, server, session);
      assert.deepEqual(page.complaints, []);
    });

    test(`a killed server is waited for, and has everything over ${transport}`, async (t) => {
      const server = await serve(t);
      const page = await visitPatient(t, server, { transport });
      await beginTyping(page);
      const session = await talkOnce(page);
      // A recording is on the disk within half a second; a crash may take the last second.
      await pause(1_000);
      const before = await turns(page);
      await server.kill();
      await away(page, "network-lost");
      await server.start();
      const back = await timed(() => untilLive(page));
      t.diagnostic(`live ${back.toFixed(0)} ms after the server answered again`);
      await goesOnAs(page, session, before);
      await wholeRecord(page, server, session);
    });

    test(`a server that restarts is announced and waited for over ${transport}`, async (t) => {
      const server = await serve(t, ["--live-stop-grace-seconds", "3"]);
      const page = await visitPatient(t, server, { transport });
      await beginTyping(page);
      const session = await talkOnce(page);
      const before = await turns(page);
      const stopped = server.stop();
      await page.locator('[data-testid=notice][data-code="server_stopping"]').waitFor();
      await away(page, "server-stopping");
      await stopped;
      // As long as a slow start takes.
      await pause(3_000);
      await server.start();
      const back = await timed(() => untilLive(page));
      t.diagnostic(`live ${back.toFixed(0)} ms after the server answered again`);
      await goesOnAs(page, session, before);
      await wholeRecord(page, server, session);
    });

    test(`a page that slept finds its session again over ${transport}`, async (t) => {
      const server = await serve(t);
      const relay = await tcpRelay(t, server);
      const page = await visitPatient(t, { url: relay.url }, { transport });
      await beginTyping(page);
      const session = await talkOnce(page);
      const before = await turns(page);
      // Twenty seconds stand for a minute, and a stopped process for a locked phone: what matters is
      // that the page does nothing meanwhile, that nobody tells it of the break, and that the server
      // has given up a call by then. A WebSocket it would keep for longer in either case.
      const wake = await sleep(page);
      relay.stall();
      await pause(transport === "webrtc" ? 20_000 : 8_000);
      relay.heal();
      wake();
      await page.evaluate(() => document.dispatchEvent(new Event("resume")));
      const back = await untilSteady(page);
      t.diagnostic(`live for good ${back.toFixed(0)} ms after waking`);
      await goesOnAs(page, session, before);
      await wholeRecord(page, server, session);
    });
  }

  test("a network that breaks is bridged over a WebSocket", async (t) => {
    const server = await serve(t);
    const relay = await tcpRelay(t, server);
    const page = await visitPatient(t, { url: relay.url }, { transport: "websocket" });
    await beginTyping(page);
    const session = await talkOnce(page);
    const before = await turns(page);
    relay.cut();
    await away(page, "network-lost");
    await pause(2_000);
    relay.heal();
    const back = await timed(() => untilLive(page));
    t.diagnostic(`live ${back.toFixed(0)} ms after the network was back`);
    await goesOnAs(page, session, before);
    await wholeRecord(page, server, session);
  });

  test("another node behind the same address goes on with the session", async (t) => {
    const first = await serve(t, ["--live-stop-grace-seconds", "1"]);
    const relay = await tcpRelay(t, first);
    const page = await visitPatient(t, { url: relay.url });
    await beginTyping(page);
    const session = await talkOnce(page);
    const before = await turns(page);
    await first.stop();
    const second = await startServer({ data: first.data, flags: BRIEF });
    t.after(() => second.close());
    relay.lead(second);
    const back = await timed(() => untilLive(page));
    t.diagnostic(`live ${back.toFixed(0)} ms after the other node answered`);
    await goesOnAs(page, session, before);
    await wholeRecord(page, second, session);
  });

  test("a call finds another way by an ICE restart, and stays the same call", async (t) => {
    const server = await startServer({
      flags: [...BRIEF, "--webrtc-announce", "127.0.0.2", "--webrtc-tcp=false"],
    });
    t.after(() => server.close());
    const relay = await udpRelay(t, server.calls);
    const page = await visitPatient(t, server, { transport: "webrtc" });
    await beginTyping(page);
    const session = await talkOnce(page);
    const before = await turns(page);
    const asked = requests(page);
    const mended = await mending(page);
    relay.forget();
    const took = await mended();
    t.diagnostic(`mended ${took.toFixed(0)} ms after the page noticed`);
    await goesOnAs(page, session, before);
    assert.deepEqual(asked(/realtime\/calls/), [`POST /v1/realtime/calls/${session}`]);
    assert.equal(await page.getByTestId("break").count(), 0, "the session had no break");
    await wholeRecord(page, server, session);
  });

  test("where UDP is gone, the session goes on over a WebSocket", async (t) => {
    const server = await startServer({
      flags: [...BRIEF, "--webrtc-announce", "127.0.0.2", "--webrtc-tcp=false"],
    });
    t.after(() => server.close());
    const relay = await udpRelay(t, server.calls);
    const page = await visitPatient(t, server);
    await beginTyping(page);
    const session = await talkOnce(page);
    const before = await turns(page);
    relay.cut();
    await away(page, "network-lost");
    const back = await timed(() => untilLive(page));
    t.diagnostic(`live ${back.toFixed(0)} ms after the call was given up`);
    assert.equal(await goesOnAs(page, session, before), "websocket");
    await wholeRecord(page, server, session);
  });

  test("spoken turns and a half-heard answer survive a reload", async (t) => {
    const path = await wav(t, silence(3), fixture("begin"), silence(60));
    const server = await startServer();
    t.after(() => server.close());
    const page = await visit(t, server, { flags: microphone.once(path) });
    await begin(page);
    const spoken = await silent(page, "microphone", 0);
    await sounds(page, "speaker", spoken);
    await page.locator('[data-testid=turn][data-side="client"]').first().waitFor();
    const session = await sessionOf(page);
    await page.reload();
    await goOn(page);
    const [mine, theirs] = await turns(page);
    t.diagnostic(`${mine.words} | ${theirs?.words ?? "nothing was heard yet"}`);
    assert.match(mine.words, /talk about today/);
    assert.equal(await page.getByTestId("mute").count(), 1, "the microphone is open again");
    // The recording began anew with the page, and is understood and answered once more.
    await finished(page, "coach", 2);
    await answered(page);
    await wholeRecord(page, server, session);
  });

  test("a correction that is being typed survives a broken network and a reload", async (t) => {
    // Long enough for a page that was reloaded to be done before the recording begins again.
    const path = await wav(t, silence(12), fixture("begin"), silence(120));
    const server = await serve(t);
    const relay = await tcpRelay(t, server);
    const flags = microphone.once(path);
    const page = await visit(t, { url: relay.url }, { transport: "websocket", flags });
    await begin(page);
    await page.getByTestId("correct").waitFor({ timeout: PATIENCE });
    await page.keyboard.press("e");
    const field = page.getByTestId("correct-field");
    const kept = () => page.evaluate(() => sessionStorage["praxiloom.drafts"] ?? null);
    await field.fill("How do you");
    const session = await sessionOf(page);
    relay.cut();
    await away(page, "network-lost");
    await field.press("End");
    await field.pressSequentially(" feel");
    relay.heal();
    await untilLive(page);
    assert.equal(await field.inputValue(), "How do you feel");
    await page.reload();
    await goOn(page);
    await field.waitFor();
    assert.equal(await field.inputValue(), "How do you feel");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "correct-field");
    await page.keyboard.type(" about that?");
    // It is finished while the connection is away, and sent when it is back.
    relay.cut();
    await away(page, "network-lost");
    await page.getByTestId("correct-send").click();
    assert.match(await kept(), /How do you feel about that/);
    relay.heal();
    await untilLive(page);
    await answered(page);
    const [mine] = await turns(page);
    assert.equal(mine.words, SECOND);
    assert.match(mine.notes, /corrected/);
    assert.equal(await kept(), null, "the server has it");
    await endIt(page);
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    await ended(server, session);
    const { lines } = await ask(`${server.url}/api/sessions/${session}/transcript?format=json`);
    assert.deepEqual([lines[0].item_id, lines[0].text], [mine.item, SECOND]);
    assert.equal(lines.filter(({ text }) => text === SECOND).length, 1);
    assert.deepEqual(
      page.complaints.filter((text) => !/net::ERR|WebSocket/.test(text)),
      [],
    );
  });

  test("two tabs do not fight for a session", async (t) => {
    const server = await serve(t);
    const page = await visitPatient(t, server);
    await beginTyping(page);
    const session = await talkOnce(page);
    const before = await turns(page);
    const other = await page.context().newPage();
    await other.addInitScript({ path: LISTENER });
    await other.addInitScript(
      ([key, value]) => sessionStorage.setItem(key, value),
      ["praxiloom.running", await page.evaluate(() => sessionStorage["praxiloom.running"])],
    );
    await other.goto(page.url());
    await goOn(other);
    // A tab in the background paints nothing, and what is not painted is not seen.
    await page.bringToFront();
    await page.locator('[data-testid=fault][data-fault="session-elsewhere"]').waitFor();
    await page.getByTestId("screen-closing").waitFor();
    assert.match(await page.getByTestId("closing").innerText(), /go on elsewhere/);
    await pause(3_000);
    await other.bringToFront();
    assert.equal(await stageOf(other), "live", "nobody took it back");
    await goesOnAs(other, session, before);
    await wholeRecord(other, server, session);
  });

  test("a session that is over says so", async (t) => {
    const server = await serve(t);
    const relay = await tcpRelay(t, server);
    const page = await visitPatient(t, { url: relay.url }, { transport: "websocket" });
    await beginTyping(page);
    const session = await talkOnce(page);
    relay.cut();
    await away(page, "network-lost");
    const gone = await fetch(`${server.url}/api/sessions/${session}`, { method: "DELETE" });
    assert.equal(gone.status, 204);
    relay.heal();
    await over(page, "session-over");
  });

  for (const transport of ["webrtc", "websocket"]) {
    test(`a session that is hung up elsewhere is over on the page over ${transport}`, async (t) => {
      const server = await serve(t);
      const page = await visitPatient(t, server, { transport });
      await beginTyping(page);
      const session = await talkOnce(page);
      const asked = requests(page);
      const path = `/v1/realtime/calls/${session}/hangup`;
      assert.equal((await fetch(server.url + path, { method: "POST" })).status, 200);
      await over(page, "session-ended");
      assert.equal((await ended(server, session)).end_reason, "hung_up");
      assert.deepEqual(asked(/realtime/), [], "it is left at that");
    });

    test(`a hang-up counts though the connection closed first over ${transport}`, async (t) => {
      const server = await serve(t);
      const page = await visitPatient(t, server, { transport });
      await beginTyping(page);
      const session = await talkOnce(page);
      // The request takes so long that the page closes the connection, and the server knows of that.
      let released = () => undefined;
      const held = new Promise((resolve) => (released = resolve));
      await page.route("**/hangup", (route) => held.then(() => route.continue()));
      await say(page, SECOND);
      await sounds(page, "speaker", await now(page));
      await endIt(page);
      await ended(server, session);
      released();
      const { end_reason, cut_off } = await until(async () => {
        const found = await ask(`${server.url}/api/sessions/${session}`);
        return found.end_reason === "hung_up" ? found : null;
      });
      assert.deepEqual([end_reason, cut_off], ["hung_up", false]);
    });
  }

  test("whoever ends a session while it is away has ended it", async (t) => {
    const server = await serve(t);
    const page = await visitPatient(t, server, { transport: "websocket" });
    await beginTyping(page);
    const session = await talkOnce(page);
    await server.kill();
    await away(page, "network-lost");
    // The page finds the server again, but no way for the sound.
    await page.route("**/client_secrets", (route) => route.abort());
    await server.start();
    await endIt(page);
    const about = await until(async () => {
      const found = await ask(`${server.url}/api/sessions/${session}`);
      return found.end_reason === "hung_up" ? found : null;
    });
    assert.equal(about.cut_off, false);
  });
});

async function serve(t, flags = []) {
  const server = await startServer({ flags: [...BRIEF, ...flags] });
  t.after(() => server.close());
  return server;
}

/** The page says that the session ended, and why, and keeps nothing to go on with. */
async function over(page, fault) {
  await page.locator(`[data-testid=fault][data-fault="${fault}"]`).waitFor({ timeout: PATIENCE });
  await page.getByTestId("screen-closing").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
}

async function goOn(page) {
  await page.getByTestId("go-on").waitFor();
  const since = performance.now();
  await page.getByTestId("go-on").click();
  await untilLive(page);
  await page.getByTestId("turn").first().waitFor();
  return performance.now() - since;
}

function stageOf(page) {
  return page.getByTestId("screen-session").getAttribute("data-stage");
}

async function away(page, fault) {
  await page.locator(`[data-testid=banner][data-fault="${fault}"]`).waitFor({ timeout: PATIENCE });
  assert.equal(await stageOf(page), "reconnecting");
}

/** Until the page has been live for a while, with the old connection or with another. */
async function untilSteady(page, milliseconds = 5_000) {
  const began = performance.now();
  let since = began;
  const broken = page.locator('[data-phase="mending"], [data-stage="reconnecting"]');
  while (performance.now() - since < milliseconds) {
    if ((await broken.count()) > 0) since = performance.now();
    assert.ok(since - began < 2 * PATIENCE, "in time");
    await pause(50);
  }
  return since - began;
}

/** Stops the page's process, as a phone does that was put away; the result wakes it. */
async function sleep(page) {
  const devtools = await page.context().browser().newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  for (const { id } of renderers) process.kill(id, "SIGSTOP");
  return () => renderers.forEach(({ id }) => process.kill(id, "SIGCONT"));
}

async function timed(what) {
  const since = performance.now();
  await what();
  return performance.now() - since;
}

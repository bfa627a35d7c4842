/**
 * Calls as coaches make them: from behind one NAT or two, which forget, change their address or are
 * left for another network in mid-call. The networks are real, in namespaces of this machine.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  BRIEF,
  FIRST,
  goesOnAs,
  requests,
  sessionOf,
  talkOnce,
  visitPatient,
  wholeRecord,
} from "./support/continuity.mjs";
import { networks, noNetworks } from "./support/networks.mjs";
import { answered, beginTyping, now, say, sounds, turns } from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";

/** Some twenty seconds in one breath. */
const AT_LENGTH = `It was quiet, ${"and then she asked me again, ".repeat(11)}and I said yes.`;
/** When the voice that had arrived before a break is over, and what is heard came after it. */
const AFTERWARDS_MS = 5_000;
const HTTP = /realtime/;

const why = noNetworks();
if (why) console.log(`No test behind a NAT: ${why}`);

describe("behind a NAT", { skip: why ?? false }, () => {
  for (const [what, happens] of [
    ["forgets every flow", (wifi) => wifi.forget()],
    ["is given another address", (wifi) => wifi.renumber()],
  ]) {
    test(`a NAT that ${what} is hardly heard`, async (t) => {
      const says = ["--llm-engine", "standin", "--llm-standin-says", AT_LENGTH];
      const { net, server, page } = await call(t, says);
      await beginTyping(page);
      await say(page, FIRST);
      await sounds(page, "speaker");
      const asked = requests(page);
      const before = await pair(page);
      assert.deepEqual([before.local.protocol, before.local.type], ["udp", "prflx"]);
      happens(net.wifi);
      await sounds(page, "speaker", (await now(page)) + AFTERWARDS_MS);
      assert.deepEqual(asked(HTTP), [], "nobody had to do anything");
      await answered(page);
      await wholeRecord(page, server, await sessionOf(page));
    });
  }

  test("a coach who leaves the house goes on by telephone, behind two NATs", async (t) => {
    const { net, server, page } = await call(t);
    await goesOnAfter(t, page, server, () => {
      net.wifi.leave();
      net.mobile.enter();
    });
  });

  test("a call waits for a network that is gone for five seconds", async (t) => {
    const { net, server, page } = await call(t);
    await goesOnAfter(t, page, server, async () => {
      net.wifi.leave();
      await pause(5_000);
      net.wifi.enter();
    });
  });

  test("a call whose UDP is dropped from now on goes on over TCP", async (t) => {
    const { net, server, page } = await call(t);
    const { local } = await goesOnAfter(t, page, server, () => {
      net.internet.drops("meta l4proto udp");
    });
    assert.equal(local.protocol, "tcp");
  });
});

/** A page in the coach's house, and a server in the internet. */
async function call(t, flags = BRIEF) {
  const net = networks(t);
  const server = await startServer({ host: net.host, flags: ["--open", ...flags] });
  t.after(() => server.close());
  const page = await visitPatient(t, server, {
    transport: "webrtc",
    executablePath: net.chromium,
    flags: [`--unsafely-treat-insecure-origin-as-secure=${server.url}`],
  });
  return { net, server, page };
}

/** The very same call goes on after `happens`, by another way, which is the result. */
async function goesOnAfter(t, page, server, happens) {
  await beginTyping(page);
  const session = await talkOnce(page);
  const before = await turns(page);
  const asked = requests(page);
  const way = await pair(page);
  const since = performance.now();
  await happens();
  let found = way;
  while (found?.state !== "connected" || found.local.port === way.local.port) {
    assert.ok(performance.now() - since < 60_000, "in time");
    await pause(100);
    found = await pair(page);
  }
  await page.locator('[data-stage="live"]:not(:has([data-phase="mending"]))').waitFor();
  t.diagnostic(`another way after ${(performance.now() - since).toFixed(0)} ms`);
  await goesOnAs(page, session, before);
  assert.deepEqual(
    [...new Set(asked(HTTP))],
    [`POST /v1/realtime/calls/${session}`],
    "ICE was restarted, and the call is the same",
  );
  assert.equal(await page.getByTestId("break").count(), 0, "the session had no break");
  await wholeRecord(page, server, session);
  return found;
}

/** Which way the call takes, by its ends. */
function pair(page) {
  return page.evaluate(() => window.listener.pair());
}

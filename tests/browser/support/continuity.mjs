/** A session that goes on after a break: everything said before is there once, and so is the record. */

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { PATIENCE, answered, now, say, silent, sounds, turns, visit } from "./practice.mjs";

export const FIRST = "What would you like to talk about today?";
export const SECOND = "How do you feel about that?";
/** What matters here is that an answer is heard, not how long it is. */
export const BRIEF = ["--llm-engine", "standin", "--llm-standin-says", "It went well, I suppose."];

/**
 * Opens the page on the door of a client who leaves a coach alone for forty seconds: the turns are
 * counted, and whoever is patient for less speaks unasked while a slow machine finds its way back.
 */
export function visitPatient(test, server, options = {}) {
  return visit(test, server, { client: "elena-crossroads", ...options });
}

/** One exchange, heard to its end; resolves with the session's name. */
export async function talkOnce(page) {
  const asked = await now(page);
  await say(page, FIRST);
  await sounds(page, "speaker", asked);
  await answered(page);
  await silent(page, "speaker", asked);
  return sessionOf(page);
}

/** The same session, everything before it once, and one more exchange; resolves with the transport. */
export async function goesOnAs(page, session, before) {
  const same = ({ item, side, words }) => ({ item, side, words });
  assert.equal(await sessionOf(page), session);
  assert.deepEqual((await turns(page)).map(same), before.map(same), "once, and as it was");
  const asked = await now(page);
  await say(page, SECOND);
  await sounds(page, "speaker", asked);
  await answered(page);
  assert.equal((await turns(page)).length, before.length + 2);
  return page.evaluate(() => JSON.parse(sessionStorage["praxiloom.running"]).transport);
}

/** Ends the session; its record has every turn of the page exactly once, and says who ended it. */
export async function wholeRecord(page, server, session) {
  await silent(page, "speaker");
  const shown = await turns(page);
  await endIt(page);
  assert.equal((await ended(server, session)).end_reason, "hung_up");
  const { lines } = await ask(`${server.url}/api/sessions/${session}/transcript?format=json`);
  const plain = (words) => words.replace(/[\s—]+/gu, " ").trim();
  assert.deepEqual(
    lines.map(({ item_id, speaker, text }) => [item_id, speaker, plain(text)]),
    shown.map(({ item, side, words }) => [item, side, plain(words)]),
  );
}

export async function endIt(page) {
  await page.getByTestId("end").click();
  await page.getByTestId("end-confirm").click();
  await page.getByTestId("screen-closing").waitFor();
  assert.match(await page.getByTestId("closing").innerText(), /have finished/);
}

/** What the server says of a session, once it has ended. */
export function ended(server, session) {
  return until(async () => {
    const found = await ask(`${server.url}/api/sessions/${session}`);
    return found.status === "ended" ? found : null;
  });
}

export function sessionOf(page) {
  return page.evaluate(() => JSON.parse(sessionStorage["praxiloom.running"]).session);
}

/**
 * Watches for the page to say that it looks for the connection again, however short that is; the
 * result waits until it has found it, and resolves with how long that took.
 */
export async function mending(page) {
  await page.evaluate(() => {
    const times = (globalThis.mending = []);
    new MutationObserver(() => {
      const shown = document.querySelector('[data-phase="mending"]') !== null;
      if (shown !== (times.length === 1) && times.length < 2) times.push(performance.now());
    }).observe(document.body, { subtree: true, attributeFilter: ["data-phase"] });
  });
  return async () => {
    const options = { timeout: PATIENCE };
    await page.waitForFunction(() => globalThis.mending.length === 2, null, options);
    return page.evaluate(() => globalThis.mending[1] - globalThis.mending[0]);
  };
}

/** What the page asks of the server from now on. */
export function requests(page) {
  const all = [];
  page.on("request", (request) => {
    all.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });
  return (wanted) => all.filter((line) => wanted.test(line));
}

export async function ask(url) {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return response.json();
}

export async function until(found) {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const value = await found();
    if (value !== null) return value;
    assert.ok(performance.now() < deadline, "in time");
    await pause(100);
  }
}

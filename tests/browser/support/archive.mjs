/** The screens of what was: the list of sessions, and one of them heard again. */

import assert from "node:assert/strict";
import { microphone, openPage } from "./chromium.mjs";
import {
  PATIENCE,
  answered,
  begin,
  beginTyping,
  finished,
  say,
  turns,
  visit,
} from "./practice.mjs";
import { fixture, silence, wav } from "./sound.mjs";

/** Opens `#/sessions`, or a session of it. */
export async function open(test, server, path = "", options = {}) {
  const page = await openPage(test, { origin: server.url, ...options });
  await page.goto(`${server.url}/#/sessions${path}`);
  return page;
}

/** A session that is spoken and then typed in, to its end; resolves with its page and its turns. */
export async function hold(test, server, options = {}) {
  const path = await wav(test, silence(4), fixture("begin"), silence(120));
  const flags = microphone.once(path);
  const page = await visit(test, server, { transport: "websocket", flags, ...options });
  await begin(page);
  await answered(page);
  await say(page, "How do you feel about that?");
  await finished(page, "client", 2);
  const said = await turns(page);
  await page.getByTestId("end").click();
  await page.getByTestId("end-confirm").click();
  await page.getByTestId("screen-closing").waitFor();
  return { page, said };
}

/** A session in which one line is typed and answered, still live. */
export async function typed(test, server, options = {}) {
  const page = await visit(test, server, { transport: "websocket", ...options });
  await beginTyping(page);
  await say(page, "What would you like to talk about today?");
  await finished(page, "client");
  return page;
}

/** Waits until the recording can be heard: its waveform is there, and its words. */
export async function ready(page) {
  await page.getByTestId("waveform").waitFor({ timeout: PATIENCE });
  await page.getByTestId("line").first().waitFor({ timeout: PATIENCE });
}

/** Where the playhead is, in milliseconds, as it is seen. */
export function playhead(page) {
  return page.evaluate(() => {
    const wave = document.querySelector("[data-testid=waveform]");
    const head = document.querySelector("[data-testid=playhead]");
    const x = new DOMMatrix(getComputedStyle(head).transform).m41;
    const [from, to] = [Number(wave.dataset.from), Number(wave.dataset.to)];
    return from + (x / wave.clientWidth) * (to - from);
  });
}

/** Waits until the playhead is within `near` of a moment. */
export async function arrives(page, moment, near = 400) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (Math.abs((await playhead(page)) - moment) <= near) return;
    await page.waitForTimeout(50);
  }
  assert.fail(`the playhead is at ${await playhead(page)}, not at ${moment}`);
}

/** The archive's own words for a session. */
export async function transcript(server, id, headers = {}) {
  const response = await fetch(`${server.url}/api/sessions/${id}/transcript?format=json`, {
    headers,
  });
  assert.equal(response.status, 200);
  return response.json();
}

export async function newest(server) {
  const { sessions } = await (await fetch(`${server.url}/api/sessions`)).json();
  return sessions[0];
}

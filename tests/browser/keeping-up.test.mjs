/** What the pages say of sessions while these go on, change, or come to nothing. */

import assert from "node:assert/strict";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { arrives, newest, open, playhead, ready, transcript, typed } from "./support/archive.mjs";
import { microphone } from "./support/chromium.mjs";
import { inspect } from "./support/inspect.mjs";
import {
  PATIENCE,
  answered,
  begin,
  finished,
  now,
  say,
  sounds,
  visit,
} from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";
import { fixture, silence, wav } from "./support/sound.mjs";

const looks = {
  390: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  1280: { viewport: { width: 1280, height: 800 } },
};

test("who listens to a session that goes on hears it to its end", async (t) => {
  const own = await startServer();
  t.after(() => own.close());
  const talking = await typed(t, own);
  const { id } = await newest(own);
  const page = await open(t, own, `/${id}`);
  await ready(page);
  const { length_ms: opened } = await transcript(own, id);
  await page.getByTestId("play").click();
  await page.locator('[data-testid=play][data-playing="true"]').waitFor();
  await say(talking, "How do you feel about that?");
  await finished(talking, "client", 2);
  await talking.getByTestId("end").click();
  await talking.getByTestId("end-confirm").click();
  await talking.getByTestId("screen-closing").waitFor();
  const { lines, length_ms: length } = await transcript(own, id);
  const last = lines.at(-1);
  assert.ok(last.from_ms > opened, "what was said last was not there when the page was opened");

  // Nothing is pressed any more, and it never jumps.
  let before = 0;
  while (before < last.from_ms + 300) {
    const at = await playhead(page);
    const pixel = length / 300;
    assert.ok(at > before - pixel && at < before + 5_000, `from ${before} to ${at}`);
    assert.equal(await page.getByTestId("play").getAttribute("data-playing"), "true");
    before = Math.max(before, at);
    await page.waitForTimeout(100);
  }
  await sounds(page, "speaker", await now(page));
  const stopped = page.locator('[data-testid=play][data-playing="false"]');
  await stopped.waitFor({ timeout: PATIENCE + length });
  await page.locator('[data-testid=screen-replay][data-status="ended"]').waitFor();
  assert.ok((await playhead(page)) > last.to_ms - 500, "it stops at the end");

  // And any word of it, again.
  const clicked = await now(page);
  await page.getByTestId("line").last().locator("[data-w]").first().click();
  await arrives(page, last.words[0].from_ms, 1_500);
  await sounds(page, "speaker", clicked);
  assert.deepEqual(page.complaints, []);
});

test("a session of which nothing was recorded says so, and nothing else", async (t) => {
  const own = await startServer();
  t.after(() => own.close());
  // Where the recordings would lie, nothing can be made.
  await rm(join(own.data, "sessions"), { recursive: true, force: true });
  await symlink(join(own.data, "gone", "away"), join(own.data, "sessions"));
  const talking = await typed(t, own);
  await talking.getByTestId("end").click();
  await talking.getByTestId("end-confirm").click();
  await talking.getByTestId("screen-closing").waitFor();
  const { id, recording } = await newest(own);
  assert.equal(recording.state, "none");
  for (const [width, look] of Object.entries(looks)) {
    const page = await open(t, own, `/${id}`, look);
    await page.getByTestId("no-words").waitFor();
    const said = await page.getByTestId("screen-replay").textContent();
    assert.match(said, /This session was not recorded/);
    assert.doesNotMatch(said, /not here|deleted|Try again/);
    assert.equal(await page.getByTestId("downloads").count(), 0);
    await inspect(page, `${width}-not-recorded`);
  }
});

test("the list keeps the focus, and loses what was deleted elsewhere", async (t) => {
  const own = await startServer();
  t.after(() => own.close());
  const page = await open(t, own);
  await page.getByTestId("no-sessions").waitFor();
  await page.evaluate(async (count) => {
    for (let held = 0; held < count; held += 1) {
      const socket = new WebSocket(`${window.location.origin.replace("http", "ws")}/v1/realtime`);
      await new Promise((resolve) => (socket.onmessage = resolve));
      socket.close();
      await new Promise((resolve) => (socket.onclose = resolve));
    }
  }, 23);
  await page.reload();
  const rows = page.getByTestId("session-row");
  await rows.nth(19).waitFor();
  assert.equal(await rows.count(), 20);
  await page.getByTestId("earlier").focus();
  await page.keyboard.press("Enter");
  await rows.nth(22).waitFor();
  await page.getByTestId("earlier").waitFor({ state: "detached" });
  const focused = await page.evaluate(() => {
    const row = document.activeElement.closest("[data-testid=session-row]");
    return [...document.querySelectorAll("[data-testid=session-row]")].indexOf(row);
  });
  assert.equal(focused, 20);
  const gone = await rows.nth(1).getAttribute("data-session");
  const deleted = await fetch(`${own.url}/api/sessions/${gone}`, { method: "DELETE" });
  assert.equal(deleted.status, 204);
  await page.locator(`[data-session="${gone}"]`).waitFor({ state: "detached", timeout: PATIENCE });
  assert.equal(await rows.count(), 22);
  assert.deepEqual(page.complaints, []);
});

test("what was put right by typing is told from what was typed", async (t) => {
  const server = await startServer();
  t.after(() => server.close());
  const path = await wav(t, silence(4), fixture("begin"), silence(120));
  const flags = microphone.once(path);
  const page = await visit(t, server, { transport: "websocket", flags });
  await begin(page);
  await answered(page);
  await page.keyboard.press("e");
  await page.getByTestId("correct-field").fill("What shall we talk about?");
  await page.keyboard.press("Enter");
  await page.getByTestId("turn").first().getByText("corrected").waitFor();
  await page.getByTestId("end").click();
  await page.getByTestId("end-confirm").click();
  await page.getByTestId("replay").click();
  await ready(page);
  const line = page.getByTestId("line").first();
  await line.getByText("What shall we talk about?").waitFor();
  assert.match(await line.textContent(), /corrected/);
  assert.doesNotMatch(await line.textContent(), /typed/);
});

test("a session that nears its longest time says so in good time", async (t) => {
  const own = await startServer({ flags: ["--live-session-minutes", "1"] });
  t.after(() => own.close());
  for (const [width, look] of Object.entries(looks)) {
    const page = await typed(t, own, look);
    const notice = page.locator('[data-testid=notice][data-code="session_closing"]');
    await notice.getByText("The last minute").waitFor();
    assert.deepEqual(page.complaints, []);
    await inspect(page, `${width}-closing-soon`);
    await page.close();
  }
});

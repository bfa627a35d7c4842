/** What a coach does in a session besides talking: types, corrects, mutes, hides, walks, ends. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { microphone } from "./support/chromium.mjs";
import {
  PATIENCE,
  answered,
  begin,
  beginTyping,
  finished,
  heard,
  now,
  phase,
  say,
  silent,
  sounds,
  turns,
  visit,
} from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";
import { fixture, silence, wav } from "./support/sound.mjs";

let server;
test.before(async () => (server = await startServer()));
test.after(() => server?.close());

for (const transport of ["webrtc", "websocket"]) {
  test(`without a microphone, turns are typed over ${transport}`, async (t) => {
    const page = await visit(t, server, { transport });
    await beginTyping(page);
    const asked = await now(page);
    await say(page, "What would you like to talk about today?");
    await sounds(page, "speaker", asked);
    const answer = await answered(page);
    assert.match(answer.words, /\w+ \w+/);
    const [mine] = await turns(page);
    assert.equal(mine.words, "What would you like to talk about today?");
    assert.match(mine.notes, /typed/);
    assert.equal(await page.getByTestId("mute").count(), 0, "there is nothing to mute");

    await page.getByTestId("end").click();
    await page.getByTestId("end-confirm").click();
    await page.getByTestId("screen-closing").waitFor();
    assert.equal(await page.getByTestId("coach-turns").textContent(), "1 time");
    assert.equal(await page.getByTestId("client-turns").textContent(), "1 time");
    await page.getByTestId("transcript").locator("summary").click();
    const read = await page.getByTestId("transcript").textContent();
    assert.ok(read.includes(mine.words) && read.includes(answer.words), read);
    assert.deepEqual(page.complaints, []);
  });
}

test("what was understood is corrected before it is answered", async (t) => {
  const path = await wav(t, silence(4), fixture("begin"), silence(60));
  // She waits long before she answers, which leaves time to begin a correction.
  const client = "elena-crossroads";
  const page = await visit(t, server, { client, flags: microphone.once(path) });
  await begin(page);
  await page.getByTestId("correct").waitFor({ timeout: PATIENCE });
  await silent(page, "microphone", 0, 300);
  await page.keyboard.press("e");
  await page.getByTestId("correct-field").fill("How do you feel about that?");
  // While it is being corrected nobody answers, however long it takes.
  await page.waitForFunction((from) => performance.now() - from > 5_500, await now(page));
  assert.deepEqual(
    (await turns(page)).map(({ side }) => side),
    ["coach"],
  );
  await page.keyboard.press("Enter");
  const answer = await answered(page);
  const [mine] = await turns(page);
  t.diagnostic(`${mine.words} ${answer.words}`);
  assert.equal(mine.words, "How do you feel about that?");
  assert.match(mine.notes, /corrected/);
  assert.ok((await turns(page)).length === 2);
  assert.deepEqual(page.complaints, []);
});

test("a muted microphone is not heard, and hidden captions are not shown", async (t) => {
  const path = await wav(t, silence(3), fixture("goal"), silence(2), fixture("begin"), silence(60));
  const page = await visit(t, server, { flags: microphone.once(path) });
  await begin(page);
  await page.getByTestId("mute").click();
  assert.equal(await page.getByTestId("mute").getAttribute("data-muted"), "true");
  const spoken = await silent(page, "microphone", 0, 600);
  assert.equal(await page.getByTestId("phase").textContent(), "You are muted");
  assert.deepEqual(await turns(page), [], "nothing was understood");
  await page.getByTestId("captions-toggle").click();
  assert.equal(await page.getByTestId("captions").count(), 0);
  await page.getByTestId("mute").click();
  await silent(page, "microphone", spoken + 500);
  await phase(page, "client_speaking");
  await page.getByTestId("captions-toggle").click();
  const [mine] = await turns(page);
  assert.match(mine.words, /talk about today/);
  assert.deepEqual(page.complaints, []);
});

test("a session needs the keyboard alone", async (t) => {
  const path = await wav(t, silence(600));
  const flags = microphone.once(path);
  const page = await visit(t, server, { client: "", flags, reducedMotion: "reduce" });
  const focused = () =>
    page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.tagName);
  const tabTo = async (wanted) => {
    for (let tabs = 0; tabs < 12 && (await focused()) !== wanted; tabs += 1) {
      await page.keyboard.press("Tab");
    }
    assert.equal(await focused(), wanted);
  };
  await page.getByTestId("client-card").first().waitFor();
  const inCard = () =>
    page.evaluate(() => document.activeElement.closest("[data-testid=client-card]") !== null);
  for (let tabs = 0; tabs < 6 && !(await inCard()); tabs += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByTestId("mic-allow").waitFor();
  await tabTo("mic-allow");
  await page.keyboard.press("Enter");
  await page.getByTestId("start").waitFor();
  assert.equal(await focused(), "start", "the focus follows to the button that takes its place");
  await page.keyboard.press("Enter");
  await page.locator('[data-stage="live"]').waitFor();
  assert.equal(await focused(), "H1");

  await page.keyboard.press("m");
  assert.equal(await page.getByTestId("mute").getAttribute("data-muted"), "true");
  await page.keyboard.press("m");
  await page.keyboard.press("c");
  assert.equal(await page.getByTestId("captions").count(), 0);
  await page.keyboard.press("c");
  await page.keyboard.press("t");
  assert.equal(await focused(), "say");
  await page.keyboard.type("What would you like to talk about today?");
  await page.keyboard.press("Enter");
  await finished(page, "client");
  const announced = await page.getByTestId("announcer").textContent();
  assert.match(announced, /\w+: \w+/);

  await tabTo("end");
  await page.keyboard.press("Enter");
  await page.getByTestId("end-dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("end-dialog").waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement.dataset.testid === "end");
  // The browser's way back would drop the conversation: it asks first.
  await page.goBack();
  await page.getByTestId("end-dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByTestId("end-dialog").waitFor({ state: "detached" });
  assert.equal(await page.getByTestId("screen-session").count(), 1);
  await page.keyboard.press("q");
  await page.getByTestId("end-dialog").waitFor();
  await tabTo("end-confirm");
  await page.keyboard.press("Enter");
  await page.getByTestId("screen-closing").waitFor();
  assert.equal(await focused(), "closing");
  assert.deepEqual(page.complaints, []);
});

test("the gallery leads to a client, and back", async (t) => {
  const page = await visit(t, server, { client: "" });
  const cards = page.getByTestId("client-card");
  await cards.first().waitFor();
  const offered = await (await fetch(`${server.url}/api/clients`)).json();
  assert.deepEqual(
    await cards.evaluateAll((all) => all.map((card) => card.dataset.client)),
    offered.clients.map(({ id }) => id),
  );
  const portraits = page.getByTestId("client-card").locator("img");
  assert.equal(await portraits.count(), offered.clients.length);
  for (const portrait of await portraits.all()) {
    await portrait.scrollIntoViewIfNeeded();
    await page.waitForFunction((image) => image.complete, await portrait.elementHandle());
    assert.ok(await portrait.evaluate((image) => image.naturalWidth > 0), "the portrait is there");
  }
  await cards.nth(1).getByRole("link").first().click();
  await page.getByTestId("screen-check").waitFor();
  await page.goBack();
  await page.getByTestId("screen-choose").waitFor();
  assert.deepEqual(page.complaints, []);
});

/** After a session: the list of one's sessions, and each of them heard again in step with its words. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  arrives,
  hold,
  newest,
  open,
  playhead,
  ready,
  transcript,
  typed,
} from "./support/archive.mjs";
import { LENIENT } from "./support/chromium.mjs";
import { inspect } from "./support/inspect.mjs";
import { now, silent, sounds } from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";

const looks = {
  320: { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true },
  // A window of 1280 px whose page is twice as large.
  640: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  768: { viewport: { width: 768, height: 1024 } },
  1280: { viewport: { width: 1280, height: 800 } },
};

let server;
let held;
test.before(async () => {
  server = await startServer();
});
test.after(() => server?.close());

test("a session is heard again, in step with its words", async (t) => {
  const { page, said } = await hold(t, server);
  await page.getByTestId("replay").click();
  await ready(page);
  held = await newest(server);
  const { lines, length_ms: length } = await transcript(server, held.id);
  const shown = await page.getByTestId("line").evaluateAll((all) =>
    all.map((line) => ({
      item: line.dataset.item,
      side: line.dataset.speaker,
      words: [...line.querySelectorAll("[data-w]")].map((word) => word.textContent).join(" "),
    })),
  );
  const spoken = said.filter(({ words }) => words !== "");
  assert.deepEqual(
    shown.map(({ item, side }) => [item, side]),
    spoken.map(({ item, side }) => [item, side]),
  );
  assert.deepEqual(
    shown.map(({ words }) => plain(words)),
    spoken.map(({ words }) => plain(words)),
  );
  assert.match(await page.getByTestId("line").nth(2).textContent(), /typed/);

  // From a word of the client's answer: it sounds, and is marked while it does.
  const answer = lines.findIndex(({ speaker }) => speaker === "client");
  const word = page.getByTestId("line").nth(answer).locator("[data-w]").nth(1);
  const clicked = await now(page);
  await word.click();
  await arrives(page, lines[answer].words[1].from_ms, 1_500);
  await sounds(page, "speaker", clicked);
  const seen = await page.evaluate(async () => {
    const wave = document.querySelector("[data-testid=waveform]");
    const head = document.querySelector("[data-testid=playhead]");
    const found = [];
    const end = performance.now() + 2_500;
    while (performance.now() < end) {
      await new Promise(requestAnimationFrame);
      const x = new DOMMatrix(getComputedStyle(head).transform).m41;
      const [from, to] = [Number(wave.dataset.from), Number(wave.dataset.to)];
      const marked = document.querySelector(".client .now");
      if (marked) found.push([from + (x / wave.clientWidth) * (to - from), marked.dataset.w]);
    }
    return found;
  });
  const words = lines.flatMap((line) =>
    line.words.length > 0 ? line.words : line.text === "" ? [] : [line],
  );
  // As exact as a pixel of the waveform.
  const pixel = length / 1_000;
  const off = seen.filter(([at, index]) => {
    const { from_ms: from, to_ms: to } = words[Number(index)];
    return at < from - pixel - 60 || at > to + pixel + 500;
  });
  assert.ok(seen.length > 20, `${seen.length} frames with a marked word`);
  assert.deepEqual(off, []);
  assert.ok(new Set(seen.map(([, index]) => index)).size >= 3, "the mark goes from word to word");

  // The coach alone: the client falls silent, and the coach is heard.
  await page.getByTestId("hear-coach").check({ force: true });
  const asked = await now(page);
  await page.getByTestId("line").nth(answer).locator("[data-w]").first().click();
  await page.waitForTimeout(1_200);
  const loud = await page.evaluate(
    (from) => window.listener.meters.speaker.filter(({ at, rms }) => at > from && rms > 0.01),
    asked + 300,
  );
  assert.deepEqual(loud, []);
  await page.getByTestId("line").first().locator("[data-w]").first().click();
  await sounds(page, "speaker", await now(page));
  await page.getByTestId("play").click();
  await silent(page, "speaker", asked, 400);
  assert.deepEqual(page.complaints, []);
});

test("the session page needs the keyboard alone", async (t) => {
  const page = await open(t, server, "", { reducedMotion: "reduce" });
  await page.goto(`${server.url}/#/`);
  await page.getByTestId("client-card").first().waitFor();
  const focused = () => page.evaluate(() => document.activeElement.dataset.testid ?? "");
  const tabTo = async (found) => {
    for (let tabs = 0; tabs < 20 && !(await found()); tabs += 1) await page.keyboard.press("Tab");
    assert.ok(await found(), await focused());
  };
  await tabTo(async () => (await focused()) === "sessions");
  await page.keyboard.press("Enter");
  await page.getByTestId("session-row").first().waitFor();
  await tabTo(() =>
    page.evaluate(() => document.activeElement.closest("[data-testid=session-row] h3") !== null),
  );
  await page.keyboard.press("Enter");
  await ready(page);
  const { lines } = await transcript(server, held.id);

  const playing = (state) => page.locator(`[data-testid=play][data-playing="${state}"]`).waitFor();
  await page.keyboard.press("Space");
  await playing(true);
  await page.keyboard.press("k");
  await playing(false);
  await page.keyboard.press("Home");
  await arrives(page, 0);
  await page.keyboard.press("ArrowRight");
  await arrives(page, 5_000);
  await page.keyboard.press("l");
  await arrives(page, Math.min(15_000, held.length_ms));
  await page.keyboard.press("Home");
  await page.keyboard.press("n");
  await arrives(page, lines[0].from_ms);
  await page.keyboard.press("n");
  await arrives(page, lines[1].from_ms);
  assert.match(await page.getByTestId("told").textContent(), /^Maya, at /);
  await page.keyboard.press("p");
  await arrives(page, lines[0].from_ms);
  await page.keyboard.press(">");
  assert.equal(await page.getByTestId("speed").inputValue(), "1.25");
  await page.keyboard.press("+");
  await page.getByTestId("overview").waitFor();
  await page.keyboard.press("-");
  await page.getByTestId("overview").waitFor({ state: "detached" });

  // The keys can be read, and those that are only a character turned off.
  await page.keyboard.press("?");
  await page.getByTestId("key-sheet").waitFor();
  await tabTo(async () => (await focused()) === "single-keys");
  await page.keyboard.press("Space");
  await page.keyboard.press("Escape");
  await page.getByTestId("key-sheet").waitFor({ state: "detached" });
  await page.keyboard.press("<");
  assert.equal(await page.getByTestId("speed").inputValue(), "1.25");

  // Words: one is reached by Tab, the arrows lead on, Enter plays.
  await tabTo(() => page.evaluate(() => document.activeElement.dataset.w !== undefined));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  const index = await page.evaluate(() => document.activeElement.dataset.w);
  const words = lines.flatMap((line) => (line.words.length > 0 ? line.words : [line]));
  await page.keyboard.press("Enter");
  await playing(true);
  await arrives(page, words[Number(index)].from_ms, 1_500);
  await page.keyboard.press("Space");
  assert.deepEqual(page.complaints, []);
});

test("an address leads to its moment", async (t) => {
  const origin = { permissions: ["clipboard-read", "clipboard-write"] };
  const page = await open(t, server, `/${held.id}?t=2.5`, origin);
  await ready(page);
  await arrives(page, 2_500, 100);
  await page.keyboard.press("ArrowRight");
  await arrives(page, 7_500, 100);
  await page.getByTestId("copy-link").click();
  const told = page.getByTestId("told").filter({ hasText: /0:07 was copied/ });
  await told.waitFor({ state: "attached" });
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `${server.url}/#/sessions/${held.id}?t=7.5`);
  assert.deepEqual(page.complaints, []);
});

test("the page keeps what sounds in view until the person scrolls", async (t) => {
  const page = await open(t, server, `/${held.id}`, { viewport: { width: 400, height: 380 } });
  await ready(page);
  const last = page.getByTestId("line").last().locator("[data-w]").first();
  await page.getByTestId("next").click();
  await page.getByTestId("play").click();
  await page.mouse.move(200, 340);
  await page.mouse.wheel(0, 600);
  await page.getByTestId("follow").waitFor();
  await page.getByTestId("follow").click();
  await page.getByTestId("follow").waitFor({ state: "detached" });
  await last.click();
  await page.waitForFunction(() => {
    const line = document.querySelector(".current");
    return line !== null && line === [...document.querySelectorAll("[data-testid=line]")].at(-1);
  });
  await page.waitForFunction(() => {
    const { top, bottom } = document.querySelector(".current [data-w]").getBoundingClientRect();
    return top >= 0 && bottom <= window.innerHeight;
  });
  assert.deepEqual(page.complaints, []);
});

test("what can be taken home is what was said", async (t) => {
  const page = await open(t, server, `/${held.id}`);
  await ready(page);
  await page.getByTestId("downloads").locator("summary").click();
  const links = await page.getByTestId("download").all();
  const files = [];
  for (const link of links) {
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    files.push({ name: download.suggestedFilename(), body: Buffer.concat(chunks) });
  }
  assert.equal(files.length, 6);
  for (const { body } of files.slice(0, 3)) assert.equal(body.toString("latin1", 0, 4), "OggS");
  const [text, vtt, srt] = files.slice(3).map(({ body }) => body.toString("utf8"));
  assert.match(vtt, /^WEBVTT/);
  assert.match(srt, /-->/);
  for (const each of [text, vtt, srt]) assert.match(each, /How do you feel about that\?/);
  t.diagnostic(files.map(({ name, body }) => `${name}: ${body.length}`).join(", "));
});

test("a session that was cut off says so, and can go on", async (t) => {
  const own = await startServer();
  t.after(() => own.close());
  const talking = await typed(t, own);
  const live = await open(t, own);
  await live.getByTestId("live").waitFor();
  await talking.close();
  await own.kill();
  await own.start();
  const page = await open(t, own);
  const row = page.getByTestId("session-row");
  await row.waitFor();
  assert.match(await row.getByTestId("row-end").textContent(), /after \d:\d\d/);
  await row.getByRole("link").first().click();
  await ready(page);
  assert.match(await page.getByTestId("note-end").textContent(), /Everything up to there is here/);
  const { lines } = await transcript(own, (await newest(own)).id);
  assert.equal(await page.getByTestId("line").count(), lines.length);
  assert.ok(lines.length >= 2, "what was said before the cut is there");
  await page.getByTestId("note-end").getByTestId("go-on").click();
  await page.getByTestId("screen-check").waitFor();
  await page.getByTestId("go-on").waitFor();
  assert.equal(
    await page.getByTestId("go-on").getAttribute("data-session"),
    (await newest(own)).id,
  );
});

test("a session is deleted after a question, with everything of it", async (t) => {
  const own = await startServer();
  t.after(() => own.close());
  const empty = await open(t, own);
  await empty.getByTestId("no-sessions").waitFor();
  await inspect(empty, "sessions-empty");
  const talking = await typed(t, own);
  await talking.getByTestId("end").click();
  await talking.getByTestId("end-confirm").click();
  await talking.getByTestId("screen-closing").waitFor();
  await talking.goto(`${own.url}/#/sessions`);
  const page = talking;
  await page.getByTestId("row-delete").click();
  await page.getByTestId("delete-dialog").waitFor();
  await page.getByTestId("delete-keep").click();
  await page.getByTestId("delete-dialog").waitFor({ state: "detached" });
  assert.equal(await page.getByTestId("session-row").count(), 1);
  const { id } = await newest(own);
  await page.getByTestId("row-delete").click();
  await page.getByTestId("delete-confirm").click();
  await page.getByTestId("no-sessions").waitFor();
  assert.match(await page.getByTestId("told").textContent(), /was deleted/);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  assert.equal((await fetch(`${own.url}/api/sessions/${id}`)).status, 404);
  assert.deepEqual(page.complaints, []);
  await page.goto(`${own.url}/#/sessions/${id}`);
  await page.locator('[data-testid=fault][data-fault="unknown-session"]').waitFor();
});

test("a guarded server opens its sessions with the key, and the sound with a ticket", async (t) => {
  const token = "an-access-token-of-this-test";
  const own = await startServer({ env: { PRAXILOOM_ACCESS_TOKEN: token } });
  t.after(() => own.close());
  const page = await open(t, own, "", { flags: [LENIENT] });
  await page.locator('[data-testid=fault][data-fault="key-needed"]').waitFor();
  await inspect(page, "sessions-key");
  await page.getByTestId("access-key").fill(token);
  await page.keyboard.press("Enter");
  await page.getByTestId("no-sessions").waitFor();
  const sound = [];
  page.on("request", (request) => {
    if (request.url().includes("/audio")) sound.push(request.url());
  });
  await page.goto(`${own.url}/#/with/maya-promotion`);
  await page.getByTestId("start-typing").click();
  await page.locator('[data-stage="live"]').waitFor();
  await page.getByTestId("say").fill("Hello.");
  await page.getByTestId("send").click();
  await page.locator('[data-side="client"][data-certainty="final"]').waitFor();
  await page.getByTestId("end").click();
  await page.getByTestId("end-confirm").click();
  await page.getByTestId("replay").click();
  await ready(page);
  const pressed = await now(page);
  await page.getByTestId("next").click();
  await page.getByTestId("next").click();
  await page.getByTestId("play").click();
  await sounds(page, "speaker", pressed);
  assert.ok(sound.length > 0 && sound.every((url) => /[?&]ticket=/.test(url)), sound.join(" "));
  assert.ok(!sound.some((url) => url.includes(token)));
  await page.getByTestId("play").click();
  await page.getByTestId("downloads").locator("summary").click();
  for (const nth of [0, 3]) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByTestId("download").nth(nth).click(),
    ]);
    assert.equal(await download.failure(), null);
  }
});

test("a server that is away is asked again", async (t) => {
  const own = await startServer();
  t.after(() => own.close());
  const page = await open(t, own);
  await page.getByTestId("no-sessions").waitFor();
  await page.goto(`${own.url}/#/`);
  await own.kill();
  await page.getByTestId("sessions").click();
  await page.locator('[data-testid=fault][data-fault="server-unreachable"]').waitFor();
  await own.start();
  await page.getByTestId("retry").click();
  await page.getByTestId("no-sessions").waitFor();
});

for (const [width, look] of Object.entries(looks)) {
  test(`list and session page are free of barriers at ${width} px`, async (t) => {
    const page = await open(t, server, "", look);
    const see = (screen) => inspect(page, `${width}-${screen}`);
    await page.getByTestId("session-row").first().waitFor();
    await see("sessions");
    await dotsBetweenFacts(page);
    await page.getByTestId("row-delete").first().click();
    await page.getByTestId("delete-dialog").waitFor();
    await see("delete");
    await page.keyboard.press("Escape");
    await page.goto(`${server.url}/#/sessions/${held.id}?t=6`);
    await ready(page);
    await see("replay");
    await dotsBetweenFacts(page);
    await page.getByTestId("downloads").locator("summary").click();
    await see("downloads");
    await page.keyboard.press("Escape");
    if (await page.getByTestId("more").isVisible()) await page.getByTestId("more").click();
    await page.getByTestId("closer").click();
    await page.getByTestId("closer").click();
    await see("closer");
    await page.getByTestId("keys").click();
    await page.getByTestId("key-sheet").waitFor();
    await see("keys");
    await page.keyboard.press("Escape");
    assert.ok((await playhead(page)) > 5_000);
    assert.deepEqual(page.complaints, []);
  });
}

/** A dot stands before a fact in the room to its left: whatever begins a line must have that cut off. */
async function dotsBetweenFacts(page) {
  const found = await page.getByTestId("facts").evaluateAll((all) =>
    all.flatMap((facts) => {
      const { left } = facts.getBoundingClientRect();
      const cut = getComputedStyle(facts).overflowX !== "visible";
      const boxes = [...facts.firstElementChild.children].map((each) => ({
        text: each.textContent,
        x: each.getBoundingClientRect().left - left,
        room: parseFloat(getComputedStyle(each).paddingLeft),
        y: each.getBoundingClientRect().top,
      }));
      const tops = new Set(boxes.map(({ y }) => y));
      const firsts = [...tops].map((top) => boxes.find(({ y }) => y === top));
      return boxes
        .filter((box) => (firsts.includes(box) ? !cut || box.x + box.room > 0.5 : box.x < 0))
        .map(({ text }) => text);
    }),
  );
  assert.deepEqual(found, []);
}

/** The words alone: a dash after an answer that was cut off is none. */
function plain(words) {
  return words
    .toLowerCase()
    .replace(/[^\w ']/g, "")
    .trim();
}

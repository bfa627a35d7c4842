/**
 * Takes the README's pictures of a real session: `node pictures.mjs`. A coach's recorded questions
 * are spoken into the microphone, and what was misheard is corrected; the picture is taken while the
 * client answers the second. The last is of such a session, a little longer, heard again.
 */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { microphone, openPage } from "./support/chromium.mjs";
import { ready } from "./support/archive.mjs";
import {
  AUDIBLE,
  PATIENCE,
  answered,
  begin,
  now,
  say,
  silent,
  sounds,
  visit,
} from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";
import { fixture, silence, wav } from "./support/sound.mjs";

const DOCS = new URL("../../docs/", import.meta.url);
/** What the second recording says; the local recogniser mishears it. */
const GOAL = "How will you know that this session was useful?";
const desktop = { viewport: { width: 1180, height: 740 }, colorScheme: "light" };
const phone = { viewport: { width: 360, height: 740 }, colorScheme: "dark", isMobile: true };

const ends = [];
const job = { after: (end) => ends.unshift(end) };
try {
  const server = await startServer();
  job.after(() => server.close());
  const gallery = await visit(job, server, {
    client: "",
    ...desktop,
    viewport: { width: 1180, height: 1020 },
  });
  await gallery.getByTestId("client-card").first().waitFor();
  await gallery.waitForLoadState("networkidle");
  await picture(gallery, "gallery.png");
  const shots = [];
  for (const look of [desktop, phone]) shots.push(await talk(server, look));
  await beside(shots, "session.png");
  await beside(await hearAgain(server), "replay.png");
} finally {
  for (const end of ends) await end();
}

/** A session up to the middle of the second answer. */
async function talk(server, look) {
  const path = await wav(
    job,
    silence(3),
    fixture("begin"),
    silence(18),
    fixture("goal"),
    silence(60),
  );
  const page = await visit(job, server, {
    flags: microphone.once(path),
    deviceScaleFactor: 2,
    ...look,
  });
  await begin(page);
  const first = await silent(page, "microphone", 0);
  await sounds(page, "speaker", first);
  await answered(page);
  const second = await silent(page, "microphone", first + 100, 600);
  await correct(page);
  await sounds(page, "speaker", second);
  await page.getByTestId("turn").nth(3).waitFor({ timeout: PATIENCE });
  // In the middle of a word, when the voice is to be seen as well.
  await page.waitForFunction(
    (floor) => window.listener.meters.speaker.slice(-10).every(({ rms }) => rms > floor),
    3 * AUDIBLE,
    { polling: 20 },
  );
  // The frame around what was just typed in would draw the eye.
  await page.evaluate(() => document.activeElement.blur());
  return page.screenshot();
}

/** A whole session, spoken and typed, with an answer cut short; then its page while a voice sounds. */
async function hearAgain(server) {
  const path = await wav(
    job,
    silence(3),
    fixture("begin"),
    silence(20),
    fixture("goal"),
    silence(300),
  );
  const page = await visit(job, server, { flags: microphone.once(path) });
  await begin(page);
  await page.getByTestId("turn").nth(2).waitFor({ timeout: 60_000 });
  await silent(page, "microphone", 0, 600);
  await correct(page);
  await answered(page);
  await say(page, "How do you feel about that?");
  await answered(page);
  await say(page, "What have you tried so far?");
  await page.getByTestId("turn").nth(7).waitFor({ timeout: 30_000 });
  await sounds(page, "speaker", await now(page));
  await page.waitForTimeout(1_500);
  await say(page, "Let me stop you there. What would be a good first step?");
  await answered(page);
  await page.getByTestId("end").click();
  await page.getByTestId("end-confirm").click();
  await page.getByTestId("replay").click();
  await ready(page);
  const address = page.url();
  const shots = [];
  for (const look of [desktop, phone]) {
    const heard = await openPage(job, { origin: server.url, deviceScaleFactor: 2, ...look });
    await heard.goto(`${address}?t=0`);
    await ready(heard);
    await heard.locator("[data-testid=line][data-speaker=client] [data-w]").nth(2).click();
    await sounds(heard, "speaker");
    await heard.locator(".client .now").waitFor();
    await heard.waitForTimeout(1_500);
    await heard.evaluate(() => window.scrollTo(0, 0));
    await heard.mouse.move(0, 0);
    shots.push(await heard.screenshot());
  }
  return shots;
}

/** Puts the second question right, as a coach would, as soon as it is to be seen. */
async function correct(page) {
  await page.getByTestId("turn").nth(2).waitFor({ timeout: PATIENCE });
  await page.keyboard.press("e");
  await page.getByTestId("correct-field").fill(GOAL);
  await page.keyboard.press("Enter");
}

/** Both in one picture, the phone before the right edge of the desktop. */
async function beside([wide, narrow], name) {
  const page = await openPage(job, { viewport: { width: 1480, height: 820 } });
  const image = (bytes) => `data:image/png;base64,${bytes.toString("base64")}`;
  await page.setContent(`<style>
      body { margin: 0; display: grid; grid-template-columns: 1120px 300px; gap: 20px; align-items: center;
             justify-content: center; height: 100vh; background: #e3dccd; }
      img { width: 100%; border-radius: 14px; box-shadow: 0 10px 34px #0003; }
    </style><img src="${image(wide)}"><img src="${image(narrow)}">`);
  await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
  await picture(page, name);
}

async function picture(page, name) {
  const path = fileURLToPath(new URL(name, DOCS));
  await page.screenshot({ path });
  console.log(`${path}: ${Math.round((await readFile(path)).length / 1000)} kB`);
}

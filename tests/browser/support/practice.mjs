/** The steps of a coach on the page, and what is to be seen and heard there. */

import { openPage } from "./chromium.mjs";

/** Where sound counts as speech; the recordings speak at 0.05 to 0.2. */
export const AUDIBLE = 0.01;
/** Two cores that others use as well take their time. */
export const PATIENCE = 30_000;

const CLIENT = "maya-promotion";

export function address(server, { client = CLIENT, transport = null } = {}) {
  const search = transport ? `?transport=${transport}` : "";
  return `${server.url}/${search}#/with/${client}`;
}

/** Opens the page on a client's door. */
export async function visit(test, server, { client, transport, ...options } = {}) {
  const page = await openPage(test, { origin: server.url, ...options });
  await page.goto(address(server, { client, transport }));
  return page;
}

/** Allows the microphone and begins; resolves once the session is live, with how long that took. */
export async function begin(page) {
  await page.getByTestId("mic-allow").click();
  await page.getByTestId("start").waitFor();
  return clickUntilLive(page, "start");
}

export async function beginTyping(page) {
  await page.getByTestId("start-typing").waitFor();
  return clickUntilLive(page, "start-typing");
}

async function clickUntilLive(page, button) {
  const began = performance.now();
  await page.getByTestId(button).click();
  await untilLive(page);
  return performance.now() - began;
}

export async function untilLive(page) {
  await page.locator('[data-stage="live"]').waitFor({ timeout: PATIENCE });
}

export async function say(page, text) {
  await page.getByTestId("say").fill(text);
  await page.getByTestId("send").click();
}

/** The turns so far, as the page shows them. */
export async function turns(page) {
  return page.getByTestId("turn").evaluateAll((all) =>
    all.map((turn) => ({
      item: turn.dataset.item,
      side: turn.dataset.side,
      certainty: turn.dataset.certainty,
      notes: turn.querySelector(".speaker")?.textContent?.replace(/\s+/g, " ").trim() ?? "",
      words: turn.querySelector("[data-testid=words]")?.textContent?.replace(/\s+/g, " ").trim(),
    })),
  );
}

export async function phase(page, wanted, timeout = PATIENCE) {
  await page.locator(`[data-testid=phase][data-phase="${wanted}"]`).waitFor({ timeout });
}

/** Waits for a number of finished turns of one side. */
export async function finished(page, side, count = 1) {
  const turn = page.locator(`[data-side="${side}"][data-certainty="final"]`).nth(count - 1);
  await turn.waitFor({ timeout: PATIENCE });
}

/** Waits until one side, `microphone` or `speaker`, sounds; resolves with the page's time. */
export async function sounds(page, side, since = 0) {
  const found = await page.waitForFunction(
    ([name, floor, from]) =>
      window.listener.meters[name].find(({ at, rms }) => at > from && rms > floor)?.at,
    [side, AUDIBLE, since],
    { timeout: PATIENCE },
  );
  return found.jsonValue();
}

/**
 * Waits until one side, having sounded, is silent for a while; resolves with when that began.
 * People pause for about a second within what they say.
 */
export async function silent(page, side, since = 0, milliseconds = 1_500) {
  const found = await page.waitForFunction(
    ([name, floor, from, long]) => {
      const loud = ({ at, rms }) => at > from && rms > floor;
      const last = window.listener.meters[name].findLast(loud)?.at;
      return last !== undefined && performance.now() - last > long ? last : null;
    },
    [side, AUDIBLE, since, milliseconds],
    { timeout: PATIENCE },
  );
  return found.jsonValue();
}

/** Waits until the client has answered whatever the coach said last, to the answer's last word. */
export async function answered(page) {
  await page
    .locator('[data-testid="turn"][data-certainty="final"]')
    .and(page.locator('[data-side="coach"] + [data-side="client"]:last-child'))
    .waitFor({ timeout: PATIENCE });
  return (await turns(page)).at(-1);
}

export async function now(page) {
  return page.evaluate(() => performance.now());
}

/** Everything that was heard on one side: `{at, rms}` about every 20 ms. */
export async function heard(page, side) {
  return page.evaluate((name) => window.listener.meters[name], side);
}

/** How many of `wanted`'s words were found in order, from 0 to 1. */
export function overlap(wanted, found) {
  const [a, b] = [wordsOf(wanted), wordsOf(found)];
  const rows = a.reduce(
    (above, word) => {
      const row = [0];
      b.forEach((other, i) =>
        row.push(word === other ? above[i] + 1 : Math.max(above[i + 1], row[i])),
      );
      return row;
    },
    new Array(b.length + 1).fill(0),
  );
  return a.length === 0 ? 0 : rows.at(-1) / a.length;
}

function wordsOf(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

/** Real Chromium with a fake microphone; every browser starts with an empty profile. */

import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const LISTENER = fileURLToPath(new URL("listener.js", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // As phones do: an element sounds only if a gesture started it.
  "--autoplay-policy=user-gesture-required",
  // A machine whose only interface is the loopback has no other way for a call.
  "--allow-loopback-in-peer-connection",
];

/** As on a desktop, where one gesture anywhere on the page is enough. */
export const LENIENT = "--autoplay-policy=document-user-activation-required";

/** What the microphone is: a WAV file played once or again and again, refused, or absent. */
export const microphone = {
  once: (path) => fake(`${path}%noloop`),
  again: (path) => fake(path),
  refused: ["--use-fake-device-for-media-stream", "--deny-permission-prompts"],
  none: ["--use-fake-ui-for-media-stream"],
};

function fake(file) {
  return [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${file}`,
  ];
}

/**
 * Opens a page in a browser of its own, closed after `test`. `page.complaints` gathers what a
 * person would find in the console, and every request that leaves the server.
 */
export async function openPage(test, options = {}) {
  const { flags = microphone.none, origin, executablePath = CHROMIUM, ...context } = options;
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: [...FLAGS, ...flags],
  });
  test.after(() => browser.close());
  const made = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context });
  const page = await made.newPage();
  page.setDefaultTimeout(20_000);
  await page.addInitScript({ path: LISTENER });
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(message.text());
  });
  page.on("request", (request) => {
    const inside = /^(data|blob):/.test(request.url());
    if (origin && !inside && !request.url().startsWith(origin)) {
      page.complaints.push(`leaves the server: ${request.url()}`);
    }
  });
  return page;
}

/** `@openai/agents-realtime` over WebRTC in Chromium, unmodified, on a page of another origin. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { LENIENT, microphone, openPage } from "./support/chromium.mjs";
import { PATIENCE, overlap, silent, sounds } from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";
import { fixture, silence, wav, wordsOfFixture } from "./support/sound.mjs";

test("a stock agent talks over WebRTC and is interrupted", async (t) => {
  const site = await elsewhere(t);
  const server = await startServer({ flags: ["--origins", site] });
  t.after(() => server.close());
  // What the page's own server would do: a key for one session.
  const issued = await fetch(`${server.url}/v1/realtime/client_secrets`, {
    method: "POST",
    headers: { authorization: "Bearer any", "content-type": "application/json" },
    body: JSON.stringify({ session: { type: "realtime", model: "gpt-realtime" } }),
  });
  const { value } = await issued.json();

  // The question again and again: the second time, it falls into the answer to the first.
  const path = await wav(t, silence(4.5), fixture("begin"));
  const page = await openPage(t, { flags: [...microphone.again(path), LENIENT] });
  await page.goto(`${site}/?server=${server.url}&secret=${value}`);
  await page.getByRole("button").click();
  await page.locator("body[data-connected]").waitFor();

  const asked = await silent(page, "microphone", 0, 800);
  const answered = await sounds(page, "speaker", asked);
  t.diagnostic(`end of speech to first sound: ${(answered - asked).toFixed(0)} ms`);
  const spoke = await sounds(page, "microphone", answered);
  const stopped = await silent(page, "speaker", spoke - 1_000, 700);
  t.diagnostic(`speech to silence: ${(stopped - spoke).toFixed(0)} ms`);
  assert.ok(stopped - spoke < 2_000, `the voice went on for ${stopped - spoke} ms`);
  await silent(page, "microphone", spoke, 300);
  await page.evaluate(() => window.agent.session.mute(true));
  await sounds(page, "speaker", stopped + 500);
  await page.waitForFunction(
    () => window.agent.events.filter(({ type }) => type === "response.done").length >= 2,
    null,
    { timeout: PATIENCE },
  );

  const { events, errors, history } = await page.evaluate(() => {
    const { events, errors, history } = window.agent;
    return { events, errors, history };
  });
  assert.deepEqual(errors, []);
  const done = events.filter(({ type }) => type === "response.done");
  assert.deepEqual(
    done.slice(0, 2).map(({ response }) => response.status),
    ["cancelled", "completed"],
  );
  const types = events.map(({ type }) => type);
  assert.ok(types.includes("output_audio_buffer.cleared"), "the server fell silent");
  assert.ok(types.includes("conversation.item.truncated"), "what was not heard is gone");
  const words = (role) =>
    history
      .filter((item) => item.role === role)
      .map(({ content }) => content.map((part) => part.transcript ?? part.text ?? "").join(" "));
  t.diagnostic(`${words("user").join(" | ")} || ${words("assistant").join(" | ")}`);
  assert.ok(overlap(wordsOfFixture("begin"), words("user")[0]) >= 0.7, words("user")[0]);
  assert.equal(words("user").length, 2);
  assert.match(words("assistant").at(-1), /\w+ \w+/);
  const { totalAudioEnergy } = await page.evaluate(() => window.listener.inbound());
  assert.ok(totalAudioEnergy > 0.001);
  await page.evaluate(() => window.agent.session.close());
});

/** A site that carries the SDK and belongs to somebody else; resolves with its origin. */
async function elsewhere(t) {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL("support/agent.js", import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "error",
  });
  const script = bundle.outputFiles[0].text;
  const front =
    '<!doctype html><meta charset="utf-8"><title>elsewhere</title><link rel="icon" href="data:,">' +
    '<button>Talk</button><script type="module" src="/agent.js"></script>';
  const site = createServer((request, response) => {
    const isScript = request.url === "/agent.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : front);
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  t.after(() => site.close());
  return `http://127.0.0.1:${site.address().port}`;
}

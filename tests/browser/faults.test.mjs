/** Each thing that can be missing or refused has a state of its own, with a way on. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { microphone } from "./support/chromium.mjs";
import { beginTyping, finished, say, visit } from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";

let server;
test.before(async () => (server = await startServer()));
test.after(() => server?.close());

const fault = (page, name) => page.locator(`[data-testid="fault"][data-fault="${name}"]`).waitFor();

test("a refused microphone leaves the way of typing", async (t) => {
  const page = await visit(t, server, { flags: microphone.refused });
  await page.getByTestId("mic-allow").click();
  await fault(page, "microphone-refused");
  // How to allow it after all, step by step.
  assert.ok((await page.locator("[data-testid=fault] ol li").count()) >= 2);
  await page.getByTestId("mic-retry").waitFor();
  await beginTyping(page);
  await say(page, "Hello.");
  await finished(page, "client");
});

test("without a microphone the page says so", async (t) => {
  const page = await visit(t, server, { flags: microphone.none });
  await page.getByTestId("mic-allow").click();
  await fault(page, "microphone-none");
  await page.getByTestId("start-typing").waitFor();
});

test("a client that is not there is named as such", async (t) => {
  const page = await visit(t, server, { client: "nobody" });
  await fault(page, "unknown-client");
  await page.getByRole("link", { name: "See who is here" }).click();
  await page.getByTestId("client-card").first().waitFor();
});

test("when every place is taken the page says so, and begins once there is one", async (t) => {
  const small = await startServer({ flags: ["--live-max-sessions", "1"] });
  t.after(() => small.close());
  const first = await visit(t, small);
  await beginTyping(first);
  const second = await visit(t, small);
  await second.getByTestId("start-typing").click();
  await fault(second, "server-busy");
  const hungUp = first.waitForResponse((response) => response.url().endsWith("/hangup"));
  await first.getByTestId("end").click();
  await first.getByTestId("end-confirm").click();
  assert.equal((await hungUp).status(), 200);
  // The place is free at once.
  await second.getByTestId("retry").click();
  await second.locator('[data-stage="live"]').waitFor();
});

test("a server that is away is asked again", async (t) => {
  const away = await startServer();
  t.after(() => away.close());
  const page = await visit(t, away, { client: "" });
  await page.getByTestId("client-card").first().waitFor();
  await away.kill();
  await page.getByTestId("client-card").first().getByRole("link").first().click();
  await page.getByTestId("start-typing").click();
  await fault(page, "server-unreachable");
  await away.start();
  await page.getByTestId("retry").click();
  await page.locator('[data-stage="live"]').waitFor();
});

test("a server with an access token asks for the key, and keeps it in the tab alone", async (t) => {
  const token = "an-access-token-of-this-test";
  const guarded = await startServer({ env: { PRAXILOOM_ACCESS_TOKEN: token } });
  t.after(() => guarded.close());
  const page = await visit(t, guarded);
  await page.getByTestId("start-typing").click();
  await fault(page, "key-needed");
  const field = page.getByTestId("access-key");
  assert.equal(await field.evaluate((input) => document.activeElement === input), true);
  assert.equal(await field.getAttribute("type"), "password");

  await page.keyboard.type("not-the-key");
  await page.keyboard.press("Enter");
  await fault(page, "key-wrong");
  assert.equal(await field.inputValue(), "");
  await field.fill(` ${token} `);
  await page.keyboard.press("Enter");
  await page.locator('[data-stage="live"]').waitFor();
  await say(page, "What would you like to talk about today?");
  await finished(page, "client");
  await page.getByTestId("end").click();
  await page.getByTestId("end-confirm").click();

  // The next session of this tab needs no prompt; nothing outlives the tab.
  await page.getByTestId("again").click();
  await beginTyping(page);
  const stored = await page.evaluate((key) => {
    const holds = (storage) => Object.values(storage).includes(key);
    return [
      holds(sessionStorage),
      holds(localStorage),
      document.cookie,
      location.href.includes(key),
    ];
  }, token);
  assert.deepEqual(stored, [true, false, "", false]);
  assert.ok(!guarded.log.includes(token));
});

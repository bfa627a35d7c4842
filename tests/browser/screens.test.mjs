/** Every screen: no barrier that axe finds (WCAG 2.2, A and AA), no sideways scrolling, in both themes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { microphone } from "./support/chromium.mjs";
import { inspect } from "./support/inspect.mjs";
import { answered, begin, finished, say, visit } from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";
import { fixture, silence, wav } from "./support/sound.mjs";

const looks = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
};

let server;
test.before(async () => (server = await startServer()));
test.after(() => server?.close());

for (const [name, look] of Object.entries(looks)) {
  test(`every screen on a ${name} is free of barriers`, async (t) => {
    const path = await wav(t, silence(4), fixture("begin"), silence(60));
    const page = await visit(t, server, { client: "", flags: microphone.once(path), ...look });
    const see = (screen) => inspect(page, `${name}-${screen}`);
    await page.getByTestId("client-card").first().waitFor();
    await see("choose");
    await page.getByTestId("client-card").first().getByRole("link").first().click();
    await page.getByTestId("mic-allow").waitFor();
    await see("allow");
    await page.getByTestId("mic-allow").click();
    await page.getByTestId("start").waitFor();
    await see("check");
    // Looking took its time: the recording begins anew with the microphone.
    await page.reload();
    await begin(page);
    await finished(page, "coach");
    await page.locator('[data-testid=phase][data-phase="client_speaking"]').waitFor();
    await see("speaking");
    await answered(page);
    await page.getByTestId("correct").click();
    await page.getByTestId("correct-field").waitFor();
    await see("correcting");
    await page.getByTestId("correct-cancel").click();
    await page.getByTestId("menu").locator("summary").click();
    await page.getByTestId("latency-toggle").check();
    await see("menu");
    // Whoever goes on elsewhere, by a touch or the keys, has done with it.
    await page.getByTestId("say").focus();
    assert.equal(await page.getByTestId("menu").getAttribute("open"), null);
    await see("latency");
    await page.getByTestId("captions-toggle").click();
    await see("without-captions");
    await page.getByTestId("end").click();
    await page.getByTestId("end-dialog").waitFor();
    await see("end");
    await page.getByTestId("end-confirm").click();
    await page.getByTestId("screen-closing").waitFor();
    await page.getByTestId("transcript").locator("summary").click();
    await see("closing");
    assert.deepEqual(page.complaints, []);
  });
}

test("every fault is free of barriers", async (t) => {
  const look = looks.phone;
  const see = (page, screen) => inspect(page, `phone-${screen}`);
  const fault = (page) => page.getByTestId("fault").waitFor();
  const own = await startServer({ env: { PRAXILOOM_ACCESS_TOKEN: "key-of-this-test" } });
  t.after(() => own.close());

  const refused = await visit(t, own, { flags: microphone.refused, ...look });
  await refused.getByTestId("mic-allow").click();
  await fault(refused);
  await see(refused, "refused");
  await refused.getByTestId("start-typing").click();
  await refused.getByTestId("access-key").waitFor();
  await see(refused, "key");
  await refused.getByTestId("access-key").fill("key-of-this-test");
  await refused.keyboard.press("Enter");
  await refused.locator('[data-stage="live"]').waitFor();
  await say(refused, "Hello.");
  await finished(refused, "client");
  await own.kill();
  await refused.locator('[data-stage="reconnecting"]').waitFor();
  await see(refused, "reconnecting");

  const unknown = await visit(t, server, { client: "nobody", ...look });
  await fault(unknown);
  await see(unknown, "unknown");
});

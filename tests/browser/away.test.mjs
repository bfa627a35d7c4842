/**
 * What a coach sees of a break, in every state and without barriers. The server is played here,
 * event by event, since the real one passes through most of these states in an instant.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "./support/inspect.mjs";
import { beginTyping, turns, visit } from "./support/practice.mjs";
import { startServer } from "./support/server.mjs";

const ID = "sess_of_this_test";
const looks = {
  wide: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true },
};
const ITEMS = [
  ["u1", "user", "What would you like to talk about today?"],
  ["c1", "assistant", "My manager asked whether I would take over the team. I said I would think"],
  ["u2", "user", "What did you feel when she asked?"],
];

let server;
test.before(async () => (server = await startServer()));
test.after(() => server?.close());

for (const [name, look] of Object.entries(looks)) {
  test(`a break and what comes of it, on a ${name} screen`, async (t) => {
    const page = await visit(t, server, { client: "", ...look });
    const see = (state) => inspect(page, `${name}-${state}`);
    const net = await play(page);
    await page.goto(`${server.url}/?transport=websocket#/with/maya-promotion`);
    await net.begin();
    net.line.items(ITEMS);
    net.line.send({ type: "praxiloom.turn", state: "listening", at_ms: 1 });

    net.line.notice("recording_stopped", RECORDING);
    const unrecorded = page.locator('[role=alert][data-code="recording_stopped"]');
    await unrecorded.waitFor();
    assert.ok((await unrecorded.textContent()).includes(RECORDING));
    await see("recording-stopped");
    net.line.notice("server_stopping", "The server is about to stop.");
    await see("server-stopping");

    net.refuses = true;
    net.line.close(1001);
    await page.locator('[data-testid=banner][data-fault="server-stopping"]').waitFor();
    await see("server-away");
    net.refuses = false;
    // The page tries by itself too: the button may be gone before it is reached.
    const live = page.locator('[data-stage="live"]').waitFor();
    await Promise.any([page.getByTestId("reconnect-now").click(), live]);
    await live;
    assert.equal(net.line.resume, ID);
    assert.equal(await page.locator('[data-code="recording_stopped"]').count(), 0);
    await page.getByTestId("break").waitFor();
    await page
      .getByTestId("turn")
      .nth(ITEMS.length - 1)
      .waitFor();
    assert.deepEqual(
      (await turns(page)).map(({ item }) => item),
      ITEMS.map(([id]) => id),
    );
    await see("back");

    await page.reload();
    await page.getByTestId("go-on").waitFor();
    await see("go-on");
    await page.getByTestId("go-on").click();
    await page.locator('[data-stage="live"]').waitFor();
    assert.equal(net.line.resume, ID);
    await page
      .getByTestId("turn")
      .nth(ITEMS.length - 1)
      .waitFor();
    assert.equal((await turns(page)).length, ITEMS.length);

    net.line.notice("session_taken_over", "The session goes on elsewhere.");
    net.line.close(1000);
    await page.locator('[data-testid=fault][data-fault="session-elsewhere"]').waitFor();
    await see("elsewhere");

    await page.getByTestId("again").click();
    await net.begin();
    net.line.items(ITEMS);
    net.line.notice("recording_stopped", RECORDING);
    await unrecorded.waitFor();
    net.refuses = true;
    net.standing = 404;
    net.line.close(1006);
    await page.locator('[data-testid=fault][data-fault="session-over"]').waitFor();
    await page.getByTestId("screen-closing").waitFor();
    // The server knows nothing of it, so there is nothing to hear.
    await page.getByTestId("unrecorded").waitFor();
    assert.equal(await page.getByTestId("replay").count(), 0);
    await see("over");
    assert.equal(
      await page.evaluate(() => sessionStorage.length),
      0,
      "nothing is left to go on with",
    );
  });
}

const RECORDING = "The recording has stopped at 0:01:05 because the disk is full.";

/** Plays the server's end of every WebSocket, and what the archive says of the session. */
async function play(page) {
  const net = {
    line: null,
    refuses: false,
    standing: 200,
    async begin() {
      net.line = null;
      await beginTyping(page);
      while (!net.line) await pause(10);
    },
  };
  await page.routeWebSocket(/\/v1\/realtime/, (socket) => {
    if (net.refuses) return void socket.close({ code: 1011 });
    const resume = new URL(socket.url()).searchParams.get("resume");
    const send = (event) => socket.send(JSON.stringify(event));
    const line = {
      resume,
      send,
      close: (code) => socket.close({ code: code === 1006 ? 4000 : code }),
      notice: (code, message) => send({ type: "praxiloom.notice", code, message }),
      items(all) {
        all.forEach(([id, role, words], i) => {
          const previous_item_id = all[i - 1]?.[0] ?? null;
          const kind = role === "user" ? "input_audio" : "output_audio";
          const content = [{ type: kind, transcript: words }];
          const status = role === "assistant" ? "incomplete" : "completed";
          const item = { id, type: "message", role, content, status };
          send({ type: "conversation.item.added", previous_item_id, item });
          send({ type: "conversation.item.done", previous_item_id, item });
        });
      },
    };
    socket.onMessage(() => undefined);
    // The page's socket opens only after this function has returned.
    setTimeout(() => {
      const include = ["praxiloom.events"];
      send({ type: "session.created", session: { id: ID, model: "praxiloom", include } });
      net.line = line;
      if (!resume) return;
      const times = { part: 2, at_ms: 95_000, away_ms: 42_000 };
      const items = ITEMS.length;
      send({ type: "praxiloom.session.resumed", session_id: resume, ...times, items });
      line.items(ITEMS);
    }, 20);
  });
  await page.route("**/api/sessions/*", (route) => {
    const body = JSON.stringify({ status: "live", resumable_until_ms: null });
    return route.fulfill({ status: net.standing, contentType: "application/json", body });
  });
  return net;
}

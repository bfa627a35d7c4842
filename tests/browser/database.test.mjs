/** A server whose database is locked: a session whose connection breaks meanwhile goes on. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { join } from "node:path";
import {
  PATIENCE,
  answered,
  beginTyping,
  say,
  turns,
  untilLive,
  visit,
} from "./support/practice.mjs";
import { tcpRelay } from "./support/relay.mjs";
import { startServer } from "./support/server.mjs";

const FIRST = "What would you like to talk about today?";
const SECOND = "How do you feel about that?";
const BRIEF = ["--llm-engine", "standin", "--llm-standin-says", "It went well, I suppose."];

test("a session that is cut off while the database is locked goes on meanwhile", async (t) => {
  const { server, relay, page, session } = await practising(t);
  const unlock = await lock(t, server);
  relay.cut();
  await away(page, "network-lost");
  relay.heal();
  await untilLive(page);
  await say(page, SECOND);
  await answered(page);
  assert.equal((await turns(page)).length, 4);
  await page.locator('[data-testid=notice][data-code="database_behind"]').waitFor();
  await unlock();
  await page.locator('[data-testid=notice][data-code="database_behind"]').waitFor({
    state: "detached",
    timeout: PATIENCE,
  });
  const reasons = () => recorded(server, session, ({ parts }) => parts.map((p) => p.end_reason));
  await until(async () => (await reasons()).length === 2);
  assert.deepEqual(await reasons(), ["lost", null]);
  await page.getByTestId("end").click();
  await page.getByTestId("end-confirm").click();
  await until(async () => (await reasons())[1] === "hung_up");
});

test("one that the database has to be asked for is waited for, and the page says why", async (t) => {
  const { server, relay, page, session } = await practising(t);
  relay.cut();
  await until(() => recorded(server, session, ({ status }) => status === "ended"));
  // Of one that it has not ended itself the server knows from the database alone.
  await server.stop();
  await server.start();
  const unlock = await lock(t, server);
  await until(async () => (await ask(`${server.url}/health`)).warnings.includes("database_behind"));
  relay.heal();
  await away(page, "database-away");
  await unlock();
  await untilLive(page);
  await say(page, SECOND);
  await answered(page);
  assert.equal((await turns(page)).length, 4);
});

/** A page in the middle of a session over a WebSocket, of which one exchange is over. */
async function practising(t) {
  const server = await startServer({ flags: BRIEF });
  t.after(() => server.close());
  const relay = await tcpRelay(t, server);
  const page = await visit(t, { url: relay.url }, { transport: "websocket" });
  await beginTyping(page);
  await say(page, FIRST);
  await answered(page);
  const session = await page.evaluate(
    () => JSON.parse(sessionStorage["praxiloom.running"]).session,
  );
  return { server, relay, page, session };
}

/** Locks the database of a server as another program would; the result lets go of it. */
async function lock(t, server) {
  const script = [
    "import sqlite3, sys",
    "database = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)",
    "database.execute('BEGIN EXCLUSIVE')",
    "print('locked', flush=True)",
    "sys.stdin.read()",
    "database.execute('ROLLBACK')",
  ];
  const path = join(server.data, "praxiloom.db");
  const other = spawn("python3", ["-c", script.join("\n"), path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => other.kill());
  await once(other.stdout, "data");
  return async () => {
    const gone = once(other, "exit");
    other.stdin.end();
    await gone;
  };
}

async function away(page, fault) {
  await page.locator(`[data-testid=banner][data-fault="${fault}"]`).waitFor({ timeout: PATIENCE });
}

async function recorded(server, session, what) {
  return what(await ask(`${server.url}/api/sessions/${session}`));
}

async function ask(url) {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  return response.json();
}

async function until(found) {
  const deadline = performance.now() + PATIENCE;
  while (!(await found())) {
    assert.ok(performance.now() < deadline, "in time");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

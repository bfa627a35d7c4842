/** Asks `tests/sdk/support/order.py`, which knows the order that the protocol promises, about a session. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../sdk/support/order.py", import.meta.url));

/** Fails if an event broke a promise. */
export function inOrder(events) {
  assert.deepEqual(ask("order", events), []);
}

/** Fails also if something was left open. */
export function finished(events) {
  assert.deepEqual(ask("idle", events), []);
}

/** Which events of a good session could be missing, or change places, without anybody noticing. */
export function unnoticed(events) {
  return ask("unnoticed", events);
}

/** The last events, for a test that waited in vain. */
export function last(events) {
  return events.slice(-40).map(({ type }) => type).join(" ");
}

function ask(purpose, events) {
  const input = events.map((event) => JSON.stringify(event)).join("\n");
  const { status, stdout, stderr, error } = spawnSync("python3", [PROGRAM, purpose], {
    input,
    encoding: "utf8",
  });
  assert.ok(status === 0, error?.message ?? stderr);
  return JSON.parse(stdout);
}

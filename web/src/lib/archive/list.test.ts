import { expect, test } from "vitest";
import type { Session } from "../api.ts";
import { extended, refreshed } from "./list.ts";

const named = (ids: string) =>
  [...ids].map((id) => ({ id, started_at_ms: id.charCodeAt(0) * 1_000 }) as Session);
const ids = (sessions: Session[]) => sessions.map(({ id }) => id).join("");
const page = (found: string, next: string | null) => ({ sessions: named(found), next });

test("an earlier page follows what is shown, and nothing twice", () => {
  expect(ids(extended(named("fed"), page("dcb", "b")))).toBe("fedcb");
});

test("what began meanwhile comes first, and what lies before the page stays", () => {
  expect(ids(refreshed(named("fedcba"), page("gfe", "e")))).toBe("gfedcba");
});

test("what the server passed over is gone", () => {
  expect(ids(refreshed(named("fedcba"), page("fdc", "c")))).toBe("fdcba");
  expect(ids(refreshed(named("fedcba"), page("fb", null)))).toBe("fb");
  expect(ids(refreshed(named("fed"), page("", null)))).toBe("");
});

test("what began in the same moment as the last of the page stays", () => {
  const [c, d, e] = named("cde") as [Session, Session, Session];
  const twin = { ...c, id: "b" };
  const newest = { sessions: [e, d, c], next: "c" };
  expect(ids(refreshed([e, d, c, twin], newest))).toBe("edcb");
});

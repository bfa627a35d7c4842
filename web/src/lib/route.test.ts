import { expect, test } from "vitest";
import { hashOf, hashOfSession, routeOf } from "./route.ts";

test("every address leads back to its screen", () => {
  expect(routeOf(hashOf("a b/ä"))).toEqual({ screen: "with", client: "a b/ä" });
  expect(routeOf("#/sessions")).toEqual({ screen: "sessions" });
  expect(routeOf(hashOfSession("sess_ä"))).toEqual({ screen: "replay", id: "sess_ä", at: null });
  expect(routeOf(hashOfSession("a", 83_249))).toEqual({ screen: "replay", id: "a", at: 83_200 });
});

test.each(["", "#", "#/", "#/with", "#/with/", "#/with/%E0%A4%A", "#/sessions/a/b", "#/elsewhere"])(
  "%s leads to the gallery",
  (hash) => expect(routeOf(hash)).toEqual({ screen: "choose" }),
);

test.each(["", "-1", "1e9", "NaN", "1:02", "1.2345", "9999999"])(
  "a moment that is none (%s) is left out",
  (t) => expect(routeOf(`#/sessions/a?t=${t}`)).toEqual({ screen: "replay", id: "a", at: null }),
);

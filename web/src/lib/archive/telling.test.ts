import { expect, test } from "vitest";
import {
  badgeOf,
  deletedWords,
  endOf,
  factsOf,
  gapName,
  gapWords,
  isResumable,
  recordedTo,
  recordingWords,
  spokenMoment,
  typedWords,
  unrecordedWords,
  unsaidWords,
} from "./telling.ts";
import type { Session } from "../api.ts";

const session: Session = {
  id: "sess_1",
  client_id: "maya",
  client_name: "Maya",
  transport: "webrtc",
  engines: { stt: null, llm: null, tts: null },
  started_at_ms: 0,
  ended_at_ms: 723_000,
  status: "ended",
  end_reason: "by_client",
  cut_off: false,
  resumable_until_ms: null,
  length_ms: 723_000,
  turns: 24,
  interruptions: 1,
  recording: { state: "whole", stopped_at_ms: null, reason: null },
};
const cut: Session = { ...session, end_reason: "lost", cut_off: true, resumable_until_ms: 1_000 };

test("says how long it was and how much was said", () => {
  expect(factsOf(session)).toEqual(["12 min 3 s", "you spoke 24 times", "1 interruption"]);
  expect(factsOf({ ...session, length_ms: 400 })[0]).toBe("0 s");
  expect(factsOf({ ...session, length_ms: 60_900 })[0]).toBe("1 min");
  expect(factsOf({ ...session, length_ms: 3_600_000 })[0]).toBe("1 h");
  expect(factsOf({ ...session, length_ms: 7_325_000 })[0]).toBe("2 h 2 min");
  expect(factsOf({ ...session, turns: 1 })[1]).toBe("you spoke once");
  expect(factsOf({ ...session, turns: 0, interruptions: 0 })[1]).toBe("you said nothing");
  expect(factsOf({ ...session, status: "live", turns: 0 })).toEqual(["12 min 3 s"]);
});

test("says what ended it, but for the coach's own wish", () => {
  expect(endOf(session)).toBe(null);
  expect(endOf({ ...session, end_reason: "hung_up" })).toBe(null);
  expect(endOf({ ...session, status: "live", end_reason: null })).toBe(null);
  expect(endOf(cut)).toBe("Connection lost after 12:03");
  expect(endOf({ ...cut, end_reason: "server_stopped" })).toBe(
    "The server was stopped after 12:03",
  );
  expect(endOf({ ...cut, end_reason: "displaced" })).toBe(
    "Another connection took over after 12:03",
  );
  expect(endOf({ ...session, end_reason: "expired" })).toBe("Reached its longest time, 12:03");
});

test("says what a session is that is neither live nor ended", () => {
  const finishing: Session = { ...cut, ended_at_ms: null, status: "finishing" };
  expect(endOf(finishing)).toMatch(/put it away/);
  expect(factsOf({ ...finishing, length_ms: 0, turns: 0 })).toEqual([]);
  expect(unsaidWords(finishing)).toBe(null);
  expect(unsaidWords({ ...session, status: "live" })).toBe("Nothing was said yet.");
  expect(unsaidWords(session)).toBe("Nothing was said in this session.");
  expect([badgeOf(session), badgeOf(finishing)]).toEqual([null, null]);
  expect(badgeOf({ ...session, status: "live" })).toBe("Live now");
  const deleting: Session = { ...cut, status: "deleting" };
  expect([endOf(deleting), badgeOf(deleting)]).toEqual([null, "Being deleted"]);
  expect(deletedWords(session, undefined)).toBe("The session with Maya was deleted");
  expect(deletedWords(session, deleting)).toMatch(/is being deleted.* tries again/);
});

test("goes on only while it is cut off, within its time, with somebody known", () => {
  expect(isResumable(cut, 999)).toBe(true);
  expect(isResumable(cut, 1_000)).toBe(false);
  expect(isResumable({ ...cut, cut_off: false }, 0)).toBe(false);
  expect(isResumable({ ...cut, client_id: null }, 0)).toBe(false);
});

test("says when and why the recording stopped", () => {
  expect(recordingWords(session)).toBe(null);
  const stopped = { state: "stopped", stopped_at_ms: 65_000, reason: "disk_full" } as const;
  expect(recordingWords({ ...session, recording: stopped })).toBe(
    "The recording stopped at 1:05; the conversation went on. The server’s disk was full.",
  );
  const again = { ...stopped, state: "interrupted" } as const;
  expect(recordingWords({ ...session, recording: again })).toBe(
    "The recording stopped at 1:05 and began again later; what is missing is marked. The server’s disk was full.",
  );
  const none = { state: "none", stopped_at_ms: null, reason: null } as const;
  expect(recordingWords({ ...session, recording: none })).toBe("This session was not recorded.");
});

test("tells the time that nobody was there from the time that was not recorded", () => {
  const gap = { from_ms: 31_000, to_ms: 43_000 };
  expect(gapWords({ ...gap, kind: "away" }, 43_000)).toBe(
    "The connection was lost at 0:31. It went on 0:12 later.",
  );
  const away = (ms: number) =>
    gapWords({ from_ms: 4_990, to_ms: 4_990 + ms, kind: "away" }, 43_000);
  expect([7_160, 5_030, 3_007, 2_500, 500].map((ms) => away(ms).split("went on ")[1])).toEqual(
    ["0:07", "0:05", "0:03", "0:03", "0:01"].map((later) => `${later} later.`),
  );
  expect(away(499)).toBe("Another connection took over at 0:04.");
  expect(gapWords({ ...gap, kind: "unrecorded" }, 90_000)).toBe(
    "From 0:31 to 0:43 the conversation was not recorded.",
  );
  expect(gapWords({ ...gap, kind: "unrecorded" }, 43_000)).toBe(
    "The recording stopped here. The conversation went on.",
  );
  const part = {
    number: 1,
    from_ms: 0,
    to_ms: 31_000,
    transport: "websocket" as const,
    end_reason: "displaced" as const,
    recording: { state: "whole" as const, stopped_at_ms: null, reason: null },
  };
  expect(gapWords({ ...gap, kind: "away" }, 43_000, [part])).toBe(
    "Another connection took over at 0:31.",
  );
  expect([gapName("away"), gapName("unrecorded")]).toEqual(["away", "not recorded"]);
});

test("what was said as the recording stopped was not recorded, and not cut off", () => {
  const gaps = [
    { from_ms: 10_000, to_ms: 20_000, kind: "unrecorded" as const },
    { from_ms: 20_000, to_ms: 40_000, kind: "away" as const },
  ];
  const told = (
    speaker: "coach" | "client",
    from_ms: number,
    to_ms: number,
    cut: boolean,
    typed = false,
  ) => {
    const words = { item_id: "a", text: "Well", words: [] };
    return unrecordedWords({ ...words, speaker, from_ms, to_ms, cut, typed }, gaps);
  };
  // What was being said is on record up to a moment before.
  expect(told("client", 8_000, 9_600, true)).toBe("not wholly recorded");
  expect(told("coach", 4_000, 6_500, true)).toBe("not wholly recorded");
  expect(told("client", 8_000, 10_400, false)).toBe("not wholly recorded");
  expect(told("client", 10_050, 10_400, false)).toBe("not recorded");
  // What was over by then is whole, and what the coach cut off long before was cut off.
  expect(told("client", 8_000, 10_000, false)).toBeNull();
  expect(told("client", 5_000, 8_500, true)).toBeNull();
  expect(told("coach", 1_000, 3_000, true)).toBeNull();
  // Nothing of what was typed could sound.
  expect(told("coach", 10_100, 10_100, false, true)).toBeNull();
  expect(told("coach", 8_000, 10_100, false, true)).toBe("not wholly recorded");
  // Nobody stopped recording where the connection was lost, or after it came back.
  expect(told("client", 20_000, 20_000, true)).toBeNull();
  expect(told("client", 39_000, 41_000, true)).toBeNull();
});

test("there is sound to the end of the last that was recorded", () => {
  type Parts = NonNullable<Session["parts"]>;
  const part = (from: number, to: number, stopped: number | null): Parts[number] => ({
    number: 1,
    from_ms: from,
    to_ms: to,
    transport: "webrtc",
    end_reason: "lost",
    recording: {
      state: stopped === null ? "whole" : stopped > from ? "stopped" : "none",
      stopped_at_ms: stopped,
      reason: null,
    },
  });
  const to = (...parts: Parts) => recordedTo({ ...session, parts }, 1_000);
  expect(recordedTo(session, 1_000)).toBe(0);
  expect(to(part(0, 900, null))).toBe(1_000);
  expect(to(part(0, 1_000, 300))).toBe(300);
  expect(to(part(0, 400, 300), part(500, 1_000, null))).toBe(1_000);
  expect(to(part(0, 400, null), part(500, 1_000, 500))).toBe(400);
  expect(to(part(0, 1_000, 0))).toBe(0);
});

test("moments are spoken as durations", () => {
  expect(spokenMoment(0)).toBe("the beginning");
  expect(spokenMoment(61_900)).toBe("1 minute 1 second");
  expect(spokenMoment(3_602_000)).toBe("1 hour 2 seconds");
});

test("what was typed is told from what was spoken and corrected", () => {
  const line = { item_id: "a", speaker: "coach", text: "So.", words: [], cut: false } as const;
  const at = (from_ms: number, to_ms: number, typed: boolean) =>
    typedWords({ ...line, words: [], from_ms, to_ms, typed });
  expect([at(5, 5, true), at(5, 9, true), at(5, 9, false)]).toEqual(["typed", "corrected", null]);
});

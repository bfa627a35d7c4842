/** A made-up session of two hours, as the archive would tell it: only its length is of interest. */

const LENGTH = 7_200_000;
const ID = "sess_hours";
const WHOLE = { state: "whole", stopped_at_ms: null, reason: null };
const WORDS = (
  "well I have been thinking about what you said and honestly it is harder than it looks because " +
  "every time I try to bring it up something else comes along so we never get to the point"
).split(" ");

/** One word about every 340 ms, turn by turn; every run makes the same. */
function lines() {
  const made = [];
  let at = 500;
  for (let turn = 0; at < LENGTH - 20_000; turn += 1) {
    const words = Array.from({ length: turn % 2 ? 30 : 12 }, (_, i) => {
      const from_ms = at;
      at += 260 + ((turn * 7 + i * 13) % 90);
      return { text: WORDS[(turn + i) % WORDS.length], from_ms, to_ms: at - 10 };
    });
    made.push({
      item_id: `item_${turn}`,
      speaker: turn % 2 ? "client" : "coach",
      from_ms: words[0].from_ms,
      to_ms: at,
      text: words.map(({ text }) => text).join(" "),
      words,
      cut: turn % 14 === 13,
      typed: false,
    });
    at += 700;
  }
  return made;
}

export const hours = {
  session: {
    id: ID,
    client_id: "elena-crossroads",
    client_name: "Elena",
    transport: "webrtc",
    engines: { stt: null, llm: null, tts: null },
    started_at_ms: Date.UTC(2026, 0, 15, 9),
    ended_at_ms: Date.UTC(2026, 0, 15, 11),
    status: "ended",
    end_reason: "by_client",
    cut_off: false,
    resumable_until_ms: null,
    length_ms: LENGTH,
    turns: 0,
    interruptions: 0,
    recording: WHOLE,
    parts: [
      {
        number: 1,
        from_ms: 0,
        to_ms: LENGTH,
        transport: "webrtc",
        end_reason: "by_client",
        recording: WHOLE,
      },
    ],
  },
  transcript: { session_id: ID, length_ms: LENGTH, lines: lines(), breaks: [] },
};

/** Answers what the page asks about it, and keeps in `page.peaks` what it asks of the peaks; the sound is silence. */
export async function serveHours(page) {
  const sound = silence();
  page.peaks = [];
  const answers = {
    "": () => hours.session,
    "/transcript": () => hours.transcript,
    "/peaks": ({ points, from_ms = 0, to_ms = LENGTH }) => ({
      session_id: ID,
      length_ms: LENGTH,
      from_ms: Number(from_ms),
      to_ms: Number(to_ms),
      coach: Array.from({ length: Number(points) }, (_, i) => (i % 20 < 6 ? 90 + (i % 7) * 12 : 0)),
      client: Array.from({ length: Number(points) }, (_, i) =>
        i % 20 > 7 ? 70 + (i % 11) * 12 : 0,
      ),
    }),
  };
  await page.route(`**/api/sessions/${ID}**`, (route) => {
    const url = new URL(route.request().url());
    const what = url.pathname.replace(`/api/sessions/${ID}`, "");
    if (what !== "/audio") {
      const asked = Object.fromEntries(url.searchParams);
      if (what === "/peaks") page.peaks.push(asked);
      return route.fulfill({ json: answers[what](asked) });
    }
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(route.request().headers().range ?? "") ?? [];
    const first = Number(from ?? 0);
    const last = Math.min(to ? Number(to) : sound.length - 1, first + 1_000_000);
    return route.fulfill({
      status: 206,
      contentType: "audio/wav",
      headers: {
        "accept-ranges": "bytes",
        "content-range": `bytes ${first}-${last}/${sound.length}`,
      },
      body: sound.subarray(first, last + 1),
    });
  });
}

/** Two hours of nothing: WAV, 8 bits, 3 kHz. */
function silence() {
  const rate = 3_000;
  const size = (LENGTH / 1_000) * rate;
  const file = Buffer.alloc(44 + size, 128);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + size, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate, 28);
  file.writeUInt16LE(1, 32);
  file.writeUInt16LE(8, 34);
  file.write("data", 36);
  file.writeUInt32LE(size, 40);
  return file;
}

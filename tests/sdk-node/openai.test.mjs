/** npm `openai`: its two Realtime clients, which speak TLS only, and its REST client. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

import { startServer } from "../browser/support/server.mjs";
import { finished, unnoticed } from "./support/order.mjs";
import { Talk } from "./support/realtime.mjs";
import { likeness, loudness, pcm, wordsOf } from "./support/sound.mjs";

const STANDINS = ["stt", "tts", "llm"].flatMap((stage) => [`--${stage}-engine`, "standin"]);
const FIRST = "I think that is a good question.";
const TLS = {
  cert: fileURLToPath(new URL(".tls/cert.pem", import.meta.url)),
  key: fileURLToPath(new URL(".tls/key.pem", import.meta.url)),
};
const TRANSCRIBED = {
  transcription: { model: "gpt-4o-transcribe" },
  turn_detection: { type: "server_vad", silence_duration_ms: 300 },
};
/** Waits longer, since on a busy machine sound comes in bursts. */
const PATIENT = {
  ...TRANSCRIBED,
  turn_detection: { type: "server_vad", silence_duration_ms: 800 },
};

const rest = (server, apiKey = "none") =>
  new OpenAI({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 });

describe("openai with the local engines, over TLS", () => {
  let server;
  before(async () => (server = await startServer({ tls: TLS })));
  after(() => server.close());

  test("a spoken question is understood and answered aloud", async (t) => {
    const client = new OpenAIRealtimeWS({ model: "gpt-realtime" }, rest(server));
    const talk = await new Talk(client).begin(t);
    client.send({
      type: "session.update",
      session: { type: "realtime", audio: { input: PATIENT } },
    });
    await talk.until("session.updated");
    const understood = await talk.askAloud("begin");
    assert.ok(likeness(wordsOf("begin"), understood) >= 0.75, understood);
    const { response } = await talk.until("response.done");
    assert.equal(response.status, "completed");
    const level = loudness(talk.sound(response.id));
    assert.ok(level > 0.01 && level < 0.5, level);
    assert.deepEqual(talk.errors, []);
    finished(talk.events);
  });
});

describe("openai with stand-ins, over TLS", () => {
  let server;
  before(async () => (server = await startServer({ flags: STANDINS, tls: TLS })));
  after(() => server.close());

  const kinds = { ws: OpenAIRealtimeWS, websocket: OpenAIRealtimeWebSocket };
  for (const [name, Client] of Object.entries(kinds)) {
    test(`realtime/${name}: a written turn, an aborted one, an error`, async (t) => {
      const client = new Client({ model: "gpt-realtime" }, rest(server));
      const talk = await new Talk(client).begin(t);
      assert.equal(talk.of("session.created")[0].session.model, "gpt-realtime");

      client.send({
        type: "session.update",
        event_id: "wrong",
        session: { type: "realtime", audio: { output: { speed: 9 } } },
      });
      const refused = await talk.until("error");
      assert.equal(refused.error.event_id, "wrong");
      assert.equal(refused.error.param, "session.audio.output.speed");
      assert.equal(talk.errors.length, 1);
      assert.equal(talk.errors[0].error.code, refused.error.code);

      talk.say("Hello");
      client.send({ type: "response.create", response: { output_modalities: ["text"] } });
      const { response: written } = await talk.until("response.done");
      assert.equal(written.output[0].content[0].text, FIRST);
      const told = talk.of("response.output_text.delta").map((event) => event.delta);
      assert.equal(told.join(""), FIRST);
      assert.deepEqual(unnoticed(talk.events), []);

      client.send({ type: "response.create" });
      await talk.until("response.output_audio.delta", 4);
      client.send({ type: "response.cancel", event_id: "stop" });
      const { response: aborted } = await talk.until("response.done", 1);
      assert.equal(aborted.status, "cancelled");
      assert.equal(aborted.status_details.reason, "client_cancelled");
      client.send({ type: "response.cancel", event_id: "again" });
      const none = await talk.until("error", 1);
      assert.deepEqual([none.error.code, none.error.event_id], ["response_cancel_not_active", "again"]);
      finished(talk.events);
    });

    test(`realtime/${name}: a spoken turn`, async (t) => {
      const client = new Client({ model: "gpt-realtime" }, rest(server));
      const talk = await new Talk(client).begin(t);
      client.send({
        type: "session.update",
        session: { type: "realtime", audio: { input: TRANSCRIBED } },
      });
      await talk.until("session.updated");
      await talk.microphone().speak(pcm("goal"));
      const { response } = await talk.until("response.done");
      assert.equal(response.output[0].content[0].transcript, FIRST);
      // The stand-in speaks a tone at -20 dBFS, 60 ms for each of its letters.
      const sound = talk.sound(response.id);
      // Before it the client thinks, at most 0.6 s.
      const seconds = Buffer.concat(sound).length / 48_000;
      assert.ok(seconds >= 1.56 && seconds < 2.16, `${seconds}`);
      assert.ok(Math.abs(loudness(sound) - 0.1) < 0.02);
      const { transcript } = talk.of("conversation.item.input_audio_transcription.completed")[0];
      assert.equal(transcript, "What would you like to talk about today?");
      finished(talk.events);
    });
  }

  test("a client secret brings its session", async (t) => {
    const secret = await rest(server).realtime.clientSecrets.create({
      expires_after: { anchor: "created_at", seconds: 60 },
      session: { type: "realtime", instructions: "Be brief.", output_modalities: ["text"] },
    });
    assert.match(secret.value, /^ek_/);
    // This client sends its key as a subprotocol, as browsers must.
    const client = new OpenAIRealtimeWebSocket({ model: "x" }, rest(server, secret.value));
    const talk = await new Talk(client).begin(t);
    const [{ session }] = talk.of("session.created");
    assert.deepEqual([session.instructions, session.output_modalities], ["Be brief.", ["text"]]);
    assert.equal(client.socket.protocol, "realtime");
  });

  test("wrong requests are refused in the package's words", async () => {
    const { realtime } = rest(server);
    const seconds = { anchor: "created_at", seconds: 5 };
    await assert.rejects(realtime.clientSecrets.create({ expires_after: seconds }), {
      status: 400,
      param: "expires_after.seconds",
    });
    const session = { type: "realtime", model: "gpt-realtime" };
    await assert.rejects(realtime.calls.create({ sdp: "v=0 and nothing else", session }), {
      status: 400,
      param: "sdp",
    });
    await assert.rejects(
      realtime.calls.create({ sdp: "v=0", session: { type: "realtime", audio: { output: { speed: 9 } } } }),
      { status: 400, param: /audio\.output\.speed/ },
    );
    await assert.rejects(realtime.calls.hangup("rtc_unknown"), { status: 404 });
  });
});

/** npm `@openai/agents-realtime` over its own WebSocket transport: whole conversations. */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { RealtimeAgent, tool } from "@openai/agents-realtime";
import { z } from "zod";

import { startServer } from "../browser/support/server.mjs";
import { AgentTalk } from "./support/agents.mjs";
import { startChat } from "./support/chat.mjs";
import { likeness, loudness, pcm, wordsOf } from "./support/sound.mjs";

const EARS = ["--stt-engine", "standin", "--tts-engine", "standin"];
const HEARING = { transcription: { model: "gpt-4o-transcribe" } };
/** Waits longer, since on a busy machine sound comes in bursts. */
const PATIENT = { type: "server_vad", silenceDurationMs: 800 };
const LONG =
  "Mostly I am tired of deciding everything alone. It has been like that for years.";

const client = () => new RealtimeAgent({ name: "Client", instructions: "You are a client." });

describe("agents-realtime with the local engines", () => {
  let server;
  before(async () => (server = await startServer()));
  after(() => server.close());

  test("written and spoken turns reach the history in their order", async (t) => {
    const config = { audio: { input: { ...HEARING, turnDetection: PATIENT } } };
    const talk = await new AgentTalk(client(), server.url, { config }).begin(t);
    talk.session.sendMessage("Hello, I am your coach.");
    const greeting = await talk.done(0);
    assert.equal(greeting.status, "completed");
    const greeted = talk.sound.splice(0);
    assert.ok(loudness(greeted) > 0.01, `it is silent: ${loudness(greeted)}`);

    await talk.askAloud("begin");
    const answer = await talk.done(1);
    const history = await talk.until("the transcript", () => {
      // What was not understood is a message without words.
      const messages = talk.messages().filter(([, words]) => words);
      return messages.length === 4 && messages[3][2] === "completed" && messages;
    });
    assert.deepEqual(
      history.map(([role]) => role),
      ["user", "assistant", "user", "assistant"],
    );
    assert.equal(history[0][1], "Hello, I am your coach.");
    assert.equal(history[1][1], greeting.output[0].content[0].transcript);
    assert.ok(likeness(wordsOf("begin"), history[2][1]) >= 0.75, history[2][1]);
    assert.equal(history[3][1], answer.output[0].content[0].transcript);
    assert.ok(loudness(talk.sound) > 0.01);
    talk.finish();
  });
});

describe("agents-realtime with stand-ins", () => {
  let server;
  before(async () => (server = await startServer({ flags: [...EARS, "--llm-engine", "standin"] })));
  after(() => server.close());

  test("speaking over the answer cuts it in the history", async (t) => {
    const config = { audio: { input: { ...HEARING, turnDetection: PATIENT } } };
    const talk = await new AgentTalk(client(), server.url, { config }).begin(t);
    let interrupted = 0;
    talk.session.on("audio_interrupted", () => (interrupted += 1));
    // The stand-in's second answer is the long one.
    const content = [{ type: "input_text", text: "Hello" }];
    const item = { type: "message", role: "user", content };
    talk.transport.sendEvent({ type: "conversation.item.create", item });
    talk.session.sendMessage("Tell me more.");
    await talk.until("sound", () => talk.sound.length > 0);
    await talk.microphone().speak(pcm("goal"));
    const cut = await talk.done(0);
    assert.deepEqual([cut.status, cut.status_details.reason], ["cancelled", "turn_detected"]);
    assert.ok(interrupted > 0, "the application was told to stop its playback");
    const truncated = await talk.until("truncation", () => talk.of("conversation.item.truncated")[0]);
    assert.equal(truncated.item_id, cut.output[0].id);
    assert.ok(truncated.audio_end_ms > 0 && truncated.audio_end_ms < 3000, truncated.audio_end_ms);
    const answer = await talk.done(1);
    assert.equal(answer.status, "completed");
    const history = await talk.until("the history", () => {
      const messages = talk.messages();
      const settled = messages.length === 5 && messages[4][2] === "completed";
      return settled && messages[3][1] && messages[2][2] === "incomplete" && messages;
    });
    const heard = history[2][1];
    assert.ok(heard && LONG.startsWith(heard) && heard !== LONG, `heard: ${heard}`);
    assert.equal(history[3][1], "What would you like to talk about today?");
    talk.finish();
  });

  test("what changes in mid-session holds from then on", async (t) => {
    const talk = await new AgentTalk(client(), server.url).begin(t);
    talk.session.sendMessage("Hello");
    await talk.until("sound", () => talk.sound.length > 0);
    const updates = talk.of("session.updated").length;
    const other = new RealtimeAgent({ name: "Other", instructions: "You are somebody else." });
    await talk.session.updateAgent(other);
    talk.transport.updateSessionConfig({ outputModalities: ["text"] });
    const { session } = await talk.until("the update", () => talk.of("session.updated")[updates + 1]);
    assert.deepEqual(session.output_modalities, ["text"]);
    assert.match(talk.of("session.updated")[updates].session.instructions, /somebody else/);
    const spoken = await talk.done(0);
    assert.equal(spoken.status, "completed");
    talk.session.sendMessage("And now?");
    const written = await talk.done(1);
    assert.equal(written.output[0].content[0].type, "output_text");
    assert.ok(written.output[0].content[0].text);
    talk.finish();
  });

  test("an interruption by the application ends the answer", async (t) => {
    const talk = await new AgentTalk(client(), server.url).begin(t);
    talk.session.sendMessage("Hello");
    await talk.until("sound", () => talk.sound.length > 10);
    talk.session.interrupt();
    const cut = await talk.done(0);
    assert.equal(cut.status, "cancelled");
    assert.equal(cut.status_details.reason, "client_cancelled");
    await talk.until("truncation", () => talk.of("conversation.item.truncated")[0]);
    talk.session.sendMessage("Go on");
    assert.equal((await talk.done(1)).status, "completed");
    talk.finish();
  });
});

describe("agents-realtime with a language model that calls functions", () => {
  let server, chat;
  before(async () => {
    chat = await startChat({ day: "Tuesday" });
    const model = ["--llm-engine", "openai", "--llm-base-url", chat.url, "--llm-model", "m"];
    server = await startServer({ flags: [...EARS, ...model] });
  });
  after(async () => {
    await server.close();
    chat.close();
  });

  test("a function runs and its result is spoken of", async (t) => {
    const asked = [];
    const calendar = tool({
      name: "calendar",
      description: "What stands in the calendar on a day.",
      parameters: z.object({ day: z.string() }),
      execute: async ({ day }) => {
        asked.push(day);
        return "a walk at noon";
      },
    });
    const agent = new RealtimeAgent({ name: "Client", instructions: "Help.", tools: [calendar] });
    const talk = await new AgentTalk(agent, server.url).begin(t);
    talk.session.sendMessage("What do I do on Tuesday?");
    const call = (await talk.done(0)).output[0];
    assert.deepEqual(
      [call.type, call.name, call.arguments, call.status],
      ["function_call", "calendar", '{"day":"Tuesday"}', "completed"],
    );
    const answer = await talk.done(1);
    assert.deepEqual(asked, ["Tuesday"]);
    assert.equal(answer.output[0].content[0].transcript, "I heard a walk at noon.");
    assert.ok(loudness(talk.sound) > 0.05);

    const { messages } = chat.requests.at(-1);
    assert.equal(messages.at(-1).role, "tool");
    assert.equal(messages.at(-1).tool_call_id, messages.at(-2).tool_calls[0].id);
    const called = talk.session.history.find((item) => item.type === "function_call");
    assert.deepEqual([called.status, called.output], ["completed", "a walk at noon"]);
    talk.finish();
  });
});

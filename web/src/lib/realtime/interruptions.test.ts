import { beforeEach, describe, expect, it } from "vitest";
import type { ClientEvent, ServerEvent } from "./events.ts";
import { Interruptions, type Voice } from "./interruptions.ts";

class FakeVoice implements Voice {
  did: string[] = [];
  heard: { item: string; ms: number }[] = [];
  push(item: string) {
    this.did.push(`push ${item}`);
  }
  finish(item: string) {
    this.did.push(`finish ${item}`);
  }
  pause() {
    this.did.push("pause");
  }
  resume() {
    this.did.push("resume");
  }
  clear() {
    this.did.push("clear");
    return Promise.resolve(this.heard);
  }
}

describe("Interruptions", () => {
  let voice: FakeVoice;
  let sent: ClientEvent[];
  let page: Interruptions;

  beforeEach(() => {
    voice = new FakeVoice();
    sent = [];
    page = new Interruptions(voice, (event) => sent.push(event));
  });

  const delta = (item_id: string): ServerEvent => ({
    type: "response.output_audio.delta",
    response_id: "r1",
    item_id,
    delta: "AAA=",
  });
  const ours: ServerEvent = {
    type: "session.updated",
    session: { id: "s", model: "m", include: ["praxiloom.events"], expires_at: null },
  };
  const speech: ServerEvent = { type: "input_audio_buffer.speech_started", item_id: "u" };
  const cancelled: ServerEvent = {
    type: "response.done",
    response_id: "r1",
    status: "cancelled",
    reason: "turn_detected",
  };

  it("falls silent when speech starts on a server that leaves it to the page", async () => {
    page.receive(delta("c1"));
    voice.heard = [{ item: "c1", ms: 420 }];
    page.receive(speech);
    await Promise.resolve();
    expect(voice.did).toEqual(["push c1", "clear"]);
    expect(sent).toEqual([
      { type: "conversation.item.truncate", item_id: "c1", content_index: 0, audio_end_ms: 420 },
    ]);
  });

  it("leaves the decision to a server that speaks our events: a cough only pauses", () => {
    page.receive(ours);
    page.receive(delta("c1"));
    page.receive(speech);
    page.receive({ type: "praxiloom.turn", state: "client_paused" });
    page.receive({ type: "praxiloom.turn", state: "client_speaking" });
    expect(voice.did).toEqual(["push c1", "pause", "resume"]);
    expect(sent).toEqual([]);
  });

  it("reports what was heard when the server cancels, and plays nothing that comes late", async () => {
    page.receive(ours);
    page.receive(delta("c1"));
    voice.heard = [{ item: "c1", ms: 900 }];
    page.receive(cancelled);
    page.receive(delta("c1"));
    await Promise.resolve();
    expect(voice.did).toEqual(["push c1", "clear"]);
    expect(sent).toHaveLength(1);
  });

  it("cuts an answer that is complete but still sounding", async () => {
    page.receive(ours);
    page.receive(delta("c1"));
    page.receive({ type: "response.output_audio.done", response_id: "r1", item_id: "c1" });
    page.receive({
      type: "response.done",
      response_id: "r1",
      status: "completed",
      reason: undefined,
    });
    page.moved("c1");
    voice.heard = [{ item: "c1", ms: 1_500 }];
    page.receive({ type: "praxiloom.turn", state: "coach_speaking" });
    await Promise.resolve();
    expect(sent).toMatchObject([{ audio_end_ms: 1_500 }]);
  });

  it("sends no truncation when everything was heard", async () => {
    page.receive(ours);
    page.receive(delta("c1"));
    page.moved(null);
    page.receive({ type: "praxiloom.turn", state: "coach_speaking" });
    await Promise.resolve();
    expect(voice.did).not.toContain("clear");
    expect(sent).toEqual([]);
  });

  it("does not cut again for the server's own word of the truncation", async () => {
    page.receive(delta("c1"));
    page.receive(speech);
    await Promise.resolve();
    page.receive({ type: "conversation.item.truncated", item_id: "c1", audio_end_ms: 3 });
    expect(voice.did.filter((what) => what === "clear")).toHaveLength(1);
  });
});

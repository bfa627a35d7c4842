/** A live session as the screens see it: its state made reactive, its microphone and levels at hand. */

import { type Client, getIceServers } from "../api.ts";
import { LevelReader, meter } from "../audio/level.ts";
import { Microphone } from "../audio/microphone.ts";
import type { Output } from "../audio/output.ts";
import { FaultError } from "../faults/fault.ts";
import { choose, wantedTransport } from "../realtime/connect.ts";
import { createSecret } from "../realtime/secret.ts";
import { openWebRtc } from "../realtime/webrtc.ts";
import { openWebSocket } from "../realtime/websocket.ts";
import { Scope } from "../scope.ts";
import { LiveSession, type Snapshot } from "./session.ts";

const WAYS = [
  { kind: "webrtc", open: openWebRtc },
  { kind: "websocket", open: openWebSocket },
] as const;

export class Practice {
  readonly session: LiveSession;
  snapshot: Snapshot = $state.raw() as Snapshot;
  #listening = new Scope();
  #reader: LevelReader | null = null;

  constructor(
    readonly client: Client,
    output: Output,
    microphone: Microphone | null,
  ) {
    this.session = new LiveSession(
      {
        ways: choose([...WAYS], wantedTransport(window.location.search)),
        createSecret,
        iceServers: getIceServers,
        output,
        now: () => performance.now(),
        random: Math.random,
        newId: newItemId,
      },
      client,
      (snapshot) => (this.snapshot = snapshot),
    );
    this.snapshot = this.session.snapshot;
    this.#measure(output, microphone);
    this.session.start(microphone);
  }

  /** How loud both sides are, 0 to 1, for the picture. */
  levels(): { coach: number; client: number } {
    const coach = this.#reader && !this.snapshot.muted ? meter(this.#reader.read().rms) : 0;
    return { coach, client: this.session.outputLevel() };
  }

  /** After the microphone was lost: opens whichever there is now. */
  async reopenMicrophone(output: Output): Promise<void> {
    try {
      const microphone = await Microphone.open();
      this.#measure(output, microphone);
      await this.session.use(microphone);
    } catch (error) {
      this.session.microphoneFailed(error instanceof FaultError ? error.fault : "unsupported");
    }
  }

  close(): void {
    this.#listening.end();
    this.session.close();
  }

  #measure({ audio }: Output, microphone: Microphone | null): void {
    this.#listening.end();
    this.#listening = new Scope();
    this.#reader = null;
    if (!microphone) return;
    const reader = new LevelReader(audio);
    const source = audio.createMediaStreamSource(microphone.stream);
    source.connect(reader.node);
    this.#listening.add(() => source.disconnect());
    this.#reader = reader;
  }
}

/** `randomUUID` exists in secure contexts only, and typed sessions work outside them too. */
function newItemId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `item_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

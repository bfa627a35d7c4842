/** A live session as the screens see it: its state made reactive, its microphone and levels at hand. */

import { type Client, getIceServers } from "../api.ts";
import { LevelReader, meter } from "../audio/level.ts";
import { Microphone } from "../audio/microphone.ts";
import type { Output } from "../audio/output.ts";
import { type Fault, FaultError } from "../faults/fault.ts";
import { browserOf } from "../faults/words.ts";
import { choose, wantedTransport } from "../realtime/connect.ts";
import { hangUp } from "../realtime/hangup.ts";
import { createSecret } from "../realtime/secret.ts";
import { openWebRtc } from "../realtime/webrtc.ts";
import { openWebSocket } from "../realtime/websocket.ts";
import { Scope } from "../scope.ts";
import type { Drafts } from "./drafts.ts";
import { draftsOf, forgetRunning, keepDrafts, keepRunning, type Running } from "./running.ts";
import { LiveSession } from "./session.ts";
import type { Snapshot } from "./snapshot.ts";
import { standingOf } from "./standing.ts";
import { onWakeUp } from "./wakeups.ts";

const WAYS = [
  { kind: "webrtc", open: openWebRtc },
  { kind: "websocket", open: openWebSocket },
] as const;

/** How a session begins, or goes on. */
export interface Beginning {
  output: Output;
  microphone: Microphone | null;
  /** Why there is none, where one was wanted. */
  missing: Fault | null;
  /** The session that was running when the page was left. */
  running: Running | null;
}

export class Practice {
  readonly session: LiveSession;
  snapshot: Snapshot = $state.raw() as Snapshot;
  #listening = new Scope();
  #kept = "";
  #drafts: Drafts;
  #reader: LevelReader | null = null;

  constructor(
    readonly client: Client,
    { output, microphone, missing, running }: Beginning,
  ) {
    this.session = new LiveSession(
      {
        ways: choose([...WAYS], wantedTransport(window.location.search), {
          hostname: window.location.hostname,
          browser: browserOf(navigator.userAgent, navigator.maxTouchPoints),
        }),
        createSecret,
        iceServers: () => Promise.race([getIceServers(), noneAfter(ICE_MS)]),
        standingOf,
        hangUp,
        onWakeUp,
        output,
        now: () => performance.now(),
        random: Math.random,
        newId: newItemId,
      },
      client,
      (snapshot) => this.#changed(snapshot),
      running && {
        ...running,
        startedAt: running.startedAt - pageOpenedAt(),
        drafts: draftsOf(running.session),
      },
    );
    this.snapshot = this.session.snapshot;
    this.#drafts = this.snapshot.drafts;
    this.#measure(output, microphone);
    this.session.start(microphone);
    if (missing) this.session.microphoneFailed(missing);
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

  #changed(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    const { stage, sessionId, startedAt, transport, drafts } = snapshot;
    // Whatever became of it, this tab has no more to do with it.
    if (stage === "ended") return forgetRunning();
    if (sessionId !== null && drafts !== this.#drafts) {
      this.#drafts = drafts;
      keepDrafts(sessionId, drafts);
    }
    if (stage !== "live" || sessionId === null || startedAt === null) return;
    const spoken = snapshot.microphone !== "none";
    const what = [sessionId, startedAt, transport, spoken].join();
    if (what === this.#kept) return;
    this.#kept = what;
    const running = { session: sessionId, client: this.client.id, spoken, transport };
    keepRunning({ ...running, startedAt: startedAt + pageOpenedAt() });
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

/** In milliseconds since 1970, counted back from now: a page's own clock may stand still in sleep. */
function pageOpenedAt(): number {
  return Date.now() - performance.now();
}

/** Most networks need no such servers: a slow answer is not waited for. */
const ICE_MS = 3_000;

function noneAfter(milliseconds: number): Promise<RTCIceServer[]> {
  return new Promise((resolve) => new Scope().after(milliseconds, () => resolve([])));
}

/** `randomUUID` exists in secure contexts only, and typed sessions work outside them too. */
function newItemId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `item_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

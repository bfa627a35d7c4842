/** One practice session of the page: connects, reconnects, and keeps what was said across both. */

import type { Client } from "../api.ts";
import type { Microphone } from "../audio/microphone.ts";
import type { Output } from "../audio/output.ts";
import {
  type Fault,
  FaultError,
  faultOfNotice,
  faultOfProtocolError,
  isPassing,
} from "../faults/fault.ts";
import { ATTEMPTS, backoff } from "../realtime/backoff.ts";
import { connect, type Way } from "../realtime/connect.ts";
import { type ClientEvent, type ServerEvent, sessionRequest } from "../realtime/events.ts";
import type { createSecret } from "../realtime/secret.ts";
import type { Transport, TransportKind } from "../realtime/transport.ts";
import { Scope } from "../scope.ts";
import { type Conversation, EMPTY, newTurn, settled, withTurn } from "./conversation.ts";
import { reduce } from "./reduce.ts";
import { replay } from "./replay.ts";

export interface Snapshot {
  stage: "connecting" | "live" | "reconnecting" | "ended" | "failed";
  /** Why it is reconnecting, failed, or ended before its time. */
  fault: Fault | null;
  transport: TransportKind | null;
  attempt: number;
  conversation: Conversation;
  muted: boolean;
  microphone: "on" | "none" | Fault;
  audioBlocked: boolean;
  /** The turn that is being corrected; the server waits with its answer. */
  holding: string | null;
  startedAt: number | null;
  endedAt: number | null;
}

/** What a session takes from the world around it. */
export interface World {
  ways: Way[];
  createSecret: typeof createSecret;
  iceServers: () => Promise<RTCIceServer[]>;
  output: Output;
  now: () => number;
  random: () => number;
  newId: () => string;
}

/** Errors that only say that two things happened at once; the page need not show them. */
const HARMLESS = ["response_cancel_not_active", "conversation_already_has_active_response"];

export class LiveSession {
  snapshot: Snapshot;
  readonly #scope = new Scope();
  #connection = new Scope();
  #transport: Transport | null = null;
  #microphone: Microphone | null = null;
  #resume: (() => Promise<void>) | null = null;
  #response: string | null = null;
  #stopping = false;

  constructor(
    readonly world: World,
    readonly client: Client,
    readonly changed: (snapshot: Snapshot) => void,
  ) {
    this.snapshot = {
      stage: "connecting",
      fault: null,
      transport: null,
      attempt: 0,
      conversation: EMPTY,
      muted: false,
      microphone: "none",
      audioBlocked: false,
      holding: null,
      startedAt: null,
      endedAt: null,
    };
  }

  start(microphone: Microphone | null): void {
    this.#adopt(microphone);
    this.#scope.listen(window, "online", () => {
      if (this.snapshot.stage === "reconnecting") void this.#connect();
    });
    void this.#connect();
  }

  /** From a failed state, or earlier than the next attempt was due. */
  retry(): void {
    this.#set({
      attempt: 0,
      stage: this.snapshot.startedAt === null ? "connecting" : "reconnecting",
    });
    void this.#connect();
  }

  end(): void {
    this.#finish(null);
  }

  close(): void {
    this.#connection.end();
    this.#scope.end();
    this.#microphone?.close();
  }

  say(text: string): void {
    const words = text.trim();
    if (!words || this.snapshot.stage !== "live") return;
    const id = this.world.newId();
    if (this.#response) this.#send({ type: "response.cancel", response_id: this.#response });
    this.#transport?.interrupt();
    this.#send({
      type: "conversation.item.create",
      item: { id, type: "message", role: "user", content: [{ type: "input_text", text: words }] },
    });
    this.#send({ type: "response.create" });
    this.#turns(id, { ...newTurn(id, "coach"), text: words, typed: true, certainty: "final" });
  }

  hold(id: string): void {
    this.#set({ holding: id });
    this.#send({ type: "praxiloom.turn.hold", item_id: id });
  }

  correct(id: string, text: string): void {
    const transcript = text.trim();
    if (!transcript) return this.release(id);
    this.#set({ holding: null });
    this.#send({ type: "praxiloom.turn.correct", item_id: id, transcript });
    this.#turns(id, { text: transcript, unstable: "", certainty: "final", corrected: true });
  }

  release(id: string): void {
    this.#set({ holding: null });
    this.#send({ type: "praxiloom.turn.release", item_id: id });
  }

  mute(muted: boolean): void {
    this.#microphone?.mute(muted);
    this.#set({ muted });
  }

  /** Changes to another microphone, or to none. */
  async use(microphone: Microphone | null): Promise<void> {
    this.#microphone?.close();
    this.#adopt(microphone);
    await this.#transport?.useMicrophone(microphone?.stream ?? null);
  }

  microphoneFailed(fault: Fault): void {
    this.#set({ microphone: fault });
  }

  /** After "Tap to hear": runs inside the tap. */
  async hear(): Promise<void> {
    await this.#resume?.();
    this.#set({ audioBlocked: false });
  }

  outputLevel(): number {
    return this.#transport?.outputLevel() ?? 0;
  }

  dismissNotice(): void {
    this.#set({ conversation: { ...this.snapshot.conversation, notice: null } });
  }

  async #connect(): Promise<void> {
    this.#connection.end();
    const connection = this.#scope.child();
    this.#connection = connection;
    this.#stopping = false;
    this.#response = null;
    const abort = new AbortController();
    connection.add(() => abort.abort());
    const session = sessionRequest(this.client.id, this.client.language);
    try {
      const [secret, iceServers] = await Promise.all([
        this.world.createSecret(session, abort.signal),
        this.world.iceServers(),
      ]);
      const transport = await connect(this.world.ways, {
        secret: secret.value,
        model: secret.model,
        session,
        iceServers,
        microphone: this.#microphone?.stream ?? null,
        ...this.world.output,
        signal: abort.signal,
        hooks: {
          event: (event) => this.#receive(event),
          down: (fault) => this.#down(connection, fault),
          blocked: (resume) => {
            this.#resume = resume;
            this.#set({ audioBlocked: resume !== null });
          },
        },
      });
      connection.add(() => transport.close());
      if (connection.ended) return;
      this.#opened(transport);
    } catch (error) {
      if (connection.ended) return;
      this.#down(connection, error instanceof FaultError ? error.fault : "transports-failed");
    }
  }

  #opened(transport: Transport): void {
    this.#transport = transport;
    const again = this.snapshot.startedAt !== null;
    this.#send({
      type: "session.update",
      session: sessionRequest(this.client.id, this.client.language),
    });
    if (again) replay(this.snapshot.conversation.turns).forEach((event) => this.#send(event));
    this.#set({
      stage: "live",
      fault: null,
      attempt: 0,
      transport: transport.kind,
      startedAt: this.snapshot.startedAt ?? this.world.now(),
    });
  }

  #receive(event: ServerEvent): void {
    if (event.type === "response.created") this.#response = event.response_id;
    if (event.type === "response.done") this.#response = null;
    if (event.type === "praxiloom.notice" && faultOfNotice(event.code)) this.#stopping = true;
    if (event.type === "error") return this.#refused(event.code, event.message);
    this.#set({ conversation: reduce(this.snapshot.conversation, event) });
    // What was cut is asked for again, in case the server does not announce what was heard.
    if (event.type === "conversation.item.truncated") {
      this.#send({ type: "conversation.item.retrieve", item_id: event.item_id });
    }
  }

  #refused(code: string | undefined, message: string): void {
    const fault = faultOfProtocolError(code);
    if (fault) return this.#finish(fault);
    if (code && HARMLESS.includes(code)) return;
    const notice = { code: code ?? "error", message };
    this.#set({ conversation: { ...this.snapshot.conversation, notice } });
  }

  #down(connection: Scope, fault: Fault | null): void {
    if (connection !== this.#connection || this.#over) return;
    connection.end();
    this.#transport = null;
    this.#set({ audioBlocked: false, conversation: settled(this.snapshot.conversation) });
    if (fault === null && !this.#stopping) return this.#finish(null);
    const cause = this.#stopping ? "server-stopping" : (fault ?? "network-lost");
    const { startedAt, attempt } = this.snapshot;
    // A network that is down fails both transports; only in the first attempt is that a verdict.
    const again = isPassing(cause) || cause === "transports-failed";
    if (startedAt === null || !again || attempt >= ATTEMPTS) {
      return this.#set({ stage: "failed", fault: cause, holding: null });
    }
    // Whether the network or the server is away cannot be told from here: what was known first stands.
    const away = cause === "transports-failed" || cause === "server-unreachable";
    const shown = away ? (this.snapshot.fault ?? "network-lost") : cause;
    this.#set({ stage: "reconnecting", fault: shown, attempt: attempt + 1, holding: null });
    this.#connection = this.#scope.child();
    this.#connection.after(backoff(attempt, this.world.random()), () => void this.#connect());
  }

  #finish(fault: Fault | null): void {
    if (this.#over) return;
    const conversation = settled(this.snapshot.conversation);
    this.#set({ stage: "ended", fault, holding: null, endedAt: this.world.now(), conversation });
    this.close();
  }

  get #over(): boolean {
    return this.snapshot.stage === "ended";
  }

  #adopt(microphone: Microphone | null): void {
    this.#microphone = microphone;
    microphone?.mute(this.snapshot.muted);
    microphone?.onLost(() => this.#set({ microphone: "microphone-lost" }));
    this.#set({ microphone: microphone ? "on" : "none" });
  }

  #turns(id: string, change: Partial<Conversation["turns"][number]>): void {
    const { conversation } = this.snapshot;
    const turns = withTurn(conversation.turns, id, "coach", () => change);
    this.#set({ conversation: { ...conversation, turns } });
  }

  #send(event: ClientEvent): void {
    this.#transport?.send(event);
  }

  #set(change: Partial<Snapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    this.changed(this.snapshot);
  }
}

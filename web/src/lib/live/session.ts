/** One practice session of the page: connects, and after every break goes on with the same session. */

import type { Client } from "../api.ts";
import type { Microphone } from "../audio/microphone.ts";
import {
  type Fault,
  FaultError,
  faultOfNotice,
  faultOfProtocolError,
  isParting,
  isPassing,
} from "../faults/fault.ts";
import { ATTEMPTS, backoff } from "../realtime/backoff.ts";
import { connect, prefer } from "../realtime/connect.ts";
import { type ClientEvent, type ServerEvent, sessionRequest } from "../realtime/events.ts";
import type { Transport, TransportKind } from "../realtime/transport.ts";
import { Scope } from "../scope.ts";
import { type Conversation, EMPTY, newTurn, settled, type Turn, withTurn } from "./conversation.ts";
import { reduce } from "./reduce.ts";
import { unheard } from "./restore.ts";
import type { World } from "./world.ts";

export interface Snapshot {
  stage: "connecting" | "live" | "reconnecting" | "ended" | "failed";
  /** Why it is reconnecting, failed, or ended before its time. */
  fault: Fault | null;
  transport: TransportKind | null;
  /** The server's name for the session, once it has one. */
  sessionId: string | null;
  /** Another way for the same connection is being looked for. */
  mending: boolean;
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

/** A session that was begun before this page was loaded. */
export interface Earlier {
  session: string;
  startedAt: number;
  transport: TransportKind | null;
}

/** Errors that only say that two things happened at once; the page need not show them. */
const HARMLESS = ["response_cancel_not_active", "conversation_already_has_active_response"];

/** A server that takes the connection but never gives the session back is as good as none. */
const RESTORING_MS = 6_000;
/** So long without a word from the server, it is asked whether it is there: a way can die silently. */
const SILENCE_MS = 15_000;
/** So long the server may take to admit a session. */
const ASKING_MS = 5_000;
/** So long the server's answer to a farewell is waited for. */
const FAREWELL_MS = 1_500;
/** Several signs of one awakening come within this time. */
const SAME_WAKING_MS = 1_000;

export class LiveSession {
  snapshot: Snapshot;
  readonly #scope = new Scope();
  #connection = new Scope();
  #transport: Transport | null = null;
  #microphone: Microphone | null = null;
  #hear: (() => Promise<void>) | null = null;
  #response: string | null = null;
  /** Why the server said that it will close the connection. */
  #announced: Fault | null = null;
  /** The running connection has been given its session back. */
  #resumed = false;
  /** What the page showed before the session's items took its place. */
  #before: Turn[] | null = null;
  #attemptedAt = 0;
  #heardAt = 0;

  constructor(
    readonly world: World,
    readonly client: Client,
    readonly changed: (snapshot: Snapshot) => void,
    earlier: Earlier | null = null,
  ) {
    this.snapshot = {
      stage: "connecting",
      fault: null,
      transport: earlier?.transport ?? null,
      sessionId: earlier?.session ?? null,
      mending: false,
      attempt: 0,
      conversation: EMPTY,
      muted: false,
      microphone: "none",
      audioBlocked: false,
      holding: null,
      startedAt: earlier?.startedAt ?? null,
      endedAt: null,
    };
  }

  start(microphone: Microphone | null): void {
    this.#adopt(microphone);
    this.world.onWakeUp(this.#scope, () => this.#wake());
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

  /** The person ends the session. The server is told before the connection closes, which alone
   * would look like a loss. */
  end(): void {
    const { sessionId } = this.snapshot;
    if (sessionId === null || this.#over) return this.#finish(null);
    this.#ended(null);
    this.#microphone?.close();
    this.#scope.after(FAREWELL_MS, () => this.close());
    void this.world.hangUp(sessionId).then(() => this.close());
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
    this.#write(id, words);
    this.#send({ type: "response.create" });
    this.#turns(id, { ...newTurn(id, "coach"), text: words, typed: true, certainty: "final" });
    // Whoever only types sends nothing else by which a dead connection would show.
    this.#transport?.check();
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
    await this.#hear?.();
    this.#set({ audioBlocked: false });
  }

  outputLevel(): number {
    return this.#transport?.outputLevel() ?? 0;
  }

  dismissNotice(): void {
    this.#set({ conversation: { ...this.snapshot.conversation, notice: null } });
  }

  /** Begins the session, or goes on with it if it has begun. */
  async #connect(): Promise<void> {
    this.#connection.end();
    const connection = this.#scope.child();
    this.#connection = connection;
    this.#announced = null;
    this.#response = null;
    this.#resumed = false;
    this.#before = null;
    this.#attemptedAt = this.world.now();
    const abort = new AbortController();
    connection.add(() => abort.abort());
    const session = sessionRequest(this.client.id, this.client.language);
    const { sessionId: resume, transport: last } = this.snapshot;
    let reached = false;
    // A request on a way that died silently would wait for minutes.
    const asked = connection.after(ASKING_MS, () => abort.abort());
    try {
      const [secret, iceServers] = await Promise.all([
        this.world.createSecret(session, abort.signal),
        this.world.iceServers(),
      ]);
      reached = true;
      asked();
      const transport = await connect(prefer(this.world.ways, last), {
        secret: secret.value,
        model: secret.model,
        resume,
        session,
        iceServers,
        microphone: this.#microphone?.stream ?? null,
        ...this.world.output,
        signal: abort.signal,
        hooks: {
          event: (event) => {
            this.#heardAt = this.world.now();
            if (!connection.ended && !this.#over) this.#receive(event);
          },
          down: (fault) => this.#down(connection, fault),
          blocked: (hear) => {
            this.#hear = hear;
            this.#set({ audioBlocked: hear !== null });
          },
          mending: (mending) => this.#set({ mending }),
        },
      });
      connection.add(() => transport.close());
      if (connection.ended) return;
      this.#watch(connection, transport);
      this.#opened(connection, transport, resume);
    } catch (error) {
      if (connection.ended) return;
      const over = reached && resume !== null && (await this.world.standingOf(resume)) === "over";
      if (connection.ended) return;
      if (over) return this.#finish("session-over");
      this.#down(connection, error instanceof FaultError ? error.fault : "transports-failed");
    }
  }

  #opened(connection: Scope, transport: Transport, resume: string | null): void {
    this.#transport = transport;
    if (resume === null) {
      const session = sessionRequest(this.client.id, this.client.language);
      this.#send({ type: "session.update", session });
    } else if (!this.#resumed) {
      // The session is there once the server has said so.
      connection.after(RESTORING_MS, () => {
        if (!this.#resumed) this.#down(connection, "network-lost");
      });
      return;
    }
    this.#live(transport);
    this.#sayAgain();
  }

  #watch(connection: Scope, transport: Transport): void {
    connection.every(SILENCE_MS / 3, () => {
      if (this.world.now() - this.#heardAt < SILENCE_MS) return;
      this.#heardAt = this.world.now();
      transport.check();
    });
  }

  #live({ kind }: Transport): void {
    const startedAt = this.snapshot.startedAt ?? this.world.now();
    this.#set({ stage: "live", fault: null, attempt: 0, transport: kind, startedAt });
  }

  /** The page was asleep, or its network changed. */
  #wake(): void {
    if (this.snapshot.stage === "live") return this.#transport?.check();
    const awake = this.world.now() - this.#attemptedAt > SAME_WAKING_MS;
    if (this.snapshot.stage === "reconnecting" && awake) void this.#connect();
  }

  #receive(event: ServerEvent): void {
    if (event.type === "response.created") this.#response = event.response_id;
    if (event.type === "response.done") this.#response = null;
    if (event.type === "praxiloom.notice") {
      this.#announced = faultOfNotice(event.code) ?? this.#announced;
    }
    if (event.type === "error") return this.#refused(event.code, event.message);
    const before = this.snapshot.conversation;
    const conversation = reduce(before, event);
    this.#set({ conversation });
    if (event.type === "session.created") this.#named(event.session.id);
    if (event.type === "praxiloom.session.resumed") this.#goOn(event.at_ms);
    const restoring = before.restoring ?? event.type === "praxiloom.session.resumed";
    if (restoring && !conversation.restoring) {
      this.#before = before.turns;
      this.#sayAgain();
    }
    // What was cut is asked for again, in case the server does not announce what was heard.
    if (event.type === "conversation.item.truncated") {
      this.#send({ type: "conversation.item.retrieve", item_id: event.item_id });
    }
  }

  #named(id: string): void {
    // A server that begins another session instead does not know this one.
    if (id !== (this.snapshot.sessionId ?? id)) return this.#finish("session-over");
    this.#set({ sessionId: id });
  }

  /** The server's clock is the session's: the page's may have stood still. */
  #goOn(atMs: number): void {
    this.#resumed = true;
    this.#set({ startedAt: this.world.now() - atMs });
    if (this.#transport) this.#live(this.#transport);
  }

  /** What was typed as the connection broke is said now. */
  #sayAgain(): void {
    // Over WebSocket the items may be here before the sound is ready.
    if (!this.#before || !this.#transport) return;
    const { conversation } = this.snapshot;
    const lost = unheard(this.#before, conversation.turns);
    this.#before = null;
    if (lost.length === 0) return;
    for (const { id, text } of lost) this.#write(id, text);
    this.#send({ type: "response.create" });
    this.#set({ conversation: { ...conversation, turns: [...conversation.turns, ...lost] } });
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
    const conversation = settled(this.snapshot.conversation);
    this.#set({ audioBlocked: false, mending: false, conversation });
    // Whoever took the session up elsewhere wants it there, and whoever ended it wants it ended.
    if (isParting(this.#announced)) return this.#finish(this.#announced);
    if (fault === null && this.#announced === null) return this.#finish(null);
    const cause = this.#announced ?? fault ?? "network-lost";
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
    this.#ended(fault);
    this.close();
  }

  #ended(fault: Fault | null): void {
    const conversation = settled(this.snapshot.conversation);
    this.#set({ stage: "ended", fault, holding: null, endedAt: this.world.now(), conversation });
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

  #turns(id: string, change: Partial<Turn>): void {
    const { conversation } = this.snapshot;
    const turns = withTurn(conversation.turns, id, "coach", () => change);
    this.#set({ conversation: { ...conversation, turns } });
  }

  #write(id: string, text: string): void {
    const content: { type: "input_text"; text: string }[] = [{ type: "input_text", text }];
    this.#send({
      type: "conversation.item.create",
      item: { id, type: "message", role: "user", content },
    });
  }

  #send(event: ClientEvent): void {
    this.#transport?.send(event);
  }

  #set(change: Partial<Snapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    this.changed(this.snapshot);
  }
}

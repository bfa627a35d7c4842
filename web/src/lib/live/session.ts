/** One practice session of the page: connects, and after every break goes on with the same session. */

import type { Client } from "../api.ts";
import type { Microphone } from "../audio/microphone.ts";
import { type Fault, faultOfProtocolError, isParting, isPassing } from "../faults/fault.ts";
import { ATTEMPTS, backoff } from "../realtime/backoff.ts";
import type { ClientEvent, ServerEvent, SessionInfo } from "../realtime/events.ts";
import type { Transport, TransportKind } from "../realtime/transport.ts";
import { Scope } from "../scope.ts";
import { Connection } from "./connection.ts";
import { settled, type Turn, withTurn } from "./conversation.ts";
import { caughtUp, type Drafts, NO_DRAFTS, typedTurn } from "./drafts.ts";
import { noticed, reduce } from "./reduce.ts";
import { unheard } from "./restore.ts";
import { atFirst, type Earlier, type Snapshot } from "./snapshot.ts";
import type { World } from "./world.ts";

/** Errors that only say that two things happened at once; the page need not show them. */
const HARMLESS = ["response_cancel_not_active", "conversation_already_has_active_response"];

/** So long the server's answer to a farewell is waited for. */
const FAREWELL_MS = 1_500;
/** The name of a correction's event, by which its refusal is known. */
const CORRECTION = "correction";
/** Several signs of one awakening come within this time. */
const SAME_WAKING_MS = 1_000;

export class LiveSession {
  snapshot: Snapshot;
  readonly #scope = new Scope();
  /** The connection, or the wait for the next one. */
  #attempt = new Scope();
  #connection: Connection | null = null;
  #microphone: Microphone | null = null;
  #hear: (() => Promise<void>) | null = null;
  /** The key that opened the session last. */
  #secret: string | null = null;
  /** How far the server's clock, in milliseconds since 1970, is ahead of this world's. */
  #ahead: number | null = null;
  /** What the page showed before the session's items took its place. */
  #before: Turn[] | null = null;

  constructor(
    readonly world: World,
    readonly client: Client,
    readonly changed: (snapshot: Snapshot) => void,
    earlier: Earlier | null = null,
  ) {
    this.snapshot = atFirst(earlier);
  }

  start(microphone: Microphone | null): void {
    this.#adopt(microphone);
    this.world.onWakeUp(this.#scope, () => this.#wake());
    this.#connect();
  }

  /** From a failed state, or earlier than the next attempt was due. */
  retry(): void {
    this.#set({
      attempt: 0,
      stage: this.snapshot.startedAt === null ? "connecting" : "reconnecting",
    });
    this.#connect();
  }

  /** The person ends the session. The server is told before the connection closes, which alone
   * would look like a loss. */
  end(): void {
    const { sessionId } = this.snapshot;
    if (sessionId === null || this.#over) return this.#finish(null);
    this.#ended(null);
    this.#microphone?.close();
    this.#scope.after(FAREWELL_MS, () => this.close());
    void this.world.hangUp(sessionId, this.#secret).then(() => this.close());
  }

  close(): void {
    this.#attempt.end();
    this.#scope.end();
    this.#microphone?.close();
  }

  /** The turn that is being typed, as far as it has come. */
  type(turn: string): void {
    this.#draft({ turn });
  }

  say(text: string): void {
    const words = text.trim();
    if (!words || this.snapshot.stage !== "live") return;
    const id = this.world.newId();
    this.#put([typedTurn(id, words)]);
    this.#draft({ turn: "" });
    // Whoever only types sends nothing else by which a dead connection would show.
    this.#transport?.check();
  }

  hold(id: string): void {
    this.#set({ holding: id });
    this.#send({ type: "praxiloom.turn.hold", item_id: id });
  }

  /** The correction of the turn that is held, as far as it has come. */
  revise(text: string): void {
    const { holding } = this.snapshot;
    if (holding !== null) this.#draft({ correcting: { item: holding, text } });
  }

  /** Also while the connection is away: it is sent once the session goes on. */
  correct(id: string, text: string): void {
    const transcript = text.trim();
    if (!transcript) return this.release(id);
    this.#set({ holding: null });
    this.#draft({ correcting: null, sent: { item: id, text: transcript } });
    this.#rewrite(id, transcript);
    this.#transport?.check();
  }

  release(id: string): void {
    this.#set({ holding: null });
    this.#draft({ correcting: null });
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
  #connect(): void {
    this.#attempt.end();
    this.#attempt = this.#scope.child();
    this.#before = null;
    const { sessionId: resume, transport: last } = this.snapshot;
    const microphone = this.#microphone?.stream ?? null;
    const wanted = { client: this.client, resume, last, microphone };
    this.#connection = new Connection(this.world, this.#attempt, wanted, {
      event: (event) => {
        if (!this.#over) this.#receive(event);
      },
      admitted: ({ value, at }) => {
        this.#secret = value;
        this.#ahead = at - this.world.now();
      },
      live: (kind) => this.#live(kind),
      over: () => this.#finish("session-over"),
      down: (fault) => this.#down(fault),
      blocked: (hear) => {
        this.#hear = hear;
        this.#set({ audioBlocked: hear !== null });
      },
      mending: (mending) => this.#set({ mending }),
    });
  }

  #live(transport: TransportKind): void {
    if (this.#over) return;
    const startedAt = this.snapshot.startedAt ?? this.world.now();
    this.#set({ stage: "live", fault: null, attempt: 0, transport, startedAt });
    this.#catchUp();
  }

  /** The page was asleep, or its network changed. */
  #wake(): void {
    if (this.snapshot.stage === "live") return this.#transport?.check();
    const since = this.world.now() - (this.#connection?.begunAt ?? 0);
    if (this.snapshot.stage === "reconnecting" && since > SAME_WAKING_MS) this.#connect();
  }

  #receive(event: ServerEvent): void {
    if (event.type === "error") return this.#refused(event);
    const before = this.snapshot.conversation;
    const conversation = reduce(before, event);
    this.#set({ conversation });
    if (event.type === "session.created") this.#named(event.session);
    // The server's clock is the session's: the page's may have stood still.
    if (event.type === "praxiloom.session.resumed") {
      this.#set({ startedAt: this.world.now() - event.at_ms });
    }
    const restoring = before.restoring ?? event.type === "praxiloom.session.resumed";
    if (restoring && !conversation.restoring) {
      this.#before = before.turns;
      this.#catchUp();
    }
    if (event.type === "conversation.item.input_audio_transcription.completed") {
      const { sent } = this.snapshot.drafts;
      const taken = sent?.item === event.item_id && sent.text === event.transcript.trim();
      if (taken) this.#draft({ sent: null });
    }
    // What was cut is asked for again, in case the server does not announce what was heard.
    if (event.type === "conversation.item.truncated") {
      this.#send({ type: "conversation.item.retrieve", item_id: event.item_id });
    }
  }

  #named({ id, expires_at }: SessionInfo): void {
    // A server that begins another session instead does not know this one.
    if (id !== (this.snapshot.sessionId ?? id)) return this.#finish("session-over");
    const ahead = this.#ahead;
    const told = expires_at !== null && ahead !== null;
    this.#set({ sessionId: id, closesAt: told ? expires_at * 1000 - ahead : null });
  }

  /** What was typed as the connection broke is sent now, and a correction goes on. */
  #catchUp(): void {
    // Over WebSocket the items may be here before the sound is ready.
    if (!this.#before || !this.#transport) return;
    const { turns } = this.snapshot.conversation;
    const lost = unheard(this.#before, turns);
    this.#before = null;
    const known = this.snapshot;
    const { drafts, holding, again, said } = caughtUp(known.drafts, known.holding, turns);
    this.#set({ drafts, holding });
    if (again) this.#rewrite(again.item, again.text);
    if (holding !== null) this.hold(holding);
    const unsaid = [...lost, ...said];
    if (unsaid.length > 0) this.#put(unsaid);
  }

  #refused({ code, message, event_id }: Extract<ServerEvent, { type: "error" }>): void {
    const fault = faultOfProtocolError(code);
    if (fault) return this.#finish(fault);
    if (event_id === CORRECTION) this.#draft({ sent: null });
    if (code && HARMLESS.includes(code)) return;
    const notice = { code: code ?? "error", message };
    this.#set({ conversation: noticed(this.snapshot.conversation, notice) });
  }

  #down(fault: Fault | null): void {
    if (this.#over) return;
    this.#attempt.end();
    const announced = this.#connection?.announced ?? null;
    const conversation = settled(this.snapshot.conversation);
    this.#set({ audioBlocked: false, mending: false, conversation });
    // Whoever took the session up elsewhere wants it there, and whoever ended it wants it ended.
    if (isParting(announced)) return this.#finish(announced);
    if (fault === null && announced === null) return this.#finish(null);
    const cause = announced ?? fault ?? "network-lost";
    const { startedAt, attempt } = this.snapshot;
    // A network that is down fails both transports; only in the first attempt is that a verdict.
    const again = isPassing(cause) || cause === "transports-failed";
    if (startedAt === null || !again || attempt >= ATTEMPTS) {
      return this.#set({ stage: "failed", fault: cause });
    }
    // Whether the network or the server is away cannot be told from here: what was known first stands.
    const away = cause === "transports-failed" || cause === "server-unreachable";
    const shown = away ? (this.snapshot.fault ?? "network-lost") : cause;
    this.#set({ stage: "reconnecting", fault: shown, attempt: attempt + 1 });
    this.#attempt = this.#scope.child();
    this.#attempt.after(backoff(attempt, this.world.random()), () => this.#connect());
  }

  #finish(fault: Fault | null): void {
    if (this.#over) return;
    this.#ended(fault);
    this.close();
  }

  #ended(fault: Fault | null): void {
    const conversation = settled(this.snapshot.conversation);
    const over = { stage: "ended", holding: null, drafts: NO_DRAFTS } as const;
    this.#set({ ...over, fault, endedAt: this.world.now(), conversation });
  }

  get #over(): boolean {
    return this.snapshot.stage === "ended";
  }

  /** What carries the session just now, if anything does. */
  get #transport(): Transport | null {
    const connection = this.#connection;
    return connection && !connection.scope.ended ? connection.transport : null;
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

  /** Typed turns, to be answered. */
  #put(typed: Turn[]): void {
    // Whether the page knows of an answer or not: the client may have begun one just now, and the
    // turn would go without.
    this.#send({ type: "response.cancel" });
    this.#transport?.interrupt();
    for (const turn of typed) {
      const content: { type: "input_text"; text: string }[] = [
        { type: "input_text", text: turn.text },
      ];
      this.#send({
        type: "conversation.item.create",
        item: { id: turn.id, type: "message", role: "user", content },
      });
      this.#turns(turn.id, turn);
    }
    this.#send({ type: "response.create" });
  }

  #rewrite(id: string, transcript: string): void {
    this.#send({
      type: "praxiloom.turn.correct",
      item_id: id,
      transcript,
      event_id: CORRECTION,
    });
    this.#turns(id, { text: transcript, unstable: "", certainty: "final", corrected: true });
  }

  #draft(change: Partial<Drafts>): void {
    this.#set({ drafts: { ...this.snapshot.drafts, ...change } });
  }

  #send(event: ClientEvent): void {
    this.#transport?.send(event);
  }

  #set(change: Partial<Snapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    this.changed(this.snapshot);
  }
}

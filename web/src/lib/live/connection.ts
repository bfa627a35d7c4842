/** One connection of a session, from the request for a secret to its end: what it knew ends with it. */

import type { Client } from "../api.ts";
import { insist } from "../api/insist.ts";
import { type Fault, FaultError, faultOfNotice } from "../faults/fault.ts";
import { connect, prefer } from "../realtime/connect.ts";
import { type ClientEvent, type ServerEvent, sessionRequest } from "../realtime/events.ts";
import type { Secret } from "../realtime/secret.ts";
import type { Transport, TransportHooks, TransportKind } from "../realtime/transport.ts";
import type { Scope } from "../scope.ts";
import type { World } from "./world.ts";

/** What is to be connected. */
export interface Wanted {
  client: Client;
  /** The session that goes on; null begins one. */
  resume: string | null;
  /** What carried it last. */
  last: TransportKind | null;
  microphone: MediaStream | null;
}

/** What a connection tells its session; `down` or `over` comes once and last. */
export interface Told extends TransportHooks {
  /** The server gave a key for the session. */
  admitted(secret: Secret): void;
  /** The way stands, and the session is there: a new one, or the one that was to go on. */
  live(kind: TransportKind): void;
  /** The server says that the session cannot go on any more. */
  over(): void;
}

/** A server that takes the connection but never gives the session back is as good as none. */
const RESTORING_MS = 6_000;
/** So long without a word from the server, it is asked whether it is there: a way can die silently. */
const SILENCE_MS = 15_000;
/** So long the server may take to admit a session. */
const ASKING_MS = 5_000;

export class Connection {
  readonly begunAt: number;
  transport: Transport | null = null;
  /** Why the server said that it will close the connection. */
  announced: Fault | null = null;
  /** The session was given back. */
  #resumed = false;
  #heardAt: number;

  /** Connects at once; ends with `scope`. */
  constructor(
    readonly world: World,
    readonly scope: Scope,
    readonly wanted: Wanted,
    readonly told: Told,
  ) {
    this.begunAt = this.#heardAt = world.now();
    void this.#open();
  }

  send(event: ClientEvent): void {
    this.transport?.send(event);
  }

  async #open(): Promise<void> {
    const { world, scope, told } = this;
    const { client, resume, last, microphone } = this.wanted;
    const session = sessionRequest(client.id, client.language);
    const abort = new AbortController();
    scope.add(() => abort.abort());
    let reached = false;
    // A request on a way that died silently would wait for minutes.
    const asked = scope.after(ASKING_MS, () => abort.abort());
    try {
      const ways = prefer(world.ways, last);
      // Asked for at once where the first way needs them, and not at all where none does.
      const early = ways[0]?.kind === "webrtc" ? world.iceServers() : null;
      const ask = (signal: AbortSignal) => world.createSecret(session, resume, signal);
      const secret = await (resume === null ? ask(abort.signal) : insist(ask, abort.signal));
      reached = true;
      asked();
      told.admitted(secret);
      const transport = await connect(ways, {
        secret: secret.value,
        model: secret.model,
        resume,
        session,
        iceServers: () => early ?? world.iceServers(),
        microphone,
        ...world.output,
        signal: abort.signal,
        hooks: {
          event: (event) => this.#hear(event),
          down: (fault) => this.#down(fault),
          blocked: (hear) => told.blocked(hear),
          mending: (mending) => told.mending(mending),
        },
      });
      scope.add(() => transport.close());
      if (scope.ended) return;
      this.transport = transport;
      this.#watch(transport);
      if (resume === null) this.send({ type: "session.update", session });
      if (resume === null || this.#resumed) return told.live(transport.kind);
      // The session is there once the server has said so.
      scope.after(RESTORING_MS, () => {
        if (!this.#resumed) this.#down("network-lost");
      });
    } catch (error) {
      if (scope.ended) return;
      const asked = reached && resume !== null;
      const standing = asked ? await world.standingOf(resume) : "unknown";
      if (scope.ended) return;
      if (standing === "over") return told.over();
      const fault = error instanceof FaultError ? error.fault : "transports-failed";
      const waits = standing === "waits" && fault === "transports-failed";
      this.#down(waits ? "database-away" : fault);
    }
  }

  #watch(transport: Transport): void {
    this.scope.every(SILENCE_MS / 3, () => {
      if (this.world.now() - this.#heardAt < SILENCE_MS) return;
      this.#heardAt = this.world.now();
      transport.check();
    });
  }

  #hear(event: ServerEvent): void {
    this.#heardAt = this.world.now();
    if (this.scope.ended) return;
    if (event.type === "praxiloom.notice") {
      this.announced = faultOfNotice(event.code) ?? this.announced;
    }
    this.told.event(event);
    if (event.type !== "praxiloom.session.resumed" || this.scope.ended) return;
    this.#resumed = true;
    // Over WebSocket the session may be here before its sound is ready.
    if (this.transport) this.told.live(this.transport.kind);
  }

  #down(fault: Fault | null): void {
    if (!this.scope.ended) this.told.down(fault);
  }
}

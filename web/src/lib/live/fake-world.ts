/** A world for tests of a session: the server is played by hand, time by vitest. */

import { vi } from "vitest";
import type { Client } from "../api.ts";
import type { Output } from "../audio/output.ts";
import type { FaultError } from "../faults/fault.ts";
import type { ClientEvent, Item, ServerEvent } from "../realtime/events.ts";
import type {
  Transport,
  TransportHooks,
  TransportKind,
  TransportRequest,
} from "../realtime/transport.ts";
import { LiveSession } from "./session.ts";
import type { Earlier } from "./snapshot.ts";
import type { Standing } from "./standing.ts";

const client: Client = {
  id: "marta",
  name: "Marta",
  pronouns: "she/her",
  age: 42,
  who: "",
  brings: "",
  difficulty: "gentle",
  trains: [],
  voice: "slt",
  language: "en",
  portrait: "",
  patience_ms: 0,
};

export class Line {
  sent: ClientEvent[] = [];
  closed = false;
  interrupted = 0;
  checked = 0;
  readonly hooks: TransportHooks;
  readonly resume: string | null;

  constructor(
    readonly kind: TransportKind,
    request: TransportRequest,
  ) {
    this.hooks = request.hooks;
    this.resume = request.resume;
  }

  transport(): Transport {
    return {
      kind: this.kind,
      send: (event) => void this.sent.push(event),
      interrupt: () => void (this.interrupted += 1),
      useMicrophone: () => Promise.resolve(),
      check: () => void (this.checked += 1),
      outputLevel: () => 0,
      close: () => void (this.closed = true),
    };
  }

  types(): string[] {
    return this.sent.map((event) => event.type);
  }

  hears(...events: ServerEvent[]): void {
    for (const event of events) this.hooks.event(event);
  }

  /** What a server sends when a session goes on. */
  gives(items: Item[], { id = "sess_1", atMs = 60_000, awayMs = 3_000 } = {}): void {
    this.hears(created(id), {
      type: "praxiloom.session.resumed",
      session_id: id,
      part: 2,
      at_ms: atMs,
      away_ms: awayMs,
      items: items.length,
    });
    items.forEach((item, i) => {
      const previous_item_id = items[i - 1]?.id ?? null;
      this.hears({ type: "conversation.item.added", item, previous_item_id });
      this.hears({ type: "conversation.item.done", item, previous_item_id });
    });
  }
}

export class FakeWorld {
  lines: Line[] = [];
  refuse: FaultError | null = null;
  /** A way that does not open, though the server answers. */
  blocked: Partial<Record<TransportKind, FaultError>> = {};
  standing: Standing = "open";
  hungUp: string[] = [];
  /** For which session each key was asked for; null: for a new one. */
  keysFor: (string | null)[] = [];
  /** How far the server's clock is ahead. */
  ahead = 0;
  woke: () => void = () => undefined;
  session: LiveSession;

  constructor(earlier: Earlier | null = null) {
    let ids = 0;
    const way = (kind: TransportKind) => ({
      kind,
      open: (request: TransportRequest) => {
        const refused = this.refuse ?? this.blocked[kind];
        if (refused) return Promise.reject(refused);
        const line = new Line(kind, request);
        this.lines.push(line);
        return Promise.resolve(line.transport());
      },
    });
    this.session = new LiveSession(
      {
        ways: [way("webrtc"), way("websocket")],
        createSecret: (_, resume) => {
          this.keysFor.push(resume);
          if (this.refuse) return Promise.reject(this.refuse);
          return Promise.resolve({ value: "ek", model: "m", at: Date.now() + this.ahead });
        },
        iceServers: () => Promise.resolve([]),
        standingOf: () => Promise.resolve(this.standing),
        hangUp: (id) => {
          this.hungUp.push(id);
          return Promise.resolve();
        },
        onWakeUp: (_, woke) => void (this.woke = woke),
        output: {} as Output,
        now: () => Date.now(),
        random: () => 0,
        newId: () => `item_${String((ids += 1))}`,
      },
      client,
      () => undefined,
      earlier,
    );
  }

  get line(): Line {
    const last = this.lines.at(-1);
    if (!last) throw new Error("no line is open");
    return last;
  }

  /** Begun, and named by the server. */
  async live(): Promise<void> {
    this.session.start(null);
    await settle();
    this.line.hears(created("sess_1"));
  }
}

export function created(id: string, expires_at: number | null = null): ServerEvent {
  return { type: "session.created", session: { id, model: "m", include: [], expires_at } };
}

export function item(id: string, role: Item["role"], text: string | null, more = {}): Item {
  return { id, role, text, typed: false, cut: false, ...more };
}

export function settle(): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(0);
}

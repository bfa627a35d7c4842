/** What the screens see of a live session. */

import type { Fault } from "../faults/fault.ts";
import type { TransportKind } from "../realtime/transport.ts";
import { type Conversation, EMPTY } from "./conversation.ts";
import { type Drafts, NO_DRAFTS } from "./drafts.ts";

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
  /** What the person typed and the server does not have yet. */
  drafts: Drafts;
  startedAt: number | null;
  /** When it reaches its longest time, as far as the server has told. */
  closesAt: number | null;
  endedAt: number | null;
}

/** A session that was begun before this page was loaded. */
export interface Earlier {
  session: string;
  startedAt: number;
  transport: TransportKind | null;
  drafts: Drafts;
}

export function atFirst(earlier: Earlier | null): Snapshot {
  return {
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
    drafts: earlier?.drafts ?? NO_DRAFTS,
    startedAt: earlier?.startedAt ?? null,
    closesAt: null,
    endedAt: null,
  };
}

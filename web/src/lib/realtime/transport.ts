/** What carries a live session, seen from the page: one shape for WebRTC and WebSocket. */

import type { Fault } from "../faults/fault.ts";
import type { ClientEvent, ServerEvent, SessionRequest } from "./events.ts";

export type TransportKind = "webrtc" | "websocket";

export interface Transport {
  readonly kind: TransportKind;
  send(event: ClientEvent): void;
  /** Makes the client fall silent now, because the coach typed over it. */
  interrupt(): void;
  /** Speaks through another microphone from now on; null leaves a session of typed turns. */
  useMicrophone(stream: MediaStream | null): Promise<void>;
  /** Looks at once whether the connection still stands, mends it if it can, else says `down`. */
  check(): void;
  /** How loud the client sounds just now, 0 to 1. */
  outputLevel(): number;
  close(): void;
}

/** What a transport tells its owner; `down` comes once and last. */
export interface TransportHooks {
  event(event: ServerEvent): void;
  /** The connection is gone; null when the server ended the session in good order. */
  down(fault: Fault | null): void;
  /** The browser keeps the client silent until the person touches the page; `resume` then plays.
   * Null when the sound flows (again). */
  blocked(resume: (() => Promise<void>) | null): void;
  /** The way is broken and another is looked for, within seconds; false when one is found. */
  mending(now: boolean): void;
}

export interface TransportRequest {
  secret: string;
  model: string;
  /** The session that goes on; null begins one. */
  resume: string | null;
  session: SessionRequest;
  iceServers: () => Promise<RTCIceServer[]>;
  microphone: MediaStream | null;
  audio: AudioContext;
  /** Plays the WebRTC stream; primed in the gesture that started the session. */
  element: HTMLAudioElement;
  hooks: TransportHooks;
  /** Aborted when the attempt took too long or is no longer wanted. */
  signal: AbortSignal;
}

export type OpenTransport = (request: TransportRequest) => Promise<Transport>;

/** What a live session takes from the world around it, so that tests can be that world. */

import type { Output } from "../audio/output.ts";
import type { Way } from "../realtime/connect.ts";
import type { createSecret } from "../realtime/secret.ts";
import type { Scope } from "../scope.ts";
import type { Standing } from "./standing.ts";

export interface World {
  ways: Way[];
  createSecret: typeof createSecret;
  iceServers: () => Promise<RTCIceServer[]>;
  /** What the server says of a session that could not be resumed. */
  standingOf: (session: string) => Promise<Standing>;
  /** Says that the person ended the session, with the key that opened it, if there is one. */
  hangUp: (session: string, secret: string | null) => Promise<void>;
  /** Calls back whenever the connection should be looked at. */
  onWakeUp: (scope: Scope, woke: () => void) => void;
  output: Output;
  now: () => number;
  random: () => number;
  newId: () => string;
}

/** Everything that can go wrong, under one name each, and how browsers and servers say it. */

export type Fault =
  | "insecure-context"
  | "unsupported"
  | "microphone-none"
  | "microphone-refused"
  | "microphone-busy"
  | "microphone-lost"
  | "network-lost"
  | "server-stopping"
  | "server-unreachable"
  | "server-busy"
  | "server-failed"
  | "database-away"
  | "recording-unreadable"
  | "disk-full"
  | "transports-failed"
  | "session-expired"
  | "session-over"
  | "session-elsewhere"
  | "session-ended"
  | "not-allowed"
  | "key-needed"
  | "key-wrong"
  | "unknown-client"
  | "unknown-session"
  | "not-recorded";

export class FaultError extends Error {
  constructor(
    readonly fault: Fault,
    message: string = fault,
  ) {
    super(message);
    this.name = "FaultError";
  }
}

/** Trying another transport would meet the same answer. */
export function isFinal(fault: Fault): boolean {
  const known: Fault[] = ["not-allowed", "unknown-client", "session-expired"];
  return [...known, "server-busy", "database-away", "recording-unreadable", "disk-full"].includes(
    fault,
  );
}

/** Worth trying again by itself, after a pause. */
export function isPassing(fault: Fault): boolean {
  const away: Fault[] = ["network-lost", "server-stopping", "server-unreachable"];
  const there: Fault[] = [
    "server-busy",
    "server-failed",
    "database-away",
    "recording-unreadable",
    "disk-full",
  ];
  return [...away, ...there].includes(fault);
}

/** The server said that the session is over for this page. */
export function isParting(fault: Fault | null): boolean {
  return fault === "session-elsewhere" || fault === "session-ended";
}

/** Only a key from the person helps. */
export function asksForKey(fault: Fault): boolean {
  return fault === "key-needed" || fault === "key-wrong";
}

/** What `getUserMedia` means by the names of its errors (Media Capture and Streams, 10.2). */
export function faultOfMicrophone(error: unknown): Fault {
  switch ((error as { name?: unknown } | null)?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "microphone-refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "microphone-none";
    case "NotReadableError":
    case "AbortError":
      return "microphone-busy";
    default:
      return "unsupported";
  }
}

/** What a refusal means, by its status and, where it is known, its code (docs/http.md). */
export function faultOfStatus(status: number, code = ""): Fault {
  if (status === 401 || status === 403) return "not-allowed";
  if (status === 429) return "server-busy";
  if (code === "database_unavailable") return "database-away";
  if (code === "recording_unreadable") return "recording-unreadable";
  if (code === "disk_unavailable") return "disk-full";
  if (status === 503) return "server-stopping";
  if (status === 500) return "server-failed";
  return "server-unreachable";
}

/** What a WebSocket's close code means (RFC 6455, 7.4.1); null when the session simply ended. */
export function faultOfClose(code: number): Fault | null {
  if (code === 1000) return null;
  if (code === 1001 || code === 1012) return "server-stopping";
  if (code === 1008) return "not-allowed";
  if (code === 1013) return "server-busy";
  return "network-lost";
}

/** Protocol errors that end a session; every other one leaves it running. */
export function faultOfProtocolError(code: string | undefined): Fault | null {
  if (code === "session_expired") return "session-expired";
  if (code === "invalid_api_key" || code === "unauthorized") return "not-allowed";
  return null;
}

/** Notices after which the connection closes, and why it then did. */
export function faultOfNotice(code: string): Fault | null {
  if (code === "server_stopping") return "server-stopping";
  if (code === "session_taken_over") return "session-elsewhere";
  if (code === "session_ended") return "session-ended";
  return null;
}

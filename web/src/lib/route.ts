/** Which screen the address names, and the addresses of all that can be named. */

export type Route =
  | { screen: "choose" }
  /** The check before a session. */
  | { screen: "with"; client: string }
  | { screen: "sessions" }
  /** One's session from the archive; `at` is the moment the address points to. */
  | { screen: "replay"; id: string; at: number | null };

export const SESSIONS = "#/sessions";

export function routeOf(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#/, "").split("?", 2);
  const query = new URLSearchParams(search);
  const [first, second, ...rest] = path.split("/").slice(1).map(decoded);
  if (rest.length > 0) return { screen: "choose" };
  if (first === "with" && second) return { screen: "with", client: second };
  if (first === "sessions" && second) {
    return { screen: "replay", id: second, at: momentOf(query.get("t")) };
  }
  if (first === "sessions") return { screen: "sessions" };
  return { screen: "choose" };
}

export function hashOf(clientId: string): string {
  return `#/with/${encodeURIComponent(clientId)}`;
}

/** The session page, at a moment in milliseconds if there is one to point to. */
export function hashOfSession(id: string, atMs: number | null = null): string {
  const search = atMs === null ? "" : `?t=${String(Math.round(atMs / 100) / 10)}`;
  return `${SESSIONS}/${encodeURIComponent(id)}${search}`;
}

/** Seconds, as `83` or `83.2`, in milliseconds. */
function momentOf(text: string | null): number | null {
  return text !== null && /^\d{1,6}(\.\d{1,3})?$/.test(text)
    ? Math.round(Number(text) * 1000)
    : null;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

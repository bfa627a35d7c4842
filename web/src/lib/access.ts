/** The key that opens a guarded server: typed by the person, kept until the tab is closed. */

const KEY = "praxiloom.access-key";

/** Where the browser stores nothing, it is kept until the page is left. */
let kept: string | null = null;

/** The `Authorization` header with this key, or none. */
export function bearing(key: string | null): Record<string, string> {
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

export function accessKey(): string | null {
  try {
    return sessionStorage.getItem(KEY) ?? kept;
  } catch {
    return kept;
  }
}

export function keepAccessKey(key: string): void {
  kept = key;
  try {
    sessionStorage.setItem(KEY, key);
  } catch {
    // Kept above.
  }
}

/** What may stand in a header (RFC 6750, 2.1, is narrower; servers compare whatever they are sent). */
export function isAccessKey(key: string): boolean {
  return /^[\x21-\x7e]+$/.test(key);
}

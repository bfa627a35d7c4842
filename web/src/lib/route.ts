/** Which client the address names: `#/with/<id>` opens the check for that client, anything else the gallery. */

export function clientInHash(hash: string): string | null {
  const match = /^#\/with\/([^/]+)$/.exec(hash);
  if (!match?.[1]) return null;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return null;
  }
}

export function hashOf(clientId: string): string {
  return `#/with/${encodeURIComponent(clientId)}`;
}

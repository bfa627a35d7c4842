/** The session's single-key shortcuts, which never fire while someone types. */

export type Shortcut = "mute" | "captions" | "correct" | "type" | "end";

const KEYS: Record<string, Shortcut> = {
  m: "mute",
  c: "captions",
  e: "correct",
  t: "type",
  q: "end",
};

export const SHORTCUTS: [key: string, does: string][] = [
  ["M", "mute or unmute your microphone"],
  ["C", "show or hide the captions"],
  ["E", "correct what was understood last"],
  ["T", "type instead of speaking"],
  ["Q", "end the session"],
];

export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return null;
  const target = event.target as Partial<HTMLElement> | null;
  if (target?.isContentEditable) return null;
  if (["INPUT", "TEXTAREA", "SELECT"].includes(target?.tagName ?? "")) return null;
  return KEYS[event.key.toLowerCase()] ?? null;
}

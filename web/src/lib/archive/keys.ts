/** The session page's keys, and when a key belongs to what has the focus instead. */

export type Action =
  | "play"
  | "back"
  | "forward"
  | "back-far"
  | "forward-far"
  | "begin"
  | "end"
  | "previous"
  | "next"
  | "slower"
  | "faster"
  | "closer"
  | "wider"
  | "help";

const KEYS: Record<string, Action> = {
  " ": "play",
  k: "play",
  arrowleft: "back",
  arrowright: "forward",
  j: "back-far",
  l: "forward-far",
  home: "begin",
  end: "end",
  p: "previous",
  n: "next",
  "<": "slower",
  ">": "faster",
  "+": "closer",
  "=": "closer",
  "-": "wider",
  "?": "help",
};

export const SHEET: [keys: string[], does: string][] = [
  [["Space", "K"], "play or pause"],
  [["←", "→"], "5 seconds back or forward"],
  [["J", "L"], "10 seconds back or forward"],
  [["P", "N"], "previous or next turn"],
  [["Home", "End"], "to the beginning or the end"],
  [["<", ">"], "slower or faster"],
  [["+", "−"], "look closer, or at more"],
  [["?"], "this list"],
];

/** In the transcript, where the arrows lead from word to word. */
export const WORD_KEYS: [keys: string[], does: string][] = [
  [["Tab"], "to the word that was heard last"],
  [["←", "→"], "one word back or forward"],
  [["↑", "↓"], "one turn up or down"],
  [["Enter"], "hear it from this word"],
];

const TYPED_IN = ["INPUT", "TEXTAREA", "SELECT"];
const PRESSED = ["BUTTON", "A", "SUMMARY"];

/** `single`: whether keys that are only a character count (WCAG 2.1.4 lets a person turn them off). */
export function actionOf(event: KeyboardEvent, single: boolean): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return null;
  const target = event.target as Partial<HTMLElement> | null;
  const tag = target?.tagName ?? "";
  const key = event.key.toLowerCase();
  const chosen = target instanceof Object && "type" in target && target.type === "radio";
  if (target?.isContentEditable || (TYPED_IN.includes(tag) && !chosen)) return null;
  // The arrows go from choice to choice.
  if (chosen && key.startsWith("arrow")) return null;
  // The space bar presses whatever has the focus.
  const pressed = PRESSED.includes(tag) || target?.getAttribute?.("role") === "button";
  if (key === " " && pressed) return null;
  if (!single && key.length === 1 && key !== " ") return null;
  const action = KEYS[key] ?? null;
  // Held down, a key may wind, but not flutter between playing and silence.
  return event.repeat && (action === "play" || action === "help") ? null : action;
}

/** A `<details>` that lies over the page: it closes on Escape, and when the person goes on elsewhere. */

import { Scope } from "./scope.ts";

export function overlay(details: HTMLDetailsElement): { destroy: () => void } {
  const scope = new Scope();
  const elsewhere = ({ target }: Event) => {
    if (target instanceof Node && !details.contains(target)) details.open = false;
  };
  scope.listen(window, "pointerdown", elsewhere);
  scope.listen(window, "focusin", elsewhere);
  scope.listen(window, "keydown", (event) => {
    if ((event as KeyboardEvent).key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary")?.focus();
  });
  return { destroy: () => scope.end() };
}

/** Tells when the person scrolls, as opposed to the page by itself. */

import type { Scope } from "../scope.ts";

const KEYS = ["PageUp", "PageDown", "ArrowUp", "ArrowDown"];

/**
 * The `scroll` event cannot tell the two apart (lines that are laid out late move the page as well),
 * so this listens to what people scroll with: wheel, finger, keys and the scroll bar.
 */
export function onPersonScrolls(scope: Scope, scrolled: () => void): void {
  const passive = { passive: true };
  scope.listen(
    window,
    "wheel",
    (event) => {
      const { ctrlKey, deltaY, deltaX } = event as WheelEvent;
      if (!ctrlKey && Math.abs(deltaY) >= Math.abs(deltaX)) scrolled();
    },
    passive,
  );
  scope.listen(window, "touchmove", (event) => !inSlider(event) && scrolled(), passive);
  scope.listen(window, "keydown", (event) => {
    if (KEYS.includes((event as KeyboardEvent).key) && !event.defaultPrevented) scrolled();
  });
  scope.listen(window, "pointerdown", (event) => {
    if (event.target === document.documentElement) scrolled();
  });
}

function inSlider({ target }: Event): boolean {
  return target instanceof Element && target.closest('[role="slider"]') !== null;
}

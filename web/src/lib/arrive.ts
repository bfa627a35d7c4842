/** Moves the focus to a screen's heading when it appears, so that keyboard and screen reader start there. */

let first = true;

export function arrive(heading: HTMLElement): void {
  heading.tabIndex = -1;
  // The page's own first load leaves the focus where the browser put it.
  if (!first) heading.focus({ preventScroll: true });
  if (!first) window.scrollTo({ top: 0 });
  first = false;
}

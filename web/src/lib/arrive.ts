/** Where the focus goes when what had it is gone. */

let first = true;

/** To a screen's heading when it appears, so that keyboard and screen reader start there. */
export function arrive(heading: HTMLElement): void {
  heading.tabIndex = -1;
  // The page's own first load leaves the focus where the browser put it.
  if (!first) {
    heading.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }
  first = false;
}

/** To the button that takes the place of the one that was `pressed`. */
export function follow(button: HTMLElement, pressed: boolean): void {
  if (pressed) button.focus();
}

/** Light or dark: the system's choice until the person makes one, which this browser remembers. */

import type { Scope } from "./scope.ts";

export type Theme = "light" | "dark";

const KEY = "praxiloom.theme";

/** Applies the theme now and whenever the system changes its mind. */
export function followTheme(scope: Scope, changed: (theme: Theme) => void): void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const theme = stored() ?? (system.matches ? "dark" : "light");
    document.documentElement.dataset.theme = theme;
    changed(theme);
  };
  scope.listen(system, "change", apply);
  apply();
}

export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that stores nothing still shows the choice until the page is left.
  }
}

function stored(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null;
  }
}

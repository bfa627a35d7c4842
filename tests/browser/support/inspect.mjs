/** Looks at a screen as axe does and as a person would: barriers, sideways scrolling, a picture of it. */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** Where to leave pictures of what was seen, if anywhere. */
const PICTURES = process.env.PRAXILOOM_PICTURES;

/** Fails on what axe finds in either theme, and on a page that is wider than its window. */
export async function inspect(page, name) {
  await page.evaluate(axe);
  for (const colorScheme of ["light", "dark"]) {
    const screen = `${name}-${colorScheme}`;
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-theme="${colorScheme}"]`).waitFor();
    await settled(page);
    if (PICTURES) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${screen}.png`) });
    }
    const { violations } = await page.evaluate(
      (values) => window.axe.run(document, { runOnly: { type: "tag", values } }),
      RULES,
    );
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`,
    );
    assert.deepEqual(found, [], screen);
  }
  const [wide, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(wide <= window, `${name} is ${wide - window} px wider than its window`);
}

/** Colours that still fade are none that axe could judge. */
async function settled(page) {
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter(({ effect }) => {
      return Number.isFinite(effect?.getComputedTiming().endTime);
    });
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
}

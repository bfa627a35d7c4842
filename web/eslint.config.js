import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

const owned = "Scope owns every timer and listener, so that nothing outlives what it serves.";

export default ts.config(
  { ignores: ["dist", "public", "node_modules"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      "no-undef": "off",
      "no-console": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-restricted-globals": [
        "error",
        ...["setTimeout", "setInterval", "requestAnimationFrame"].map((name) => ({
          name,
          message: owned,
        })),
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "CallExpression[callee.property.name='addEventListener']", message: owned },
      ],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    files: ["src/lib/scope.ts"],
    rules: { "no-restricted-globals": "off", "no-restricted-syntax": "off" },
  },
  {
    files: ["**/*.config.{js,ts}"],
    languageOptions: { globals: { ...globals.node } },
  },
);

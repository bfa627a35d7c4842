import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const server = process.env.PRAXILOOM_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  plugins: [svelte()],
  build: { target: "es2022", assetsInlineLimit: 0 },
  worker: { format: "es" },
  server: {
    proxy: {
      "/api": server,
      "/v1": { target: server, ws: true },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});

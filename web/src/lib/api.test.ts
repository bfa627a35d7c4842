import { describe, expect, it } from "vitest";
import { getClients, getEngines, getIceServers } from "./api.ts";

const answer = (body: unknown, status = 200) =>
  (() => Promise.resolve(new Response(JSON.stringify(body), { status }))) as typeof fetch;

describe("api", () => {
  it("reads clients, whatever a server left out", async () => {
    const clients = await getClients(
      answer({ clients: [{ id: "ann", difficulty: 2, trains: "silence" }, null, 3] }),
    );
    expect(clients).toEqual([
      {
        id: "ann",
        name: "ann",
        who: "",
        brings: "",
        difficulty: "2",
        trains: ["silence"],
        voice: "",
        language: "en",
        portrait: "/portraits/ann.svg",
      },
    ]);
  });

  it("says honestly whether an engine sends anything away", async () => {
    const engines = await getEngines(
      answer({
        stt: { name: "pocketsphinx", note: "errs", processor: null },
        llm: { processor: "X" },
      }),
    );
    expect(engines.stt).toEqual({ name: "pocketsphinx", note: "errs", processor: null });
    expect(engines.llm.processor).toBe("X");
    expect(engines.tts.name).toBe("");
  });

  it("names what failed", async () => {
    const down = (() => Promise.reject(new TypeError("fetch failed"))) as typeof fetch;
    await expect(getClients(down)).rejects.toMatchObject({ fault: "server-unreachable" });
    await expect(getClients(answer({}, 503))).rejects.toMatchObject({ fault: "server-stopping" });
    const page = (() => Promise.resolve(new Response("<html>"))) as typeof fetch;
    await expect(getClients(page)).rejects.toMatchObject({ fault: "server-unreachable" });
  });

  it("goes without ICE servers when there are none to be had", async () => {
    expect(await getIceServers(answer({}, 404))).toEqual([]);
    expect(await getIceServers(answer({ ice_servers: [{ urls: "stun:a" }] }))).toEqual([
      { urls: "stun:a" },
    ]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { accessKey, isAccessKey, keepAccessKey } from "./access.ts";
import { getIceServers } from "./api.ts";
import { asksForKey, type FaultError } from "./faults/fault.ts";
import { createSecret } from "./realtime/secret.ts";
import { sessionRequest } from "./realtime/events.ts";

const stored = new Map<string, string>();
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
};

/** A server that knows one key. */
const sent: (string | null)[] = [];
const guarded = ((_: string, init: RequestInit) => {
  const key = new Headers(init.headers).get("authorization");
  sent.push(key);
  const right = key === "Bearer right";
  const code = key === null ? "missing_api_key" : "invalid_api_key";
  const body = right ? { value: "ek_1", ice_servers: [{ urls: ["stun:a"] }] } : { error: { code } };
  return Promise.resolve(new Response(JSON.stringify(body), { status: right ? 200 : 401 }));
}) as typeof fetch;

const fault = async () => {
  const session = sessionRequest("ann", "en");
  const refused = createSecret(session, null, new AbortController().signal, guarded);
  return refused.then(
    () => null,
    (error: FaultError) => error.fault,
  );
};

describe("the access key", () => {
  beforeEach(() => {
    Object.assign(globalThis, { sessionStorage: storage });
    stored.clear();
  });

  it("is asked for, refused, and then opens the session", async () => {
    expect(accessKey()).toBeNull();
    expect(await fault()).toBe("key-needed");
    keepAccessKey("wrong");
    expect(await fault()).toBe("key-wrong");
    keepAccessKey("right");
    expect(await fault()).toBeNull();
    expect(await getIceServers(guarded)).toEqual([{ urls: ["stun:a"] }]);
    expect(sent).toEqual([null, "Bearer wrong", "Bearer right", "Bearer right"]);
  });

  it("is kept where the browser stores nothing", () => {
    Object.assign(globalThis, {
      sessionStorage: {
        getItem: () => {
          throw new Error("blocked");
        },
        setItem: () => {
          throw new Error("blocked");
        },
      },
    });
    keepAccessKey("kept");
    expect(accessKey()).toBe("kept");
  });

  it("gives a key for one session alone, if that goes on", async () => {
    const bodies: unknown[] = [];
    const open = ((_: string, init: RequestInit) => {
      bodies.push(JSON.parse(init.body as string));
      return Promise.resolve(new Response(JSON.stringify({ value: "ek_1" })));
    }) as typeof fetch;
    const session = sessionRequest("ann", "en");
    const { signal } = new AbortController();
    await createSecret(session, null, signal, open);
    await createSecret(session, "sess_1", signal, open);
    expect(bodies).toEqual([{ session }, { session, praxiloom: { resume: "sess_1" } }]);
  });

  it("is one that a header can carry", () => {
    expect(["sk-1_ab~c/=", "a b", "", "clé", "a\nb"].map(isAccessKey)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("is what two faults ask for", () => {
    expect(asksForKey("key-needed") && asksForKey("key-wrong")).toBe(true);
    expect(asksForKey("not-allowed")).toBe(false);
  });
});

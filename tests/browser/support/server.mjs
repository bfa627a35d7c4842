/** Runs the real server on free ports with a data folder of its own. */

import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const BUILT = fileURLToPath(new URL("../../../target/debug/praxiloom", import.meta.url));
const BINARY = process.env.PRAXILOOM_BINARY ?? BUILT;
/** The first start reads the recogniser's models from the disk. */
const START_MS = 60_000;
const STOP_MS = 30_000;

/**
 * Starts a server; `flags` go to `serve`, `env` holds what may not be a flag, `tls` names the files
 * `cert` and `key`, `data` is another server's folder, `host` is where in `networks` it runs. It can be killed and
 * started again at the same address.
 */
export async function startServer(options = {}) {
  const { flags = [], env = {}, tls = null, host = null } = options;
  let { data = null } = options;
  if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: cargo build`);
  data ??= await mkdtemp(join(tmpdir(), "praxiloom-browser-"));
  const [http, calls] = [await freePort(), await freePort()];
  const encrypted = tls ? ["--tls-cert", tls.cert, "--tls-key", tls.key] : [];
  const server = new Server(data, http, calls, [...encrypted, ...flags], env, host);
  if (tls) server.url = server.url.replace("http:", "https:");
  try {
    await server.start();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

class Server {
  #child = null;
  #log = "";

  constructor(data, http, calls, flags, env, host) {
    this.data = data;
    this.flags = flags;
    this.env = env;
    this.http = http;
    this.calls = calls;
    this.address = host?.address ?? "127.0.0.1";
    this.place = host?.place ?? null;
    this.url = `http://${this.address}:${http}`;
  }

  /** What the server wrote, for a test that fails. */
  get log() {
    return this.#log;
  }

  async start() {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith("PRAXILOOM_"),
    );
    const given = ["--listen", `${this.address}:${this.http}`, "--data", this.data];
    const where = ["--webrtc-listen", `${this.address}:${this.calls}`];
    const command = [BINARY, "serve", ...given, ...where, ...this.flags];
    const [program, ...args] = this.place?.command(command) ?? command;
    this.#child = spawn(program, args, {
      env: { ...Object.fromEntries(inherited), ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on("data", (chunk) => (this.#log += chunk));
    }
    const deadline = Date.now() + START_MS;
    while (!(await this.#answers())) {
      if (this.#child.exitCode !== null) throw new Error(`the server ended:\n${this.#log}`);
      if (Date.now() > deadline) throw new Error(`the server does not answer:\n${this.#log}`);
      await pause(50);
    }
  }

  /** As a crash would: nobody is told. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** As an operator would; resolves once the process has ended. */
  async stop() {
    await this.#end("SIGTERM");
  }

  /** The machine hangs: every connection stands, and nothing answers. */
  freeze() {
    this.#child.kill("SIGSTOP");
  }

  thaw() {
    this.#child.kill("SIGCONT");
  }

  async close() {
    await this.#end("SIGKILL");
    await rm(this.data, { recursive: true, force: true });
  }

  async #answers() {
    try {
      return (await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(2_000) })).ok;
    } catch {
      return false;
    }
  }

  async #end(signal) {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(late);
  }
}

/** Free for TCP and for UDP alike. */
async function freePort() {
  for (let tried = 0; tried < 20; tried += 1) {
    const tcp = createServer().listen(0, "127.0.0.1");
    await once(tcp, "listening");
    const { port } = tcp.address();
    const udp = createSocket("udp4");
    const free = await new Promise((resolve) => {
      udp.once("error", () => resolve(false));
      udp.bind(port, "127.0.0.1", () => resolve(true));
    });
    udp.close();
    tcp.close();
    await once(tcp, "close");
    if (free) return port;
  }
  throw new Error("no free port");
}

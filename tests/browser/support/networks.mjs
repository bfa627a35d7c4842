/**
 * Networks on this machine, as coaches sit in them: a house behind a NAT, a phone's hotspot behind
 * two, an internet, and a server in it. Links fail, routers forget, addresses change.
 *
 *     coach ─ wifi ─── home's NAT ──────────────── internet ─ server
 *       └──── mobile ─ phone's NAT ─ carrier's NAT ───┘ └──── this process
 *
 * Each place is a network namespace, for which it takes root on Linux, iproute2 and nftables.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Both ways' NATs give every flow a port of its own that tells nothing (RFC 4787: the hard kind). */
const MASQUERADE = "masquerade random,fully-random";
const NAME = "praxiloom-net";
let count = 0;

// What ends by a signal comes to no hook of a test.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Why no networks can be made here, or null. */
export function noNetworks() {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid() !== 0) return "network namespaces take root";
  const name = `${NAME}-${process.pid}-try`;
  try {
    ip("netns", "add", name);
    try {
      const place = new Place(name);
      place.masquerades();
      place.ip("link", "add", "name", "a", "type", "veth", "peer", "name", "b");
    } finally {
      ip("netns", "del", name);
    }
    return null;
  } catch (error) {
    return `no network namespaces with NAT (iproute2, nftables): ${error.message.trim()}`;
  }
}

/** All of it, gone after `test`, whatever becomes of it. */
export function networks(test) {
  sweep();
  const run = `${process.pid}-${(count += 1)}`;
  const undo = [];
  const remove = () => {
    process.off("exit", remove);
    for (const each of undo.splice(0).reverse()) {
      try {
        each();
      } catch (error) {
        console.error(`what was made for a test could not be removed: ${error.message}`);
      }
    }
  };
  process.on("exit", remove);
  test.after(remove);
  const place = (name) => {
    const namespace = `${NAME}-${run}-${name}`;
    ip("netns", "add", namespace);
    undo.push(() => ip("netns", "del", namespace));
    ip("-n", namespace, "link", "set", "lo", "up");
    return new Place(namespace);
  };
  const [internet, host, home, carrier, phone, coach] = [
    place("internet"),
    place("server"),
    place("home"),
    place("carrier"),
    place("phone"),
    place("coach"),
  ];
  // RFC 2544 keeps these for trials; no two runs at once should have the same.
  const net = `198.18.${(process.pid * 5 + count) % 256}`;
  /** Both ends of a line to the internet. */
  const line = (i) => [`${net}.${4 * i + 1}`, `${net}.${4 * i + 2}`];
  internet.forwards();
  carrier.masquerades();

  const [gate, address] = line(0);
  internet.joins(host, { ends: ["server", "wan"], addresses: [gate, address] });
  host.leavesBy(gate);
  internet.joins(carrier, { ends: ["cell", "wan"], addresses: line(1) });
  carrier.leavesBy(line(1)[0]);
  const wifi = new Way(internet, home, coach, { name: "wifi", wan: line(2), lan: "192.168.1" });
  const cell = ["100.64.0.1", "100.64.0.2"];
  const mobile = new Way(carrier, phone, coach, { name: "mobile", wan: cell, lan: "172.20.10" });
  mobile.leave();
  wifi.enter();

  // This process asks the server too, past all that happens to the coach.
  const outside = `plt${run}`;
  const [near, mine] = line(3);
  const other = ["peer", "name", "tests", "netns", internet.namespace];
  ip("link", "add", "name", outside, "type", "veth", ...other);
  undo.push(() => ip("link", "del", outside));
  internet.has("tests", near, 30);
  ip("addr", "add", `${mine}/30`, "dev", outside);
  ip("link", "set", outside, "up");
  ip("route", "add", `${net}.0/24`, "via", near);

  const folder = mkdtempSync(join(tmpdir(), "praxiloom-networks-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const chromium = coach.launcher(join(folder, "chromium"));
  return { internet, host: { place: host, address }, wifi, mobile, chromium };
}

/** What runs left that were killed. */
function sweep() {
  for (const [namespace, pid] of ip("netns", "list").matchAll(/^praxiloom-net-(\d+)-\S+/gm)) {
    try {
      process.kill(Number(pid), 0);
    } catch {
      ip("netns", "del", namespace);
    }
  }
}

/** One namespace. */
class Place {
  constructor(namespace) {
    this.namespace = namespace;
  }

  ip(...args) {
    return ip("-n", this.namespace, ...args);
  }

  /** `command` as it is run here. */
  command(command) {
    return ["ip", "netns", "exec", this.namespace, ...command];
  }

  run(...command) {
    const [program, ...args] = this.command(command);
    return execFileSync(program, args, { encoding: "utf8", stdio: "pipe" });
  }

  nft(rules) {
    return this.run("nft", rules);
  }

  forwards() {
    this.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    this.nft("add table ip way");
    this.nft("add chain ip way through { type filter hook forward priority 0; }");
  }

  /** A router with a NAT towards what it is joined to by `wan`. */
  masquerades() {
    this.forwards();
    this.nft("add chain ip way nat { type nat hook postrouting priority 100; }");
    this.nft(`add rule ip way nat oifname "wan" ${MASQUERADE}`);
  }

  has(device, address, bits) {
    this.ip("addr", "add", `${address}/${bits}`, "dev", device);
    this.ip("link", "set", device, "up");
  }

  /** A cable to another place. */
  joins(other, { ends: [here, there], addresses: [mine, theirs], bits = 30 }) {
    this.ip(
      "link",
      "add",
      "name",
      here,
      "type",
      "veth",
      "peer",
      "name",
      there,
      "netns",
      other.namespace,
    );
    this.has(here, mine, bits);
    other.has(there, theirs, bits);
  }

  leavesBy(gate) {
    this.ip("route", "replace", "default", "via", gate);
  }

  /** Drops what it should pass on, where `what` (nftables) matches, and tells nobody. */
  drops(what) {
    this.nft(`add rule ip way through ${what} drop`);
  }

  /** A program that starts Chromium here. */
  launcher(path) {
    const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
    const script = `#!/bin/sh\nexec ${this.command([`'${chromium}'`]).join(" ")} "$@"\n`;
    writeFileSync(path, script, { mode: 0o755 });
    return path;
  }
}

/** A network that the coach can be in, and the NAT between it and what is beyond. */
class Way {
  #gate;
  #inner;
  #outer;

  constructor(beyond, nat, coach, { name, wan: [gate, outer], lan }) {
    Object.assign(this, { beyond, nat, coach, name });
    this.#gate = gate;
    this.#inner = `${lan}.1`;
    this.#outer = outer;
    nat.masquerades();
    beyond.joins(nat, { ends: [name, "wan"], addresses: [gate, outer] });
    nat.leavesBy(gate);
    nat.joins(coach, { ends: ["lan", name], addresses: [this.#inner, `${lan}.2`], bits: 24 });
  }

  /** The coach's interface goes down, as when one leaves the house. */
  leave() {
    this.coach.ip("link", "set", this.name, "down");
  }

  /** And up again. */
  enter() {
    this.coach.ip("link", "set", this.name, "up");
    this.coach.leavesBy(this.#inner);
  }

  /** The NAT forgets every flow, as a router does that starts again. */
  forget() {
    this.nat.ip("link", "set", "wan", "down");
    this.nat.ip("link", "set", "wan", "up");
    this.nat.leavesBy(this.#gate);
  }

  /** The provider gives the NAT another address; whatever ran over the old one is dead. */
  renumber() {
    const next = this.#outer.replace(/\d+$/, (last) => String(Number(last) + 64));
    this.nat.ip("addr", "del", `${this.#outer}/30`, "dev", "wan");
    this.nat.ip("addr", "add", `${next}/32`, "dev", "wan");
    this.nat.ip("route", "add", this.#gate, "dev", "wan");
    this.nat.leavesBy(this.#gate);
    this.beyond.ip("route", "add", next, "dev", this.name);
    this.#outer = next;
  }
}

function ip(...args) {
  return execFileSync("ip", args, { encoding: "utf8", stdio: "pipe" });
}

/** Stands between the page and the server as a network does: it can be cut, slow to come back, or lead elsewhere. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A way for TCP: pages, requests and WebSockets. `cut()` breaks what runs and lets nothing through. */
export async function tcpRelay(test, server) {
  const open = new Set();
  let target = server.http;
  let through = true;
  const listener = createServer((near) => {
    if (!through) return near.resetAndDestroy();
    const far = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => open.delete(from));
      from.pipe(to);
    }
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const relay = {
    url: `http://127.0.0.1:${listener.address().port}`,
    cut() {
      through = false;
      for (const socket of open) socket.resetAndDestroy();
    },
    /** As a network that swallows everything: nothing arrives, and nobody is told. */
    stall() {
      through = false;
      for (const socket of open) socket.unpipe().pause();
    },
    heal() {
      through = true;
    },
    /** From now on another server answers at the same address. */
    lead({ http }) {
      target = http;
    },
  };
  test.after(() => {
    relay.cut();
    listener.close();
  });
  return relay;
}

/**
 * A way for a call's UDP, at another loopback address and the server's own port. `forget()` is a
 * network that was left: packets from the addresses known so far are dropped, new ones pass.
 */
export async function udpRelay(test, port) {
  const address = "127.0.0.2";
  const near = createSocket("udp4");
  const ways = new Map();
  const left = new Set();
  let through = true;
  const wayOf = (peer) => {
    const name = `${peer.address}:${peer.port}`;
    if (left.has(name)) return null;
    let way = ways.get(name);
    if (!way) {
      way = createSocket("udp4");
      way.on("message", (packet) => {
        if (through && !left.has(name)) near.send(packet, peer.port, peer.address);
      });
      ways.set(name, way);
    }
    return way;
  };
  near.on("message", (packet, peer) => {
    if (through) wayOf(peer)?.send(packet, port, "127.0.0.1");
  });
  near.bind(port, address);
  await once(near, "listening");
  test.after(() => {
    for (const socket of [near, ...ways.values()]) socket.close();
  });
  return {
    address,
    cut: () => void (through = false),
    heal: () => void (through = true),
    forget() {
      for (const name of ways.keys()) left.add(name);
    },
  };
}

/** A live session over WebRTC: Opus both ways, events on the data channel `oai-events`. */

import { LevelReader, meter } from "../audio/level.ts";
import { type Fault, faultOfStatus, FaultError } from "../faults/fault.ts";
import { Scope } from "../scope.ts";
import { decode } from "./decode.ts";
import type { ClientEvent } from "./events.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** ICE often heals a short break by itself; a longer one is a lost connection. */
const HEALING_MS = 5_000;

export async function openWebRtc(request: TransportRequest): Promise<Transport> {
  if (typeof RTCPeerConnection === "undefined") throw new FaultError("unsupported");
  const call = new Call(request);
  try {
    await call.establish();
    return call;
  } catch (error) {
    call.close();
    throw error;
  }
}

class Call implements Transport {
  readonly kind = "webrtc";
  readonly #scope = new Scope();
  readonly #peer: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #sender: RTCRtpSender;
  #reader: LevelReader | null = null;
  #open = false;

  constructor(readonly request: TransportRequest) {
    this.#peer = new RTCPeerConnection({ iceServers: request.iceServers });
    this.#channel = this.#peer.createDataChannel("oai-events");
    const track = request.microphone?.getAudioTracks()[0];
    // Without a microphone the same line is offered with no track on it: the client is heard, and
    // a microphone can still be put on later.
    this.#sender = track
      ? this.#peer.addTrack(track, ...(request.microphone ? [request.microphone] : []))
      : this.#peer.addTransceiver("audio", { direction: "sendrecv" }).sender;

    this.#scope.add(() => this.#peer.close());
    this.#scope.add(() => this.#channel.close());
    this.#scope.listen(this.#channel, "message", (event) => {
      const decoded = decode((event as MessageEvent).data);
      if (decoded) request.hooks.event(decoded);
    });
    this.#scope.listen(this.#peer, "track", (event) => this.#play(event as RTCTrackEvent));
  }

  async establish(): Promise<void> {
    const { signal } = this.request;
    const opened = this.#channelOpens(signal);
    // Whichever fails first is reported; the other must not become an unhandled rejection.
    opened.catch(() => undefined);
    await this.#peer.setLocalDescription();
    // Not waiting for candidates saves about an eighth of a second: the server learns the page's
    // address from the first packet.
    const sdp = await this.#exchange(this.#peer.localDescription?.sdp ?? "", signal);
    if (signal.aborted) throw new FaultError("network-lost");
    await this.#peer.setRemoteDescription({ type: "answer", sdp });
    await opened;
    this.#open = true;
    this.#watch();
  }

  send(event: ClientEvent): void {
    if (this.#channel.readyState === "open") this.#channel.send(JSON.stringify(event));
  }

  interrupt(): void {
    this.send({ type: "output_audio_buffer.clear" });
  }

  async useMicrophone(stream: MediaStream | null): Promise<void> {
    await this.#sender.replaceTrack(stream?.getAudioTracks()[0] ?? null);
  }

  outputLevel(): number {
    return this.#reader ? meter(this.#reader.read().rms) : 0;
  }

  close(): void {
    this.#open = false;
    this.#scope.end();
  }

  async #exchange(offer: string, signal: AbortSignal): Promise<string> {
    let response: Response;
    try {
      response = await fetch("/v1/realtime/calls", {
        method: "POST",
        headers: {
          authorization: `Bearer ${this.request.secret}`,
          "content-type": "application/sdp",
        },
        body: offer,
        signal,
      });
    } catch {
      throw new FaultError("network-lost");
    }
    if (!response.ok) throw new FaultError(faultOfStatus(response.status));
    return response.text();
  }

  #channelOpens(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new FaultError("network-lost"));
      this.#scope.listen(this.#channel, "open", () => resolve());
      this.#scope.listen(this.#peer, "connectionstatechange", () => {
        if (this.#peer.connectionState === "failed") fail();
      });
      this.#scope.listen(signal, "abort", fail);
    });
  }

  #watch(): void {
    let cancel: () => void = () => undefined;
    this.#scope.listen(this.#channel, "close", () => this.#down("network-lost"));
    this.#scope.listen(this.#peer, "connectionstatechange", () => {
      cancel();
      const state = this.#peer.connectionState;
      if (state === "failed" || state === "closed") this.#down("network-lost");
      if (state === "disconnected") {
        cancel = this.#scope.after(HEALING_MS, () => this.#down("network-lost"));
        void this.#askIfServerIsThere();
      }
    });
  }

  /** A way that broke may heal; a server that is gone will not, so nobody should wait for it. */
  async #askIfServerIsThere(): Promise<void> {
    try {
      await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(HEALING_MS) });
    } catch {
      if (this.#peer.connectionState === "disconnected") this.#down("network-lost");
    }
  }

  #play(event: RTCTrackEvent): void {
    const stream = event.streams[0] ?? new MediaStream([event.track]);
    const { element, audio, hooks } = this.request;
    const silence = element.srcObject;
    element.srcObject = stream;
    element.muted = false;
    this.#scope.add(() => {
      element.srcObject = silence;
    });
    element.play().catch((error: unknown) => {
      // A newer source interrupts an older play(): not a refusal.
      if ((error as Error).name === "NotAllowedError") hooks.blocked(() => element.play());
    });

    this.#reader = new LevelReader(audio);
    const source = audio.createMediaStreamSource(stream);
    source.connect(this.#reader.node);
    this.#scope.add(() => source.disconnect());
  }

  #down(fault: Fault): void {
    if (!this.#open) return;
    this.close();
    this.request.hooks.down(fault);
  }
}

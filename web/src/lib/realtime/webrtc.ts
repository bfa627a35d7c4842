/** A live session over WebRTC: Opus both ways, events on the data channel `oai-events`. */

import { LevelReader, meter } from "../audio/level.ts";
import { ApiError, send } from "../api/request.ts";
import { type Fault, FaultError } from "../faults/fault.ts";
import { Scope } from "../scope.ts";
import { decode } from "./decode.ts";
import type { ClientEvent } from "./events.ts";
import { hangUp } from "./hangup.ts";
import { Probe } from "./probe.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** As long as another way for the same call is looked for; then a new call resumes the session. */
const MENDING_MS = 4_000;
/** As long as a network is waited for, without which nothing can be found: the server keeps a call for 15 s. */
const OFFLINE_MS = 11_000;
/** How soon the server is asked again by a network that has just come and may not lead anywhere yet. */
const AGAIN_MS = 300;
/** How often it is seen whether the other way carries anything. */
const LOOK_MS = 100;
/** As long as what is tried next waits until the server knows that this call is given up. */
const GIVING_UP_MS = 500;

export async function openWebRtc(request: TransportRequest): Promise<Transport> {
  if (typeof RTCPeerConnection === "undefined") throw new FaultError("unsupported");
  const call = new Call(request, await request.iceServers());
  try {
    await call.establish();
    return call;
  } catch (error) {
    call.close();
    await call.giveUp();
    throw error;
  }
}

class Call implements Transport {
  readonly kind = "webrtc";
  readonly #scope = new Scope();
  readonly #peer: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #sender: RTCRtpSender;
  readonly #probe: Probe;
  #reader: LevelReader | null = null;
  #open = false;
  /** The call's name, by which the server takes what concerns it. */
  #id = "";
  #mending: Scope | null = null;
  /** The way was found anew, and nothing has been said over it yet. */
  #unproved = false;

  constructor(
    readonly request: TransportRequest,
    iceServers: RTCIceServer[],
  ) {
    this.#peer = new RTCPeerConnection({ iceServers });
    this.#channel = this.#peer.createDataChannel("oai-events");
    const track = request.microphone?.getAudioTracks()[0];
    // Without a microphone the same line is offered with no track on it: the client is heard, and
    // a microphone can still be put on later.
    this.#sender = track
      ? this.#peer.addTrack(track, ...(request.microphone ? [request.microphone] : []))
      : this.#peer.addTransceiver("audio", { direction: "sendrecv" }).sender;
    this.#probe = new Probe(this.#scope, (event) => this.send(event));

    this.#scope.add(() => this.#peer.close());
    this.#scope.add(() => this.#channel.close());
    this.#scope.listen(this.#channel, "message", (event) => {
      this.#unproved = false;
      const decoded = decode((event as MessageEvent).data);
      if (decoded && !this.#probe.receive(decoded)) request.hooks.event(decoded);
    });
    this.#scope.listen(this.#peer, "track", (event) => this.#play(event as RTCTrackEvent));
  }

  async establish(): Promise<void> {
    const { resume, signal } = this.request;
    const opened = this.#channelOpens(signal);
    // Whichever fails first is reported; the other must not become an unhandled rejection.
    opened.catch(() => undefined);
    await this.#peer.setLocalDescription();
    // Not waiting for candidates saves about an eighth of a second: the server learns the page's
    // address from the first packet.
    const query = resume === null ? {} : { resume };
    const offer = { query, sdp: this.#description() };
    const answer = await send("post", "/v1/realtime/calls", offer, this.#manner(signal));
    this.#id = decodeURIComponent(answer.headers.get("location")?.split("/").at(-1) ?? "");
    await this.#accept(answer, signal);
    await opened;
    this.#open = true;
    this.#watch();
  }

  /**
   * The server need not wait for a call that does not come about, whose place may be the last one
   * and is wanted by what is tried next. A session that goes on is kept.
   */
  async giveUp(): Promise<void> {
    const { resume, secret } = this.request;
    if (resume !== null || this.#id === "") return;
    const patience = new Scope();
    await new Promise<void>((resolve) => {
      patience.after(GIVING_UP_MS, resolve);
      void hangUp(this.#id, secret).then(resolve);
    });
    patience.end();
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

  check(): void {
    const { audio, element } = this.request;
    // Leaving the screen may have stopped the sound.
    audio.resume().catch(() => undefined);
    element.play().catch(() => undefined);
    const { connectionState } = this.#peer;
    if (connectionState === "failed" || connectionState === "closed") {
      this.#down("network-lost");
    } else if (connectionState === "disconnected" || (this.#probe.late && navigator.onLine)) {
      // The network has changed once more; to mend what is whole costs nothing.
      void this.#mend();
    } else {
      this.#probe.ask(() => this.#silent());
    }
  }

  outputLevel(): number {
    return this.#reader ? meter(this.#reader.read().rms) : 0;
  }

  close(): void {
    this.#open = false;
    this.#scope.end();
  }

  /** What is offered, as far as it was settled. */
  #description(): string {
    return this.#peer.localDescription?.sdp ?? "";
  }

  #manner(signal: AbortSignal) {
    return { key: this.request.secret, signal };
  }

  async #accept(answer: Response, signal: AbortSignal): Promise<void> {
    const sdp = await answer.text();
    if (signal.aborted) throw new FaultError("network-lost");
    await this.#peer.setRemoteDescription({ type: "answer", sdp });
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
    this.#scope.listen(this.#channel, "close", () => this.#down("network-lost"));
    this.#scope.listen(this.#peer, "connectionstatechange", () => {
      const state = this.#peer.connectionState;
      if (state === "failed" || state === "closed") this.#down("network-lost");
      if (state === "disconnected") void this.#mend();
    });
  }

  #silent(): void {
    // A way that carries checks and no events, as small packets and no large ones, is none.
    if (this.#unproved && !this.#mending) this.#down("network-lost");
    else void this.#mend();
  }

  /**
   * ICE restart (RFC 8445, 2.4): the same call over whatever network there is now, or comes soon. A
   * server that does not know the call any more ends the waiting at once.
   */
  async #mend(): Promise<void> {
    if (this.#mending || !this.#open) return;
    const mending = this.#scope.child();
    this.#mending = mending;
    const abort = new AbortController();
    mending.add(() => abort.abort());
    this.request.hooks.mending(true);
    try {
      await this.#online(mending);
      mending.after(MENDING_MS, () => this.#down("network-lost"));
      this.#peer.restartIce();
      await this.#peer.setLocalDescription();
      await this.#accept(await this.#reach(mending, abort.signal), abort.signal);
      await this.#carries(mending);
    } catch {
      return this.#down("network-lost");
    }
    if (mending.ended) return;
    mending.end();
    this.#mending = null;
    this.#unproved = true;
    this.#probe.forget();
    this.request.hooks.mending(false);
  }

  /** Resolves when there is a network; a browser that knows of none finds no way either. */
  async #online(mending: Scope): Promise<void> {
    if (navigator.onLine) return;
    const late = mending.after(OFFLINE_MS, () => this.#down("network-lost"));
    await new Promise<void>((resolve) => {
      mending.listen(window, "online", () => resolve());
    });
    late();
  }

  /** Asks for the restart until the server itself answers, not a proxy without it, or the patience is over. */
  async #reach(mending: Scope, signal: AbortSignal): Promise<Response> {
    const offer = { path: { id: this.#id }, sdp: this.#description() };
    for (;;) {
      try {
        return await send("post", "/v1/realtime/calls/{id}", offer, this.#manner(signal));
      } catch (error) {
        // What our server answers names a code; a proxy without it does not.
        const answered = error instanceof ApiError && (error.status < 500 || error.code !== "");
        if (answered || mending.ended) throw error;
        await new Promise<void>((resolve) => {
          mending.after(AGAIN_MS, resolve);
        });
      }
    }
  }

  /** Resolves when answers of the other side have come by the new way; the state may lag behind. */
  #carries(mending: Scope): Promise<void> {
    const answers = async () => {
      let count = 0;
      (await this.#peer.getStats()).forEach(
        (entry: { type: string; responsesReceived?: number }) => {
          if (entry.type === "candidate-pair") count += entry.responsesReceived ?? 0;
        },
      );
      return count;
    };
    return new Promise((resolve, reject) => {
      let before: number | null = null;
      const look = async () => {
        const now = await answers();
        before ??= now;
        if (now > before && this.#peer.connectionState === "connected") resolve();
      };
      mending.every(LOOK_MS, () => void look().catch(reject));
    });
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

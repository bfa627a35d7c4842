/** A live session over one WebSocket: base64 PCM both ways, playback owned by this page. */

import captureUrl from "../audio/capture.worklet.ts?worker&url";
import { CAPTURE, type Captured, type ToCapture } from "../audio/messages.ts";
import { toBase64 } from "../audio/pcm.ts";
import { type Fault, faultOfClose, FaultError } from "../faults/fault.ts";
import { Scope } from "../scope.ts";
import { decode } from "./decode.ts";
import type { ClientEvent, ServerEvent } from "./events.ts";
import { Interruptions } from "./interruptions.ts";
import { Probe } from "./probe.ts";
import { Speaker } from "./speaker.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** About three seconds of speech that the network did not take: the path is dead. */
const STALLED_BYTES = 200_000;

export async function openWebSocket(request: TransportRequest): Promise<Transport> {
  const { audio, signal } = request;
  if (!("audioWorklet" in audio)) throw new FaultError("unsupported");
  const scope = new Scope();
  try {
    const socket = await dial(request, scope);
    const line = new Line(request, scope, socket);
    await line.prepare();
    if (signal.aborted) throw new FaultError("network-lost");
    return line;
  } catch (error) {
    scope.end();
    throw error;
  }
}

function dial(request: TransportRequest, scope: Scope): Promise<WebSocket> {
  const { secret, model, resume, signal } = request;
  const url = new URL("/v1/realtime", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("model", model);
  if (resume !== null) url.searchParams.set("resume", resume);
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ["realtime", `openai-insecure-api-key.${secret}`]);
    scope.add(() => socket.close(1000));
    scope.listen(socket, "open", () => resolve(socket));
    scope.listen(socket, "close", (event) => {
      const fault = faultOfClose((event as CloseEvent).code);
      reject(new FaultError(fault ?? "server-unreachable"));
    });
    scope.listen(signal, "abort", () => reject(new FaultError("network-lost")));
  });
}

class Line implements Transport {
  readonly kind = "websocket";
  #speaker: Speaker | null = null;
  #capture: AudioWorkletNode | null = null;
  #source: MediaStreamAudioSourceNode | null = null;
  #interruptions: Interruptions | null = null;
  #early: ServerEvent[] = [];
  readonly #probe: Probe;

  constructor(
    readonly request: TransportRequest,
    readonly scope: Scope,
    readonly socket: WebSocket,
  ) {
    this.#probe = new Probe(scope, (event) => this.send(event));
    // From the first moment on: the server speaks as soon as the socket is open.
    scope.listen(socket, "message", (event) => this.#receive(decode((event as MessageEvent).data)));
    scope.listen(socket, "close", (event) => this.#down(faultOfClose((event as CloseEvent).code)));
  }

  async prepare(): Promise<void> {
    const { audio, hooks, microphone } = this.request;
    this.#speaker = await Speaker.open(audio, this.scope, (item) => {
      this.#interruptions?.moved(item);
    });
    this.#interruptions = new Interruptions(this.#speaker, (event) => this.send(event));
    await audio.audioWorklet.addModule(captureUrl);
    await this.useMicrophone(microphone);
    for (const event of this.#early.splice(0)) this.#receive(event);
    const tell = () => hooks.blocked(audio.state === "running" ? null : () => audio.resume());
    // Also later: a phone call interrupts the sound of a page on iOS.
    this.scope.listen(audio, "statechange", tell);
    tell();
  }

  send(event: ClientEvent): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount > STALLED_BYTES) return this.#down("network-lost");
    this.socket.send(JSON.stringify(event));
  }

  interrupt(): void {
    this.#interruptions?.interrupt();
  }

  async useMicrophone(stream: MediaStream | null): Promise<void> {
    this.#source?.disconnect();
    this.#source = null;
    if (!stream) return;
    this.#capture ??= this.#startCapture();
    this.#source = this.request.audio.createMediaStreamSource(stream);
    this.#source.connect(this.#capture);
  }

  check(): void {
    // Leaving the screen may have stopped the sound; a refusal is told by the state.
    this.request.audio.resume().catch(() => undefined);
    if (this.socket.readyState !== WebSocket.OPEN) return this.#down("network-lost");
    this.#probe.ask(() => this.#down("network-lost"));
  }

  outputLevel(): number {
    return this.#speaker?.level() ?? 0;
  }

  close(): void {
    this.scope.end();
  }

  #startCapture(): AudioWorkletNode {
    const capture = new AudioWorkletNode(this.request.audio, CAPTURE, { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }: MessageEvent<Captured>) => {
      this.send({ type: "input_audio_buffer.append", audio: toBase64(data) });
    };
    this.scope.add(() => {
      capture.port.postMessage({ do: "stop" } satisfies ToCapture);
      capture.port.onmessage = null;
      capture.disconnect();
      this.#source?.disconnect();
    });
    return capture;
  }

  #receive(event: ServerEvent | null): void {
    if (!event || this.#probe.receive(event)) return;
    if (!this.#interruptions) {
      this.#early.push(event);
      return;
    }
    this.#interruptions.receive(event);
    if (event.type !== "response.output_audio.delta") this.request.hooks.event(event);
  }

  #down(fault: Fault | null): void {
    if (this.scope.ended) return;
    this.scope.end();
    this.request.hooks.down(fault);
  }
}

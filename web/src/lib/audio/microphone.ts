/** One open microphone: asked for, muted, watched for loss, and given back. */

import { FaultError, faultOfMicrophone } from "../faults/fault.ts";
import { Scope } from "../scope.ts";

export interface Device {
  id: string;
  label: string;
}

export class Microphone {
  readonly #scope = new Scope();

  private constructor(readonly stream: MediaStream) {
    this.#scope.stream(stream);
  }

  /** Opens `deviceId`, or the system's choice when it is empty or gone. */
  static async open(deviceId = ""): Promise<Microphone> {
    if (!window.isSecureContext) throw new FaultError("insecure-context");
    const devices = mediaDevices();
    if (!devices?.getUserMedia) throw new FaultError("unsupported");
    try {
      return new Microphone(await devices.getUserMedia({ audio: wishes(deviceId) }));
    } catch (error) {
      const gone = ["OverconstrainedError", "NotFoundError"].includes((error as Error).name);
      if (deviceId && gone) return Microphone.open();
      throw new FaultError(faultOfMicrophone(error), (error as Error).message);
    }
  }

  get deviceId(): string {
    return this.#track?.getSettings().deviceId ?? "";
  }

  get label(): string {
    return this.#track?.label ?? "";
  }

  /** A muted microphone sends silence; the device stays open so that speaking again is instant. */
  mute(muted: boolean): void {
    if (this.#track) this.#track.enabled = !muted;
  }

  /** Calls `lost` when the device is unplugged or taken away. */
  onLost(lost: () => void): () => void {
    return this.#track ? this.#scope.listen(this.#track, "ended", lost) : () => undefined;
  }

  close(): void {
    this.#scope.end();
  }

  get #track(): MediaStreamTrack | undefined {
    return this.stream.getAudioTracks()[0];
  }
}

/** The microphones there are; their labels are empty until permission was given. */
export async function listMicrophones(): Promise<Device[]> {
  return microphonesAmong((await mediaDevices()?.enumerateDevices()) ?? []);
}

/** Firefox makes the id of the name: devices of one name have one id, and cannot be told apart. */
export function microphonesAmong(all: MediaDeviceInfo[]): Device[] {
  const found = new Map<string, Device>();
  for (const { kind, deviceId: id, label } of all) {
    if (kind !== "audioinput" || id === "" || found.has(id)) continue;
    found.set(id, { id, label: label || `Microphone ${String(found.size + 1)}` });
  }
  return [...found.values()];
}

export function onDevicesChange(scope: Scope, changed: () => void): void {
  const devices = mediaDevices();
  if (devices) scope.listen(devices, "devicechange", changed);
}

/** Whether the browser will refuse without asking. Browsers that cannot say are taken to ask. */
export async function isRefusedForGood(): Promise<boolean> {
  try {
    const status = await navigator.permissions.query({ name: "microphone" as PermissionName });
    return status.state === "denied";
  } catch {
    return false;
  }
}

/** Undefined outside a secure context, whatever the type says. */
function mediaDevices(): MediaDevices | undefined {
  return navigator.mediaDevices as MediaDevices | undefined;
}

/** The browser's own echo canceller is what keeps the client from hearing itself. */
function wishes(deviceId: string): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: { ideal: 1 },
    ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
  };
}

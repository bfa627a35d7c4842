import { expect, test } from "vitest";
import { microphonesAmong } from "./microphone.ts";

const device = (kind: MediaDeviceKind, deviceId: string, label: string) =>
  ({ kind, deviceId, label }) as MediaDeviceInfo;

test("two microphones of one name and id are one choice", () => {
  const all = [
    device("audioinput", "a", "Headset"),
    device("audiooutput", "x", "Headset"),
    device("audioinput", "b", "Webcam"),
    device("audioinput", "b", "Webcam"),
  ];
  expect(microphonesAmong(all)).toEqual([
    { id: "a", label: "Headset" },
    { id: "b", label: "Webcam" },
  ]);
});

test("before permission there are no names, and perhaps not even an id", () => {
  expect(microphonesAmong([device("audioinput", "", "")])).toEqual([]);
  const nameless = [device("audioinput", "a", ""), device("audioinput", "b", "")];
  expect(microphonesAmong(nameless).map(({ label }) => label)).toEqual([
    "Microphone 1",
    "Microphone 2",
  ]);
});

/** What each fault is called on the page, what it means, and how to go on. */

import type { Fault } from "./fault.ts";

export interface Words {
  title: string;
  body: string;
  /** Steps in order, where there are any to take. */
  steps: string[];
}

export type Browser = "chrome" | "edge" | "firefox" | "safari" | "ios" | "android" | "other";

export function browserOf(userAgent: string, touchPoints: number): Browser {
  // iPadOS calls itself a Mac; touch gives it away. Every browser on iOS has Safari's settings.
  if (/iPhone|iPad|iPod/.test(userAgent)) return "ios";
  if (/Macintosh/.test(userAgent) && touchPoints > 1) return "ios";
  if (/Firefox\//.test(userAgent)) return "firefox";
  if (/Android/.test(userAgent)) return "android";
  if (/Edg\//.test(userAgent)) return "edge";
  if (/Chrome\//.test(userAgent)) return "chrome";
  if (/Safari\//.test(userAgent)) return "safari";
  return "other";
}

const ALLOW: Record<Browser, string[]> = {
  chrome: [
    "Choose the icon at the left end of the address bar.",
    "Switch “Microphone” on.",
    "Come back here and try again.",
  ],
  edge: [
    "Choose the padlock at the left end of the address bar.",
    "Under “Permissions for this site”, set “Microphone” to “Allow”.",
    "Come back here and try again.",
  ],
  firefox: [
    "Choose the crossed-out microphone in the address bar.",
    "Remove “Blocked” with the small cross beside it.",
    "Try again, and choose “Allow” when Firefox asks.",
  ],
  safari: [
    "In the menu bar, choose Safari, then “Settings for This Website…”.",
    "Set “Microphone” to “Allow”.",
    "Come back here and try again.",
  ],
  ios: [
    "Tap the page menu at the left end of the address bar.",
    "Tap “Website Settings” and set “Microphone” to “Allow”.",
    "If it is not offered there: Settings, your browser, “Microphone”.",
  ],
  android: [
    "Tap the icon at the left end of the address bar, then “Permissions”.",
    "Allow the microphone.",
    "If it is still refused, allow it for the browser in Android’s settings, under “Apps”.",
  ],
  other: [
    "Open your browser’s settings for this site, usually at the left end of the address bar.",
    "Allow the microphone.",
    "Come back here and try again.",
  ],
};

const WORDS: Record<Fault, Omit<Words, "steps">> = {
  "insecure-context": {
    title: "This address is not secure",
    body: "Browsers open a microphone only on https addresses or on this very machine. Open the page by https, or at http://127.0.0.1. Everything can still be typed here.",
  },
  unsupported: {
    title: "This browser cannot carry a voice",
    body: "It lacks a part that live sound needs. A current Firefox, Safari, Chrome or Edge has it. You can type your side here and read the answers.",
  },
  "microphone-none": {
    title: "No microphone found",
    body: "Connect one, or switch it on, and try again. You can also type your side of the conversation.",
  },
  "microphone-refused": {
    title: "The microphone is not allowed",
    body: "The browser keeps it from this page. You can change that, or type your side of the conversation.",
  },
  "microphone-busy": {
    title: "The microphone is in use",
    body: "Another program or tab holds it, or the system could not start it. Close the other one and try again, or choose another microphone.",
  },
  "microphone-lost": {
    title: "The microphone is gone",
    body: "It was unplugged or switched off. Choose another one, or go on by typing; the session is still running.",
  },
  "network-lost": {
    title: "The connection was lost",
    body: "Everything said so far is kept, and the session goes on as soon as the network does.",
  },
  "server-stopping": {
    title: "The server is restarting",
    body: "It usually takes a few seconds. Everything said so far is kept, and the session goes on by itself.",
  },
  "server-unreachable": {
    title: "The server does not answer",
    body: "It may not be running, or your network does not reach it.",
  },
  "server-busy": {
    title: "Every place is taken just now",
    body: "The server runs as many sessions as it can carry well. Try again in a minute.",
  },
  "server-failed": {
    title: "The server failed at this",
    body: "It runs, but something in it went wrong. Try again in a moment; whoever runs the server finds more in its log.",
  },
  "recording-unreadable": {
    title: "The server cannot read its recordings",
    body: "Its disk fails or is not there. What is on it is left as it is; whoever runs the server finds more in its log.",
  },
  "disk-full": {
    title: "The server’s disk takes nothing",
    body: "It is full or may not be written to. What was said before is kept, and the session goes on once there is room.",
  },
  "database-away": {
    title: "The server’s database does not answer",
    body: "Everything said so far is kept. It usually answers again within seconds.",
  },
  "transports-failed": {
    title: "No way through for the sound",
    body: "Neither a direct connection nor a WebSocket could be opened. A firewall, a proxy or a browser extension may be in between.",
  },
  "session-expired": {
    title: "The session reached its longest time",
    body: "It was closed by the server. You can start another one right away.",
  },
  "session-over": {
    title: "This session is over",
    body: "It cannot be taken up again: it was away for too long, or was ended elsewhere. What was said up to then is in its record.",
  },
  "session-elsewhere": {
    title: "This session goes on elsewhere",
    body: "It was taken up in another tab or on another device, and is no longer held here.",
  },
  "session-ended": {
    title: "This session was ended elsewhere",
    body: "It was closed in another tab, on another device, or by whoever runs the server.",
  },
  "not-allowed": {
    title: "The server did not accept this page’s key",
    body: "It may have run out. Reload the page, and sign in again if you are asked to.",
  },
  "key-needed": {
    title: "This server asks for a key",
    body: "Whoever runs it can give you one. It is needed once.",
  },
  "key-wrong": {
    title: "That key does not open this server",
    body: "Look for a missing character, or ask whoever runs the server for the present one.",
  },
  "unknown-client": {
    title: "This client is not here",
    body: "The server does not know them any more. Choose someone else to talk with.",
  },
  "unknown-session": {
    title: "This session is not here",
    body: "It was deleted, or it belongs to somebody else.",
  },
  "not-recorded": {
    title: "This session was not recorded",
    body: "The server kept that it took place, and nothing of what was said.",
  },
};

export function wordsFor(fault: Fault, browser: Browser): Words {
  return { ...WORDS[fault], steps: fault === "microphone-refused" ? ALLOW[browser] : [] };
}

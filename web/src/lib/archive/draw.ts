/** Draws two voices on one timeline: the coach above the line, the client below it. */

import { columnsOf, gainOf } from "./shape.ts";
import { toX, type View } from "./timeline.ts";
import type { Peaks } from "../api.ts";
import type { Span } from "./timeline.ts";

export interface Colours {
  coach: string;
  client: string;
  line: string;
  soft: string;
}

export interface Picture {
  view: View;
  length: number;
  peaks: Peaks | null;
  breaks: Span[];
  /** Where a client's answer was cut off. */
  cuts: number[];
  /** From here on nothing was recorded. */
  recordedTo: number;
}

/** In CSS pixels. */
export interface Size {
  width: number;
  height: number;
  /** Width of a bar with the gap after it. */
  pitch: number;
}

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    coach: colour("coach"),
    client: colour("client"),
    line: colour("edge"),
    soft: colour("soft"),
  };
}

/** Fits the canvas to its place on a screen of any density; null where nothing can be drawn. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d");
  context?.scale(ratio, ratio);
  return context;
}

export function drawVoices(
  context: CanvasRenderingContext2D,
  picture: Picture,
  size: Size,
  colours: Colours,
): void {
  const { width, height } = size;
  const middle = Math.round(height / 2);
  context.clearRect(0, 0, width, height);
  context.fillStyle = colours.line;
  context.globalAlpha = 0.6;
  context.fillRect(0, middle - 0.5, width, 1);
  context.globalAlpha = 1;
  if (picture.peaks) {
    bars(context, picture, picture.peaks.coach, size, colours.coach, middle - 2, -1);
    bars(context, picture, picture.peaks.client, size, colours.client, middle + 2, 1);
  }
  for (const span of picture.breaks) hatch(context, picture.view, span, size, colours);
  if (picture.recordedTo < picture.length) {
    const rest = { from_ms: picture.recordedTo, to_ms: picture.length };
    hatch(context, picture.view, rest, size, colours);
  }
  for (const cut of picture.cuts.filter((at) => at <= picture.recordedTo))
    mark(context, toX(cut, picture.view, width), middle, size, colours);
}

function bars(
  context: CanvasRenderingContext2D,
  { view, length }: Picture,
  peaks: number[],
  { width, height, pitch }: Size,
  colour: string,
  from: number,
  direction: 1 | -1,
): void {
  const columns = Math.max(1, Math.floor(width / pitch));
  const heights = columnsOf(peaks, length, view, columns, gainOf(peaks));
  const most = height / 2 - 4;
  const wide = width / columns;
  const bar = Math.max(1, wide - 1);
  context.fillStyle = colour;
  context.beginPath();
  for (let i = 0; i < columns; i += 1) {
    const tall = (heights[i] ?? 0) * most;
    if (tall < 0.5) continue;
    const top = direction < 0 ? from - tall : from;
    context.roundRect(i * wide, top, bar, tall, Math.min(1, bar / 2));
  }
  context.fill();
}

/** Slanted lines where nobody was there, or nothing was recorded. */
function hatch(
  context: CanvasRenderingContext2D,
  view: View,
  span: Span,
  { width, height }: Size,
  colours: Colours,
): void {
  const left = Math.max(-1, toX(span.from_ms, view, width));
  const right = Math.min(width + 1, Math.max(left + 3, toX(span.to_ms, view, width)));
  if (right <= 0 || left >= width) return;
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  context.clearRect(left, 0, right - left, height);
  context.strokeStyle = colours.line;
  context.globalAlpha = 0.55;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = Math.floor((left - height) / 7) * 7; x < right; x += 7) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.moveTo(left + 0.5, 0);
  context.lineTo(left + 0.5, height);
  context.moveTo(right - 0.5, 0);
  context.lineTo(right - 0.5, height);
  context.stroke();
  context.restore();
}

/** A stroke with a barb across the lower voice: here the client was cut off. */
function mark(
  context: CanvasRenderingContext2D,
  x: number,
  middle: number,
  { width, height }: Size,
  colours: Colours,
): void {
  if (x < -4 || x > width + 4) return;
  context.fillStyle = context.strokeStyle = colours.client;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, middle + 2);
  context.lineTo(x, height);
  context.stroke();
  context.beginPath();
  context.moveTo(x, height);
  context.lineTo(x - 6, height);
  context.lineTo(x, height - 8);
  context.fill();
}

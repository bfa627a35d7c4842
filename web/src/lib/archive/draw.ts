/** Draws two voices on one timeline: the coach above the line, the client below it. */

import { columnsOf, type Shape } from "./shape.ts";
import { type Gap, toX, type View } from "./timeline.ts";

export interface Colours {
  coach: string;
  client: string;
  line: string;
  soft: string;
}

export interface Picture {
  view: View;
  shape: Shape | null;
  gaps: Gap[];
  /** Where a client's answer was cut off. */
  cuts: number[];
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
  const { width, height, pitch } = size;
  const middle = Math.round(height / 2);
  context.clearRect(0, 0, width, height);
  context.fillStyle = colours.line;
  context.globalAlpha = 0.6;
  context.fillRect(0, middle - 0.5, width, 1);
  context.globalAlpha = 1;
  if (picture.shape) {
    const columns = Math.max(1, Math.floor(width / pitch));
    for (const side of ["coach", "client"] as const) {
      context.fillStyle = colours[side];
      bars(context, columnsOf(picture.shape, side, picture.view, columns), side, size);
    }
  }
  for (const gap of picture.gaps) blank(context, picture.view, gap, size, colours);
  for (const cut of picture.cuts) mark(context, toX(cut, picture.view, width), size, colours);
}

/** The coach's from the middle up, the client's down. */
function bars(
  context: CanvasRenderingContext2D,
  heights: Float32Array,
  side: "coach" | "client",
  { width, height }: Size,
): void {
  const most = height / 2 - 4;
  const middle = Math.round(height / 2);
  const wide = width / heights.length;
  const bar = Math.max(1, wide - 1);
  context.beginPath();
  heights.forEach((share, i) => {
    const tall = share * most;
    if (tall < 0.5) return;
    const top = side === "coach" ? middle - 2 - tall : middle + 2;
    context.roundRect(i * wide, top, bar, tall, Math.min(1, bar / 2));
  });
  context.fill();
}

/** Slanted lines where nobody was there; dots where somebody was, and nothing was recorded. */
function blank(
  context: CanvasRenderingContext2D,
  view: View,
  { from_ms, to_ms, kind }: Gap,
  { width, height }: Size,
  colours: Colours,
): void {
  const left = Math.max(-1, toX(from_ms, view, width));
  const right = Math.min(width + 1, Math.max(left + 3, toX(to_ms, view, width)));
  if (right <= 0 || left >= width) return;
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  context.clearRect(left, 0, right - left, height);
  context.fillStyle = context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.globalAlpha = 0.55;
  context.beginPath();
  if (kind === "away") {
    for (let x = Math.floor((left - height) / 7) * 7; x < right; x += 7) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
  } else {
    context.globalAlpha = 0.8;
    for (let x = Math.floor(left / 8) * 8 + 4; x < right; x += 8) {
      for (let y = (height % 8) / 2 + 4; y < height; y += 8) context.rect(x, y - 0.75, 1.5, 1.5);
    }
    context.fill();
    context.beginPath();
  }
  for (const edge of [left + 0.5, right - 0.5]) {
    context.moveTo(edge, 0);
    context.lineTo(edge, height);
  }
  context.stroke();
  context.restore();
}

/** A stroke with a barb across the lower voice: here the client was cut off. */
function mark(
  context: CanvasRenderingContext2D,
  x: number,
  { width, height }: Size,
  colours: Colours,
): void {
  if (x < -4 || x > width + 4) return;
  const middle = Math.round(height / 2);
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

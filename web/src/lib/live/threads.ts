/** The picture of who is speaking: two threads, whose waves grow with the voice they stand for. */

/** Points along the width; enough for a smooth curve, few enough for a phone. */
const POINTS = 24;

/**
 * An SVG path across `width`, centred on `height / 2`. `level` is 0 to 1, `phase` in radians moves
 * the wave; a thread at rest still breathes a little. `lean` tells the two threads apart.
 */
export function thread(
  width: number,
  height: number,
  level: number,
  phase: number,
  lean: number,
): string {
  const middle = height / 2;
  const reach = (0.05 + 0.42 * level) * height;
  const points = Array.from({ length: POINTS + 1 }, (_, i) => {
    const along = i / POINTS;
    // Fixed at both ends, widest in the middle, as a string is.
    const envelope = Math.sin(Math.PI * along) ** 2;
    const wave =
      Math.sin(along * Math.PI * 4 + phase * lean) * 0.7 +
      Math.sin(along * Math.PI * 7 - phase * 1.3 + lean) * 0.3;
    return { x: along * width, y: middle + lean * wave * envelope * reach };
  });
  return smooth(points);
}

/** Eases towards the measured level: fast up, slow down, as speech is seen best. */
export function ease(shown: number, measured: number): number {
  return shown + (measured - shown) * (measured > shown ? 0.35 : 0.08);
}

/** A curve through the middles between neighbouring points. */
function smooth(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${fixed(first.x)} ${fixed(first.y)}`;
  rest.forEach((point, i) => {
    const next = rest[i + 1];
    const to = next ? { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 } : point;
    path += `Q${fixed(point.x)} ${fixed(point.y)} ${fixed(to.x)} ${fixed(to.y)}`;
  });
  return path;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

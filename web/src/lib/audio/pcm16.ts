/** Floating-point samples as 16-bit PCM; free of browser names, so that the worklet can use it. */

export function toPcm16(samples: Float32Array): Int16Array<ArrayBuffer> {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) {
    const clipped = Math.max(-1, Math.min(1, samples[i] ?? 0));
    pcm[i] = Math.round(clipped * 32767);
  }
  return pcm;
}

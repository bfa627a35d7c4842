/** The wire's base64 of 16-bit little-endian PCM, to and from samples. */

export function toBase64(pcm: Int16Array): string {
  const bytes = new Uint8Array(pcm.length * 2);
  const view = new DataView(bytes.buffer);
  pcm.forEach((sample, i) => view.setInt16(i * 2, sample, true));
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Null if `base64` is not base64 or holds half a sample. */
export function fromBase64(base64: string): Float32Array | null {
  let binary: string;
  try {
    binary = atob(base64);
  } catch {
    return null;
  }
  if (binary.length % 2 !== 0) return null;
  const samples = new Float32Array(binary.length / 2);
  for (let i = 0; i < samples.length; i += 1) {
    const unsigned = binary.charCodeAt(i * 2) | (binary.charCodeAt(i * 2 + 1) << 8);
    samples[i] = (unsigned > 32767 ? unsigned - 65536 : unsigned) / 32768;
  }
  return samples;
}

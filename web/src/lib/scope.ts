/** Owns every listener, timer and track of one piece of work, so that ending it leaves nothing behind. */
export class Scope {
  readonly #ends = new Set<() => void>();
  #ended = false;

  /** True once `end` was called; whatever is added afterwards is undone at once. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many things are still owned, for leak tests. */
  get size(): number {
    return this.#ends.size;
  }

  /** Runs `undo` when the scope ends. The returned function runs it earlier, once. */
  add(undo: () => void): () => void {
    if (this.#ended) {
      undo();
      return () => undefined;
    }
    const once = () => {
      if (this.#ends.delete(once)) undo();
    };
    this.#ends.add(once);
    return once;
  }

  /** A scope that ends with this one, or earlier by itself. */
  child(): Scope {
    const inner = new Scope();
    const release = this.add(() => inner.end());
    inner.add(release);
    return inner;
  }

  listen(
    target: EventTarget,
    type: string,
    handler: (event: Event) => void,
    options?: AddEventListenerOptions,
  ): () => void {
    target.addEventListener(type, handler, options);
    return this.add(() => target.removeEventListener(type, handler, options));
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(() => {
      cancel();
      run();
    }, ms);
    const cancel = this.add(() => clearTimeout(timer));
    return cancel;
  }

  every(ms: number, run: () => void): () => void {
    const timer = setInterval(run, ms);
    return this.add(() => clearInterval(timer));
  }

  /** Calls `draw` before every repaint with the time since the page was opened. */
  frames(draw: (now: number) => void): () => void {
    let id = requestAnimationFrame(function step(now) {
      draw(now);
      id = requestAnimationFrame(step);
    });
    return this.add(() => cancelAnimationFrame(id));
  }

  /** Stops the tracks of `stream` when the scope ends. */
  stream(stream: MediaStream): MediaStream {
    this.add(() => {
      for (const track of stream.getTracks()) track.stop();
    });
    return stream;
  }

  end(): void {
    this.#ended = true;
    // Last in, first out, as with nested blocks.
    for (const undo of [...this.#ends].reverse()) undo();
  }
}

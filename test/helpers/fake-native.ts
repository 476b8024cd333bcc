/** A native `EventSource` that is played by the test: nothing of it goes over a network. */
export class FakeNative extends EventTarget {
  static made: FakeNative[] = [];
  readonly url: string;
  readonly withCredentials: boolean;
  readyState = 0;
  /** The names listened for. */
  readonly names = new Set<string>();

  constructor(url: string, { withCredentials = false } = {}) {
    super();
    this.url = url;
    this.withCredentials = withCredentials;
    FakeNative.made.push(this);
  }

  override addEventListener(type: string, listener: EventListener): void {
    super.addEventListener(type, listener);
    this.names.add(type);
  }

  close(): void {
    this.readyState = 2;
  }

  answer(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  /** An event of the server, unless it is closed. */
  give(data: string, lastEventId = "", type = "message", origin = "http://example.test"): void {
    if (this.readyState === 2) return;
    this.dispatchEvent(new MessageEvent(type, { data, lastEventId, origin }));
  }

  /** It failed; `2` says for good. */
  fail(readyState: 0 | 2 = 0): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }
}

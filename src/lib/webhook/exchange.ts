import type { IncomingMessage, ServerResponse } from 'node:http';

/** Milliseconds that a client gets to read a rejection sent before its body was read; then the socket is closed. */
const LINGER_MS = 500;

/**
 * One request and its answer. Every rejection has the same short body: a caller learns no more than the status.
 */
export class Exchange {
  #timer: NodeJS.Timeout | undefined;
  #deferred = false;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {}

  /** Whether it can still be answered. */
  get open(): boolean {
    return !this.response.headersSent && !this.response.destroyed;
  }

  /** Whether the flow is to answer it, and has not. */
  get deferred(): boolean {
    return this.#deferred;
  }

  accept(): void {
    this.#write(200, { 'content-type': 'text/plain', 'content-length': '8' }, 'received');
  }

  /**
   * @param status HTTP status
   * @param retryAfter seconds
   */
  reject(status: number, retryAfter?: number, allow?: string): void {
    const headers: Record<string, string> = { 'content-type': 'text/plain', 'content-length': '8' };
    if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
    if (allow !== undefined) headers.allow = allow;
    if (!this.request.complete) this.#closeAfterAnswer(headers);
    this.#write(status, headers, 'rejected');
  }

  /**
   * Leaves the answer to the flow.
   * @param timeout milliseconds; then it is answered with 503
   * @param ended called once, with whether the flow answered with a 2xx status
   * @param late called where the flow had not answered by then
   */
  defer(timeout: number, ended: (acknowledged: boolean) => void, late: () => void): void {
    const { response } = this;
    // The client was gone before: there will be no 'close' any more.
    if (response.destroyed) return ended(false);
    this.#deferred = true;
    this.#timer = setTimeout(() => {
      if (!this.open) return;
      this.reject(503);
      late();
    }, timeout);
    response.once('close', () => {
      clearTimeout(this.#timer);
      this.#deferred = false;
      const { statusCode } = response;
      ended(response.writableFinished && statusCode >= 200 && statusCode < 300);
    });
  }

  /**
   * The response for the flow. Once it was answered, whatever the flow still does with it has no effect: an answer
   * after the timeout, or a second one, is no fault of the flow's.
   */
  guarded(): ServerResponse {
    const { response } = this;
    const isOver = (): boolean => response.writableEnded || response.destroyed;
    const guard: ServerResponse = new Proxy(response, {
      get: (_, name) => {
        const value: unknown = Reflect.get(response, name, response);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (isOver()) return guard;
          const result: unknown = Reflect.apply(value, response, args);
          return result === response ? guard : result;
        };
      },
      set: (_, name, value) => isOver() || Reflect.set(response, name, value, response),
    });
    return guard;
  }

  #write(status: number, headers: Record<string, string>, body: string): void {
    if (!this.open) return;
    this.response.writeHead(status, headers);
    this.response.end(body);
  }

  /** Unread bytes must neither be waited for nor be taken for the next request. */
  #closeAfterAnswer(headers: Record<string, string>): void {
    headers.connection = 'close';
    const { socket } = this.request;
    // Chunks that nobody reads would be kept, each as a Buffer of its own.
    this.request.on('data', () => undefined);
    // To close a socket at once with unread bytes resets it, and the client may lose the answer.
    socket.destroySoon = () => {
      socket.end();
      // What the client still sends is left in the network, not read to be thrown away.
      setImmediate(() => socket.pause());
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once('close', () => clearTimeout(timer));
    };
  }
}

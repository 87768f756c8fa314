import type { IncomingMessage } from 'node:http';
import { bodyMemory, type BodyMemory, type HeldBody } from './body-memory';

/** Why a body was not read: `gone` = the client closed the connection, `no_room` = others needed the memory. */
export type BodyFault = 'too_large' | 'too_slow' | 'no_room' | 'gone';

export interface BodyLimits {
  /** Bytes. */
  maxBodySize: number;
  /** Milliseconds for the whole body. */
  bodyTimeout: number;
}

/** Chunks after which everybody else has a turn: those of one byte come by tens of thousands from one read of a socket. */
const CHUNKS_PER_TURN = 1000;

/** Milliseconds for everybody else between the turns of two such bodies. */
const TURN_PAUSE_MS = 20;

/** Bodies that have had their turn: one at a time goes on. */
const turns = {
  waiting: [] as (() => void)[],
  wait(goOn: () => void): void {
    if (this.waiting.push(goOn) === 1) this.schedule();
  },
  schedule(): void {
    setTimeout(() => {
      this.waiting.shift()?.();
      if (this.waiting.length > 0) this.schedule();
    }, TURN_PAUSE_MS);
  },
};

/**
 * Reads a request's body, calling back exactly once. After a fault the rest of the body is left unread, and no
 * listener of this function stays on the request.
 * @param done gets the body, which it has to release
 */
export function readBody(
  request: IncomingMessage,
  { maxBodySize, bodyTimeout }: BodyLimits,
  done: (body: HeldBody | BodyFault) => void,
  memory: BodyMemory = bodyMemory,
): void {
  if (Number(request.headers['content-length']) > maxBodySize) {
    done('too_large');
    return;
  }
  const body = memory.open(maxBodySize);
  let chunks = 0;
  let waits = false;
  let state: 'reading' | 'read' | 'failed' = 'reading';

  const finish = (fault?: BodyFault): void => {
    if (state !== 'reading') return;
    state = fault === undefined ? 'read' : 'failed';
    clearTimeout(timer);
    body.onDropped = undefined;
    if (fault === undefined) return done(body);
    request.off('data', onData).off('end', onEnd).off('close', onGone);
    request.pause();
    body.release();
    done(fault);
  };
  const giveTurn = (): void => {
    if (waits) return;
    waits = true;
    const { socket } = request;
    socket.pause();
    turns.wait(() => {
      waits = false;
      // After a fault nobody wants the rest.
      if (state !== 'failed') socket.resume();
    });
  };
  const onData = (chunk: Buffer): void => {
    if (++chunks % CHUNKS_PER_TURN === 0) giveTurn();
    if (body.size + chunk.length > maxBodySize) finish('too_large');
    else body.append(chunk);
  };
  const onEnd = (): void => finish();
  const onGone = (): void => finish('gone');
  const timer = setTimeout(() => finish('too_slow'), bodyTimeout);
  // Not a closure around it: with one, what a delivery leaves behind outlived it in V8's young generation, and the
  // webhook was a fifth slower (bench:webhook, Node.js 20).
  body.onDropped = finish;
  // Without a listener for 'error', a request that breaks off only closes.
  request.on('data', onData).on('end', onEnd).on('close', onGone);
  if (!body.isOpen) finish('no_room');
}

import type { ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import type { TestServer } from "../helpers/server.ts";
import type { EventSourceClient } from "../../src/index.ts";

/** Taken before a test can replace it: the limits of these tests must not depend on what they replace. */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;
const now = performance.now.bind(performance);

/** The result of a promise, or an error that names what was waited for. */
export function within<T>(what: string, promise: PromiseLike<T>, limit = 5000): Promise<T> {
  return new Promise((resolve, reject) => {
    const handle = startTimer(() => reject(new Error(`Timed out after ${limit} ms: ${what}`)), limit);
    promise.then(
      (value) => {
        stopTimer(handle);
        resolve(value);
      },
      (error: unknown) => {
        stopTimer(handle);
        reject(error);
      },
    );
  });
}

/** Resolves when a condition holds. It is checked once per turn of the event loop. */
export async function until(what: string, condition: () => boolean, limit = 5000): Promise<void> {
  for (const start = now(); !condition(); await new Promise(setImmediate))
    if (now() - start > limit) throw new Error(`Timed out after ${limit} ms: ${what}`);
}

/** Lets all work that needs no timer and no network run. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}

/**
 * Resolves when the socket of every request so far is closed. Node's fetch may have opened a socket that it never used, and keeps that for a while.
 */
export async function allReleased({ requests }: Pick<TestServer, "requests">): Promise<void> {
  for (const { socket } of requests)
    if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
}

/** Closes a client at the end of the test, whether it passes or not. */
export function closing<Source extends { close(): void }>(source: Source): Source {
  onTestFinished(() => source.close());
  return source;
}

/** Retries at once, for tests in which the delay is not the subject. */
export const quickRetry = { initialDelay: 1, factor: 1, jitter: 0 };

/** One event per ID, with the ID as its data. */
export function blocks(from: number, to: number, type?: string): string {
  let text = "";
  for (let id = from; id <= to; id++)
    text += `id: ${id}\n${type === undefined ? "" : `event: ${type}\n`}data: ${id}\n\n`;
  return text;
}

/** Answers with header lines that `node:http` would not send. */
export function answerRaw({ socket }: ServerResponse, head: readonly string[], body = ""): void {
  socket!.end(`HTTP/1.1 ${head.join("\r\n")}\r\nconnection: close\r\n\r\n${body}`, "latin1");
}

/** The data that a client delivers from now on. */
export function dataOf(source: {
  onEvent(listener: (event: { data: unknown }) => unknown): unknown;
}): unknown[] {
  const data: unknown[] = [];
  source.onEvent((event) => void data.push(event.data));
  return data;
}

/** The codes that a client reports from now on. */
export function codesOf(source: Pick<EventSourceClient, "onError">): string[] {
  const codes: string[] = [];
  source.onError((error) => void codes.push(error.code));
  return codes;
}

type Uncaught = { kind: "uncaughtException" | "unhandledRejection" | "reportError"; error: unknown };

/** Collects what nothing handles while the test runs. It takes the place of the handlers of vitest until then. */
export function collectUncaught(finished: (undo: () => void) => void = onTestFinished): Uncaught[] {
  const uncaught: Uncaught[] = [];
  const undo: (() => void)[] = [];
  for (const kind of ["uncaughtException", "unhandledRejection"] as const) {
    const before = process.listeners(kind as "uncaughtException");
    const collect = (error: unknown) => void uncaught.push({ kind, error });
    process.removeAllListeners(kind);
    process.on(kind as "uncaughtException", collect);
    undo.push(() => {
      process.off(kind, collect);
      for (const listener of before) process.on(kind as "uncaughtException", listener);
    });
  }
  finished(() => undo.forEach((run) => run()));
  return uncaught;
}

/** A body that gives these chunks, and then ends unless it stays open. */
export function bodyOf(
  chunks: readonly (string | Uint8Array)[],
  end = true,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : Uint8Array.from(chunk));
      if (end) controller.close();
    },
  });
}

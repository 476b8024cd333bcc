// What every scene is given.
import type { Request, RequestHandler } from "express";
import type { Feed } from "./feed.ts";
import type { Tokens } from "./tokens.ts";

export interface Stage {
  /** Where files may be written. */
  folder: string;
  /** The reconnection time that each stream begins with (ms). */
  retry: number;
  /** The feed on the log of that name, opened when it is first asked for. A reader without an id gets the `backlog`. */
  feed: (name: string, backlog?: number) => Promise<Feed>;
  /** Joins whoever asks to that feed. */
  join: (name: string, backlog?: number) => RequestHandler;
  /** What stands in front of a scene's streams: limits and faults. `expire` is what the fault of that name does. */
  guard: (scene: string, expire?: (req: Request) => void) => RequestHandler[];
  /** The tokens that the page gets from `POST /token`. */
  tokens: Tokens;
  /** Tells of what went wrong where nobody asked. */
  report: (error: Error) => void;
}

/** A part of the server. */
export interface Scene {
  routes: RequestHandler;
  close?: () => unknown;
}

// Contract: whatever is called, from wherever, over whatever network, design.md §4 holds. Plays are made up at random: a log of blocks, what goes
// wrong with each connection, and commands that are given from outside or from inside of any callback. EVERSPRING_RUNS sets the number of plays;
// fast-check prints the seed and the shrunk play, and the error has the course of it.
import { getEventListeners } from "node:events";
import type { ServerResponse } from "node:http";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createEventSource,
  EventSourceError,
  type ClosedStatus,
  type ConnectionStatus,
  type EventSourceClient,
  type ServerSentEvent,
} from "../../src/index.ts";
import { deferred } from "../helpers/deferred.ts";
import { refuse, serve, stream, type TestServer } from "../helpers/server.ts";
import { allReleased, collectUncaught, turns, until, within } from "./support.ts";

const RUNS = Number(process.env["EVERSPRING_RUNS"] ?? 300);
/** How long one wait may take (ms). */
const LIMIT = 4000;
/** Events that are sent after the last fault, with nothing in their way. */
const CLEAN = 3;

const TYPES = ["message", "tick", "error"] as const;
/** A block of the log. Its ID is its place, from 1. */
type Block = (typeof TYPES)[number] | "id only" | "commented";

type Fault =
  | { kind: "none" | "silent" }
  | { kind: "end" | "reset" | "stall"; after: number }
  | { kind: "answer"; status: 204 | 401 | 429 | 503 };
/** One connection; its text is written in pieces of so many characters. */
type Connection = Fault & { pieces: number };

const COMMANDS = [
  "open",
  "close",
  "dispose",
  "pause",
  "reconnect",
  "fail",
  "abort",
  "check",
  "start loop",
  "start slow loop",
  "start loop that breaks",
  "return from a loop",
  "add listener",
  "add slow listener",
  "add tick listener",
  "remove listener",
  "be slow",
  "be stuck",
] as const;
type Command = (typeof COMMANDS)[number];

const PLACES = [
  "onEvent",
  "on",
  "onStatus",
  "onError",
  "onComment",
  "onCheckpoint",
  "decode",
  "shouldRetry",
  "url",
  "headers",
  "onUnauthorized",
  "fetch",
  "loop",
] as const;
type Place = (typeof PLACES)[number];

interface Play {
  log: Block[];
  connections: Connection[];
  /** Given one after the other, each after so many turns of the event loop. */
  outside: { turns: number; command: Command }[];
  /** Given from inside of the n-th call of a callback. */
  inside: { place: Place; call: number; command: Command }[];
  isDecodingAsync: boolean;
  isUrlAsync: boolean;
}

const anyCommand = fc.oneof(
  { weight: 80, arbitrary: fc.constantFrom(...COMMANDS.filter((command) => command !== "abort")) },
  { weight: 12, arbitrary: fc.constant("open" as const) },
  { weight: 1, arbitrary: fc.constant("abort" as const) },
);

const anyConnection: fc.Arbitrary<Connection> = fc
  .tuple(
    fc.oneof(
      {
        weight: 14,
        arbitrary: fc.record({
          kind: fc.constantFrom(
            "end" as const,
            "end" as const,
            "reset" as const,
            "reset" as const,
            "stall" as const,
          ),
          after: fc.integer({ min: 0, max: 110 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant("answer" as const),
          status: fc.constantFrom(503 as const, 429 as const, 401 as const, 204 as const),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ kind: "silent" as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: "none" as const }) },
    ),
    fc.constantFrom(1000, 40, 7, 1),
  )
  .map(([fault, pieces]) => ({ ...fault, pieces }));

const anyPlay: fc.Arbitrary<Play> = fc
  .record({
    log: fc.array(fc.constantFrom<Block>(...TYPES, "message", "message", "id only", "commented"), {
      minLength: 1,
      maxLength: 20,
      size: "max",
    }),
    connections: fc
      .array(fc.tuple(anyConnection, fc.constantFrom(1, 1, 1, 2, 3)), { maxLength: 8, size: "max" })
      .map((entries) => entries.flatMap(([connection, times]) => Array<Connection>(times).fill(connection))),
    outside: fc.array(fc.record({ turns: fc.nat(40), command: anyCommand }), { maxLength: 8, size: "max" }),
    inside: fc.array(
      fc.record({
        place: fc.constantFrom(...PLACES),
        call: fc.integer({ min: 1, max: 8 }),
        command: anyCommand,
      }),
      { maxLength: 8, size: "max" },
    ),
    isDecodingAsync: fc.boolean(),
    isUrlAsync: fc.boolean(),
  })
  .map((play) => Object.assign(play, { [fc.toStringMethod]: () => describePlay(play) }));

function describePlay({ log, connections, outside, inside, isDecodingAsync, isUrlAsync }: Play): string {
  const faults = connections.map((connection, i) => {
    const { kind, pieces } = connection;
    const detail =
      "after" in connection
        ? ` after ${connection.after}`
        : "status" in connection
          ? ` ${connection.status}`
          : "";
    return `  connection ${i + 1}: ${kind}${detail}, in pieces of ${pieces}`;
  });
  return [
    "",
    `  log: ${log.join(", ")}; decode ${isDecodingAsync ? "async" : "sync"}, url ${isUrlAsync ? "async" : "sync"}`,
    ...faults,
    ...outside.map((step) => `  outside, after ${step.turns} turns: ${step.command}`),
    ...inside.map(({ place, call, command }) => `  inside of ${place}, call ${call}: ${command}`),
    "",
  ].join("\n");
}

function textOf(block: Block, id: number): string {
  if (block === "id only") return `id: ${id}\n\n`;
  if (block === "commented") return `: before ${id}\nid: ${id}\ndata: ${id}\n\n`;
  return `id: ${id}\n${block === "message" ? "" : `event: ${block}\n`}data: ${id}\n\n`;
}

interface FaultyServer extends TestServer {
  /** From here on nothing goes wrong, and the log is longer. */
  heal(): void;
}

/** Replays its log after Last-Event-ID, with the faults of the play. */
async function serveFaulty(log: Block[], connections: readonly Connection[]): Promise<FaultyServer> {
  const healed = deferred();
  let isHealed = false;
  const stalled = new Set<ServerResponse>();

  const send = async (response: ServerResponse, from: number, { pieces, ...fault }: Connection) => {
    let at = from;
    let left = "after" in fault ? fault.after : Infinity;
    /** What is left of the log, in pieces; `false` once the fault strikes. */
    const sendRest = async () => {
      let text = "";
      while (at < log.length) text += textOf(log[at]!, ++at);
      for (let i = 0; i < text.length && left > 0 && !response.destroyed; i += pieces) {
        const piece = text.slice(i, i + Math.min(pieces, left));
        left -= piece.length;
        response.write(piece);
        await new Promise(setImmediate);
      }
      return left > 0;
    };
    stream(response).socket?.setNoDelay();
    if (await sendRest()) {
      // The whole log was sent, and no fault came about.
      await healed.promise;
      left = Infinity;
      if (!response.destroyed) await sendRest();
    } else if (fault.kind === "end") response.end();
    else if (fault.kind === "reset") response.socket?.resetAndDestroy();
    else if (isHealed) response.destroy();
    else stalled.add(response);
  };

  const server = await serve((response, { headers }, n) => {
    const connection: Connection = (!isHealed && connections[n - 1]) || { kind: "none", pieces: 1000 };
    if (connection.kind === "silent") stalled.add(response);
    else if (connection.kind !== "answer")
      return send(response, Number(headers["last-event-id"] ?? 0), connection);
    else if (connection.status === 204) response.writeHead(204).end();
    else refuse(response, connection.status, connection.status === 429 ? { "retry-after": "0" } : {});
  });
  return Object.assign(server, {
    heal() {
      isHealed = true;
      for (let i = 0; i < CLEAN; i++) log.push("message");
      healed.resolve();
      for (const response of stalled) response.destroy();
    },
  });
}

/** Counts timers that the sources started, and that neither fired nor were cleared. */
function countTimers(): { live: Set<unknown>; undo: () => void } {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const live = new Set<unknown>();
  // Node's fetch has timers of its own, which it keeps for a while.
  const isOurs = () => new Error().stack!.split("\n")[3]!.includes("/src/");
  globalThis.setTimeout = ((run: (...args: unknown[]) => void, ...rest: unknown[]) => {
    const handle: unknown = setTimeout(
      (...args: unknown[]) => {
        live.delete(handle);
        run(...args);
      },
      ...(rest as [number]),
    );
    if (isOurs()) live.add(handle);
    return handle;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (handle) => {
    live.delete(handle);
    clearTimeout(handle);
  };
  globalThis.setInterval = ((...args: Parameters<typeof setInterval>) => {
    const handle = setInterval(...args);
    if (isOurs()) live.add(handle);
    return handle;
  }) as typeof setInterval;
  globalThis.clearInterval = (handle) => {
    live.delete(handle);
    clearInterval(handle);
  };
  return {
    live,
    undo: () => Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval }),
  };
}

/** What may follow each state. */
const FOLLOWS: Record<ConnectionStatus["state"], readonly ConnectionStatus["state"][]> = {
  idle: ["connecting", "closed", "paused"],
  // `reconnect()` begins another attempt.
  connecting: ["connecting", "open", "waiting", "paused", "closed"],
  open: ["connecting", "waiting", "paused", "closed"],
  waiting: ["connecting", "paused", "closed"],
  paused: ["paused", "connecting", "closed"],
  closed: ["connecting"],
};

interface Loop {
  readonly name: string;
  /** The events that it has received. */
  readonly ids: number[];
  /** The last event that was committed when it started. */
  readonly start: number;
  /** The end of the life in which it started. */
  life: Promise<ClosedStatus> | undefined;
  /** Whether its body is at work. */
  isBusy: boolean;
  /** How often anything had been released when it got its last event. */
  release: number;
  /** It stopped because it wanted to. */
  hasLeft: boolean;
  ended: Promise<unknown>;
  leave(): void;
}

async function run(play: Play): Promise<void> {
  const log = [...play.log];
  await using server = await serveFaulty(log, play.connections);
  const undo: (() => void)[] = [];
  const uncaught = collectUncaught((end) => void undo.push(end));
  const timers = countTimers();
  undo.push(timers.undo);

  const course: string[] = [];
  const violations: string[] = [];
  const violate = (text: string) => {
    course.push(`VIOLATED: ${text}`);
    violations.push(text);
  };
  /** The IDs of the events (not of all blocks) up to an ID. */
  const eventsUpTo = (last: number, after = 0) =>
    log.flatMap((block, i) => (block !== "id only" && i + 1 > after && i + 1 <= last ? [i + 1] : []));
  const nextEvent = (id: number) => eventsUpTo(log.length, id)[0];

  const controller = new AbortController();
  const listenerSignal = new AbortController().signal;
  let isHealing = false;
  let slowNext: "slow" | "stuck" | undefined;
  const stuck = new Set<() => void>();
  const loops: Loop[] = [];
  const added: (() => void)[] = [];
  /** Given up by a command: what was in processing then is no longer waited for. */
  let releases = 0;
  /** Promises of listeners that are not settled, by event. */
  const processing: { id: number; release: number }[] = [];
  let source: EventSourceClient;
  const committed = () => Number(source.lastEventId || 0);

  /** What a listener returns for an event. */
  const process_ = (id: number, way: "slow" | "stuck" | undefined) => {
    if (!way) return undefined;
    const entry = { id, release: releases };
    processing.push(entry);
    const done = deferred();
    if (way === "slow" || isHealing) void turns(3).then(() => done.resolve());
    else stuck.add(() => done.resolve());
    return done.promise.then(() => void processing.splice(processing.indexOf(entry), 1));
  };

  /** A record of the events of one consumer, which must be consecutive. */
  const consumer = (name: string, from?: number) => {
    const ids: number[] = [];
    let last = from;
    return {
      ids,
      receive: (event: ServerSentEvent<string, unknown>) => {
        const id = Number(event.raw);
        course.push(`${name}: event ${id}`);
        if (last !== undefined && id !== nextEvent(last)) violate(`${name} got event ${id} after ${last}`);
        if (event.lastEventId !== `${id}`)
          violate(`${name} got event ${id} with the ID "${event.lastEventId}"`);
        if (sealed !== undefined && id > sealed)
          violate(`${name} got event ${id} after ${source.status.state} at ${sealed}`);
        ids.push((last = id));
        return id;
      },
    };
  };
  /** The last committed ID while the client is closed or paused. */
  let sealed: number | undefined;

  const startLoop = (kind: "plain" | "slow" | "breaks") => {
    const { ids, receive } = consumer(`loop ${loops.length + 1}`);
    let goOn = true;
    const loop: Loop = {
      name: `loop ${loops.length + 1}`,
      ids,
      start: committed(),
      life: undefined,
      isBusy: false,
      release: 0,
      hasLeft: false,
      ended: Promise.resolve(),
      leave: () => (goOn = false),
    };
    loops.push(loop);
    const body = async () => {
      for await (const event of source) {
        loop.isBusy = true;
        loop.release = releases;
        receive(event);
        inside("loop");
        if (kind === "slow") await turns(4);
        loop.isBusy = false;
        loop.hasLeft = !goOn || (kind === "breaks" && ids.length === 2);
        if (loop.hasLeft) break;
      }
    };
    loop.ended = body().then(
      () => course.push(`${loop.name}: ends`),
      (error: unknown) => {
        course.push(`${loop.name}: throws ${error instanceof EventSourceError ? error.code : String(error)}`);
        return error;
      },
    );
    loop.life = source.closed;
  };

  const give = (command: Command) => {
    if (isHealing) return;
    course.push(`> ${command}`);
    switch (command) {
      case "open":
      case "fail":
      case "pause":
        return source[command]();
      case "reconnect":
        releases++;
        return source.reconnect();
      case "close":
        releases++;
        return source.close();
      case "dispose":
        releases++;
        return source[Symbol.dispose]();
      case "abort":
        releases++;
        return controller.abort();
      case "check":
        return source.checkLiveness(1);
      case "start loop":
        return startLoop("plain");
      case "start slow loop":
        return startLoop("slow");
      case "start loop that breaks":
        return startLoop("breaks");
      case "return from a loop":
        return loops.find(({ hasLeft }) => !hasLeft)?.leave();
      case "add listener":
      case "add slow listener": {
        const { receive } = consumer(`added listener ${added.length + 1}`);
        const way = command === "add slow listener" ? "slow" : undefined;
        return void added.push(
          source.onEvent((event) => process_(receive(event), way), { signal: listenerSignal }),
        );
      }
      case "add tick listener": {
        // Of its own name alone, so that names come and go.
        const ids: number[] = [];
        const name = `added listener ${added.length + 1} (tick)`;
        return void added.push(
          source.on("tick", (event) => {
            const id = Number(event.raw);
            course.push(`${name}: event ${id}`);
            const last = ids.at(-1);
            if (
              last !== undefined &&
              id !== eventsUpTo(log.length, last).find((next) => log[next - 1] === "tick")
            )
              violate(`${name} got event ${id} after ${last}`);
            ids.push(id);
          }),
        );
      }
      case "remove listener":
        return added.pop()?.();
      case "be slow":
        slowNext = "slow";
        return;
      case "be stuck":
        slowNext = "stuck";
        return;
    }
  };

  const calls = new Map<Place, number>();
  const inside = (place: Place) => {
    const call = (calls.get(place) ?? 0) + 1;
    calls.set(place, call);
    for (const step of play.inside)
      if (step.place === place && step.call === call) attempt(step.command, place);
  };
  const attempt = (command: Command, place: string) => {
    try {
      give(command);
    } catch (error) {
      violate(`${command} ${place === "outside" ? place : `in ${place}`} threw ${String(error)}`);
    }
  };

  const statuses: { status: ConnectionStatus; text: string }[] = [];
  const statusesOfSecond: ConnectionStatus[] = [];
  /** The last committed ID at each terminal status. */
  const ends = new Map<ConnectionStatus, number>();
  const lives = new Set<Promise<ClosedStatus>>();
  /** Requests whose attempt is not over. */
  let live: AbortSignal[] = [];
  let lastCheckpoint = 0;
  const optional = consumer("onEvent (option)", 0);
  const byMethod = consumer("onEvent", 0);
  const byName = consumer("on", 0);

  try {
    source = createEventSource(
      ({ attempt }) => {
        if (attempt < 1) violate(`attempt ${attempt}`);
        inside("url");
        return play.isUrlAsync ? turns(2).then(() => server.url) : server.url;
      },
      {
        open: false,
        signal: controller.signal,
        // Long enough to be left behind where nothing clears them.
        connectTimeout: 60_000,
        idleTimeout: 60_000,
        retry: {
          initialDelay: 1,
          factor: 2,
          maxDelay: 4,
          jitter: 0,
          shouldRetry: ({ willRetry }) => {
            inside("shouldRetry");
            return willRetry;
          },
        },
        headers: () => {
          inside("headers");
          return {};
        },
        onUnauthorized: async () => {
          inside("onUnauthorized");
          await turns(2);
        },
        fetch: async (input, init) => {
          const { signal } = init as { signal: AbortSignal };
          live = live.filter((earlier) => !earlier.aborted);
          if (live.length > 0) violate(`a request was made beside ${live.length} that nobody gave up`);
          live.push(signal);
          const id = new Headers(init!.headers).get("last-event-id") ?? "";
          course.push(`request after "${id}"`);
          if (!signal.aborted && id !== source.lastEventId)
            violate(`a request resumes after "${id}", and lastEventId is "${source.lastEventId}"`);
          inside("fetch");
          const response = await fetch(input as string, init as RequestInit);
          if (response.status === 401) live = live.filter((other) => other !== signal);
          return response;
        },
        decode: (raw) => {
          inside("decode");
          return play.isDecodingAsync ? turns(1).then(() => Number(raw)) : Number(raw);
        },
        onEvent: (event) => {
          optional.receive(event);
        },
        onStatus: (status) => {
          course.push(`status ${status.state}`);
          const before = statuses.at(-1)?.status.state ?? "idle";
          if (!FOLLOWS[before].includes(status.state)) violate(`status ${status.state} follows ${before}`);
          if (statuses.some((earlier) => earlier.status === status))
            violate(`status ${status.state} was emitted before`);
          statuses.push({ status, text: JSON.stringify(status) });
          if (status.state === "waiting" || status.state === "closed" || status.state === "paused") live = [];
          if (status.state === "closed") ends.set(status, committed());
          sealed = status.state === "closed" || status.state === "paused" ? committed() : undefined;
        },
        onError: (error) => {
          course.push(`error ${error.code}`);
          if (!(error instanceof EventSourceError)) violate(`onError got ${String(error)}`);
        },
      },
    ) as EventSourceClient;
    source.onEvent((event) => {
      const id = byMethod.receive(event);
      if (id > committed()) violate(`event ${id} is delivered, and lastEventId is "${source.lastEventId}"`);
      const way = slowNext;
      slowNext = undefined;
      inside("onEvent");
      return process_(id, way);
    });
    for (const type of TYPES)
      source.on(type, (event) => {
        if (event.type !== type) violate(`on("${type}") got "${event.type}"`);
        const id = byName.receive(event);
        const way = slowNext;
        slowNext = undefined;
        inside("on");
        return process_(id, way);
      });
    source.onStatus((status) => {
      statusesOfSecond.push(status);
      lives.add(source.closed);
      inside("onStatus");
    });
    source.onError(() => inside("onError"));
    source.onComment(() => inside("onComment"));
    source.onCheckpoint((text) => {
      const id = Number(text);
      course.push(`checkpoint ${id}`);
      if (id < lastCheckpoint) violate(`checkpoint ${id} after ${lastCheckpoint}`);
      if (id > committed()) violate(`checkpoint ${id}, and lastEventId is "${source.lastEventId}"`);
      // What `reconnect()` or `close()` released is passed by, yet it is not itself processed.
      for (const entry of processing)
        if (entry.id === id || (entry.id < id && entry.release === releases))
          violate(`checkpoint ${id} while a listener is busy with event ${entry.id}`);
      for (const loop of loops)
        if (loop.isBusy && (loop.ids.at(-1) === id || (loop.ids.at(-1)! < id && loop.release === releases)))
          violate(`checkpoint ${id} while ${loop.name} is busy with event ${loop.ids.at(-1)}`);
      lastCheckpoint = id;
      inside("onCheckpoint");
    });
    lives.add(source.closed);

    source.open();
    for (const step of play.outside) {
      await turns(step.turns);
      attempt(step.command, "outside");
    }
    await turns(40);

    course.push("= all faults are over");
    isHealing = true;
    server.heal();
    for (const release of stuck) release();
    const all = eventsUpTo(log.length);
    if (controller.signal.aborted) {
      await within("the end of an aborted client", source.closed, LIMIT);
      source.open();
      await turns();
      if (source.status.state !== "closed") violate(`open() after abort() led to ${source.status.state}`);
    } else {
      await until(
        "the end of the log",
        () => {
          if (["idle", "closed", "paused"].includes(source.status.state)) source.open();
          return byMethod.ids.length >= all.length;
        },
        LIMIT,
      );
      await until("the last checkpoint", () => lastCheckpoint === log.length, LIMIT);
      for (const { ids } of [optional, byMethod, byName]) expect(ids).toEqual(all);
      // A loop that has been open since the last event was delivered has received it.
      await until(
        "the last event in all loops",
        () => loops.every((loop) => loop.hasLeft || !isOpenLife(loop) || loop.ids.at(-1) === all.at(-1)),
        LIMIT,
      );
    }

    source.close();
    if (timers.live.size > 0) violate(`${timers.live.size} timers are left after close()`);
    for (const life of lives) {
      const status = await within("the end of a life", life, LIMIT);
      if (status.state !== "closed") violate(`closed resolved with the state ${status.state}`);
      if (!ends.has(status) && statuses.length > 0)
        violate("closed resolved with a status that was not emitted");
    }
    if (new Set(await Promise.all(lives)).size !== lives.size) violate("two lives have one end");
    for (const loop of loops) {
      const error = await within(`the end of ${loop.name}`, loop.ended, LIMIT);
      const status = await within(`the end of the life of ${loop.name}`, loop.life!, LIMIT);
      const isQuiet = !(error instanceof Error);
      if (!loop.hasLeft && isQuiet !== (status.reason !== "error"))
        violate(
          `${loop.name} ${isQuiet ? "ended quietly" : `threw ${String(error)}`}, and the client closed as ${status.reason}`,
        );
      if (!isQuiet && error !== status.error) violate(`${loop.name} threw another error than the status has`);
      const expected = eventsUpTo(ends.get(status) ?? loop.start, loop.start);
      // The event during whose delivery it started may be its first one.
      const ids = loop.ids[0] === loop.start && loop.start > 0 ? loop.ids.slice(1) : loop.ids;
      const wanted = loop.hasLeft ? expected.slice(0, ids.length) : expected;
      if (`${ids}` !== `${wanted}`)
        violate(`${loop.name} got [${loop.ids}], and [${wanted}] were delivered after ${loop.start}`);
    }
    await within("the release of all sockets", allReleased(server), LIMIT);
    await turns();
    if (timers.live.size > 0) violate(`${timers.live.size} timers are left`);
    for (const remove of added) remove();
    for (const [name, signal] of Object.entries({ client: controller.signal, listener: listenerSignal })) {
      const left = getEventListeners(signal, "abort").length;
      if (left > 0) violate(`${left} listeners are left on the ${name}'s signal`);
    }
    if (`${statusesOfSecond.map(({ state }) => state)}` !== `${statuses.map(({ status }) => status.state)}`)
      violate("two status listeners saw different orders");
    for (const { status, text } of statuses)
      if (JSON.stringify(status) !== text) violate(`status ${status.state} was changed after it was emitted`);
    for (const { kind, error } of uncaught) violate(`${kind}: ${String(error)}`);
    expect(violations).toEqual([]);
  } catch (error) {
    const steps = course.slice(-80).join("\n  ");
    throw new Error(`${error instanceof Error ? error.message : String(error)}\nThe course:\n  ${steps}\n`, {
      cause: error,
    });
  } finally {
    isHealing = true;
    (source! as EventSourceClient | undefined)?.close();
    for (const end of undo) end();
  }

  function isOpenLife({ life }: Loop): boolean {
    return life === source.closed && source.status.state !== "closed";
  }
}

test(
  `The promises of the contract hold in ${RUNS} random plays`,
  async () => {
    const limit = RUNS * 1000 + 60_000;
    await fc.assert(fc.asyncProperty(anyPlay, run), {
      numRuns: RUNS,
      // A failure is shrunk for as long as this.
      interruptAfterTimeLimit: limit,
      markInterruptAsFailure: false,
    });
  },
  RUNS * 1000 + 120_000,
);

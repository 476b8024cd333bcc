// What a client does in a situation, as the word for it that the tables have.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { deferred } from "../helpers/deferred.ts";
import { bodyOf, drop, flood, refuse, stream } from "../helpers/server.ts";
import { roundTrips } from "../helpers/turns.ts";
import { type Client, type Event, type Lab, type Plan, type Play, type Reply } from "./lab.ts";
import { cases } from "./parsing.ts";

export type Probe = (lab: Lab, client: Client) => Promise<string>;

const MiB = 2 ** 20;
/** A thousand times faster: a second is a millisecond. */
const fast = { scale: 1000 };
const header = (request: IncomingMessage | undefined, name: string) =>
  request?.headers[name]?.toString() ?? "";
const hasClosed = ({ told }: Play) => told.some(({ what }) => what === "closed");
const isSettled = ({ told }: Play) => told.some(({ what }) => what === "settled");
const heard = (play: Play) => play.values("event") as Event[];
/** The timers that it asked for, without the one of event-source-polyfill that runs all the time. */
const delays = (play: Play) => (play.values("timer") as number[]).filter((ms) => ms !== 45_000);
const requestsOrClosed = (n: number) => (play: Play) => play.requests.length >= n || hasClosed(play);

/** An event "1" that stays. */
const one: Reply = (response) => stream(response, "retry: 10\n\nid: 1\ndata: 1\n\n");
/** An event with each request, and then the connection breaks in the middle of the next one. */
const oneAndCut: Reply = (response, _request, n) => {
  stream(response, `retry: 10\n\nid: ${n}\ndata: ${n}\n\ndata: `).socket?.destroySoon();
};
/** A stream whose first connection breaks when the client has heard the first event, and not before. */
async function cut(
  lab: Lab,
  client: Client,
  text: string,
  plan: Plan,
  isOver: (play: Play) => boolean,
  rest = "data: ",
  isOnce = plan.scale !== undefined,
): Promise<Play> {
  const isHeard = deferred();
  const reply: Reply = async (response, _request, n) => {
    stream(response, text);
    if (n === 1) await isHeard.promise;
    else if (isOnce) return;
    response.write(rest);
    response.socket?.destroySoon();
  };
  const play = await lab.play(client, reply, plan);
  await play.until((now) => heard(now).length > 0);
  isHeard.resolve();
  await play.until(isOver);
  return play;
}

/** An event with each request, and the end. */
const oneEach: Reply = (response, _request, n) =>
  stream(response, `retry: 10\n\nid: ${n}\ndata: ${n}\n\n`).end();

/** "yes" if the client does it by itself, "by `fetch`" if a fetch function around the runtime's does. */
async function byItselfOr(run: (extra: Plan) => Promise<boolean>): Promise<string> {
  if (await run({})) return "yes";
  return (await run({ byFetch: true })) ? "by `fetch`" : "no";
}

/** Where the request says what the last event ID is. */
function idOf(request: IncomingMessage | undefined): string {
  const inUrl = new URL(request?.url ?? "/", "http://localhost").searchParams.get("lastEventId");
  return Buffer.from(header(request, "last-event-id"), "latin1").toString() || (inUrl ?? "");
}

export const probes = {
  headers: (lab, client) =>
    byItselfOr(async (extra) => {
      await using play = await lab.play(client, one, { options: { headers: { "x-tenant": "a" } }, ...extra });
      await play.until(({ requests }) => requests.length > 0);
      return header(play.requests[0], "x-tenant") === "a";
    }),

  post: (lab, client) =>
    byItselfOr(async (extra) => {
      const bodies: string[] = [];
      const reply: Reply = async (response, request) => {
        bodies.push(`${request.method} ${await bodyOf(request)}`);
        stream(response, "data: 1\n\n");
      };
      const options = { method: "POST", body: '{"prompt":"a"}' };
      await using play = await lab.play(client, reply, { options, ...extra });
      await play.until((now) => heard(now).length > 0);
      return bodies[0] === 'POST {"prompt":"a"}';
    }),

  perAttempt: (lab, client) =>
    byItselfOr(async (extra) => {
      await using play = await lab.play(client, oneAndCut, { attempts: true, scale: 100, ...extra });
      await play.until(({ requests }) => requests.length > 1);
      return (
        play.requests
          .slice(0, 2)
          .map((request) => header(request, "x-attempt"))
          .join() === "1,2"
      );
    }),

  unauthorized: (lab, client) =>
    byItselfOr(async (extra) => {
      const reply: Reply = (response, request, n) =>
        header(request, "authorization") === "Bearer fresh"
          ? one(response, request, n)
          : refuse(response, 401);
      await using play = await lab.play(client, reply, { auth: true, ...fast, ...extra });
      await play.until((now) => heard(now).length > 0 || now.requests.length > 3 || hasClosed(now));
      return heard(play).length > 0;
    }),

  refreshOnce: async (lab, client) => {
    // The second stream is refused while the first one may be refreshing.
    const reply: Reply = (response, request, n) =>
      header(request, "authorization") === "Bearer fresh" ? one(response, request, n) : refuse(response, 401);
    await using play = await lab.play(client, reply, { auth: true, count: 2, ...fast });
    await play.until((now) => heard(now).length > 1 || now.requests.length > 5 || hasClosed(now));
    return play.values("refresh").length === 1 ? "yes" : "no";
  },

  backoff: async (lab, client) => {
    const sequence = async () => {
      await using play = await lab.play(client, (response) => drop(response), fast);
      await play.until((now) => delays(now).length >= 18);
      return delays(play).slice(0, 18);
    };
    return describeDelays(await sequence(), await sequence());
  },

  hangUp: async (lab, client) => {
    await using play = await lab.play(client, (response) => stream(response).end(), fast);
    await play.until((now) => delays(now).length >= 6 || hasClosed(now));
    if (delays(play).length < 6) return "is done";
    const [first, ...later] = delays(play).slice(0, 6) as [number, ...number[]];
    return later.every((ms) => ms === first) ? `every ${duration(first)}` : "backs off";
  },

  retryAfter: async (lab, client) => {
    const reply: Reply = (response) => refuse(response, 503, { "retry-after": "20" });
    await using play = await lab.play(client, reply, fast);
    await play.until((now) => now.requests.length > 1 || hasClosed(now));
    return Math.max(0, ...delays(play)) >= 20_000 ? "yes" : "no";
  },

  statuses: async (lab, client) => {
    const again: number[] = [];
    for (const status of [429, 503, 404]) {
      await using play = await lab.play(client, (response) => refuse(response, status), fast);
      await play.until(requestsOrClosed(2));
      if (play.requests.length > 1) again.push(status);
    }
    return { "": "none", "429,503": "429, 5xx", "429,503,404": "all" }[again.join()] ?? again.join();
  },

  noContent: async (lab, client) => {
    await using play = await lab.play(client, (response) => response.writeHead(204).end(), fast);
    await play.until(requestsOrClosed(2));
    return play.requests.length > 1 ? "no" : "yes";
  },

  resumes: async (lab, client) => {
    const text = "retry: 10\n\nid: 1\ndata: 1\n\n";
    await using play = await cut(lab, client, text, { scale: 100 }, ({ requests }) => requests.length > 1);
    return idOf(play.requests[1]) === "1" ? "yes" : "no";
  },

  cutAfterId: async (lab, client) => {
    const text = "retry: 10\n\nid: 1\ndata: 1\n\n";
    const isOver = ({ requests }: Play) => requests.length > 1;
    await using play = await cut(lab, client, text, { scale: 100 }, isOver, "id: 2\ndata: 2\n");
    return idOf(play.requests[1]) === "1" ? "is asked for again" : "is lost";
  },

  seed: (lab, client) =>
    byItselfOr(async (extra) => {
      await using play = await lab.play(client, one, { options: { lastEventId: "41" }, ...extra });
      await play.until(({ requests }) => requests.length > 0);
      return idOf(play.requests[0]) === "41";
    }),

  strangeId: async (lab, client) => {
    const isOver = (now: Play) =>
      now.requests.length > 1 || delays(now).length > 5 || now.values("unhandled").length > 0;
    const text = "retry: 10\nid: \u00e9-\u20ac\ndata: 1\n\n";
    await using play = await cut(lab, client, text, {}, isOver, undefined, true);
    if (idOf(play.requests[1]) === "\u00e9-\u20ac") return "yes";
    return play.values("unhandled").length ? "an error that nobody catches" : "no request gets out";
  },

  hugeRetry: async (lab, client) => {
    // More than setTimeout takes: it counts modulo 2^32 in Chromium, and as 1 in Node.
    const text = `retry: ${2 ** 32 + 1}\ndata: 1\n\n`;
    const isOver = (now: Play) => now.requests.length > 3 || delays(now).some((ms) => ms > 2 && ms < 2 ** 31);
    await using play = await cut(lab, client, text, {}, isOver);
    if (play.requests.length <= 3) return "waits";
    return delays(play).some((ms) => ms >= 2 ** 31) ? "asks at once, for ever" : "is ignored";
  },

  silence: async (lab, client) => {
    await using play = await lab.play(client, one, {
      options: { idleTimeout: 10_000 },
      settleAt: "1",
      ...fast,
    });
    await play.until((now) => now.requests.length > 1 || isSettled(now));
    const pending = play.values("settled").flat();
    if (play.requests.length < 2 && pending.length === 0) return "no";
    await play.until(({ requests }) => requests.length > 1);
    return "yes";
  },

  silenceByDefault: async (lab, client) => {
    await using play = await lab.play(client, one, { settleAt: "1" });
    await play.until(isSettled);
    const [pending] = play.values("settled").flat() as number[];
    return pending === undefined ? "is left alone" : `ends it after ${duration(pending)}`;
  },

  backpressure: async (lab, client) => {
    let pushed = 0;
    let isDone = false;
    const event = `data: ${"x".repeat(16 * 1024 - 8)}\n\n`;
    const reply: Reply = async (response) => {
      await flood(stream(response), event, 32 * MiB, (bytes) => (pushed = bytes));
      isDone = true;
    };
    await using play = await lab.play(client, reply, { hold: true });
    await play.until((now) => heard(now).length > 0);
    // The client makes requests all the time: a few of them without a move of the stream, and it stands.
    const pace: number[] = [];
    await play.until(() => {
      if (play.told.at(-1)?.what === "settled") pace.unshift(pushed);
      return isDone || (pace.length > 20 && pace[0] === pace[20]);
    });
    return isDone ? "no" : "yes";
  },

  schema: async (lab, client) => {
    const text = 'data: {"price":1}\n\ndata: {"price":"?"}\n\n';
    await using play = await lab.play(client, (response) => stream(response, text), { schema: true });
    await play.until((now) => heard(now).length + now.values("error").length > 1);
    const [first] = heard(play);
    const [error] = play.values("error") as { code?: string }[];
    if (typeof first!.data === "string") return "no";
    return error?.code === "decode-failed" ? "yes" : "not checked";
  },

  closeIsFinal: async (lab, client) => {
    const text = "data: 1\n\ndata: 2\n\ndata: 3\n\n";
    await using play = await lab.play(client, (response) => stream(response, text), { closeAt: "1" });
    await play.until(isSettled);
    return heard(play).length === 1 ? "yes" : "no";
  },

  parsing: async (lab, client) => {
    const end = "event: end\nid\ndata: end\n\n";
    const asked = new Set<string>();
    const reply: Reply = async (response, { url }) => {
      const { chunks, isCut } = cases[Number(new URL(url!, "http://localhost").searchParams.get("case"))]!;
      stream(response);
      // Whoever comes back has had it, or lost it.
      if (asked.has(url!)) return response.write(end);
      asked.add(url!);
      for (const chunk of chunks) {
        response.write(typeof chunk === "string" ? chunk : Uint8Array.from(chunk));
        // Something else in between, so that it is a chunk of its own.
        await roundTrips(1);
      }
      return response.end(isCut ? "" : end);
    };
    const options = { types: ["message", "named", "end"] };
    await using play = await lab.play(client, reply, { options, cases: cases.length, scale: 20 });
    await play.until(isSettled);
    const isRight = ({ events }: (typeof cases)[number], number: number) => {
      const got = (heard(play) as (Event & { number: number })[]).filter((event) => event.number === number);
      return (
        got.length === events.length &&
        events.every(
          ({ type = "message", data, id }, i) =>
            got[i]!.type === type && got[i]!.data === data && (id === undefined || got[i]!.id === id),
        )
      );
    };
    return `${cases.filter(isRight).length} of ${cases.length}`;
  },

  heartbeat: async (lab, client) => {
    const text = ": ping\n\ndata: 1\n\n";
    await using play = await lab.play(client, (response) => stream(response, text), { settleAt: "1" });
    await play.until(isSettled);
    return heard(play).length === 1 ? "is no event" : "is an event without data";
  },

  page: async (lab, client) => {
    await using play = await lab.play(client, one, { options: { page: true }, settleAt: "1" }, "page");
    await play.until(isSettled);
    await play.turn(true);
    if (!play.requests[0]!.socket.destroyed) return "no";
    await play.turn(false);
    await play.until(({ requests }) => requests.length > 1);
    return "yes";
  },

  tabs: async (lab, client) => {
    await using play = await lab.play(client, one, { options: { share: true }, settleAt: "1" }, "page");
    await play.until(isSettled);
    await play.another();
    const got = (now: Play) => heard(now).filter(({ data }) => data === "1").length;
    await play.until((now) => got(now) > 1 || now.requests.length > 1 || now.values("open").length > 1);
    return play.requests.length === 1 ? "yes" : "no";
  },

  errors: async (lab, client) => {
    const reply: Reply = (response) => refuse(response, 403, {}, "plan expired");
    await using play = await lab.play(client, reply, {
      options: { seeResponses: true, once: true },
      ...fast,
    });
    await play.until((now) => now.values("error").length > 0 || requestsOrClosed(2)(now));
    // What is told of it may come after what is done about it.
    await roundTrips(10);
    const errors = play.values("error") as { status?: number; headers?: boolean; body?: string }[];
    const known = [
      errors.some(({ status }) => status === 403) && "status",
      errors.some(({ headers }) => headers) && "headers",
      errors.some(({ body }) => body === "plan expired") && "body",
    ].filter(Boolean);
    return known.join(", ") || "nothing";
  },

  listenerThrows: async (lab, client) => {
    const reply: Reply = (response) => stream(response, "id: 1\ndata: 1\n\ndata: 2\n\n");
    await using play = await lab.play(client, reply, { throwAt: "1" });
    await play.until(isSettled);
    return heard(play).some(({ data }) => data === "2") ? "yes" : "no";
  },

  replay: async (lab, client) => {
    const reply: Reply = (response) => {
      stream(response, "data: 1\n\ndata: ").socket?.destroySoon();
    };
    const options = { method: "POST", body: "a", once: true };
    const byFetch = client === "eventsource" && { byFetch: true };
    await using play = await lab.play(client, reply, { options, ...byFetch, scale: 100 });
    await play.until(requestsOrClosed(2));
    if (play.requests[0]!.method !== "POST") return "\u2013";
    return play.requests.length > 1 ? "is sent again" : "is not sent again";
  },

  endOfStream: async (lab, client) => {
    await using play = await lab.play(client, oneEach, { options: { once: true }, ...fast });
    await play.until(requestsOrClosed(2));
    return play.requests.length > 1 ? "connects again" : "is done";
  },

  wrongType: async (lab, client) => {
    const reply: Reply = (response) =>
      response.writeHead(200, { "content-type": "text/html" }).write("<h1>Please log in</h1>\n\n");
    await using play = await lab.play(client, reply, { settleAt: "1", ...fast });
    await play.until((now) => requestsOrClosed(2)(now) || now.values("open").length > 0);
    if (play.requests.length > 1) return "asks again";
    return hasClosed(play) ? "is an error" : "is taken for a stream";
  },

  node: async (lab, client) => {
    if (client === "native") {
      const script = "process.exitCode = typeof EventSource === 'function' ? 0 : 3";
      const [plain, flagged] = await Promise.all(
        [[], ["--experimental-eventsource"]].map((flags) =>
          once(spawn(process.execPath, [...flags, "-e", script]), "close"),
        ),
      );
      if (plain![0] === 0) return "yes";
      return flagged![0] === 0 ? "behind a flag" : "no";
    }
    try {
      await using play = await lab.play(client, one, {}, "node");
      await play.until(
        (now) => heard(now).length > 0 || now.values("unhandled").length > 0 || hasClosed(now),
      );
      return heard(play).length > 0 ? "yes" : "no";
    } catch {
      return "no";
    }
  },
} as const satisfies Record<string, Probe>;

function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** What two runs of delays (ms) have in common. */
function describeDelays(first: readonly number[], second: readonly number[]): string {
  const isSteady = first.every((ms) => ms === first[0]);
  if (isSteady) return `every ${duration(first[0]!)}`;
  const hasJitter = first.some((ms, i) => ms !== second[i]);
  const most = Math.max(...first);
  const isCapped = first.slice(-5).every((ms) => ms > most / 2);
  const grows = first[4]! > 4 * first[0]!;
  return [
    grows && `from ${duration(Math.floor(first[0]! / 1000) * 1000 || first[0]!)}`,
    hasJitter && "jitter",
    isCapped && "cap",
  ]
    .filter(Boolean)
    .join(", ");
}

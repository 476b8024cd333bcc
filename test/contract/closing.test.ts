// Contract: closing is final, synchronous, and leaves nothing behind (design.md §4, "Closing" and "Process").
import { getEventListeners } from "node:events";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  createEventSource,
  fetchEvents,
  readEvents,
  type EventSourceClient,
  type EventSourceOptions,
} from "../../src/index.ts";
import { collect } from "../helpers/collect.ts";
import { drop, refuse, serve, stream, type TestServer } from "../helpers/server.ts";
import { runScript } from "../helpers/run-script.ts";
import { reach } from "../helpers/watch.ts";
import { allReleased, blocks, bodyOf, closing, dataOf, quickRetry, turns, until, within } from "./support.ts";

/** A server that sends the events 1 to 5 in one chunk and stays open. */
const five = () => serve((response) => stream(response, blocks(1, 5)));
const abortListeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

/** The data that a loop over a client receives, and how the loop ends. */
function loop(source: AsyncIterable<{ data: unknown }>): { data: unknown[]; ended: Promise<unknown> } {
  const data: unknown[] = [];
  const run = async () => {
    for await (const event of source) data.push(event.data);
  };
  const ended = run().then(
    () => "quietly",
    (error: unknown) => error,
  );
  return { data, ended };
}

const enders: [string, (source: EventSourceClient, controller: AbortController) => void][] = [
  ["close()", (source) => source.close()],
  ["abort()", (_, controller) => controller.abort()],
  ["Symbol.dispose", (source) => source[Symbol.dispose]()],
];

describe.each(enders)("%s in a listener", (_, end) => {
  async function play(attach: (source: EventSourceClient, onSecond: () => void) => void) {
    const server = await five();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const controller = new AbortController();
    const source = closing(createEventSource(server.url, { signal: controller.signal, open: false }));
    const before: unknown[] = [];
    const after: unknown[] = [];
    source.onEvent((event) => void before.push(event.data));
    // The loop opens the client, and no event arrives before this function awaits.
    const early = loop(source);
    attach(source, () => end(source, controller));
    const late = loop(source);
    source.onEvent((event) => void after.push(event.data));
    await within("the end of the client", source.closed);
    const ends = await within("the end of the loops", Promise.all([early.ended, late.ended]));
    await within("the release of all sockets", allReleased(server));
    await turns();
    return { before, after, early: early.data, late: late.data, ends, id: source.lastEventId };
  }
  const expected = {
    before: ["1", "2"],
    after: ["1", "2"],
    early: ["1", "2"],
    late: ["1", "2"],
    ends: ["quietly", "quietly"],
    id: "2",
  };

  test("of onEvent lets that event reach all listeners and loops, and no other event of the chunk", async () => {
    const result = await play(
      (source, onSecond) => void source.onEvent(({ data }) => data === "2" && onSecond()),
    );
    expect(result).toEqual(expected);
  });

  test("of on lets that event reach all listeners and loops, and no other event of the chunk", async () => {
    const result = await play(
      (source, onSecond) => void source.on("message", ({ data }) => data === "2" && onSecond()),
    );
    expect(result).toEqual(expected);
  });

  test("that is asynchronous, before its promise settles, does the same", async () => {
    const result = await play((source, onSecond) =>
      source.onEvent(async ({ data }) => {
        if (data === "2") onSecond();
        await turns(3);
      }),
    );
    expect(result).toEqual(expected);
  });
});

test("An event that a closed client committed is not lost to a loop: the next life resumes behind what the loop received", async () => {
  await using server = await serve((response, { headers }) =>
    stream(response, blocks(Number(headers["last-event-id"] ?? 0) + 1, 6)),
  );
  const source = closing(createEventSource(server.url, { retry: quickRetry }));
  const received: unknown[] = [];
  source.onEvent(({ data }) => (data === "2" || data === "4") && source.close());
  for (let life = 0; life < 3; life++) {
    source.open();
    const { data, ended } = loop(source);
    if (life === 2) await until("the rest", () => data.length === 2);
    else await within("the end of the loop", ended);
    received.push(...data);
  }
  expect(received).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test("pause() in a listener lets that event reach the loops beside it, and no event twice", async () => {
  await using server = await serve((response, { headers }) =>
    stream(response, blocks(Number(headers["last-event-id"] ?? 0) + 1, 5)),
  );
  const source = closing(createEventSource(server.url, { retry: quickRetry }));
  source.onEvent(({ data }) => data === "2" && source.pause());
  const { data } = loop(source);
  await within("a pause", reach(source, "paused"));
  await turns();
  expect(data).toEqual(["1", "2"]);
  source.open();
  await until("all events", () => data.length === 5);
  expect(data).toEqual(["1", "2", "3", "4", "5"]);
});

test("No listener is called after close(), not even for comments, checkpoints or a last status", async () => {
  await using server = await serve((response) => stream(response, `: one\n\n${blocks(1, 2)}: two\n\n`));
  const source = closing(createEventSource(server.url, { open: false }));
  const calls: string[] = [];
  source.onStatus(({ state }) => void calls.push(state));
  source.onComment(() => void calls.push("comment"));
  source.onEvent(({ data }) => {
    calls.push(data as string);
    source.close();
    calls.push("closed by us");
  });
  source.onError(({ code }) => void calls.push(code));
  source.open();
  await within("the end of the client", source.closed);
  await within("the release of all sockets", allReleased(server));
  await turns();
  expect(calls).toEqual(["connecting", "open", "comment", "1", "closed", "closed by us"]);
});

describe("closed", () => {
  test("never rejects: it is the terminal status of a fatal error, too", async () => {
    await using server = await serve((response) => refuse(response, 404));
    const source = closing(createEventSource(server.url));
    const status = await within("the end of the client", source.closed);
    expect(status).toBe(source.status);
    expect(status).toMatchObject({ state: "closed", reason: "error" });
  });

  test("settles once per life: a client that was opened again has another promise", async () => {
    await using server = await five();
    const source = closing(createEventSource(server.url));
    const first = source.closed;
    expect(source.closed).toBe(first);
    source.close();
    const status = await within("the end of the first life", first);
    source.open();
    let isOver = false;
    const second = source.closed;
    void second.then(() => (isOver = true));
    await within("an open connection", reach(source, "open"));
    await turns();
    expect(isOver).toBe(false);
    source.close();
    expect(await within("the end of the second life", second)).toBe(source.status);
    expect(await first).toBe(status);
    expect(source.status).not.toBe(status);
  });

  test("stays pending over reconnects and pauses", async () => {
    await using server = await five();
    const source = closing(createEventSource(server.url, { retry: quickRetry }));
    const settled = vi.fn();
    void source.closed.then(settled);
    await within("an open connection", reach(source, "open"));
    source.reconnect();
    await within("an open connection", reach(source, "open"));
    source.pause();
    await turns();
    expect(settled).not.toHaveBeenCalled();
    source.close();
    source.close();
    await turns();
    expect(settled).toHaveBeenCalledOnce();
  });

  test("emits one terminal status, however often the client is closed", async () => {
    await using server = await five();
    const source = closing(createEventSource(server.url));
    const states: string[] = [];
    source.onStatus(({ state }) => {
      states.push(state);
      source.close();
    });
    await within("the end of the client", source.closed);
    source.close();
    expect(states.filter((state) => state === "closed")).toHaveLength(1);
  });
});

describe("A loop over a client", () => {
  test("closes the client by break, and ends quietly", async () => {
    await using server = await five();
    const source = closing(createEventSource(server.url));
    for await (const { data } of source) if (data === "3") break;
    expect(source.status).toMatchObject({ state: "closed", reason: "client" });
    expect(source.lastEventId).toBe("3");
    await within("the release of all sockets", allReleased(server));
  });

  test("throws a fatal error", async () => {
    await using server = await serve((response) => refuse(response, 404));
    const source = closing(createEventSource(server.url));
    expect(await within("the end of the loop", loop(source).ended)).toMatchObject({
      code: "http-status",
      status: 404,
    });
  });

  test("ends quietly by close() and by the client's signal", async () => {
    await using server = await five();
    for (const [, end] of enders) {
      const controller = new AbortController();
      const source = closing(createEventSource(server.url, { signal: controller.signal }));
      const { data, ended } = loop(source);
      await until("all events", () => data.length === 5);
      end(source, controller);
      expect(await within("the end of the loop", ended)).toBe("quietly");
    }
  });

  test("whose open() throws leaves the client usable", async () => {
    await using server = await serve((response, _, n) => {
      stream(response, n === 1 ? blocks(1, 5) : blocks(6, 10));
    });
    const source = closing(createEventSource("events", { open: false }));
    for (let i = 0; i < 2; i++)
      expect(await within("the end of the loop", loop(source).ended)).toMatchObject({
        code: "invalid-option",
      });
    const href = `http://127.0.0.1:${server.port}/`;
    vi.stubGlobal("location", { href });
    vi.stubGlobal("document", { baseURI: href, addEventListener() {}, removeEventListener() {} });
    onTestFinished(() => void vi.unstubAllGlobals());
    const data = dataOf(source);
    source.open();
    await until("all events", () => data.length === 5);
    source.close();
    source.open();
    const again = loop(source);
    await until("events in a loop", () => again.data.length === 5);
  });

  test("whose open() throws does not hold the reader back", async () => {
    await using server = await serve((response, _, n) => n > 0 && stream(response, blocks(1, 3)));
    let isBroken = true;
    const source = closing(
      createEventSource(server.url, {
        open: false,
        onStatus: ({ state }: { state: string }) => {
          if (state === "connecting" && isBroken)
            throw new Error("a listener, which is reported and no more");
        },
      } as EventSourceOptions),
    );
    vi.stubGlobal("reportError", () => {});
    onTestFinished(() => void vi.unstubAllGlobals());
    const { data, ended } = loop(source);
    await until("all events", () => data.length === 3);
    isBroken = false;
    source.close();
    expect(await within("the end of the loop", ended)).toBe("quietly");
  });
});

describe("A finite stream", () => {
  const makers: [
    string,
    (server: TestServer, signal: AbortSignal) => AsyncIterable<{ data: unknown }> & { close(): void },
  ][] = [
    ["fetchEvents", (server, signal) => fetchEvents(server.url, { signal })],
    ["readEvents", (_, signal) => readEvents(bodyOf([blocks(1, 5)], false), { signal })],
  ];

  describe.each(makers)("of %s", (_, make) => {
    test.each([
      ["an error", new Error("stopped")],
      ["a text", "stopped"],
      ["an object", { code: 1 }],
    ])("throws the reason of its signal (%s) while the loop waits", async (__, reason) => {
      await using server = await five();
      const controller = new AbortController();
      const { data, ended } = loop(make(server, controller.signal));
      await until("all events", () => data.length === 5);
      controller.abort(reason);
      expect(await within("the end of the loop", ended)).toBe(reason);
      await within("the release of all sockets", allReleased(server));
      expect(abortListeners(controller.signal)).toBe(0);
    });

    test("throws an AbortError when no reason is given", async () => {
      await using server = await five();
      const controller = new AbortController();
      const { data, ended } = loop(make(server, controller.signal));
      await until("all events", () => data.length === 5);
      controller.abort();
      expect(await within("the end of the loop", ended)).toBe(controller.signal.reason);
      expect(controller.signal.reason).toMatchObject({ name: "AbortError" });
    });

    test("throws a TimeoutError after AbortSignal.timeout()", async () => {
      await using server = await five();
      const { ended } = loop(make(server, AbortSignal.timeout(30)));
      expect(await within("the end of the loop", ended)).toMatchObject({ name: "TimeoutError" });
    });

    test("throws at the next step when it is aborted in the body of the loop, without another event", async () => {
      await using server = await five();
      const controller = new AbortController();
      const data: unknown[] = [];
      const run = async () => {
        for await (const event of make(server, controller.signal))
          if (data.push(event.data) === 2) controller.abort("stopped");
      };
      await expect(within("the end of the loop", run())).rejects.toBe("stopped");
      expect(data).toEqual(["1", "2"]);
    });

    test("throws when its signal was aborted before it began", async () => {
      await using server = await five();
      const signal = AbortSignal.abort("too early");
      const run = async () => collect(make(server, signal));
      await expect(within("the end of the loop", run())).rejects.toBe("too early");
      await turns();
      expect(server.requests).toHaveLength(0);
    });

    test("ends quietly by close()", async () => {
      await using server = await five();
      const { signal } = new AbortController();
      const answer = make(server, signal);
      const { data, ended } = loop(answer);
      await until("all events", () => data.length === 5);
      answer.close();
      expect(await within("the end of the loop", ended)).toBe("quietly");
      await within("the release of all sockets", allReleased(server));
      expect(abortListeners(signal)).toBe(0);
    });

    test("ends quietly by break, also when its signal is aborted later", async () => {
      await using server = await five();
      const controller = new AbortController();
      const data: unknown[] = [];
      for await (const event of make(server, controller.signal)) if (data.push(event.data) === 2) break;
      expect(data).toEqual(["1", "2"]);
      await within("the release of all sockets", allReleased(server));
      expect(abortListeners(controller.signal)).toBe(0);
      controller.abort();
      await turns();
    });
  });

  test("does not throw when its signal is aborted after its regular end", async () => {
    await using server = await serve((response) => stream(response, blocks(1, 2)).end());
    const controller = new AbortController();
    const answer = fetchEvents(server.url, { signal: controller.signal });
    const iterator = answer[Symbol.asyncIterator]();
    for (;;) if ((await within("a step", iterator.next())).done) break;
    controller.abort(new Error("too late"));
    expect(await within("a step", iterator.next())).toEqual({ done: true, value: undefined });
    expect(abortListeners(controller.signal)).toBe(0);
  });

  test("throws when the connection breaks off", async () => {
    await using server = await serve((response, request) => {
      stream(response, blocks(1, 2));
      setImmediate(() => drop(request));
    });
    expect(await within("the end of the loop", loop(fetchEvents(server.url)).ended)).toMatchObject({
      code: "network",
    });
  });

  test("has response, lastEventId and close()", async () => {
    await using server = await five();
    const answer = fetchEvents(server.url);
    expect(((await within("the response", Promise.resolve(answer.response))) as Response).status).toBe(200);
    for await (const { data } of answer) if (data === "2") break;
    expect(answer.lastEventId).toBe("2");
  });
});

describe("A long-lived signal keeps no listener", () => {
  test("of a client that was never opened", async () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 100; i++) createEventSource("http://127.0.0.1:1/", { signal, open: false });
    expect(abortListeners(signal)).toBe(0);
  });

  test("of a client that was never opened, and a later open() still closes at once if the signal was aborted", async () => {
    await using server = await five();
    const controller = new AbortController();
    const source = closing(createEventSource(server.url, { signal: controller.signal, open: false }));
    controller.abort();
    source.open();
    expect(await within("the end of the client", source.closed)).toMatchObject({ reason: "client" });
    await turns();
    expect(server.requests).toHaveLength(0);
    expect(abortListeners(controller.signal)).toBe(0);
  });

  test.each<[string, (source: EventSourceClient) => unknown]>([
    ["close()", (source) => source.close()],
    [
      "break",
      async (source) => {
        for await (const _ of source) break;
      },
    ],
    [
      "close() while paused",
      (source) => {
        source.pause();
        source.close();
      },
    ],
  ])("of a client that ended by %s", async (_, end) => {
    await using server = await five();
    const { signal } = new AbortController();
    const source = closing(createEventSource(server.url, { signal }));
    await within("an open connection", reach(source, "open"));
    await end(source);
    await within("the end of the client", source.closed);
    expect(abortListeners(signal)).toBe(0);
    await within("the release of all sockets", allReleased(server));
  });

  test.each([
    ["a fatal status", 404],
    ["204", 204],
  ])("of a client that ended by %s", async (_, status) => {
    await using server = await serve((response) => response.writeHead(status).end());
    const { signal } = new AbortController();
    const source = closing(createEventSource(server.url, { signal }));
    await within("the end of the client", source.closed);
    expect(abortListeners(signal)).toBe(0);
  });

  test("more than one, over many reconnects", async () => {
    await using server = await serve((response) => stream(response).end());
    const { signal } = new AbortController();
    closing(createEventSource(server.url, { signal, retry: quickRetry }));
    await within("twenty requests", server.request(20));
    expect(abortListeners(signal)).toBeLessThanOrEqual(1);
  });

  test("of subscriptions that were undone, or called once", async () => {
    await using server = await five();
    const { signal } = new AbortController();
    const source = closing(createEventSource(server.url, { open: false }));
    const undo = [
      source.on("message", () => {}, { signal }),
      source.onEvent(() => {}, { signal }),
      source.onStatus(() => {}, { signal }),
      source.onError(() => {}, { signal }),
      source.onComment(() => {}, { signal }),
      source.onCheckpoint(() => {}, { signal }),
    ];
    source.onEvent(() => {}, { signal, once: true });
    for (const run of undo) run();
    const data = dataOf(source);
    source.open();
    await until("all events", () => data.length === 5);
    expect(abortListeners(signal)).toBe(0);
  });

  test("of fetchEvents and readEvents that ended", async () => {
    await using server = await serve((response) => stream(response, blocks(1, 2)).end());
    const { signal } = new AbortController();
    await within("the end of the answer", collect(fetchEvents(server.url, { signal })));
    await within("the end of the stream", collect(readEvents(bodyOf([blocks(1, 2)]), { signal })));
    expect(abortListeners(signal)).toBe(0);
  });
});

test("The socket is released by every exit", async () => {
  await using server = await five();
  const exits: ((source: EventSourceClient) => unknown)[] = [
    (source) => source.close(),
    (source) => source.pause(),
    (source) => source.fail(),
    (source) => {
      source.onEvent(() => new Promise(() => {}));
      source.close();
    },
  ];
  for (const exit of exits) {
    const source = closing(createEventSource(server.url, { retry: { initialDelay: 1e6 } }));
    await within("an open connection", reach(source, "open"));
    exit(source);
    await within("the release of all sockets", allReleased(server));
  }
});

describe("The socket of an attempt that failed is released", () => {
  const causes: [string, (source: EventSourceClient) => void][] = [
    ["checkLiveness()", (source) => source.checkLiveness(1)],
    ["fail()", (source) => source.fail()],
  ];
  const acts = ["open", "reconnect", "pause", "close"] as const;

  test.each(causes.flatMap(([cause, fail]) => acts.map((act) => [cause, act, fail] as const)))(
    "by %s, although a listener calls %s() meanwhile",
    async (_, act, fail) => {
      for (const attach of [
        (source: EventSourceClient) => void source.onError(() => source[act]()),
        (source: EventSourceClient) =>
          void source.onStatus(({ state }) => state === "waiting" && source[act]()),
      ]) {
        await using server = await serve((response) => stream(response));
        const source = closing(createEventSource(server.url, { retry: { initialDelay: 1e6 } }));
        await within("an open connection", reach(source, "open"));
        attach(source);
        fail(source);
        await within("the end of the first socket", server.released(1));
        source.close();
        await within("the release of all sockets", allReleased(server));
      }
    },
  );
});

test("Timers are cleared: a closed client lets a Node process exit, an open one keeps it alive", async () => {
  await using server = await five();
  const entry = new URL("../../src/index.ts", import.meta.url).href;
  const script = (then: string) => `
    import { createEventSource } from ${JSON.stringify(entry)};
    const source = createEventSource(${JSON.stringify(server.url)}, { connectTimeout: 1e8, idleTimeout: 1e8 });
    source.onEvent(({ data }) => { if (data === "5") { console.log("five"); ${then} } });`;
  const closed = runScript(script("source.close();"));
  const { code, stdout } = await within("the end of the process", closed.ended, 20_000);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "five\n" });
  const open = runScript(script(""));
  await within("the last event", open.says("five"), 20_000);
  await turns(200);
  const { code: killed } = await within("the end of the process", open.kill());
  expect(killed).toBeNull();
});

test("A client that is closed while it waits for a retry stays closed", async () => {
  await using server = await serve((response) => refuse(response, 503));
  const source = closing(createEventSource(server.url, { retry: { ...quickRetry, initialDelay: 5 } }));
  await within("a wait for a retry", reach(source, "waiting"));
  source.close();
  const start = performance.now();
  await until("the time of the retry", () => performance.now() - start > 30);
  expect(server.requests).toHaveLength(1);
  expect(source.status.state).toBe("closed");
});

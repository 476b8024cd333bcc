import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { openStore } from "../../demo/store.ts";
import { freePort } from "../helpers/free-port.ts";
import {
  consecutive,
  createHome,
  follow,
  newToken,
  readIds,
  run,
  startAlone,
  startServer,
  take,
} from "./harness.ts";

/** Has a fault meet the stream of a client: one that is between two connections would never know of it. */
async function suffer({ source, until }: ReturnType<typeof follow>, url: string): Promise<void> {
  for (let met = 0; met === 0;) {
    await until(() => source.status.state === "open");
    const { status, headers } = await fetch(url, { method: "POST" });
    expect(status).toBe(204);
    met = Number(headers.get("x-open-streams"));
  }
}

describe.concurrent("the demo", { timeout: 240_000 }, () => {
  describe("killed in mid-stream and started again", () => {
    it("loses and repeats no event for createEventSource", async () => {
      const home = await createHome();
      const first = await home.start();
      const client = follow(home.url);
      await client.more(4);

      await first.end("SIGKILL");
      await client.until(() => client.source.status.state === "waiting");
      await home.start();
      await client.until(() => client.source.status.state === "open");
      await client.more(4);

      expect(client.ids).toEqual(consecutive(client.ids));
      // The first token of all, and a new one because tokens do not survive a restart.
      expect(client.refreshes.count).toBe(2);
    });

    it("loses and repeats no event for tail.ts, which Ctrl-C ends with code 0", async () => {
      const home = await createHome();
      const first = await home.start();
      const tail = run("tail.ts", [`${home.url}/ticker`]);
      await tail.until(() => tail.stdout.length >= 4);

      await first.end("SIGKILL");
      const before = tail.stdout.length;
      await home.start();
      await tail.until(() => tail.stdout.length >= before + 6);
      expect(await tail.end("SIGINT")).toBe(0);

      const rows = tail.stdout.map((line) => line.split("\t"));
      const ids = rows.map(([id]) => Number(id));
      expect(ids).toEqual(consecutive(ids));
      expect(new Set(rows.map(([, type]) => type))).toEqual(new Set(["tick"]));
      for (const [, , data] of rows)
        expect(JSON.parse(data ?? "")).toEqual({
          symbol: expect.stringMatching(/^[A-Z]+$/),
          price: expect.any(Number),
          change: expect.any(Number),
          at: expect.stringMatching(/^\d{4}-.*Z$/),
        });
      expect(tail.stderr.filter((line) => line.startsWith("# open"))).toHaveLength(2);
      expect(tail.stderr.at(-1)).toBe("# closed (client)");
    });

    it("gives no id twice to a plain reader", async () => {
      const home = await createHome();
      const first = await home.start();
      const seen = await take(4, readIds(`${home.url}/ticker`));
      await first.end("SIGKILL");
      await home.start();
      const after = await take(6, readIds(`${home.url}/ticker`, { "Last-Event-ID": String(seen.at(-1)) }));
      expect([...seen, ...after]).toEqual(consecutive(seen.concat(after)));
    });
  });

  it("replays without a seam, whenever a reader joins", async () => {
    const { url, start } = await createHome();
    await start();
    const late: Promise<number[]>[] = [];
    for await (const id of readIds(`${url}/ticker`)) {
      // Each one asks for everything after event 1 in the very moment in which a new event goes out.
      late.push(take(id + 4, readIds(`${url}/ticker`, { "Last-Event-ID": "1" })));
      if (late.length === 8) break;
    }
    for (const ids of await Promise.all(late)) {
      expect(ids[0]).toBe(2);
      expect(ids).toEqual(consecutive(ids));
    }
  });

  it("takes a malformed Last-Event-ID for none", async () => {
    const { url, start } = await createHome();
    const server = await start();
    const bytes = Buffer.from("é-€-1").toString("latin1");
    const headers = [
      bytes,
      "abc",
      "-1",
      "1e0",
      "0x1",
      "1, 2",
      "1.5",
      "99999",
      "9".repeat(400),
      "'; DROP TABLE events; --",
    ];
    const queries = [
      "lastEventId=",
      "lastEventId=1&lastEventId=2",
      "lastEventId[a]=1",
      "lastEventId=%00",
      "lastEventId=%E9",
    ];
    await take(3, readIds(`${url}/ticker`));

    // Whoever asks for nothing in particular gets the last minute, here from the very first event on.
    for (const id of headers)
      expect(await take(2, readIds(`${url}/ticker`, { "Last-Event-ID": id }))).toEqual([1, 2]);
    for (const query of queries) expect(await take(2, readIds(`${url}/ticker?${query}`))).toEqual([1, 2]);
    expect(await take(2, readIds(`${url}/ticker?lastEventId=1`))).toEqual([2, 3]);
    expect(server.isRunning()).toBe(true);
    expect(server.stderr).toEqual([]);
  });

  it("serves one sequence from two servers on one log", async () => {
    const home = await createHome();
    await home.start();
    const second = await startServer({ PORT: String(await freePort()), DEMO_DB: home.db });
    const clients = [follow(home.url), follow(second.url)];
    await Promise.all(clients.map((client) => client.more(12)));
    for (const { ids } of clients) expect(ids).toEqual(consecutive(ids));
  });

  describe("the faults", () => {
    it("drop: the client comes back and has missed nothing", async () => {
      const { url, start } = await createHome();
      await start();
      const client = follow(url);
      await client.more(3);
      await suffer(client, `${url}/faults/ticker/drop`);
      await client.until(() => client.source.status.state === "waiting");
      await client.more(4);
      expect(client.statuses.map(({ state }) => state)).toEqual(["open", "waiting", "connecting", "open"]);
      expect(client.ids).toEqual(consecutive(client.ids));
    });

    it("unavailable: 503 with Retry-After, which the client obeys", async () => {
      const { url, start } = await createHome();
      await start();
      const client = follow(url);
      await client.more(3);
      await suffer(client, `${url}/faults/ticker/unavailable`);
      await client.until(() => client.statuses.filter(({ state }) => state === "open").length === 2);
      await client.more(3);

      const refused = client.statuses.filter(
        (status) => status.state === "waiting" && status.error.status === 503,
      );
      expect(refused.length).toBeGreaterThan(0);
      for (const status of refused)
        expect(status).toMatchObject({
          error: { code: "http-status" },
          delay: expect.toSatisfy((ms: number) => ms >= 3_000),
        });
      expect(client.ids).toEqual(consecutive(client.ids));
    });

    it("expire: 401, one refresh, and on with the stream", async () => {
      const { url, start } = await createHome();
      await start();
      const client = follow(url);
      await client.more(3);
      expect(client.refreshes.count).toBe(1);
      await suffer(client, `${url}/faults/ticker/expire`);
      await client.until(() => client.source.status.state === "waiting");
      await client.more(4);
      expect(client.refreshes.count).toBe(2);
      expect(client.ids).toEqual(consecutive(client.ids));
    });

    it("silence: the idle timeout finds out", async () => {
      const { url, start } = await createHome();
      await start();
      const client = follow(url, { idleTimeout: 5_000 });
      await client.more(3);
      await suffer(client, `${url}/faults/ticker/silence`);
      await client.until(() => client.source.status.state === "waiting");
      expect(client.source.status).toMatchObject({ error: { code: "idle-timeout" } });
      await client.more(4);
      expect(client.ids).toEqual(consecutive(client.ids));
    });
  });

  describe("the server", () => {
    it("asks for a token on /events and lets other origins in", async () => {
      const { url, start } = await createHome();
      await start();
      const refused = await fetch(`${url}/events`);
      expect(refused.status).toBe(401);
      expect(refused.headers.get("www-authenticate")).toMatch(/^Bearer/);
      const preflight = await fetch(`${url}/events`, { method: "OPTIONS" });
      expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
      expect(preflight.headers.get("access-control-allow-headers")).toBe(
        "Authorization, Content-Type, Last-Event-ID",
      );
    });

    it("lets one client have 24 streams, says when to come back, and the client obeys", async () => {
      const { url, start } = await createHome();
      await start();
      const ending = new AbortController();
      const ask = () => fetch(`${url}/ticker`, { signal: ending.signal });
      const answers = await Promise.all(Array.from({ length: 25 }, ask));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
        ...Array.from({ length: 24 }, () => 200),
        429,
      ]);
      const client = follow(url);
      await client.until(() => client.source.status.state === "waiting");
      expect(client.source.status).toMatchObject({
        error: { status: 429 },
        delay: expect.toSatisfy((ms: number) => ms >= 5_000),
      });
      ending.abort();
      await client.more(1);
    });

    it("lets one client begin 60 streams in ten seconds, and says when to come back", async () => {
      const { url, start } = await createHome();
      await start();
      // All at once, so that they are within ten seconds on any machine. 401, and counted.
      const answers = await Promise.all(Array.from({ length: 61 }, () => fetch(`${url}/events`)));
      const refused = answers.filter(({ status }) => status !== 401);
      expect(refused.map(({ status }) => status)).toEqual([429]);
      expect(Number(refused[0]!.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(refused[0]!.headers.get("access-control-expose-headers")).toContain("Retry-After");
    });

    it("answers HEAD of a stream with its headers, and an end", async () => {
      const { url, server } = await startAlone();
      const headers = { Authorization: `Bearer ${await newToken(url)}` };
      for (const path of ["/ticker", "/log", "/viewers/springs?viewer=12345678"]) {
        const response = await fetch(`${url}${path}`, { method: "HEAD", headers });
        expect(response.status, path).toBe(200);
        expect(response.headers.get("content-type"), path).toMatch(/^text\/event-stream/);
      }
      expect((await fetch(`${url}/events`, { method: "HEAD" })).status).toBe(401);
      expect(await server.end("SIGTERM")).toBe(0);
      expect(server.stderr).toEqual([]);
    });

    it("refuses bodies that are no JSON or too large, and files that there are not, in a few words", async () => {
      const { url, server } = await startAlone();
      const post = async (body: string) => {
        const headers = {
          Authorization: `Bearer ${await newToken(url)}`,
          "Content-Type": "application/json",
        };
        const response = await fetch(`${url}/posts`, { method: "POST", headers, body });
        const { error }: { error: string } = await response.json();
        expect(error).not.toContain("node_modules");
        return response.status;
      };
      expect(await post("{author")).toBe(400);
      expect(await post("null")).toBe(400);
      expect(await post("[]")).toBe(400);
      expect(await post(JSON.stringify({ author: "A", text: "b".repeat(11_000) }))).toBe(413);
      const missing = await fetch(`${url}/source/nothing.ts`);
      expect([missing.status, missing.headers.get("content-type")]).toEqual([
        404,
        "application/json; charset=utf-8",
      ]);
      expect(await missing.json()).toEqual({ error: "Not Found" });
      expect(await server.end("SIGTERM")).toBe(0);
      expect(server.stderr).toEqual([]);
    });

    it("lets one client begin 120 sessions in a minute", async () => {
      const { url } = await startAlone();
      const logIn = () => fetch(`${url}/notifications/ada/session`, { method: "POST" });
      const answers = await Promise.all(Array.from({ length: 121 }, logIn));
      const refused = answers.filter(({ status }) => status !== 204);
      expect(refused.map(({ status }) => status)).toEqual([429]);
      expect(Number(refused[0]!.headers.get("retry-after"))).toBeGreaterThan(0);
    });

    it("prints its URL, no more, and ends with code 0 while streams are open", async () => {
      const { url, start } = await createHome();
      const server = await start();
      const client = follow(url);
      await client.more(1);
      expect(await server.end("SIGTERM")).toBe(0);
      expect(server.stdout).toEqual([`everspring demo: ${url}/`]);
      expect(server.stderr).toEqual([]);
    });

    it("ends also when readers of a file have left before it was opened", async () => {
      const { url, server } = await startAlone();
      const headers = { Authorization: `Bearer ${await newToken(url)}` };
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const leaving = new AbortController();
          await fetch(`${url}/log`, { headers, signal: leaving.signal });
          leaving.abort();
        }),
      );
      expect(await server.end("SIGTERM")).toBe(0);
      expect(server.stderr).toEqual([]);
    });

    it("takes a free port when its own is taken, unless it was told which", async ({ onTestFinished }) => {
      const { db } = await createHome();
      const occupied = createServer();
      // Should 8420 be taken already, all the better.
      await new Promise<unknown>((resolve) => {
        occupied.once("listening", resolve).once("error", resolve).listen(8420, "127.0.0.1");
      });
      onTestFinished(() => void occupied.close());
      const server = await startServer({ DEMO_DB: db });
      expect(new URL(server.url).port).not.toBe("8420");
      await expect(startServer({ DEMO_DB: db, PORT: new URL(server.url).port })).rejects.toThrow(
        "EADDRINUSE",
      );
    });
  });
});

describe("the event log", () => {
  it("stays small, and its ids increase over restarts even when it has been emptied", async () => {
    const { db } = await createHome();
    let store = openStore(db, 100);
    for (let count = 0; count < 1_000; count++) await store.append("tick", { count });
    expect(await store.newest()).toBe(1_000);
    expect((await store.between(0)).length).toBeLessThan(100 + 256);
    await store.close();

    store = openStore(db, 0);
    expect(await store.between(0)).toEqual([]);
    await store.append("tick", "next");
    expect(await store.between(0)).toEqual([{ id: 1_001, type: "tick", data: '"next"' }]);
    await store.close();
  });
});

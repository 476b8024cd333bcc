// Runs one client by a plan, in Node and in pages alike, and says what it does. Whoever made the plan looks at the requests, too.

/**
 * @param load imports the client, after the clock is set
 * @param say takes what happens, by name
 */
export async function drive(load, url, plan, say) {
  const real = { setTimeout: setTimeout.bind(globalThis), fetch: fetch.bind(globalThis) };
  const pending = watchTimers(real.setTimeout, plan.scale ?? 1, say);
  /** Whatever was on its way is here after that: a few answers of the same server. */
  const settle = async () => {
    for (let i = 0; i < 3; i++) await (await real.fetch(new URL("/settle", url))).text();
    await new Promise((resolve) => real.setTimeout(resolve));
    say("settled", [...pending.values()]);
  };
  let isHeld = false;
  const keepSettling = async () => {
    if (isHeld) return;
    isHeld = true;
    for (;;) await settle();
  };
  const { open, iterate } = await load();
  if (plan.hold && iterate) {
    const { value } = await iterate(url)[Symbol.asyncIterator]().next();
    say("event", { data: value.data.slice(0, 10) });
    for (;;) await settle();
  }
  if (plan.cases) return oneByOne(open, url, plan, say);
  let source;
  const tell = {
    event(event) {
      const data = typeof event.data === "string" ? event.data.slice(0, 100) : event.data;
      if (!isHeld) say("event", { ...event, data });
      if (plan.closeAt === data) source.close();
      if ([plan.settleAt, plan.closeAt, plan.throwAt].includes(data)) void settle();
      if (plan.throwAt === data) throw new Error("of the listener");
      if (!plan.hold) return undefined;
      void keepSettling();
      return new Promise(() => {});
    },
    // Nothing is returned: some clients take what a listener returns for a delay.
    open: () => void say("open"),
    error: (error) => void say("error", error),
    closed: () => void say("closed"),
  };
  const options = prepare(plan, real.fetch, say);
  for (let i = 0; i < (plan.count ?? 1); i++) source = open(url, tell, options);
}

/** A stream for each case, one after the other; each ends with an event "end". */
async function oneByOne(open, url, { cases, options }, say) {
  for (let number = 0; number < cases; number++)
    await new Promise((done) => {
      const tell = {
        event({ type, data, id }) {
          if (type !== "end") return say("event", { number, type, data, id });
          source.close();
          return done();
        },
        closed: done,
        open() {},
        error() {},
      };
      const source = open(`${url}?case=${number}`, tell, options);
    });
  say("settled", []);
}

/** The options of the client: what the plan names, with functions where it names what they do. */
function prepare({ options = {}, attempts, auth, schema, byFetch }, fetch, say) {
  const { headers, method, body, lastEventId } = options;
  let token = "old";
  let attempt = 0;
  const given = { ...options };
  if (attempts) given.headersNow = () => ({ "x-attempt": String(++attempt) });
  if (auth) {
    given.headersNow = () => ({ authorization: `Bearer ${token}` });
    given.refresh = refresh;
  }
  if (given.headersNow && !byFetch) given.headers = given.headersNow();
  if (attempts) attempt = 0;
  if (schema) given.schema = priceSchema;
  if (!byFetch) return given;
  /** What the user would write where the client takes a fetch function and nothing else. */
  const wrapped = async (url, init) => {
    const all = new Headers(init.headers);
    const ask = () => {
      for (const [name, value] of Object.entries({ ...headers, ...given.headersNow?.() }))
        all.set(name, value);
      if (lastEventId && !all.has("last-event-id")) all.set("last-event-id", lastEventId);
      return fetch(url, { ...init, headers: all, ...(method && { method, body }) });
    };
    const response = await ask();
    if (!auth || response.status !== 401) return response;
    await refresh();
    return ask();
  };
  return { types: options.types, fetch: wrapped };

  async function refresh() {
    say("refresh");
    token = "fresh";
  }
}

/** A Standard Schema for `{ price: number }`. */
const priceSchema = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value?.price === "number" ? { value } : { issues: [{ message: "price is no number" }] },
  },
};

/** Tells every delay that is asked for, and makes it shorter by the scale. Gives the delays that are not over. */
function watchTimers(realSetTimeout, scale, say) {
  const pending = new Map();
  globalThis.setTimeout = (callback, ms = 0, ...args) => {
    // Node's own fetch uses the global, too.
    if (new Error().stack.split("\n")[2]?.includes("node:internal"))
      return realSetTimeout(callback, ms, ...args);
    say("timer", ms);
    const id = realSetTimeout(
      (...values) => {
        pending.delete(id);
        callback(...values);
      },
      // The one of event-source-polyfill for silence must not overtake the answers of a real server.
      ms === 45_000 ? ms : ms / scale,
      ...args,
    );
    pending.set(id, ms);
    return id;
  };
  const realClear = globalThis.clearTimeout;
  globalThis.clearTimeout = (id) => {
    pending.delete(id);
    realClear(id);
  };
  return pending;
}

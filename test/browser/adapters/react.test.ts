import * as React from "react";
import {
  act,
  createElement,
  StrictMode,
  useState,
  version,
  type ComponentType,
  type FunctionComponent,
  type ReactNode,
} from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { beforeEach, describe, expect, inject, it, onTestFinished, vi } from "vitest";
import {
  bearer,
  createEventSource,
  json,
  type AnyEvent,
  type EventSourceClient,
} from "../../../src/index.ts";
import { useEventSource, type EventSourceState, type UseEventSourceOptions } from "../../../src/react.ts";
import { createTestServer, type TestServer } from "../../../src/testing.ts";

/** React 18 has no `Activity`. */
const Activity = (React as Partial<typeof React>)["Activity"];

const url = "https://example.com/prices";

type Events = Record<string, unknown>;
type Props = UseEventSourceOptions<Events> & { url?: string };

declare module "vitest" {
  interface ProvidedContext {
    react: number;
    svelte: number;
  }
}

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

let server: TestServer;
/** The state at each render. */
let renders: EventSourceState<Events>[];
beforeEach(() => {
  server = createTestServer();
  renders = [];
});

const Prices: FunctionComponent<Props> = ({ url: its = url, ...options }) => {
  const state = useEventSource<Events>(its, { fetch: server.fetch, decode: json, ...options });
  renders.push(state);
  return createElement("p", null, `${state.status.state}: ${JSON.stringify(state.event?.data)}`);
};

const wrappers: [string, (node: ReactNode) => ReactNode][] = [
  ["in strict mode", (node) => createElement(StrictMode, null, node)],
  ["as in production", (node) => node],
];

function page(wrap: (node: ReactNode) => ReactNode = (node) => node) {
  const container = document.createElement("div");
  const root: Root = createRoot(container);
  const unmount = () => act(async () => root.unmount());
  onTestFinished(unmount);
  return {
    container,
    unmount,
    render: <P extends object>(component: ComponentType<P>, props: P) =>
      act(async () => {
        root.render(wrap(createElement(component, props)));
        await settled();
      }),
  };
}

/** Resolves when everything that needs no server has settled. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

const tell = (...data: unknown[]) =>
  act(async () => {
    for (const one of data) server.push({ data: one });
    await server.delivered();
  });

it("React has the expected version", () => {
  expect(Number(version.split(".")[0])).toBe(inject("react"));
});

describe.each(wrappers)("useEventSource %s", (_name, wrap) => {
  it("makes one request, shows the status and the latest event, and closes when unmounted", async () => {
    const { container, render, unmount } = page(wrap);
    await render(Prices, {});
    expect(container.textContent).toBe("open: undefined");
    await tell(1, 2);
    expect(container.textContent).toBe("open: 2");
    expect(server.requests).toHaveLength(1);
    const { client } = renders.at(-1)!;
    await unmount();
    expect(client.status).toEqual({ state: "closed", reason: "client" });
    expect(server.connections).toEqual([]);
    await settled();
    expect(server.requests).toHaveLength(1);
  });

  it("calls per-attempt functions once", async () => {
    const headers = vi.fn(() => ({ Authorization: "Bearer 1" }));
    const transport = vi.fn(() => new Promise<void>(() => {}));
    const { render } = page(wrap);
    await render(Prices, { headers });
    expect(headers).toHaveBeenCalledOnce();
    const other = page(wrap);
    await other.render(Prices, { fetch: undefined, transport });
    expect(transport).toHaveBeenCalledOnce();
  });

  it("renders and reports two events with the same data as two events", async () => {
    const onEvent = vi.fn();
    const { render } = page(wrap);
    await render(Prices, { onEvent });
    await tell(4);
    const [first] = renders.slice(-1);
    await tell(4);
    expect(onEvent.mock.calls.map(([event]) => (event as AnyEvent<Events>).data)).toEqual([4, 4]);
    expect(renders.at(-1)).not.toBe(first);
    expect(renders.at(-1)!.event).not.toBe(first!.event);
  });

  it("calls onEvent for every event of a chunk, and renders at most twice", async () => {
    const onEvent = vi.fn();
    const { render } = page(wrap);
    await render(Prices, { onEvent });
    const before = renders.length;
    await act(async () => {
      server.send("data: 1\n\ndata: 2\n\ndata: 3\n\n");
      await server.delivered();
    });
    expect(onEvent).toHaveBeenCalledTimes(3);
    expect(renders.length - before).toBeLessThanOrEqual(2);
    expect(renders.at(-1)!.event!.data).toBe(3);
  });

  it("does not reconnect for inline functions, and calls the latest ones", async () => {
    const { render } = page(wrap);
    const heard: unknown[] = [];
    for (const n of [1, 2, 3]) {
      await render(Prices, {
        headers: () => ({ "x-n": `${n}` }),
        decode: (raw) => `${raw} decoded by ${n}`,
        onEvent: ({ data }) => heard.push(`${String(data)}, heard by ${n}`),
        onError: ({ code }) => heard.push(`${code}, heard by ${n}`),
        retry: { shouldRetry: () => n < 3, initialDelay: 1 },
      });
      await tell(n);
    }
    expect(server.requests).toHaveLength(1);
    expect(heard).toEqual([1, 2, 3].map((n) => `${n} decoded by ${n}, heard by ${n}`));
    heard.length = 0;
    await act(async () => {
      server.drop();
      await settled();
    });
    expect(heard).toEqual(["network, heard by 3"]);
    expect(renders.at(-1)!.status).toMatchObject({ state: "closed", reason: "error" });
  });

  it("does not reconnect for options of equal value, whatever objects they are", async () => {
    const { render } = page(wrap);
    const dispatcher = new (class Agent {})();
    const render1 = (extra: Props) =>
      render(Prices, {
        headers: new Headers({ a: "1" }),
        retry: { initialDelay: 5 },
        method: "POST",
        dispatcher,
        ...extra,
      });
    await render1({ body: new URLSearchParams({ q: "1" }) });
    await render1({ body: new URLSearchParams({ q: "1" }), lastEventId: undefined });
    expect(server.requests).toHaveLength(1);
    await render1({ body: new URLSearchParams({ q: "2" }) });
    expect(server.requests.map(({ body }) => body)).toEqual(["q=1", "q=2"]);
    await render1({ body: new URLSearchParams({ q: "2" }), dispatcher: new (class Agent {})() });
    expect(server.requests).toHaveLength(3);
    expect(server.connections).toHaveLength(1);
  });

  it("does not reconnect for inline headers of equal value, whatever their prototype", async () => {
    class CustomHeaders {
      readonly a = "1";
    }
    const frame = document.createElement("iframe");
    document.body.append(frame);
    onTestFinished(() => frame.remove());
    const Foreign = (frame.contentWindow as unknown as typeof globalThis).Object;
    const makes: (() => object)[] = [
      () => ({ a: "1" }),
      () => Object.assign(Object.create(null), { a: "1" }) as object,
      () => Object.assign(new Foreign(), { a: "1" }),
      () => new CustomHeaders(),
      () => new Headers({ a: "1" }),
      () => new Map([["a", "1"]]),
    ];
    for (const make of makes) {
      server = createTestServer();
      renders = [];
      const Inline: FunctionComponent = () =>
        createElement(Prices, { headers: make() as Record<string, string> });
      const { render, unmount } = page(wrap);
      await render(Inline, {});
      await tell(1, 2, 3);
      await render(Inline, {});
      expect(renders.length).toBeGreaterThan(3);
      expect(server.requests.map(({ headers }) => headers.get("a"))).toEqual(["1"]);
      await unmount();
    }
  });

  it("renders data and error, and clears the error when the connection opens again", async () => {
    const seen: unknown[] = [];
    const Values: FunctionComponent = () => {
      const { data, error } = useEventSource<Events>(url, {
        fetch: server.fetch,
        decode: json,
        retry: { initialDelay: 1 },
      });
      seen.push([data, error?.code]);
      return null;
    };
    const { render } = page(wrap);
    await render(Values, {});
    await tell(1);
    await act(async () => {
      server.drop();
      await server.connection(2);
      await settled();
    });
    expect(seen).toContainEqual([1, undefined]);
    expect(seen.at(-1)).toEqual([1, undefined]);
    await act(async () => {
      server.status(404);
      server.drop();
      await server.request(3);
      await settled();
    });
    expect(seen.at(-1)).toEqual([1, "http-status"]);
  });

  it("starts from scratch for another URL: the first render shows nothing of the old stream", async () => {
    const { container, render } = page(wrap);
    await render(Prices, {});
    await tell(1);
    const { client } = renders.at(-1)!;
    const before = renders.length;
    await render(Prices, { url: `${url}/other` });
    expect(renders[before]).toMatchObject({ status: { state: "idle" }, event: undefined });
    expect(container.textContent).toBe("open: undefined");
    expect(client.status.state).toBe("closed");
    expect(renders.at(-1)!.client).not.toBe(client);
    expect(server.requests.map((request) => request.url)).toEqual([url, `${url}/other`]);
    expect(server.connections).toHaveLength(1);
    await tell(2);
    expect(container.textContent).toBe("open: 2");
    // The old client no longer changes the state.
    const after = renders.length;
    await act(async () => {
      client.open();
      await server.connection(3);
      client.close();
    });
    expect(renders.length).toBe(after);
  });

  it("starts from scratch for another identity: no render shows an event of the previous user", async () => {
    const { render } = page(wrap);
    await render(Prices, { identity: "alice" });
    await tell(1);
    const before = renders.length;
    await render(Prices, { identity: "bob" });
    expect(renders[before]).toMatchObject({ status: { state: "idle" }, event: undefined });
    expect(renders.slice(before).map(({ event }) => event)).not.toContainEqual(expect.anything());
    expect(server.requests).toHaveLength(2);
  });

  it("resumes with new credentials for the same URL, and keeps showing the latest event", async () => {
    const { container, render } = page(wrap);
    const as = (token: string) => render(Prices, { headers: { Authorization: token } });
    await as("old");
    await act(async () => {
      server.push({ data: 1, id: "one" });
      await server.delivered();
    });
    await as("new");
    expect(container.textContent).toBe("open: 1");
    expect(server.requests.map(({ headers }) => headers.get("authorization"))).toEqual(["old", "new"]);
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["", "one"]);
    await render(Prices, { headers: { Authorization: "new" }, lastEventId: "zero" });
    expect(server.requests[2]!.lastEventId).toBe("zero");
  });

  it("is idle with enabled: false, and opens, closes and resumes as enabled changes", async () => {
    const { container, render } = page(wrap);
    await render(Prices, { enabled: false });
    expect(container.textContent).toBe("idle: undefined");
    await render(Prices, { enabled: true });
    await act(async () => {
      server.push({ data: 1, id: "one" });
      await server.delivered();
    });
    await render(Prices, { enabled: false });
    expect(container.textContent).toBe("closed: 1");
    await render(Prices, {});
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["", "one"]);
  });

  it("exposes the client from the first render, which reconnects", async () => {
    const { render } = page(wrap);
    await render(Prices, {});
    const clients = new Set<EventSourceClient<Events>>(renders.map(({ client }) => client));
    await act(async () => {
      renders.at(-1)!.client.reconnect();
      await server.connection(2);
    });
    expect(clients.has(renders.at(-1)!.client)).toBe(true);
    expect(server.connections).toHaveLength(1);
  });

  it("makes the client with createClient, which gets no option of the hook", async () => {
    const create = vi.fn((...args: Parameters<typeof createEventSource>) =>
      createEventSource<Events>(...args),
    );
    const { container, render } = page(wrap);
    await render(Prices, {
      createClient: (its, options) => create(its, { ...options, lastEventId: "7" }),
      onEvent() {},
    });
    await render(Prices, { createClient: (its, options) => create(its, options), onEvent() {} });
    await tell(1);
    expect(container.textContent).toBe("open: 1");
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["7"]);
    const [[its, options]] = create.mock.calls as [Parameters<typeof createEventSource>];
    expect([its, options!.open]).toEqual([url, false]);
    expect(options).not.toHaveProperty("createClient");
  });

  it("applies backpressure while a promise of onEvent is pending", async () => {
    const held: (() => void)[] = [];
    const { render } = page(wrap);
    await render(Prices, { onEvent: () => new Promise<void>((resolve) => held.push(resolve)) });
    await act(async () => {
      server.push({ data: 1 });
      server.push({ data: 2 });
      await settled();
    });
    expect(renders.at(-1)!.event!.data).toBe(1);
    await act(async () => {
      held[0]!();
      await settled();
    });
    expect(renders.at(-1)!.event!.data).toBe(2);
    held[1]!();
  });

  it("closes when React hides the component, and resumes when it is shown again", async () => {
    if (!Activity) return expect(version).toMatch(/^18\./);
    const { render } = page(wrap);
    const Tab: FunctionComponent<{ mode: "visible" | "hidden" }> = ({ mode }) =>
      createElement(Activity!, { mode, children: createElement(Prices) });
    await render(Tab, { mode: "visible" });
    await act(async () => {
      server.push({ data: 1, id: "one" });
      await server.delivered();
    });
    await render(Tab, { mode: "hidden" });
    expect(server.connections).toEqual([]);
    await render(Tab, { mode: "visible" });
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["", "one"]);
  });

  it("makes no request for a component that is unmounted at once", async () => {
    const { container, render } = page(wrap);
    const Fleeting: FunctionComponent = () => {
      const [isShown, show] = useState(true);
      return isShown ? createElement(Both, { done: () => show(false) }) : "gone";
    };
    const Both: FunctionComponent<{ done: () => void }> = ({ done }) => {
      useEventSource(url, { fetch: server.fetch });
      return createElement("p", { ref: (p: unknown) => void (p && done()) });
    };
    await render(Fleeting, {});
    expect(container.textContent).toBe("gone");
    expect(server.requests).toEqual([]);
  });

  it("shares one call in flight between components that share onUnauthorized", async () => {
    let token = "old";
    const refresh = vi.fn(async () => void (token = "new"));
    const fetch: TestServer["fetch"] = async (input, init) =>
      new Headers(init?.headers).get("authorization") === "Bearer new"
        ? server.fetch(input, init)
        : new Response(null, { status: 401 });
    const { render } = page(wrap);
    const Two: FunctionComponent = () =>
      [1, 2].map((key) =>
        createElement(Prices, { key, fetch, headers: bearer(() => token), onUnauthorized: refresh }),
      );
    await render(Two, {});
    expect(refresh).toHaveBeenCalledOnce();
    expect(server.connections).toHaveLength(2);
  });
});

it("useEventSource throws for a wrong option while rendering, where an error boundary catches it", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => void vi.restoreAllMocks());
  const rendered = page().render(Prices, { idleTimeout: -1 });
  await expect(rendered).rejects.toMatchObject({ code: "invalid-option", option: "idleTimeout" });
});

it("useEventSource renders idle on the server, and hydrates without a warning", async () => {
  const html = renderToString(createElement(Prices, {}));
  expect(html).toBe("<p>idle: undefined</p>");
  await settled();
  expect(server.requests).toEqual([]);
  const container = document.createElement("div");
  container.innerHTML = html;
  const paragraph = container.firstChild;
  const onRecoverableError = vi.fn();
  let root: Root;
  await act(async () => {
    root = hydrateRoot(container, createElement(Prices, {}), { onRecoverableError });
    await settled();
  });
  onTestFinished(() => act(async () => root.unmount()));
  await tell(1);
  expect([container.textContent, container.firstChild]).toEqual(["open: 1", paragraph]);
  expect(onRecoverableError).not.toHaveBeenCalled();
  expect(server.requests).toHaveLength(1);
});

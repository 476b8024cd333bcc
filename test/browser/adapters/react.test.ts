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
import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import {
  bearer,
  createEventSource,
  json,
  type AnyEvent,
  type EventSourceClient,
} from "../../../src/index.ts";
import { useEventSource, type EventSourceState, type UseEventSourceOptions } from "../../../src/react.ts";
import { createTestServer, type TestServer } from "../../../src/testing.ts";

/** React 18 has none. */
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
/** What the component saw at each render. */
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

/** Resolves when what was begun is done, as far as no server has to do anything. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

const tell = (...data: unknown[]) =>
  act(async () => {
    for (const one of data) server.push({ data: one });
    await server.delivered();
  });

test("React is the version that it should be", () => {
  expect(Number(version.split(".")[0])).toBe(inject("react"));
});

describe.each(wrappers)("useEventSource %s", (_name, wrap) => {
  test("makes one request, shows status and latest event, and closes when unmounted", async () => {
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

  test("calls a function that is asked per attempt once", async () => {
    const headers = vi.fn(() => ({ Authorization: "Bearer 1" }));
    const transport = vi.fn(() => new Promise<void>(() => {}));
    const { render } = page(wrap);
    await render(Prices, { headers });
    expect(headers).toHaveBeenCalledOnce();
    const other = page(wrap);
    await other.render(Prices, { fetch: undefined, transport });
    expect(transport).toHaveBeenCalledOnce();
  });

  test("two events of the same data are two events, for onEvent and for the component", async () => {
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

  test("onEvent hears every event of a chunk, though it is rendered once", async () => {
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

  test("renders with inline closures never connect again, and the latest closures are called", async () => {
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

  test("options of equal value never connect again, whatever objects they are", async () => {
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

  test("another URL is another stream: its first render shows nothing of the old one", async () => {
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
    // Whoever still has the old client does not change what is shown.
    const after = renders.length;
    await act(async () => {
      client.open();
      await server.connection(3);
      client.close();
    });
    expect(renders.length).toBe(after);
  });

  test("another identity is another user: no render shows what the one before had", async () => {
    const { render } = page(wrap);
    await render(Prices, { identity: "alice" });
    await tell(1);
    const before = renders.length;
    await render(Prices, { identity: "bob" });
    expect(renders[before]).toMatchObject({ status: { state: "idle" }, event: undefined });
    expect(renders.slice(before).map(({ event }) => event)).not.toContainEqual(expect.anything());
    expect(server.requests).toHaveLength(2);
  });

  test("new credentials for the same URL go on after the last event, and keep showing it", async () => {
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

  test("open: false is idle; it opens, closes, and opens again after the last event", async () => {
    const { container, render } = page(wrap);
    await render(Prices, { open: false });
    expect(container.textContent).toBe("idle: undefined");
    await render(Prices, { open: true });
    await act(async () => {
      server.push({ data: 1, id: "one" });
      await server.delivered();
    });
    await render(Prices, { open: false });
    expect(container.textContent).toBe("closed: 1");
    await render(Prices, {});
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["", "one"]);
  });

  test("the client is there from the first render, and reconnects", async () => {
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

  test("the client may be made by something else, which is told of no option that is ours", async () => {
    const create = vi.fn((...args: Parameters<typeof createEventSource>) =>
      createEventSource<Events>(...args),
    );
    const { container, render } = page(wrap);
    await render(Prices, {
      create: (its, options) => create(its, { ...options, lastEventId: "7" }),
      onEvent() {},
    });
    await render(Prices, { create: (its, options) => create(its, options), onEvent() {} });
    await tell(1);
    expect(container.textContent).toBe("open: 1");
    expect(server.requests.map(({ lastEventId }) => lastEventId)).toEqual(["7"]);
    const [[its, options]] = create.mock.calls as [Parameters<typeof createEventSource>];
    expect([its, options!.open]).toEqual([url, false]);
    expect(options).not.toHaveProperty("create");
  });

  test("a promise of onEvent holds the reader back", async () => {
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

  test("what React hides is closed, and goes on after the last event when it is shown again", async () => {
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

  test("a component that goes away before a moment has passed makes no request", async () => {
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

  test("components that share onUnauthorized share one call in flight", async () => {
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

test("a wrong option throws while rendering, where an error boundary catches it", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => void vi.restoreAllMocks());
  const rendered = page().render(Prices, { idleTimeout: -1 });
  await expect(rendered).rejects.toMatchObject({ code: "invalid-option", option: "idleTimeout" });
});

test("a page rendered on the server shows idle, and hydrates without a word", async () => {
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

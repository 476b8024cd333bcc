import {
  createApp,
  defineComponent,
  effectScope,
  h,
  nextTick,
  ref,
  shallowReactive,
  shallowRef,
  watch,
  type Component,
} from "vue";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { json } from "../../../src/index.ts";
import { createTestServer, type TestServer } from "../../../src/testing.ts";
import { useEventSource, type EventSourceRefs, type UseEventSourceOptions } from "../../../src/vue.ts";

const url = "https://example.com/prices";

type Events = Record<string, unknown>;

let server: TestServer;
beforeEach(() => {
  server = createTestServer();
});

/** A component with an event source, mounted. */
function mount(use: () => EventSourceRefs<Events>) {
  let refs: EventSourceRefs<Events>;
  const Prices = defineComponent(() => {
    const { status, event } = (refs = use());
    return () => h("p", `${status.value.state}: ${JSON.stringify(event.value?.data)}`);
  });
  const container = document.createElement("div");
  const app = createApp(Prices as Component);
  app.mount(container);
  let isMounted = true;
  const unmount = () => {
    if (isMounted) app.unmount();
    isMounted = false;
  };
  onTestFinished(unmount);
  return { container, unmount, ...refs! };
}

const use = (options: UseEventSourceOptions<Events> = {}) =>
  useEventSource<Events>(url, { fetch: server.fetch, decode: json, ...options });

async function tell(...data: unknown[]): Promise<void> {
  for (const one of data) server.push({ data: one, id: String(one) });
  await server.delivered();
  await nextTick();
}

/** Resolves when everything that needs no server has settled. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("useEventSource in a component of Vue", () => {
  it("makes one request, shows the status and the latest event, and closes when unmounted", async () => {
    const { container, unmount, client, status } = mount(use);
    expect(container.textContent).toBe("idle: undefined");
    await tell(1, 2);
    expect(container.textContent).toBe("open: 2");
    unmount();
    expect(client.value.status).toEqual({ state: "closed", reason: "client" });
    expect(status.value).toBe(client.value.status);
    expect(server.connections).toEqual([]);
    await settled();
    expect(server.requests).toHaveLength(1);
  });

  it("reports two events with the same data as two events, to onEvent and to watchers", async () => {
    const onEvent = vi.fn();
    const { event } = mount(() => use({ onEvent }));
    const watched = vi.fn();
    watch(event, watched, { flush: "sync" });
    await tell(4, 4);
    expect(onEvent).toHaveBeenCalledTimes(2);
    expect(watched).toHaveBeenCalledTimes(2);
  });

  it("exposes the delivered event itself, not a reactive copy", async () => {
    const heard: unknown[] = [];
    const { event } = mount(() => use({ onEvent: (it) => heard.push(it) }));
    await tell({ deep: { a: 1 } });
    expect(event.value).toBe(heard[0]);
  });

  it("makes no request for a component that is unmounted at once", async () => {
    mount(use).unmount();
    await settled();
    expect(server.requests).toEqual([]);
  });
});

describe("useEventSource with refs and getters", () => {
  it.each(["ref", "getter"])("starts from scratch when the URL changes: a %s", async (how) => {
    const symbol = ref("A");
    const full = () => `${url}/${symbol.value}`;
    const reactive = shallowRef(full());
    const { container, client } = mount(() =>
      useEventSource<Events>(how === "ref" ? reactive : full, { fetch: server.fetch, decode: json }),
    );
    await tell(1);
    const before = client.value;
    symbol.value = "B";
    reactive.value = full();
    await nextTick();
    expect(container.textContent).toBe("connecting: undefined");
    expect(before.status.state).toBe("closed");
    await server.connection(2);
    expect(server.requests.map((request) => request.url)).toEqual([`${url}/A`, `${url}/B`]);
    expect(server.requests[1]!.lastEventId).toBe("");
    expect(server.connections).toHaveLength(1);
  });

  it("does not reconnect when a getter returns another per-attempt function", async () => {
    const version = ref(1);
    mount(() => {
      const perAttempt = () => {
        const v = version.value;
        return async () => `${url}?v=${v}`;
      };
      return useEventSource<Events>(perAttempt, {
        fetch: server.fetch,
        retry: { initialDelay: 0, jitter: 0 },
      });
    });
    await server.connection();
    version.value = 2;
    await nextTick();
    server.drop();
    await server.connection(2);
    expect(server.requests.map((request) => request.url)).toEqual([`${url}?v=1`, `${url}?v=2`]);
  });

  it("reconnects only when the options make another request, and resumes", async () => {
    const token = ref("old");
    const unrelated = ref(0);
    const heard: unknown[] = [];
    const { container } = mount(() =>
      useEventSource<Events>(url, () => {
        const n = unrelated.value;
        return {
          fetch: server.fetch,
          decode: json,
          headers: { Authorization: token.value },
          onEvent: ({ data }) => heard.push([n, data]),
        };
      }),
    );
    await tell(1);
    unrelated.value++;
    await tell(2);
    expect(heard).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(server.requests).toHaveLength(1);
    token.value = "new";
    await nextTick();
    await server.connection(2);
    expect(container.textContent).toBe("connecting: 2");
    expect(server.requests.map(({ headers }) => headers.get("authorization"))).toEqual(["old", "new"]);
    expect(server.requests[1]!.lastEventId).toBe("2");
  });

  it("accepts a reactive object of options, and follows enabled", async () => {
    const options = shallowReactive({ fetch: server.fetch, enabled: false, method: "GET" });
    const { container } = mount(() => useEventSource<Events>(url, options));
    await settled();
    expect(server.requests).toEqual([]);
    options.enabled = true;
    await server.connection();
    options.enabled = false;
    await nextTick();
    expect(container.textContent).toBe("closed: undefined");
    options.method = "POST";
    options.enabled = true;
    await server.connection(2);
    expect(server.requests.map(({ method }) => method)).toEqual(["GET", "POST"]);
  });
});

it("useEventSource outside of a component connects at once, and closes with its scope", async () => {
  const scope = effectScope();
  const refs = scope.run(() => use())!;
  await tell(1);
  expect(refs.event.value!.data).toBe(1);
  expect([refs.data.value, refs.error.value]).toEqual([1, undefined]);
  scope.stop();
  expect(refs.client.value.status.state).toBe("closed");
  expect(server.connections).toEqual([]);
});

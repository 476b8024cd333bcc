import { tick } from "svelte";
import { createClassComponent, type LegacyComponentType } from "svelte/legacy";
import { get } from "svelte/store";
import { beforeEach, describe, expect, inject, it, onTestFinished, vi } from "vitest";
import type { EventSourceStore, UseEventSourceOptions } from "../../../src/svelte.ts";
import { createTestServer, type TestServer } from "../../../src/testing.ts";

const url = "https://example.com/prices";

type Events = Record<string, unknown>;
interface Component {
  $set(props: { url?: string; options?: UseEventSourceOptions<Events> }): void;
  $destroy(): void;
}

let server: TestServer;
beforeEach(() => {
  server = createTestServer();
});

const kinds: [string, () => Promise<{ default: LegacyComponentType }>][] = [
  ["with the syntax of Svelte 4", () => import("./prices.svelte")],
];
if (inject("svelte") > 4) kinds.push(["with runes", () => import("./runes.svelte")]);

/** Resolves when everything that needs no server has settled. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe.each(kinds)("useEventSource in a component of Svelte, %s", (_name, load) => {
  async function mount(options: UseEventSourceOptions<Events> = {}) {
    const { default: component } = await load();
    const target = document.createElement("div");
    let store: EventSourceStore<Events>;
    const own = { fetch: server.fetch };
    const app = createClassComponent({
      component,
      target,
      props: {
        url,
        options: { ...own, ...options },
        expose: (its: EventSourceStore<Events>) => (store = its),
      },
    }) as unknown as Component;
    let isMounted = true;
    const unmount = async () => {
      if (isMounted) app.$destroy();
      isMounted = false;
      await tick();
    };
    onTestFinished(unmount);
    return {
      target,
      unmount,
      store: store!,
      change: async (props: { url?: string; options?: UseEventSourceOptions<Events> }) => {
        app.$set({ ...props, ...(props.options && { options: { ...own, ...props.options } }) });
        await tick();
      },
    };
  }

  async function tell(...data: unknown[]): Promise<void> {
    for (const one of data) server.push({ data: one, id: String(one) });
    await server.delivered();
    await tick();
  }

  it("makes one request, shows the status and the latest data, and closes when unmounted", async () => {
    const { target, unmount, store } = await mount();
    await tell(1, 2);
    expect(target.textContent).toBe("open: 2");
    const { client } = get(store);
    await unmount();
    expect(client.status).toEqual({ state: "closed", reason: "client" });
    expect(server.connections).toEqual([]);
    await settled();
    expect(server.requests).toHaveLength(1);
  });

  it("reports two events with the same data as two events, to onEvent and to subscribers", async () => {
    const onEvent = vi.fn();
    const { store } = await mount({ onEvent });
    await server.connection();
    await tell();
    const states: unknown[] = [];
    const undo = store.subscribe(({ event }) => states.push(event?.data));
    await tell(4, 4);
    undo();
    await tell(5);
    expect(onEvent).toHaveBeenCalledTimes(3);
    expect(states).toEqual([undefined, 4, 4]);
  });

  it("reports the error of a subscriber that throws, and still calls the others and onEvent", async () => {
    const reported = vi.spyOn(globalThis, "reportError").mockImplementation(() => {});
    onTestFinished(() => reported.mockRestore());
    const onEvent = vi.fn();
    const { store } = await mount({ onEvent });
    await server.connection();
    store.subscribe(({ event }) => {
      if (event) throw new Error("no");
    });
    const later: unknown[] = [];
    store.subscribe(({ event }) => void (event && later.push(event.data)));
    await tell(1, 2);
    expect(onEvent).toHaveBeenCalledTimes(2);
    expect(later).toEqual([1, 2]);
    expect(reported.mock.calls).toEqual([[new Error("no")], [new Error("no")]]);
  });

  it("reconnects only when the request changes", async () => {
    const heard: unknown[] = [];
    const { target, change } = await mount({ onEvent: () => heard.push("first") });
    await tell(1);
    await change({ options: { onEvent: () => heard.push("second") } });
    await tell(2);
    expect(heard).toEqual(["first", "second"]);
    expect(server.requests).toHaveLength(1);
    await change({ options: { headers: { a: "1" } } });
    await server.connection(2);
    expect(server.requests[1]!.lastEventId).toBe("2");
    await change({ url: `${url}/other` });
    expect(target.textContent).toBe("connecting: undefined");
    await server.connection(3);
    expect(server.requests.map((request) => request.url)).toEqual([url, url, `${url}/other`]);
    expect(server.connections).toHaveLength(1);
  });

  it("makes no request for a component that is unmounted at once", async () => {
    const { unmount } = await mount({ enabled: false });
    await unmount();
    await settled();
    expect(server.requests).toEqual([]);
  });
});

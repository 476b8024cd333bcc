import { createRequire } from "node:module";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { render } from "svelte/server";
import { createSSRApp, defineComponent, effectScope, h, ref } from "vue";
import { renderToString as renderVue } from "vue/server-renderer";
import { afterEach, expect, it, vi } from "vitest";
import { useEventSource } from "../../src/react.ts";
import { createTestServer } from "../../src/testing.ts";
import { useEventSource as useInVue } from "../../src/vue.ts";
import { settled } from "../helpers/fake-clock.ts";

const older = createRequire(new URL("../older/package.json", import.meta.url));
// A relative URL cannot be resolved on a server, and does not have to be.
const url = "/prices";

afterEach(() => {
  vi.doUnmock("react");
  vi.resetModules();
});

it("React 19 renders idle and makes no request", async () => {
  const server = createTestServer();
  const Prices = () => createElement("p", null, useEventSource(url, { fetch: server.fetch }).status.state);
  expect(renderToString(createElement(Prices))).toBe("<p>idle</p>");
  await settled();
  expect(server.requests).toEqual([]);
});

it("React 18 renders idle and makes no request, without a warning", async () => {
  const warned = vi.spyOn(console, "error");
  const react = older("react") as typeof import("react");
  const dom = older("react-dom/server") as typeof import("react-dom/server");
  expect(react.version).toMatch(/^18\./);
  vi.doMock("react", () => react);
  vi.resetModules();
  const { useEventSource: useInReact18 } = await import("../../src/react.ts");
  const server = createTestServer();
  const Prices = () =>
    react.createElement("p", null, useInReact18(url, { fetch: server.fetch }).status.state);
  expect(dom.renderToString(react.createElement(Prices))).toBe("<p>idle</p>");
  await settled();
  expect(server.requests).toEqual([]);
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

it("Vue renders idle and makes no request", async () => {
  const server = createTestServer();
  const Prices = defineComponent(() => {
    const { status } = useInVue(() => url, { fetch: server.fetch });
    return () => h("p", status.value.state);
  });
  expect(await renderVue(createSSRApp(Prices))).toBe("<p>idle</p>");
  await settled();
  expect(server.requests).toEqual([]);
});

it("Vue renders idle after an await in setup() and makes no request, since nothing would close it", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const server = createTestServer();
  const target = ref("https://example.com/prices");
  const looked = vi.fn<() => string>(() => target.value);
  const Prices = defineComponent(async () => {
    await Promise.resolve();
    const { status } = useInVue(looked, { fetch: server.fetch });
    return () => h("p", status.value.state);
  });
  expect(await renderVue(createSSRApp(Prices))).toBe("<p>idle</p>");
  const before = looked.mock.calls.length;
  target.value += "?other";
  await settled();
  // Nothing would stop a watcher either.
  expect(looked.mock.calls.length).toBe(before);
  expect(server.requests).toEqual([]);
  // The warning is Vue's own.
  expect(warn.mock.calls.flat().join()).toContain(
    "onScopeDispose() is called when there is no active effect scope",
  );
  warn.mockRestore();
});

it.each([
  ["Svelte 5", () => import("../browser/adapters/prices.svelte")],
  ["Svelte 5 with runes", () => import("../browser/adapters/runes.svelte")],
])("%s renders idle and makes no request", async (_name, load) => {
  const server = createTestServer();
  const { default: Prices } = await load();
  const { body } = await render(Prices as never, {
    props: { url, options: { fetch: server.fetch } } as never,
  });
  expect(body).toContain("<p>idle: undefined</p>");
  await settled();
  expect(server.requests).toEqual([]);
});

it("Vue passes the error of a URL that cannot be opened to onError, once it is to be opened", async () => {
  const errors: unknown[] = [];
  const scope = effectScope();
  const { status, error } = scope.run(() => useInVue(url, { onError: ({ code }) => errors.push(code) }))!;
  expect(errors).toEqual([]);
  await settled();
  expect([errors, status.value]).toEqual([["invalid-option"], { state: "idle" }]);
  expect(error.value?.code).toBe("invalid-option");
  scope.stop();
});

import { afterEach, describe, expect, test, vi } from "vitest";
import { baseUrl, whenOnline } from "../../src/core/page.ts";

afterEach(() => void vi.unstubAllGlobals());

describe("the URL that relative URLs resolve against", () => {
  test("is that of the document, which may have a base element", () => {
    vi.stubGlobal("document", { baseURI: "https://a.test/base/" });
    vi.stubGlobal("location", { href: "https://a.test/page" });
    expect(baseUrl()).toBe("https://a.test/base/");
  });

  test("is that of the worker where there is no document", () => {
    vi.stubGlobal("document", undefined);
    vi.stubGlobal("location", { href: "https://a.test/worker.js" });
    expect(baseUrl()).toBe("https://a.test/worker.js");
  });

  test("is missing where there is no page", () => {
    expect(baseUrl()).toBeUndefined();
  });
});

describe("waiting until the page is online", () => {
  /** A page, in which the test fires events. */
  function page(onLine: boolean | undefined): EventTarget {
    const target = new EventTarget();
    vi.stubGlobal("navigator", { onLine });
    vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
    vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
    return target;
  }

  test.each([true, undefined])("is not needed where navigator.onLine is %s", (onLine) => {
    page(onLine);
    expect(whenOnline(() => {})).toBeUndefined();
  });

  test("is not possible in a runtime without a page", () => {
    expect(whenOnline(() => {})).toBeUndefined();
    vi.stubGlobal("navigator", undefined);
    expect(whenOnline(() => {})).toBeUndefined();
    vi.stubGlobal("navigator", { onLine: false });
    vi.stubGlobal("addEventListener", undefined);
    expect(whenOnline(() => {})).toBeUndefined();
  });

  test("calls back when it is, unless cancelled", () => {
    const target = page(false);
    const callback = vi.fn<() => void>();
    const cancelled = vi.fn<() => void>();
    const cancel = whenOnline(callback);
    whenOnline(cancelled)!();
    target.dispatchEvent(new Event("online"));
    expect(callback).toHaveBeenCalledTimes(1);
    cancel!();
    target.dispatchEvent(new Event("online"));
    expect(callback).toHaveBeenCalledTimes(1);
    expect(cancelled).not.toHaveBeenCalled();
  });
});

import { sse as mswSse } from "msw/sse";

// msw's `sse` insists on a global EventSource, which it never uses for fetch; Node has none by default.
globalThis.EventSource ??= class {} as unknown as typeof EventSource;

/**
 * msw's `sse` with a response that is framed as a server frames it. Without that, in Node, an abort made in a timer or
 * callback ends the process (an assertion in undici), and `client.error()` reads as a clean end.
 */
export const sse: typeof mswSse = (path, resolver) => {
  const handler = mswSse(path, resolver);
  const run = handler.run.bind(handler);
  handler.run = async (args) => {
    const result = await run(args);
    result?.response?.headers.set("transfer-encoding", "chunked");
    result?.response?.headers.set("connection", "close");
    return result;
  };
  return handler;
};

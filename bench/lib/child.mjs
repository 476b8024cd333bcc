import { fork } from "node:child_process";
import { once } from "node:events";

/** A forked process that answers one message at a time. */
export function child(file, { args = [], execArgv = [], env = {} } = {}) {
  const process_ = fork(file, args, { execArgv, env: { ...process.env, ...env } });
  return {
    pid: process_.pid,
    /** The next message, for those that begin by themselves. */
    async next(limit = 120_000) {
      const signal = AbortSignal.timeout(limit);
      const gone = new AbortController();
      try {
        return await Promise.race([
          once(process_, "message", { signal: AbortSignal.any([signal, gone.signal]) }).then(
            ([message]) => message,
          ),
          once(process_, "exit", { signal: gone.signal }).then(([code]) => {
            throw new Error(`${file} ${args.join(" ")} ended with ${code}`);
          }),
        ]);
      } finally {
        gone.abort();
      }
    },
    ask(message, limit) {
      process_.send(message);
      return this.next(limit);
    },
    stop() {
      process_.kill("SIGKILL");
    },
  };
}

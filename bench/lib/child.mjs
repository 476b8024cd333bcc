import { fork } from "node:child_process";
import { once } from "node:events";

/** A forked process that answers one message at a time; `execPath` and `execArgv` make it another runtime's. */
export function child(file, { args = [], ...options } = {}) {
  const process_ = fork(file, args, options);
  return {
    pid: process_.pid,
    /** The next message, for those that begin by themselves. One that tells an error throws it. */
    async next(limit = 120_000) {
      const signal = AbortSignal.timeout(limit);
      const gone = new AbortController();
      try {
        const [message] = await Promise.race([
          once(process_, "message", { signal: AbortSignal.any([signal, gone.signal]) }),
          once(process_, "exit", { signal: gone.signal }).then(([code]) => {
            throw new Error(`${file} ${args.join(" ")} ended with ${code}`);
          }),
        ]);
        if (message.error) throw new Error(message.error);
        return message;
      } catch (error) {
        throw signal.aborted ? new Error(`over ${limit / 1000} s`, { cause: error }) : error;
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

/** The side of the child: it says that it is there, then answers each message by `answer`. */
export function serve(answer, ready = {}) {
  const reply = (promise) =>
    promise.then(
      (result) => process.send(result),
      (error) => process.send({ error: String(error?.message ?? error).split("\n")[0] || "failed" }),
    );
  process.on("disconnect", () => process.exit());
  process.on("message", (message) => void reply(Promise.resolve().then(() => answer(message))));
  process.send({ ready: true, ...ready });
}

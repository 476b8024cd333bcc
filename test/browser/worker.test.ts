import { expect, onTestFinished, test } from "vitest";
import { openLane } from "./lane.ts";

test("a dedicated worker subscribes, resumes and closes", async () => {
  const lane = openLane();
  const worker = new Worker(new URL("counting-worker.ts", import.meta.url), { type: "module" });
  onTestFinished(() => worker.terminate());
  const messages: unknown[] = [];
  const message = (expected: object) =>
    new Promise<void>((resolve) => {
      worker.addEventListener("message", function look({ data }: MessageEvent<object>) {
        if (JSON.stringify(data) !== JSON.stringify(expected)) return;
        worker.removeEventListener("message", look);
        resolve();
      });
    });
  worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => messages.push(data));
  worker.postMessage({ subscribe: lane.url("/counter", { drop: 1 }) });
  const events = [1, 2].map((id) => ({ type: "count", data: `${id}`, lastEventId: `${id}` }));
  for (const event of events) {
    const arrived = message(event);
    await lane.next();
    await arrived;
  }
  const closed = message({ state: "closed" });
  worker.postMessage("close");
  await closed;
  await lane.gone();
  expect(messages).toEqual([
    { state: "open" },
    events[0],
    { state: "waiting" },
    { state: "connecting" },
    { state: "open" },
    events[1],
    { state: "closed" },
  ]);
});

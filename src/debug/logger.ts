import type { Clock } from "../core/clock.ts";
import { report } from "../core/listeners.ts";
import type { TraceLog, TraceRecord, Untimed } from "./record.ts";

/**
 * Makes a function that passes records to a log, with the ms since now. Members that are undefined are left out. What the log
 * throws is reported.
 */
export function createLogger(log: TraceLog, { now }: Clock): (record: Untimed) => void {
  const began = now();
  return (record) => {
    const write = async () =>
      log(JSON.parse(JSON.stringify({ at: Math.round(now() - began), ...record })) as TraceRecord);
    write().catch(report);
  };
}

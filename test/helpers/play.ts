import { createClient } from "../../src/client/client.ts";
import type { EventSourceClient } from "../../src/client/event-source-client.ts";
import type { ConnectionStatus } from "../../src/connection/status.ts";
import type { EventSourceOptions } from "../../src/client/options.ts";
import type { OpenStream } from "../../src/core/types.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { fakePage, scriptedTransport, type Attempt } from "./machine.ts";

export interface Play {
  source: EventSourceClient;
  attempts: Attempt[];
  clock: FakeClock;
  statuses: ConnectionStatus[];
}

/** A client whose attempts, time and page are played by the test. */
export function play(options: EventSourceOptions = {}): Play {
  const clock = createFakeClock();
  const { transport, attempts } = scriptedTransport();
  const { whenOnline } = fakePage();
  const source = createClient(
    "http://example.test/events?token=s3cret",
    { transport, open: false, ...options },
    { clock, random: () => 0, whenOnline },
  );
  const statuses: ConnectionStatus[] = [];
  source.onStatus((status) => statuses.push(status));
  return { source, attempts, clock, statuses };
}

/** The same, connected. */
export async function opened(options: EventSourceOptions = {}, stream?: Partial<OpenStream>): Promise<Play> {
  const it = play(options);
  it.source.open();
  await it.attempts[0]!.answer(stream);
  return it;
}

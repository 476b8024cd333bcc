/** How the server answers one request. */
export interface Answer {
  /** 0 makes it a network error. Default 200. */
  status?: number;
  /** Beside `content-type: text/event-stream`. An empty `content-type` leaves it out. */
  headers?: Record<string, string>;
  /** In parts: text, or bytes. */
  body?: string | (string | number[])[];
  /** What follows: the stream stays open, ends, or breaks. Default `"wait"`. */
  finish?: "wait" | "end" | "drop";
}

export interface LoggedRequest {
  method: string;
  path: string;
  headers: Record<string, string | undefined>;
  body: string;
  /** When it arrived (ms). */
  at: number;
  /** The bytes of the Last-Event-ID header, when there is one. */
  lastEventIdBytes?: number[];
}

/** One test's own part of the server. */
export interface Lane {
  /** The URL whose n-th request gets the n-th answer. */
  readonly url: string;
  /** Waits for so many requests, and tells all that there were. */
  readonly requests: (n: number) => Promise<LoggedRequest[]>;
  readonly preflights: () => Promise<number>;
  /** Sends more on the response that is open. */
  readonly send: (text: string) => Promise<void>;
  readonly end: () => Promise<void>;
  /** Resolves when so many responses are closed, by whichever side. */
  readonly closed: (n: number) => Promise<void>;
  /** Sets a cookie for the host of the server; its value is told. */
  readonly cookie: () => Promise<string>;
}

let lanes = 0;

/** `signal` gives up what is still asked of the server: a browser has few connections. */
export async function openLane(baseUrl: string, signal: AbortSignal, ...answers: Answer[]): Promise<Lane> {
  const key = `${Date.now()}-${Math.random()}-${++lanes}`;
  const ask = async (route: string, n = 0, body?: string) => {
    const init: RequestInit = body === undefined ? {} : { method: "POST", body };
    if (route === "cookie") init.credentials = "include";
    const response = await fetch(`${baseUrl}/lane/${route}?lane=${key}&n=${n}`, { ...init, signal });
    return (await response.json()) as { requests: LoggedRequest[]; preflights: number };
  };
  await ask("answers", 0, JSON.stringify(answers));
  return {
    url: `${baseUrl}/stream?lane=${key}`,
    requests: async (n) => (await ask("requests", n)).requests,
    preflights: async () => (await ask("requests")).preflights,
    send: async (text) => void (await ask("send", 0, text)),
    end: async () => void (await ask("end")),
    closed: async (n) => void (await ask("closed", n)),
    async cookie() {
      await ask("cookie");
      return `spec=${key}`;
    },
  };
}

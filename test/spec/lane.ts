/** The response of the server to one request. */
export interface Answer {
  /** The HTTP status; 0 is a network error. Default 200. */
  status?: number;
  /** Headers besides `content-type: text/event-stream`. An empty `content-type` omits it. */
  headers?: Record<string, string>;
  /** The body, or its parts, as text or bytes. */
  body?: string | (string | number[])[];
  /** After the body, the stream stays open, ends, or is cut. Default `"wait"`. */
  finish?: "wait" | "end" | "drop";
}

export interface LoggedRequest {
  method: string;
  path: string;
  headers: Record<string, string | undefined>;
  body: string;
  /** Time of arrival, in ms. */
  at: number;
  /** The bytes of the Last-Event-ID header, if there is one. */
  lastEventIdBytes?: number[];
}

/** The part of the server that one test uses. */
export interface Lane {
  /** The URL whose n-th request gets the n-th answer. */
  readonly url: string;
  /** Waits for `n` requests and returns all of them. */
  readonly requests: (n: number) => Promise<LoggedRequest[]>;
  readonly preflights: () => Promise<number>;
  /** Sends text on the open response. */
  readonly send: (text: string) => Promise<void>;
  readonly end: () => Promise<void>;
  /** Resolves when `n` responses are closed by either side. */
  readonly closed: (n: number) => Promise<void>;
  /** Sets a cookie for the host of the server and returns it. */
  readonly cookie: () => Promise<string>;
}

let lanes = 0;

/** Opens a lane. `signal` aborts its pending requests, since a browser has few connections. */
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

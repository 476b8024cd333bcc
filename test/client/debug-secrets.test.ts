import fc from "fast-check";
import { expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { trace, traceFetch, type TraceRecord } from "../../src/debug.ts";
import { json, type FetchLike } from "../../src/index.ts";
import { createFakeClock } from "../helpers/fake-clock.ts";

/** Text that no record contains by chance. Credentials have letters, digits and other characters. */
const anySecret = fc
  .string({ unit: fc.constantFrom(..."abcxyzABCXYZ0123456789-._~".split("")), minLength: 6, maxLength: 24 })
  .map((text) => `S3${text}T`);

/** Responses of a server that puts the secret in everything it sends. */
const answers: Record<string, (secret: string) => Response | Promise<never>> = {
  events: (secret) =>
    new Response(`: ${secret}\nid: ${secret}\ndata: "${secret}"\n\ndata: "${secret}"\n\n`, {
      headers: { "content-type": "text/event-stream", "x-user": secret, "set-cookie": `a=${secret}` },
    }),
  "invalid JSON": (secret) =>
    new Response(`data: ${secret}\n\n`, { headers: { "content-type": "text/event-stream" } }),
  nothing: () => new Response("", { headers: { "content-type": "text/event-stream" } }),
  busy: (secret) =>
    new Response(secret, { status: 503, headers: { location: `/?a=${secret}`, "x-error": secret } }),
  "a 401": (secret) =>
    new Response(secret, { status: 401, headers: { "www-authenticate": `Bearer realm="${secret}"` } }),
  "another type": (secret) => new Response(secret, { headers: { "content-type": "text/html" } }),
  "no answer": (secret) => Promise.reject(new TypeError(`failed: ${secret}`, { cause: new Error(secret) })),
  "an error with a code": (secret) =>
    Promise.reject(Object.assign(new Error(secret), { code: secret, name: secret })),
};

/** Every kind of record must occur, or the property would prove little. */
const kinds = new Set<string>();

it("records contain no secret of the query, headers, cookies, IDs, data, comments or errors, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(
      anySecret,
      fc.array(fc.constantFrom(...Object.keys(answers)), { minLength: 1, maxLength: 6 }),
      fc.constantFrom("name=value", "value", "fragment"),
      fc.boolean(),
      async (secret, plan, place, hasParam) => {
        const records: TraceRecord[] = [];
        const sent: string[] = [];
        const clock = createFakeClock();
        const log = (record: TraceRecord) => records.push(record);
        const left = [...plan];
        const fetch: FetchLike = async (url, init) => {
          sent.push(url, ...new Headers((init as RequestInit).headers).values());
          const next = left.shift();
          return next ? answers[next]!(secret) : new Response(null, { status: 204 });
        };
        const url = {
          "name=value": `http://example.test/events?a=1&token=${secret}`,
          value: `http://example.test/events?${secret}`,
          fragment: `http://example.test/events?token=${secret}#${secret}`,
        }[place];
        const source = createClient(
          url,
          {
            fetch: traceFetch(log, { fetch, clock }),
            headers: { Authorization: `Bearer ${secret}`, Cookie: `sid=${secret}`, "X-Api-Key": secret },
            lastEventId: secret,
            ...(hasParam && { lastEventIdParam: "after" }),
            decode: json,
            retry: { shouldRetry: () => true },
            onUnauthorized: () => Promise.reject(new Error(secret)),
            open: false,
          },
          { clock, random: () => 0, whenOnline: () => undefined },
        );
        trace(source, log, { clock, silence: 10 });
        source.open();
        for (let n = 0; n < 3 * plan.length && source.status.state !== "closed"; n++)
          await clock.advance(60_000);
        source.close();

        for (const record of records) kinds.add(record.kind === "error" ? record.code : record.kind);
        expect(sent.join(" ")).toContain(secret);
        expect(records.length).toBeGreaterThan(3);
        expect(JSON.stringify(records)).not.toContain(secret);
        expect(JSON.stringify(records)).not.toContain(encodeURIComponent(secret));
      },
    ),
    {
      numRuns: 100,
      // These make every kind of record occur.
      examples: [
        ["S3cret-1T", Object.keys(answers), "name=value", false],
        ["S3cret-2T", ["nothing", "nothing", "nothing"], "value", true],
      ],
    },
  );
  expect([...kinds].toSorted()).toEqual(
    expect.arrayContaining(["event", "comment", "hint", "request", "response", "no-response", "status"]),
  );
  expect([...kinds]).toEqual(
    expect.arrayContaining(["decode-failed", "http-status", "unauthorized", "content-type", "network"]),
  );
});

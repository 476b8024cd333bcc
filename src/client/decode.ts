/**
 * The part of the Standard Schema interface that decoding needs; zod, valibot, arktype and others have it.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> {
  /** The interface of the specification, version 1. */
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

type OutputOf<Schema> = Schema extends {
  readonly "~standard": { readonly types?: { readonly output: infer Output } | undefined };
}
  ? Output
  : never;

/**
 * A decoder that knows its event map; see {@link schemas}. It decodes and checks the data of one event; throws, or rejects,
 * when they do not fit.
 *
 * Not an interface: TypeScript puts off a generic call that gives a function, until callbacks beside it have been typed
 * without it. It does not treat an intersection as a function.
 */
export type SchemaDecoder<Events extends object> = ((
  raw: string,
  event: { readonly type: string },
) => unknown) & {
  /** The names that there are schemas for. */
  readonly types?: readonly string[];
  /** For the type checker only; never there at run time. */
  readonly "~events"?: Events;
};

/** Decodes every event as JSON: `createEventSource(url, { decode: json })`. */
export function json(raw: string): unknown {
  return JSON.parse(raw);
}

/**
 * Decodes events as JSON, checks each against the schema of its name, and types them by it.
 * Events whose name has no schema are delivered as text.
 *
 * @example
 * createEventSource(url, { decode: schemas({ tick: z.object({ price: z.number() }) }) })
 *   .on("tick", (event) => event.data.price);
 */
export function schemas<const Schemas extends Record<string, StandardSchema>>(
  map: Schemas,
): SchemaDecoder<{ -readonly [Type in keyof Schemas]: OutputOf<Schemas[Type]> }> {
  const decode = (raw: string, { type }: { readonly type: string }) => {
    // `hasOwn`: the server chooses the name, and "constructor" is one.
    if (!Object.hasOwn(map, type)) return raw;
    const accept = (result: SchemaResult<unknown>) => {
      if (result.issues) {
        const [first] = result.issues;
        throw Object.assign(new TypeError(first?.message ?? "Invalid data"), { issues: result.issues });
      }
      return result.value;
    };
    const result = map[type]!["~standard"].validate(JSON.parse(raw));
    return result instanceof Promise ? result.then(accept) : accept(result);
  };
  return Object.assign(decode, { types: Object.keys(map) });
}

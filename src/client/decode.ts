/**
 * The part of the Standard Schema interface that decoding needs. Zod, Valibot, ArkType and others implement it.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<Output = unknown> {
  /** Version 1 of the specification. */
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
 * A decoder that knows its event map, as made by {@link schemas}.
 *
 * Not an interface: TypeScript types a callback beside a generic call that returns a function before it has resolved that call.
 * It does not treat an intersection as a function.
 */
export type SchemaDecoder<Events extends object> = ((
  raw: string,
  event: { readonly type: string },
) => unknown) & {
  /** The names that have a schema. */
  readonly types?: readonly string[];
  /** The event map. Exists for the compiler only. */
  readonly "~events"?: Events;
};

/**
 * Decodes every event as JSON. Empty data is `undefined`, since some protocols send an empty event first.
 *
 * @throws SyntaxError if the data is not JSON.
 *
 * @example
 * createEventSource("/prices", { decode: json });
 */
export function json(raw: string): unknown {
  return raw ? JSON.parse(raw) : undefined;
}

/** Decodes text as JSON and validates it. */
function validate({ "~standard": standard }: StandardSchema, raw: string): unknown {
  const accept = (result: SchemaResult<unknown>) => {
    if (result.issues) {
      const [first] = result.issues;
      throw Object.assign(new TypeError(first?.message ?? "Invalid data"), { issues: result.issues });
    }
    return result.value;
  };
  const result = standard.validate(json(raw));
  return result instanceof Promise ? result.then(accept) : accept(result);
}

/**
 * Decodes every event as JSON and validates it with one schema. The data of every event has the schema's output type.
 *
 * The schema gets `undefined` if the data is empty. The decoder returns a promise if the schema is asynchronous.
 *
 * @throws SyntaxError if the data is not JSON; TypeError with the schema's `issues` if the data is not valid.
 *
 * @example
 * createEventSource("/prices", { decode: schema(z.object({ price: z.number() })) })
 *   .onEvent((event) => event.data.price);
 */
export function schema<Schema extends StandardSchema>(
  one: Schema,
): ((raw: string) => OutputOf<Schema> | Promise<OutputOf<Schema>>) & {
  readonly "~data"?: OutputOf<Schema>;
} {
  return (raw) => validate(one, raw) as OutputOf<Schema> | Promise<OutputOf<Schema>>;
}

/**
 * Decodes events as JSON and validates each with the schema of its name. The names and their data types become the event map.
 *
 * The data of an event whose name has no schema is the text. A schema gets `undefined` if the data is empty. The decoder returns a
 * promise if the schema is asynchronous.
 *
 * @throws SyntaxError if the data is not JSON; TypeError with the schema's `issues` if the data is not valid.
 *
 * @example
 * createEventSource("/prices", { decode: schemas({ tick: z.object({ price: z.number() }) }) })
 *   .on("tick", (event) => event.data.price);
 */
export function schemas<const Schemas extends Record<string, StandardSchema>>(
  map: Schemas,
): SchemaDecoder<{ -readonly [Type in keyof Schemas]: OutputOf<Schemas[Type]> }> {
  const decode = (raw: string, { type }: { readonly type: string }) =>
    // `hasOwn`, because the server chooses the name, and "constructor" is one.
    Object.hasOwn(map, type) ? validate(map[type]!, raw) : raw;
  return Object.assign(decode, { types: Object.keys(map) });
}

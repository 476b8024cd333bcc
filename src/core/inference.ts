import type { ServerSentEvent } from "./types.ts";

/** The event map of a call: the type argument `Events` if there is one, otherwise what `decode` implies. */
export type InferredEvents<Events extends object, Schemas extends object, Data> = [Events] extends [never]
  ? object extends Schemas
    ? Record<string, unknown extends Data ? unknown : Data>
    : Schemas
  : object extends Events
    ? Record<string, unknown>
    : Events;

/** The data type before `decode` is known: a string, or anything if a type argument names the events. */
export type DefaultData<Events extends object> = [Events] extends [never] ? string : unknown;

/**
 * The options argument of a call. The compiler infers `Schemas` and `Data` from `decode` if there is no type argument `Events`. Otherwise
 * `decode` is required where the data cannot be a string, and must not contradict `Events`.
 */
export type OptionsArgument<Options extends object, Events extends object, Schemas extends object, Data> =
  | (Options & InferredDecode<Schemas, Data> & DeclaredDecode<Events>)
  | ([Events] extends [Undecoded<Events>] ? undefined : never);

/** An event map that needs no `decode`. A data type that cannot be a string is replaced by the reason for the compiler's message. */
export type Undecoded<Events> = {
  [Type in keyof Events]: string extends Events[Type]
    ? Events[Type]
    : Events[Type] extends string
      ? string
      : "without the `decode` option, data is a string";
};

type DeclaredDecode<Events extends object> = [Events] extends [never]
  ? unknown
  : [Events] extends [Undecoded<Events>]
    ? DecodeAllowed<Events>
    : DecodeRequired<Events>;

/** What the compiler infers an event map from. */
interface InferredDecode<Schemas extends object, Data> {
  /** Turns the text of an event into its data. */
  decode?: InferredDecoder<Schemas, Data> | undefined;
}

interface InferredDecoder<Schemas extends object, Data> {
  /** Decodes one event. */
  (raw: string, event: ServerSentEvent): Data | PromiseLike<Data>;
  /** The event map of `schemas({…})`. Exists for the compiler only. */
  readonly "~events"?: Schemas | undefined;
}

/** The data of every event can be a string. */
interface DecodeAllowed<Events extends object> {
  /** A decoder that agrees with the event map. */
  decode?: DecoderFor<Events> | undefined;
}

/** The data of some event cannot be a string. */
interface DecodeRequired<Events extends object> {
  /** A decoder that agrees with the event map. */
  decode: DecoderFor<Events>;
}

/** A decoder that does not contradict an event map. One that knows no types, such as `json`, agrees with every map. */
interface DecoderFor<Events extends object> {
  /** The event map of `schemas({…})`. Names without a schema are delivered as text. Exists for the compiler only. */
  readonly "~events"?:
    | (Omit<Events, TextTypes<Events>> & Partial<Pick<Events, TextTypes<Events>>>)
    | undefined;
  /** The data type of `schema(one)`. Exists for the compiler only. */
  readonly "~data"?: Events[keyof Events] | undefined;
}

/** The names whose data may be any string. */
type TextTypes<Events> = {
  [Type in keyof Events]: string extends Events[Type] ? Type : never;
}[keyof Events];

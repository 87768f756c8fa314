/** A kind of event that the vendor sends, as `x-webhooks` in `openapi/onegevity-v1.yaml` lists it. */
export interface Topic {
  /** For example `order.created`. */
  name: string;
  /** The payload's members besides `id`, which every payload has. */
  members: readonly string[];
}

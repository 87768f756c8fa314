/**
 * The part of Node-RED's editor API that is used here. The published types lag behind the editor (typed inputs,
 * settings, validators), so what is used is declared in one place.
 */
export interface TypedInputType {
  value: string;
  label: string;
  icon?: string;
  hasValue?: boolean;
  options?: readonly (string | { value: string; label: string })[];
  multiple?: boolean;
  inputType?: string;
  validate?: (value: string) => boolean | string;
  autoComplete?: (value: string, done: (found: Completion[]) => void) => void;
  expand?: (this: TypedInputWidget) => void;
}

/** The widget itself, as its own callbacks get it. */
export interface TypedInputWidget {
  input: { trigger(event: string): unknown };
  value(text?: string): string;
}

export interface Completion {
  value: string;
  label: string;
}

export interface TypedInputElement {
  typedInput(options: { default: string; types: (string | TypedInputType)[] }): TypedInputElement;
  typedInput(action: 'type' | 'value', value?: string): string;
  typedInput(action: 'types', types: (string | TypedInputType)[]): void;
  on(event: string, handler: (event: unknown, ...values: string[]) => void): void;
}

/** A node as the editor holds it: saved properties, and the translation of its own catalogue as `_`. */
export interface EditorNode {
  id: string;
  type: string;
  name?: string;
  config?: string;
  /** The tab of a node; undefined on a config node of all tabs. */
  z?: string;
  outputs?: number;
  users?: EditorNode[];
  credentials?: Record<string, string | boolean>;
  dirty?: boolean;
  resize?: boolean;
  _def: { defaults: Record<string, { value: unknown }> };
  _: (key: string, values?: Record<string, string | number>) => string;
  [property: string]: unknown;
}

export interface Red {
  _: (key: string, values?: Record<string, string | number>) => string;
  events: { on(event: 'nodes:add', handler: (node: EditorNode) => void): void };
  settings: { httpNodeRoot?: string | false; apiRootUrl: string };
  nodes: {
    node(id: string): EditorNode | null;
    eachNode(each: (node: EditorNode) => void): void;
    eachConfig(each: (node: EditorNode) => boolean | void): void;
    /** A tab; undefined for a node in a subflow. */
    workspace(id: string): { disabled?: boolean; label?: string } | undefined;
    subflow(id: string): { name?: string } | undefined;
    dirty(): boolean;
  };
  utils: { validateTypedProperty(value: string, type: string, options?: object): true | string | false };
  editor: { editJSON(options: { value: string; focus: boolean; complete: (text: string) => void }): void };
  workspaces: { active(): string };
  view: { redraw(updateActive?: boolean): void };
  i18n: { lang(): string };
  notify(text: string, options: { type: string; timeout?: number }): void;
  popover: { tooltip(target: unknown, text: string): unknown };
}

/** A request that got no success. */
export interface Failure {
  /** 0 without an answer. */
  status: number;
  responseJSON?: unknown;
  getResponseHeader(name: string): string | null;
}

declare global {
  const RED: Red;
  const $: {
    (selector: string | Element): TypedInputElement;
    /** Requests that carry the editor's token. */
    ajax(options: {
      url: string;
      method: string;
      contentType?: string;
      data?: string;
      dataType: 'json';
      timeout: number;
      success: (data: unknown) => void;
      error: (xhr: Failure) => void;
    }): void;
  };
}

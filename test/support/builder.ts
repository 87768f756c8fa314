import type { Editor } from './editor';

/**
 * Builds a flow by hand as a user does, and counts the actions: each drag, wire, click, choice and typed field.
 * A node's dialog is opened by a double click, which counts as one.
 */
export class Builder {
  readonly actions: string[] = [];

  constructor(private readonly editor: Editor) {}

  /** @returns the id of the new node */
  drag(type: string, x: number, y: number): Promise<string> {
    this.actions.push(`drag ${type}`);
    return this.editor.addNode(type, x, y);
  }

  async wire(from: string, output: number, to: string): Promise<void> {
    this.actions.push(`wire ${from}`);
    const { mouse } = this.editor.page;
    const [start, end] = [await this.#port(from, 'output', output), await this.#port(to, 'input', 0)];
    await mouse.move(start.x, start.y);
    await mouse.down();
    await mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 3 });
    await mouse.move(end.x, end.y, { steps: 3 });
    await mouse.up();
  }

  async open(id: string): Promise<void> {
    this.actions.push(`open ${id}`);
    await this.editor.page.locator(`[id="${id}"] .red-ui-flow-node`).first().dblclick();
    await this.editor.dialogOpen();
  }

  async click(selector: string): Promise<void> {
    this.actions.push(`click ${selector}`);
    await this.editor.page.locator(selector).click();
  }

  async choose(selector: string, value: string): Promise<void> {
    this.actions.push(`choose ${value}`);
    await this.editor.page.locator(selector).selectOption(value);
  }

  /** Two clicks: one opens the menu, one chooses. */
  async chooseType(id: string, label: string): Promise<void> {
    this.actions.push(`click the type of ${id}`, `choose ${label}`);
    await this.editor.chooseType(id, label);
  }

  async type(id: string, text: string): Promise<void> {
    this.actions.push(`type ${text}`);
    await this.editor.fill(id, text);
  }

  async done(): Promise<void> {
    this.actions.push('click Done');
    await this.editor.confirm();
  }

  async #port(id: string, kind: 'input' | 'output', index: number): Promise<{ x: number; y: number }> {
    const port = this.editor.page
      .locator(`[id="${id}"] .red-ui-flow-port-${kind} .red-ui-flow-port`)
      .nth(index);
    const box = await port.boundingBox();
    if (!box) throw new Error(`${id} has no ${kind} ${index}`);
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }
}

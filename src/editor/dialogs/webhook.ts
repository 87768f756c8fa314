import { topics as described } from '../../generated/topics';
import { copyButton } from '../lib/copy';
import { byId, el, labelFor, note, row, showDefaults } from '../lib/dom';
import { withProductionMark } from '../lib/environment';
import { inboxView } from './inbox-view';
import type { EditorNode } from '../lib/red';
import { asText, shared } from '../lib/text';
import { type OutputChoice, outputMap, portsOf, topicNames } from './webhook-outputs';
import { webhookUrl } from './webhook-urls';

const optionalOutputs = ['duplicatesOutput', 'rejectedOutput', 'deadLetterOutput'] as const;

export function label(node: EditorNode): string {
  const path = typeof node.path === 'string' && node.path !== '' ? node.path : node._('label');
  return withProductionMark(node, asText(node.name, path));
}

export function outputLabel(node: EditorNode, index: number): string {
  const port = portsOf(choiceOf(node))[index] ?? '';
  return topicNames.includes(port) ? port : node._(`ports.${port}`);
}

export function validPath(node: EditorNode, value: unknown): true | string {
  const path = asText(value).trim();
  if (path === '') return shared('editor.missing', { name: node._('path') });
  return /^[\w\-./~%]+$/.test(path) || shared('editor.invalid', { name: node._('path') });
}

function choiceOf(node: EditorNode): OutputChoice {
  return {
    topics: Array.isArray(node.topics) ? (node.topics as string[]) : undefined,
    duplicatesOutput: node.duplicateWindowOutput === true,
    rejectedOutput: node.rejectedOutput === true,
    deadLetterOutput: node.deadLetterOutput === true,
  };
}

let before: string[] = [];

export function prepare(node: EditorNode): void {
  showDefaults(node, 'node-input-');
  before = portsOf(choiceOf(node));
  drawTopics(node);
  prepareDuplicates(node);
  inboxView(node);
  const update = () => {
    byId('node-input-outputs').value = JSON.stringify(outputMap(before, portsOf(chosen())));
    drawUrls(node);
    drawConditions();
  };
  for (const name of optionalOutputs) byId(`node-input-${name}`).addEventListener('change', update);
  byId<HTMLElement>('onegevity-topics').addEventListener('change', update);
  for (const id of ['path', 'publicUrl'])
    byId(`node-input-${id}`).addEventListener('input', () => drawUrls(node));
  for (const id of ['respond', 'inbox', 'acceptUnsigned']) {
    byId(`node-input-${id}`).addEventListener('change', drawConditions);
  }
  update();
}

function drawTopics(node: EditorNode): void {
  const selected = choiceOf(node).topics;
  const place = byId<HTMLElement>('onegevity-topics');
  for (const { name, members } of described) {
    const id = `onegevity-topic-${name.replace('.', '-')}`;
    const box = el('input', { type: 'checkbox', id, value: name, class: 'onegevity-check' });
    box.checked = !selected || selected.includes(name);
    const carries = ['id', ...members].join(', ');
    place.append(
      el(
        'div',
        { class: 'onegevity-topic' },
        box,
        el(
          'label',
          { for: id },
          el('code', {}, name),
          ' ',
          node._(`topics.${name}`),
          el('span', { class: 'onegevity-small' }, ' ', node._('carries', { members: carries })),
        ),
      ),
    );
  }
}

function chosenTopics(): string[] {
  const boxes = byId<HTMLElement>('onegevity-topics').querySelectorAll<HTMLInputElement>('input:checked');
  return [...boxes].map(({ value }) => value);
}

function chosen(): OutputChoice {
  const [duplicatesOutput, rejectedOutput, deadLetterOutput] = optionalOutputs.map(
    (name) => byId(`node-input-${name}`).checked,
  );
  return { topics: chosenTopics(), duplicatesOutput, rejectedOutput, deadLetterOutput };
}

/** Duplicates are off, or the seconds of a window: one property, two controls. */
function prepareDuplicates(node: EditorNode): void {
  const hidden = byId('node-input-duplicateWindow');
  const box = byId('onegevity-duplicates-on');
  const seconds = byId('onegevity-duplicates-seconds');
  const saved = asText(node.duplicateWindow, 'off');
  box.checked = saved !== 'off';
  seconds.value = saved === 'off' ? '300' : saved;
  const update = () => {
    hidden.value = box.checked ? seconds.value : 'off';
    seconds.disabled = !box.checked;
  };
  box.addEventListener('change', update);
  seconds.addEventListener('input', update);
  update();
}

/** Shows only what the other choices make meaningful. */
function drawConditions(): void {
  const inbox = byId<HTMLSelectElement>('node-input-inbox').value;
  const respond = byId<HTMLSelectElement>('node-input-respond').value;
  byId<HTMLElement>('onegevity-response-timeout').hidden = respond !== 'flow';
  byId<HTMLElement>('onegevity-inbox').hidden = inbox === 'none';
  byId<HTMLElement>('onegevity-inbox-with-flow').hidden = respond !== 'flow';
  byId<HTMLElement>('onegevity-unsigned').hidden = !byId('node-input-acceptUnsigned').checked;
}

function drawUrls(node: EditorNode): void {
  const place = byId<HTMLElement>('onegevity-urls');
  const urlOf = (path: string) =>
    webhookUrl({
      origin: location.origin,
      httpNodeRoot: RED.settings.httpNodeRoot,
      publicUrl: byId('node-input-publicUrl').value,
      path,
    });
  const url = urlOf(byId('node-input-path').value);
  if (url === undefined) {
    place.replaceChildren(note('warning', node._('noHttpNode')));
    return;
  }
  const taken = pathsOfOthers(node).some((path) => urlOf(path)?.toLowerCase() === url.toLowerCase());
  place.replaceChildren(
    ...(taken ? [note('warning', shared('errors.path_in_use'))] : []),
    urlRow(node._('globalUrl'), url, 'onegevity-url-global'),
    ...chosenTopics().map((topic) =>
      urlRow(topic, `${url}/${topic}`, `onegevity-url-${topic.replace('.', '-')}`),
    ),
  );
}

/** Where other nodes that are switched on receive POST: of two at the same path, one would get nothing. */
function pathsOfOthers(node: EditorNode): string[] {
  const paths: string[] = [];
  RED.nodes.eachNode((other) => {
    if (other.id === node.id || other.d === true || RED.nodes.workspace(other.z ?? '')?.disabled) return;
    if (other.type === node.type) paths.push(asText(other.path, asText(other._def.defaults.path?.value)));
    else if (other.type === 'http in' && other.method === 'post') paths.push(asText(other.url));
  });
  return paths;
}

function urlRow(name: string, url: string, id: string): HTMLElement {
  const field = el('input', { type: 'text', id, readonly: true });
  field.value = url;
  return row(labelFor(id, name), field, ' ', copyButton(url, name));
}

export function save(node: EditorNode): void {
  node.topics = chosenTopics();
}

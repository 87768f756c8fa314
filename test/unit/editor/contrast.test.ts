import assert from 'node:assert/strict';
import { nodePage, nodeTypes } from '../../../scripts/node-pages';

/** Node-RED's: the text of a label, and what it lays over a node's colour behind the icon. */
const labelColour = [0x33, 0x33, 0x33];
const shade = 0.05;

/** Relative luminance and contrast as WCAG 2 defines them. @param rgb 0 to 255 */
function luminance(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb
    .map((value) => value / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe('the colour of the nodes', () => {
  const pages = nodeTypes.filter((type) => type !== 'onegevity-config').map(nodePage);
  const colours = new Set(pages.map((page) => /color: '#(\w{6})'/.exec(page)?.[1]));
  const [colour = ''] = colours;
  const rgb = [0, 2, 4].map((at) => parseInt(colour.slice(at, at + 2), 16));

  it('is the same for all', () => assert.equal(colours.size, 1));

  it('is dark enough for a white icon, and light enough for the label', () => {
    const behindIcon = rgb.map((value) => value * (1 - shade));
    assert.ok(contrast(behindIcon, [255, 255, 255]) >= 3);
    assert.ok(contrast(rgb, labelColour) >= 4.5);
  });
});

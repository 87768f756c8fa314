/** `npm run prose`: holds every English text against the rules of the style guide that a program can check. */
import { join } from 'node:path';
import { findings } from './prose/check';
import { englishTexts } from './prose/texts';
import { packageRoot } from './support/npm';

if (require.main === module) {
  const found = findings(englishTexts(packageRoot));
  for (const { place, rule, sentence } of found) console.log(`${place}: ${rule}\n    ${sentence}`);
  console.log(`${found.length} findings in ${join(packageRoot)}`.replace(packageRoot, 'this project'));
  process.exitCode = found.length > 0 ? 1 : 0;
}

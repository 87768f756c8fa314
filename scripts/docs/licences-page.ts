/** docs/dev/licenses.md: what is installed with the package, and its licences. */
import { runtimeDependencies } from '../support/licences';
import { table } from './markdown';

export function licencesPage(): string {
  const all = runtimeDependencies();
  const rows = all.map(({ name, version, licence, direct }) => [name, version, licence, direct ? 'yes' : '']);
  return [
    '# Licences',
    `The package is Apache-2.0 licensed. With it come ${all.length} packages, in the versions of the lock file; an ` +
      'install may take newer ones. `redis` is optional and not among them.',
    table(['package', 'version', 'licence', 'direct'], rows),
  ].join('\n\n');
}

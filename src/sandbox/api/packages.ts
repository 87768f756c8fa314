import { packageOf, packages, type Package } from '../data/catalog';
import { notFound } from '../http/errors';
import { markers } from '../data/biomarkers';
import { ok, page, type Handler } from './call';

/** Where a package of the vendor's holds its biomarkers is not documented. */
const shown = (entry: Package) => ({
  ...entry,
  biomarkers: markers(entry.clientIdentifier)
    .filter(({ specimen }) => specimen !== 'CALCULATED')
    .map(({ name, specimen }) => ({ name, specimen })),
});

export const packageHandlers: Record<string, Handler> = {
  listPackages: (call) => page(call, 'packages', packages.map(shown)),

  packageDetails: ({ params }) => {
    const found = packageOf(params.packageIdentifier ?? '');
    if (!found) throw notFound('package');
    return ok(shown(found));
  },
};

/** Everything the nodes' dialogs are made of: the global `onegevity` that each node's html refers to. */
import * as action from './dialogs/action';
import * as config from './dialogs/config';
import * as done from './dialogs/done';
import { added, labelStyle } from './lib/environment';
import { withInertValidators } from './lib/inert';
import * as request from './dialogs/request';
import { shared } from './lib/text';
import * as uiKit from './dialogs/ui-kit';
import { withVersionGuard, upgradeFlows, validVersion } from './lib/versions';
import * as webhook from './dialogs/webhook';

const dialogs = { action, config, done, request, uiKit, webhook };
const safeDialogs = Object.entries(dialogs).map(
  ([name, dialog]) => [name, withInertValidators(withVersionGuard(dialog))] as const,
);

Object.assign(window, {
  onegevity: withInertValidators({
    ...Object.fromEntries(safeDialogs),
    added,
    labelStyle,
    shared,
    validVersion,
  }),
});
upgradeFlows();

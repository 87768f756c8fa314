/** Everything the nodes' dialogs are made of: the global `onegevity` that each node's html refers to. */
import * as action from './action';
import * as config from './config';
import * as done from './done';
import { added, labelStyle } from './environment';
import { withInertValidators } from './inert';
import * as request from './request';
import { shared } from './text';
import * as uiKit from './ui-kit';
import { guarded, upgradeFlows, validVersion } from './versions';
import * as webhook from './webhook';

const dialogs = { action, config, done, request, uiKit, webhook };
const safeDialogs = Object.entries(dialogs).map(
  ([name, dialog]) => [name, withInertValidators(guarded(dialog))] as const,
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

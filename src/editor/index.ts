/** Everything the nodes' dialogs are made of: the global `onegevity` that each node's html refers to. */
import * as action from './action';
import * as config from './config';
import * as done from './done';
import { added, labelStyle } from './environment';
import * as request from './request';
import { shared } from './text';
import * as uiKit from './ui-kit';
import { guarded, upgradeFlows, validVersion } from './versions';
import * as webhook from './webhook';

const dialogs = { action, config, done, request, uiKit, webhook };
const guardedDialogs = Object.entries(dialogs).map(([name, dialog]) => [name, guarded(dialog)] as const);

Object.assign(window, {
  onegevity: { ...Object.fromEntries(guardedDialogs), added, labelStyle, shared, validVersion },
});
upgradeFlows();

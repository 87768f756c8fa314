/** Everything the nodes' dialogs are made of: the global `onegevity` that each node's html refers to. */
import * as action from './action';
import * as config from './config';
import * as done from './done';
import { added, labelStyle } from './environment';
import * as request from './request';
import { shared } from './text';
import * as uiKit from './ui-kit';
import * as webhook from './webhook';

Object.assign(window, {
  onegevity: { action, added, config, done, labelStyle, request, shared, uiKit, webhook },
});

/** Express 4 as its documentation does it: express.raw and a route. */
const { createHmac, timingSafeEqual } = require('node:crypto');
const { createServer } = require('node:http');
const express = require('express');

const secret = process.argv[2];
const app = express();

app.post('/hook/order.created', express.raw({ type: '*/*' }), (request, response) => {
  const expected = createHmac('sha256', secret).update(request.body).digest();
  const claimed = Buffer.from(request.get('x-onegevity-signature') ?? '', 'base64');
  if (claimed.length !== expected.length || !timingSafeEqual(claimed, expected)) {
    response.status(401).send('refused');
    return;
  }
  JSON.parse(request.body);
  response.send('received');
});

require('./report.cjs')(createServer(app));

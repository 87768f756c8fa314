/** The least that receives a signed webhook: node:http, the HMAC, JSON.parse. */
const { createHmac, timingSafeEqual } = require('node:crypto');
const { createServer } = require('node:http');

const secret = process.argv[2];

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    const expected = createHmac('sha256', secret).update(body).digest();
    const claimed = Buffer.from(request.headers['x-onegevity-signature'] ?? '', 'base64');
    if (claimed.length !== expected.length || !timingSafeEqual(claimed, expected)) {
      response.writeHead(401).end('refused');
      return;
    }
    JSON.parse(body);
    response.writeHead(200).end('received');
  });
});

require('./report.cjs')(server);

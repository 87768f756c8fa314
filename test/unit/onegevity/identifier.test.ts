import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  faultyIdentifiers,
  identifierFault,
  isIdentifierName,
  requireIdentifier,
} from '../../../src/lib/onegevity/identifier';

const real = [
  'SB-000001',
  'PO37011',
  'PAT 1/é',
  'a/b',
  'a?b',
  '%2e%2e',
  '😀',
  'MRN:1-2_3.4',
  '007',
  '{3F2504E0-4F89-41D3-9A0C-0305E82C3301}',
  'Müller',
  'Никита-1',
  '患者1',
  'カルテ-12',
  '...',
  'a.b',
  '.hidden',
  'Nullmann',
  'NAN-17',
  'nonesuch',
  'true-1',
  '1e',
  '12E4X',
  'payload-1',
  '-',
  '123e4567',
  '12E45',
  '1.0',
  '#17',
  '#MRN',
  '50%',
  'A&B;1',
  'SÃO-1',
  '"A" 1',
  '[A]',
  'A:1',
];
const faulty: Record<string, string[]> = {
  empty: [''],
  whitespace: [
    ...[
      ' ',
      '\t',
      '\n',
      '\r',
      '\v',
      '\f',
      '\u00a0',
      '\ufeff',
      '\u1680',
      '\u2003',
      '\u2028',
      '\u202f',
      '\u3000',
    ],
    '\u0085',
  ].flatMap((space) => (space === '\u0085' ? [] : [`SB-1${space}`, `${space}SB-1`, space])),
  invisible: [
    ...[
      '\0',
      '\u0007',
      '\u0085',
      '\u00ad',
      '\u034f',
      '\u061c',
      '\u115f',
      '\u17b4',
      '\u180e',
      '\u200b',
      '\u200c',
    ],
    ...[
      '\u200d',
      '\u200e',
      '\u202e',
      '\u2060',
      '\u2066',
      '\u2800',
      '\u3164',
      '\ufe0f',
      '\uffa0',
      '\u{e0041}',
    ],
  ].flatMap((one) => [`SB-1${one}`, `${one}SB-1`, `SB${one}-1`]),
  damaged: [
    ...['\ud800', 'a\udc00', 'M\ufffdller', 'a\ufffe', '\ufffc1', 'a\ue000'],
    ...['MÃ¼ller', 'GroÃŸ', 'Oâ€™Brien', 'A&#x2F;1', 'A&amp;B'],
  ],
  placeholder: [
    ...['undefined', 'null', 'NULL', 'NaN', '[object Object]', '[object Promise]', 'Infinity', '-Infinity'],
    ...['true', 'false', 'None', 'nil', '(null)', 'Invalid Date', '#N/A', '#REF!', '() => 1', 'Symbol(x)'],
    ...['function () {}', 'async () => {}', 'undefined-O1', 'SB-undefined', 'order-null', 'null/O1', 'P-NaN'],
    ...['a,[object Object]', '${PATIENT}', '$(PATIENT)', 'x-${ID}', '{{payload.id}}', '{{{id}}}'],
    ...[
      '{patientIdentifier}',
      '<%= id %>',
      'msg.payload.patientIdentifier',
      'payload.orderIdentifier',
      'payload',
    ],
    ...['"SB-1"', "'SB-1'", '["SB-1"]', '{"id":"SB-1"}', '{}', '[]', '""', '="00123"', '-1'],
    ...[
      '#SPILL!',
      '#GETTING_DATA',
      '#####',
      '[Function: id]',
      '[Circular *1]',
      '<Buffer 58>',
      'Promise { 1 }',
    ],
    ...['%PATIENT_ID%', '<patientIdentifier>', ':patientIdentifier'],
  ],
  dots: ['.', '..', '../x', 'x/..', './x', 'a/../b', '..\\x', '..;x', '.;', '/..'],
  decomposed: ['e\u0301', '\u212b', '\u2126', 'が'.normalize('NFD')],
  variant: ['ＳＢ-１', 'SB\u2011000001', 'SB–1', 'SB−1', 'x²', 'ﬁ', '．．', '①', '…', '𝟏', 'O’Brien-1'],
  shortened: ['1.23457E+11', '1e+21', '2,5E+10', '1.2E11', '12345.0'],
};

describe('The check of an identifier', () => {
  for (const text of real) {
    it(`accepts ${text}`, () => assert.equal(identifierFault(text), undefined));
  }

  for (const [fault, texts] of Object.entries(faulty)) {
    it(`rejects ${fault}`, () => {
      for (const text of texts) assert.equal(identifierFault(text), fault, JSON.stringify(text));
    });
  }

  it('accepts every identifier of plain letters, digits and hyphens that is no placeholder', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z]{2,4}-\d{1,9}$/), (text) => {
        fc.pre(!text.startsWith('NULL'));
        assert.equal(identifierFault(text), undefined);
      }),
    );
  });

  it('accepts at most one of two texts that are shown alike', () => {
    const added = fc.constantFrom(
      ' ',
      '\r',
      '\t',
      '\u00a0',
      '\u200b',
      '\ufeff',
      '\u200d',
      '\u2060',
      '\ufe0f',
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), added, fc.nat(), (text, more, at) => {
        const place = more === ' ' ? text.length : at % (text.length + 1);
        assert.notEqual(identifierFault(text.slice(0, place) + more + text.slice(place)), undefined);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const forms = new Set(['NFC', 'NFD', 'NFKC'].map((form) => text.normalize(form)));
        if (text.normalize('NFC') === text.normalize('NFKC'))
          assert.ok([...forms].filter((form) => identifierFault(form) === undefined).length <= 1);
      }),
    );
  });

  it('accepts whole numbers that have lost no digit', () => {
    for (const value of [0, 7, 2 ** 53 - 1]) assert.equal(requireIdentifier('x', value), value);
    for (const value of [NaN, Infinity, 1.5, -1, 2 ** 53, true, null, undefined, {}, [], 5n, () => 1]) {
      assert.throws(() => requireIdentifier('x', value), { code: 'bad_parameter', values: { name: 'x' } });
    }
  });

  it('names the field and the reason, and never the value', () => {
    assert.throws(
      () => requireIdentifier('orderIdentifier', 'CANARY '),
      (error: Error & { fieldErrors: object }) => {
        assert.deepEqual(error.fieldErrors, [{ fieldName: 'orderIdentifier', message: 'whitespace' }]);
        assert.doesNotMatch(JSON.stringify(error) + error.message, /CANARY/);
        return true;
      },
    );
  });

  it('finds identifiers in any body by the names of the description', () => {
    assert.equal(isIdentifierName('requestorId'), true);
    assert.equal(isIdentifierName('notes'), false);
    const body = {
      orderIdentifier: 'X-1\r',
      packageIdentifier: 'A',
      notes: 'undefined ',
      kitActivations: [{ packageElementIdentifier: 'null', activationCode: 'TH-YYYY' }],
      wrapper: { documentIdentifier: {}, patientIdentifier: null },
      orderIdentifierFilters: ['O1', null, 'O2 '],
    };
    assert.deepEqual(faultyIdentifiers(body), [
      { fieldName: 'orderIdentifier', message: 'whitespace' },
      { fieldName: 'kitActivations.0.packageElementIdentifier', message: 'placeholder' },
      { fieldName: 'wrapper.documentIdentifier', message: 'type' },
      { fieldName: 'wrapper.patientIdentifier', message: 'type' },
      { fieldName: 'orderIdentifierFilters.2', message: 'whitespace' },
    ]);
  });

  it('takes bytes, and a member without a value, for no identifier', () => {
    for (const value of [Buffer.from('P1'), new Uint8Array(2), undefined]) {
      assert.deepEqual(faultyIdentifiers({ patientIdentifier: value }), [
        { fieldName: 'patientIdentifier', message: 'type' },
      ]);
    }
  });

  it('finds identifiers at any depth', () => {
    let deep: object = { patientIdentifier: 'P1 ' };
    for (let depth = 0; depth < 3000; depth++) deep = { deep };
    assert.equal(faultyIdentifiers(deep).length, 1);
  });

  it('looks once at each object of a body that refers to itself', () => {
    const all: Record<string, unknown>[] = Array.from({ length: 50 }, () => ({ patientIdentifier: 'P1' }));
    for (const one of all) Object.assign(one, { all });
    assert.deepEqual(faultyIdentifiers(all), []);
  });
});

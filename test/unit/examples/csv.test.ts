import assert from 'node:assert/strict';
import fc from 'fast-check';
import { identifierFault } from '../../../src/lib/onegevity/identifier';
import { exampleFunction } from '../../support/example-function';

interface Row {
  row: number;
  patient: Record<string, string>;
}
type Outcome = { rows: Row[]; ignored: string[] } | { problems: string[] };

const example = '09 - Register many patients from a CSV';
const readTable = exampleFunction(example, 'read the table');
const checkRows = exampleFunction(example, 'check the rows');

function run(payload: unknown): Outcome {
  let [good, bad] = readTable({ payload });
  if (good) [good, bad] = checkRows(good);
  if (good) {
    const { payload: rows, ignored } = good as { payload: Row[]; ignored: string[] };
    return { rows, ignored };
  }
  return { problems: (bad as { payload: string[] }).payload };
}
function rowsOf(payload: unknown): Row[] {
  const outcome = run(payload);
  assert.ok('rows' in outcome, JSON.stringify(outcome));
  return outcome.rows;
}
function problemsOf(payload: unknown): string[] {
  const outcome = run(payload);
  assert.ok('problems' in outcome, JSON.stringify(outcome));
  return outcome.problems;
}

const names = ['patientIdentifier', 'firstName', 'lastName', 'dateOfBirth', 'gender'];
const muller = ['CSV-1', 'Jürgen', 'Müller', '1990-04-03', 'MALE'];
const text = (rows: string[][], separator = ',', end = '\r\n'): string =>
  rows.map((cells) => cells.join(separator) + end).join('');
const table = (...rows: string[][]): string => text([names, ...rows]);
const utf8WithBom = (content: string): Buffer => Buffer.from(`\ufeff${content}`);
const utf16le = (content: string): Buffer => Buffer.from(`\ufeff${content}`, 'utf16le');
const utf16be = (content: string): Buffer => utf16le(content).swap16();
const person = {
  patientIdentifier: 'CSV-1',
  firstName: 'Jürgen',
  lastName: 'Müller',
  dateOfBirth: '1990-04-03',
  gender: 'MALE',
};

describe('The CSV example', () => {
  describe('reads what Excel writes:', () => {
    const good: Record<string, unknown> = {
      'UTF-8 with a BOM': utf8WithBom(table(muller)),
      'UTF-8 without a BOM': Buffer.from(table(muller)),
      'a text that still holds the BOM': `\ufeff${table(muller)}`,
      semicolons: utf8WithBom(text([names, muller], ';')),
      'Unicode Text: tabs in UTF-16LE': utf16le(text([names, muller], '\t')),
      'UTF-16BE': utf16be(text([names, muller], '\t')),
      'LF line ends': text([names, muller], ',', '\n'),
      'CR line ends': text([names, muller], ',', '\r'),
      'no line end at the end': table(muller).trimEnd(),
      'a separator line': `sep=;\r\n${text([names, muller], ';')}`,
      'empty rows at the end': `${table(muller)},,,,\r\n,,,,\r\n\r\n`,
      'empty columns at the end': text(
        [names, muller].map((cells) => [...cells, '', '']),
        ';',
      ),
      'titles with spaces and in another case': text([
        ['Patient Identifier', 'FIRST NAME', ' last_name ', 'Date-of-birth', 'Gender '],
        muller,
      ]),
      'a title with a line break': table(muller).replace('dateOfBirth', '"date of\nbirth"'),
      'columns in another order': text(
        [names, muller].map((cells) => [...cells].reverse()),
        ';',
      ),
      'quoted cells': text([names, muller].map((cells) => cells.map((cell) => `"${cell}"`))),
      'spaces around cells': text([names, muller.map((cell) => ` ${cell}\u00a0`)]),
      'gender in lower case': table([...muller.slice(0, 4), 'male']),
      'letters and accents as two characters': table(muller).normalize('NFD'),
    };
    for (const [name, content] of Object.entries(good)) {
      it(name, () => assert.deepEqual(rowsOf(content), [{ row: 2, patient: person }]));
    }

    it('any names, in any encoding, with any separator and line end', () => {
      const word = fc
        .stringMatching(/^[A-Za-zäöüßéñÅøł李Жא" ,;'\n-]{0,12}$/)
        .map((middle) => `A${middle}z`);
      const layout = fc.record({
        separator: fc.constantFrom(',', ';', '\t'),
        end: fc.constantFrom('\r\n', '\n', '\r'),
        encode: fc.constantFrom(utf8WithBom, utf16le, utf16be, (content: string) => Buffer.from(content)),
      });
      const people = fc.array(fc.record({ first: word, last: word, gap: fc.boolean() }), { minLength: 1 });
      fc.assert(
        fc.property(people, layout, (list, { separator, end, encode }) => {
          const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
          const rows = list.flatMap(({ first, last, gap }, index) => [
            ...(gap ? [['', '', '', '', '']] : []),
            [`P-${index}`, quoted(first), quoted(last), '1990-04-03', ''],
          ]);
          const expected: Row[] = [];
          rows.forEach(([patientIdentifier = ''], index) => {
            const one = list[expected.length];
            if (patientIdentifier === '' || !one) return;
            const [firstName, lastName] = [one.first, one.last].map((name) => name.replace(/\s+/g, ' '));
            const patient = { patientIdentifier, firstName, lastName, dateOfBirth: '1990-04-03' };
            expected.push({ row: index + 2, patient: patient as Record<string, string> });
          });
          assert.deepEqual(rowsOf(encode(text([names, ...rows], separator, end))), expected);
        }),
        { numRuns: 200 },
      );
    });

    it('more columns than it needs, and names those that it ignores', () => {
      const rows = [
        [...names, 'Notes'],
        [...muller, '"two\r\nlines"'],
        ['CSV-2', 'A', 'B', '1990-04-03', '', ''],
      ];
      const outcome = run(text(rows));
      assert.ok('rows' in outcome);
      assert.deepEqual(outcome.ignored, ['Notes']);
      assert.deepEqual(
        outcome.rows.map(({ row }) => row),
        [2, 3],
      );
    });
  });

  describe('registers nobody and says to save as CSV UTF-8 if the text is', () => {
    const bad: Record<string, unknown> = {
      'Latin-1': Buffer.from(table(muller), 'latin1'),
      'Mac Roman': Buffer.from(table(muller).replaceAll('ü', '\x9f'), 'latin1'),
      'the DOS code page': Buffer.from(table(muller).replaceAll('ü', '\x81'), 'latin1'),
      'Latin-1, read as UTF-8 before': Buffer.from(table(muller), 'latin1').toString(),
      'UTF-8, read as Latin-1 before': Buffer.from(table(muller)).toString('latin1'),
      'UTF-8, read as Windows-1252 before': table(['CSV-1', 'Ã„nne', 'Example', '1990-04-03', '']),
      'UTF-8, read as DOS code page before': table(['CSV-1', 'J├╝rgen', 'Example', '1990-04-03', '']),
      'damaged before': table(['CSV-1', 'J', 'M\ufffdller', '1990-04-03', '']),
      'UTF-16 without a BOM': utf16le(text([names, muller], '\t')).subarray(2),
      'UTF-16 that was cut off': utf16le(text([names, muller], '\t')).subarray(0, -1),
      'a workbook of Excel 97': Buffer.from('d0cf11e0a1b11ae10000', 'hex'),
      'a workbook': Buffer.from('PK\x03\x04 anything'),
    };
    for (const [name, content] of Object.entries(bad)) {
      it(name, () => {
        const [problem, ...others] = problemsOf(content);
        assert.match(problem ?? '', /CSV UTF-8/);
        assert.deepEqual(others, []);
      });
    }

    it('damaged in one row, which it names', () => {
      const rows = table(['CSV-2', 'A', '"B\nC"', '1990-04-03', ''], muller);
      assert.match(problemsOf(Buffer.from(rows, 'latin1'))[0] ?? '', /^Row 3: the text is not UTF-8/);
    });
  });

  describe('names the row and the column before anything is written:', () => {
    const other = ['CSV-2', 'Ann', 'Example', '1985-12-09', 'FEMALE'];
    const withCell = (column: string, value: string): string[] =>
      names.map((name, index) => (name === column ? value : other[index]!));
    const cases: Record<string, [cells: string[], problem: RegExp]> = {
      'an ambiguous date': [withCell('dateOfBirth', '03/04/1990'), /^Row 3: dateOfBirth must be .*YYYY-MM-DD/],
      'a European date': [withCell('dateOfBirth', '31.12.1999'), /^Row 3: dateOfBirth/],
      'a date that does not exist': [withCell('dateOfBirth', '1990-02-30'), /^Row 3: dateOfBirth/],
      'a date in the future': [withCell('dateOfBirth', '2199-01-01'), /^Row 3: dateOfBirth/],
      "Excel's number of a day": [withCell('dateOfBirth', '32966'), /^Row 3: dateOfBirth/],
      'an empty identifier': [withCell('patientIdentifier', ' '), /^Row 3: patientIdentifier is empty/],
      'an empty name': [withCell('lastName', ''), /^Row 3: lastName is empty/],
      'an error of Excel': [withCell('firstName', '#NAME?'), /^Row 3: firstName is an error of Excel/],
      'a rounded identifier': [withCell('patientIdentifier', '1.23457E+11'), /^Row 3: .*rounded by Excel/],
      'a zero-width space': [withCell('patientIdentifier', 'CSV\u200b-2'), /^Row 3: .*invisible character/],
      'a no-break space': [withCell('patientIdentifier', 'CSV\u00a02'), /^Row 3: .*unusual space/],
      'a value that stands for nothing': [withCell('patientIdentifier', 'undefined'), /^Row 3: .*is not an identifier/],
      'a dot for an identifier': [withCell('patientIdentifier', '..'), /^Row 3: .*is not an identifier/],
      'an unknown gender': [withCell('gender', 'F'), /^Row 3: gender must be one of FEMALE, MALE, UNKNOWN/],
      'an identifier of another row': [withCell('patientIdentifier', 'CSV-1'), /^Row 3: .*as in row 2/],
      'an identifier that looks like that of another row': [
        withCell('patientIdentifier', 'csv-1'),
        /^Row 3: .*as in row 2/,
      ],
      'a separator in a text without quotes': [withCell('lastName', 'Smith, Jr.'), /^Row 3 has a cell outside/],
      'a quote that is not doubled': [withCell('lastName', 'A "B" C'), /^Row 3: a quote/],
      'a quote that is not closed': [withCell('lastName', '"A'), /^Row 3: a quote .* not closed/],
    };
    for (const [name, [cells, problem]] of Object.entries(cases)) {
      it(name, () => assert.match(problemsOf(table(muller, cells))[0] ?? '', problem));
    }

    it('every identifier that the node would reject once others are registered', () => {
      const words = ['-1', 'true', 'None', 'SB-undefined', 'null/7', 'P-NaN', '="00123"', "'7'", '["7"]', '<id>'];
      const templates = [':id', '%PATIENT_ID%', '${ID}', '{{id}}', '{patientIdentifier}', 'x/..', '../x', '..;x'];
      const shown = ['ＣＳＶ-2', 'CSV–2', 'CSV−2', 'O’Brien', '\u3164A', 'A\u115f', 'A\u2800', 'A\u034fB', 'Ⅷ', 'x²'];
      const numbers = ['1e+21', '1.2E11', '12345.0', '#SPILL!', '#ЗНАЧ!', '#¡REF!', '#####', '#NV', '#N/A'];
      for (const identifier of [...words, ...templates, ...shown, ...numbers]) {
        assert.notEqual(identifierFault(identifier), undefined, identifier);
        const rows = table(muller, withCell('patientIdentifier', identifier.replaceAll('"', '""')));
        const quoted = rows.replace(/^(.*""[^,]*),/m, '"$1",');
        assert.match(problemsOf(quoted)[0] ?? '', /^Row 3: patientIdentifier/, identifier);
      }
      for (const identifier of ['123e4567', '12E45', '{3F2504E0-4F89-41D3-9A0C-0305E82C3301}', 'Nancy-1', '#17', 'a/b']) {
        const rows = rowsOf(table(muller, withCell('patientIdentifier', identifier)));
        assert.equal(rows[1]?.patient.patientIdentifier, identifier);
      }
    });

    it('counts empty rows and quoted line breaks as Excel does', () => {
      const rows = [['CSV-1', '"A\r\nB"', 'C', '1990-04-03', ''], ['', '', '', '', ''], withCell('gender', '?')];
      assert.match(problemsOf(table(...rows)).join(), /^Row 4: gender/);
    });

    it('names each missing and each repeated column, and those of the file', () => {
      assert.deepEqual(problemsOf('Patient;First name;first_name\r\nA;B;C\r\n'), [
        'The column "patientIdentifier" is missing.',
        'The column "firstName" occurs 2 times.',
        'The column "lastName" is missing.',
        'The column "dateOfBirth" is missing.',
        'The column "gender" is missing.',
        'The file has the columns: Patient, First name, first_name.',
      ]);
    });

    it('an empty file, a file with a header alone, and no file', () => {
      assert.match(problemsOf('').join(), /"patientIdentifier" is missing.*columns: none/);
      assert.deepEqual(problemsOf(table()), ['The file has no rows below the header.']);
      assert.deepEqual(problemsOf({}), ['There is no file in msg.payload.']);
    });
  });
});

import type { components } from '../../generated/api-types';

type Details = components['schemas']['ReportDetails'];

/** Where the documents of seeded and live reports lie until the sandbox knows its own address. */
export const documentHost = 'https://sandbox.example.com';

/** @returns the report with documents that can be fetched from the sandbox at `root`, without a token */
export function withDocuments(details: Details, root: string): Details {
  const relatedDocuments = details.relatedDocuments?.map(({ downloadUrl = '', ...document }) => ({
    ...document,
    downloadUrl: downloadUrl.replace(documentHost, root),
  }));
  return relatedDocuments ? { ...details, relatedDocuments } : details;
}

/** @returns the made-up file at a path, or undefined where there is none */
export function documentAt(path: string): Buffer | undefined {
  const id = /^\/reports\/(\d{1,15})\.pdf$/.exec(path)?.[1];
  return id === undefined ? undefined : pdf(`Report of order ${id} (made up by the sandbox)`);
}

/** The smallest document that readers open: one page with one line. */
function pdf(line: string): Buffer {
  const text = `BT /F1 16 Tf 72 720 Td (${line.replace(/[()\\]/g, '\\$&')}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const place = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${places.join('')}`;
  const end = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return Buffer.from(body + table + end, 'latin1');
}

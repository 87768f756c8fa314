/** What an answer of the API must be: valid against the description, and digestible for the vendor's UI-Kit. */
import assert from 'node:assert/strict';
import { OpenAPIBackend, type Document } from 'openapi-backend';
import description from '../../src/generated/openapi.json';

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument --
   the checks look into answers of any shape */

const definition = structuredClone(description) as unknown as Document;
const backend = new OpenAPIBackend({
  definition,
  apiRoot: '/api/v1',
  quick: true,
  ajvOpts: { formats: { identifier: true, 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) } },
});
const ready = backend.init();

/** @throws AssertionError that names what is wrong with the answer */
export async function assertValid(
  operation: string | undefined,
  status: number,
  body: unknown,
): Promise<void> {
  await ready;
  assert.ok(operation, 'the request meets an operation');
  const { errors } = backend.validateResponse(body, operation, status);
  assert.deepEqual(errors ?? [], [], `${operation} ${status}: ${JSON.stringify(body).slice(0, 500)}`);
  if (status < 300) needs[operation]?.(body);
}

const isText = (value: unknown): void => assert.equal(typeof value, 'string');
const isList = (value: unknown): void => assert.ok(Array.isArray(value));
const unique = (ids: unknown[]): void => {
  assert.ok(ids.every((id) => id !== undefined && id !== null));
  assert.equal(new Set(ids).size, ids.length, 'ids are unique');
};

/** The members without which the UI-Kit crashes, stays blank or tries for ever. */
const needs: Record<string, (body: any) => void> = {
  listPackages: ({ packages }) => packages.forEach(digestiblePackage),
  packageDetails: digestiblePackage,
  patientDetails: ({ dateOfBirth, firstName, lastName }) => {
    assert.match(dateOfBirth, /^\d{4}-\d\d-\d\d$/);
    isText(firstName);
    isText(lastName);
  },
  listPatientOrders: ({ orders }) => orders.forEach(digestibleOrder),
  getPatientSurvey: ({ survey }) => {
    for (const section of survey.sections) {
      isText(section.title);
      isText(section.instructions);
      unique(section.questions.map(({ id }: any) => id));
      section.questions.forEach(digestibleQuestion);
    }
  },
  listPatientReports: ({ reports }) => unique(reports.map(({ id }: any) => id)),
  listPatientOrderReports: ({ reports }) => unique(reports.map(({ id }: any) => id)),
  patientReportDetails: digestibleReport,
};

function digestiblePackage({ clientIdentifier, name, elements }: any): void {
  isText(clientIdentifier);
  isText(name);
  for (const element of elements) {
    if (element.objectType !== 'kit') continue;
    isText(element.clientIdentifier);
    isText(element.activationCodePrefix);
  }
}

function digestibleOrder(order: any): void {
  isText(order.packageName);
  for (const element of order.elements) {
    isText(element.type);
    isText(element.status);
    if (element.type === 'labVisit') isText(element.labName);
    if (element.type === 'survey') isText(element.surveyKey);
    if (element.type === 'kit') isText(element.packageElementIdentifier);
    const document = ['SCHEDULED', 'REQUISITIONED'].includes(String(element.status));
    if (document && !order.completed) isText(order.relatedDocuments[0].downloadUrl);
  }
}

function digestibleQuestion(question: any): void {
  isText(question.key);
  isText(question.questionType);
  if (question.options) unique(question.options.map(({ id }: any) => id));
  if (question.questionType !== 'rating') return;
  unique(question.groups.map(({ id }: any) => id));
  question.scaleLabels.forEach(isText);
  for (const group of question.groups) group.options.forEach(({ key }: any) => isText(key));
}

function digestibleReport(report: any): void {
  isText(report.name);
  assert.ok(!Number.isNaN(Date.parse(report.createdTimestamp)));
  isText(report.summarySection.title);
  report.summarySection.alerts?.forEach(({ content }: any) => isText(content));
  const { summaryResult } = report.summarySection;
  if (summaryResult?.summaryResultType === 'bioage') {
    assert.equal(typeof summaryResult.biologicalAge, 'number');
    assert.equal(typeof summaryResult.chronologicalAge, 'number');
  }
  const sections = [...report.bodySections, ...report.appendixSections];
  const anchors = sections.map(({ anchorId }: any) => anchorId);
  unique(anchors);
  for (const section of sections) {
    isText(section.anchorId);
    isText(section.title);
    isList(section.results);
    if (section.parentAnchorId) assert.ok(anchors.includes(section.parentAnchorId));
    else if (section.results.length > 0) assert.fail('results stand in child sections');
    section.results.forEach(digestibleResult);
    section.recommendations?.forEach(digestibleAdvice);
    if (section.parentAnchorId) assert.equal(section.recommendations?.length ?? 0, 0, 'shown in roots only');
  }
}

function digestibleResult(result: any): void {
  isText(result.content);
  isList(result.contributors);
  isText(result.identifier);
  const { range } = result;
  if (range?.rangeType !== 'numeric') return;
  isList(range.bounds);
  assert.ok(!(range.timeSensitive && range.ageSensitive), 'both at once show no bounds');
  if (range.timeSensitive) assert.match(result.collectionTime, /^\d\d:\d\d:\d\d$/);
  for (const bound of range.bounds) {
    isText(bound.risk);
    if (range.timeSensitive) assert.match(bound.timeOfDayStart, /^\d\d:\d\d:\d\d$/);
    if (range.ageSensitive) assert.equal(typeof bound.selected, 'boolean');
  }
}

function digestibleAdvice(advice: any): void {
  isList(advice.imageUrls);
  isText(advice.name);
  isText(advice.content);
  if (advice.recommendationType === 'lifestyle') isList(advice.examples);
  if (advice.recommendationType === 'product') isText(advice.products[0].suggestedUse);
}

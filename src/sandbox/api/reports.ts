import { withDocuments } from '../domain/documents';
import { notFound } from '../http/errors';
import { findOrder, idOf, ok, page, readPatient, several, type Handler } from './call';
import type { Report } from '../domain/model';

/** Beside `id`, which is all that is known of the vendor's list items, the sandbox shows where a report belongs. */
const listed = ({ details, orderIdentifier, packageIdentifier }: Report) => ({
  id: details.id,
  name: details.name,
  createdTimestamp: details.createdTimestamp,
  orderIdentifier,
  packageIdentifier,
});

export const reportHandlers: Record<string, Handler> = {
  listPatientReports: (call) => {
    const wanted = several(call.query.packageIdentifier);
    const reports = readPatient(call).reports.filter(
      ({ packageIdentifier }) => wanted?.includes(packageIdentifier) ?? true,
    );
    return page(call, 'reports', reports.map(listed));
  },

  listPatientOrderReports: (call) => {
    const patient = readPatient(call);
    const { order } = findOrder(patient, call);
    const reports = patient.reports.filter(
      ({ orderIdentifier }) => orderIdentifier === order.orderIdentifier,
    );
    return page(call, 'reports', reports.map(listed));
  },

  patientReportDetails: (call) => {
    const id = idOf(call.params.reportId, 'report');
    const found = readPatient(call).reports.find(({ details }) => details.id === id);
    if (!found) throw notFound('report');
    return ok(withDocuments(found.details, call.services.root));
  },
};

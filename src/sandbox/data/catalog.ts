/** The made-up things every sandbox offers: packages, surveys, agreement documents. Nothing here is the vendor's. */

export interface PackageElement {
  objectType: 'kit' | 'labVisit' | 'survey';
  clientIdentifier: string;
  name: string;
  instructions?: string;
  /** Kits only: two letters, or empty for codes of eight digits. */
  activationCodePrefix?: string;
  labName?: string;
  surveyKey?: string;
}

export interface Package {
  clientIdentifier: string;
  name: string;
  description: string;
  elements: readonly PackageElement[];
}

const HOW_TO = 'https://sandbox.example.com/how-to';

export const packages: readonly Package[] = [
  {
    clientIdentifier: 'GUT-BALANCE',
    name: 'Gut Balance (made-up)',
    description: 'One sample kit whose activation codes begin with TH, for example TH-YYYY.',
    elements: [
      {
        objectType: 'kit',
        clientIdentifier: 'GUT-KIT',
        name: 'Stool sample kit',
        activationCodePrefix: 'TH',
        instructions: `${HOW_TO}/stool-sample`,
      },
    ],
  },
  {
    clientIdentifier: 'BIO-AGE',
    name: 'Biological Age (made-up)',
    description: 'One sample kit whose activation codes are eight digits.',
    elements: [
      {
        objectType: 'kit',
        clientIdentifier: 'BIO-KIT',
        name: 'Dried blood spot kit',
        activationCodePrefix: '',
        instructions: `${HOW_TO}/blood-spot`,
      },
    ],
  },
  {
    clientIdentifier: 'HEART-CHECK',
    name: 'Heart Check (made-up)',
    description: 'A visit to a lab and a survey.',
    elements: [
      {
        objectType: 'labVisit',
        clientIdentifier: 'HEART-VISIT',
        name: 'Blood draw',
        labName: 'Example Lab, Sampleton',
        instructions: 'https://sandbox.example.com/schedule',
      },
      {
        objectType: 'survey',
        clientIdentifier: 'HEART-SURVEY',
        name: 'Lifestyle survey',
        surveyKey: 'lifestyle',
      },
    ],
  },
  {
    clientIdentifier: 'STRESS-360',
    name: 'Stress 360 (made-up)',
    description: 'A saliva kit (codes begin with SX), a visit to a lab and a survey.',
    elements: [
      {
        objectType: 'kit',
        clientIdentifier: 'STRESS-KIT',
        name: 'Saliva sample kit',
        activationCodePrefix: 'SX',
        instructions: `${HOW_TO}/saliva`,
      },
      {
        objectType: 'labVisit',
        clientIdentifier: 'STRESS-VISIT',
        name: 'Blood draw',
        labName: 'Example Lab, Sampleton',
        instructions: 'https://sandbox.example.com/schedule',
      },
      {
        objectType: 'survey',
        clientIdentifier: 'STRESS-SURVEY',
        name: 'Stress survey',
        surveyKey: 'stress',
      },
    ],
  },
];

export const packageOf = (identifier: string): Package | undefined =>
  packages.find((candidate) => candidate.clientIdentifier === identifier);

export interface AgreementDocument {
  documentIdentifier: string;
  name: string;
  version: number;
  mediaType: string;
  content: string;
}

export const agreementDocuments: readonly AgreementDocument[] = [
  {
    documentIdentifier: 'terms-of-use',
    name: 'Terms of use (made-up)',
    version: 1,
    mediaType: 'text/html',
    content: '<h1>Terms of use</h1><p>This is sample text of the sandbox. It binds nobody.</p>',
  },
  {
    documentIdentifier: 'research-consent',
    name: 'Consent to research (made-up)',
    version: 2,
    mediaType: 'text/html',
    content: '<h1>Consent to research</h1><p>This is sample text of the sandbox. It binds nobody.</p>',
  },
];

import type en from './en.js'

export default {
  hello: (name) => (name === undefined ? 'Guten Tag,' : `Guten Tag ${name},`),
  devicesLabel: 'Ihre Geräte ansehen',
  siteLabel: (site) => `Zu ${site}`,
  strangerFooter: (site) => `Diese E-Mail kommt von ${site}. Antworten darauf liest niemand.`,
  footer: (site) => `Diese E-Mail kommt von ${site}, wo Sie ein Konto haben. Antworten darauf liest niemand.`,

  reset: {
    subject: 'Neues Passwort wählen',
    before: (site) => [
      `jemand, hoffentlich Sie, hat ein neues Passwort für Ihr Konto bei ${site} angefordert.`,
      'Der Link gilt einmal, innerhalb einer Stunde:',
    ],
    label: 'Neues Passwort wählen',
    after: [
      'Das meldet alle Geräte ab. Danach melden Sie sich mit dem neuen Passwort an.',
      'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail. Es ändert sich nichts.',
    ],
  },

  passwordRequired: {
    subject: 'Sie müssen ein neues Passwort wählen',
    before: (site) => [
      `der Betreiber von ${site} verlangt, dass Sie ein neues Passwort wählen. Das alte gilt nicht mehr, und alle Geräte sind abgemeldet.`,
      'Der Link gilt einmal, innerhalb einer Stunde:',
    ],
    label: 'Neues Passwort wählen',
    after: ['Wenn der Link abgelaufen ist, bekommen Sie auf der Anmeldeseite unter „Passwort vergessen?“ einen neuen.'],
  },

  passwordChoice: {
    subject: 'Neues Passwort wählen',
    before: (site) => [
      `Sie haben angegeben, dass eine Anmeldung in Ihrem Konto bei ${site} nicht von Ihnen war. Ihr Passwort, falls Sie eines hatten, gilt nicht mehr, und alle Geräte sind abgemeldet.`,
      'Der Link gilt einmal, innerhalb einer Stunde:',
    ],
    label: 'Neues Passwort wählen',
    after: ['Wenn der Link abgelaufen ist, bekommen Sie auf der Anmeldeseite unter „Passwort vergessen?“ einen neuen.'],
  },

  newDevice: {
    subject: 'Neues Gerät in Ihrem Konto angemeldet',
    before: (site, device, time) => [
      `jemand hat sich bei ${site} mit einem neuen Gerät in Ihrem Konto angemeldet:`,
      `${device}, am ${time}.`,
      'Wenn Sie das waren, ist nichts zu tun.',
      'Wenn Sie das nicht waren, kann sich jemand anderes in Ihrem Konto anmelden. Dieser Link meldet alle Geräte ab und sendet Ihnen einen Link, um ein neues Passwort zu wählen. Er gilt einmal, innerhalb von sieben Tagen:',
    ],
    label: 'Das war ich nicht',
    after: ['Es geschieht nichts, bevor Sie es auf der Seite bestätigen, die sich öffnet.'],
  },

  passwordChanged: {
    subject: 'Ihr Passwort wurde geändert',
    before: (site, time) => [
      `das Passwort Ihres Kontos bei ${site} wurde am ${time} geändert.`,
      'Wenn Sie das waren, ist nichts zu tun.',
      'Wenn Sie das nicht waren, wählen Sie sofort ein neues Passwort. Das meldet alle Geräte ab:',
    ],
    label: 'Neues Passwort wählen',
    after: [],
  },

  passwordSet: {
    subject: 'Für Ihr Konto wurde ein Passwort festgelegt',
    before: (site, time) => [
      `für Ihr Konto bei ${site} wurde am ${time} ein Passwort festgelegt. Bisher hatte das Konto keines; Sie können sich jetzt auch damit anmelden.`,
      'Wenn Sie das waren, ist nichts zu tun.',
      'Wenn Sie das nicht waren, ist jemand anderes angemeldet und konnte sich ausweisen. Wählen Sie sofort ein eigenes Passwort. Das meldet alle Geräte ab:',
    ],
    label: 'Neues Passwort wählen',
    after: [],
  },

  passwordRemoved: {
    subject: 'Ihr Passwort wurde entfernt',
    before: (site, time) => [
      `das Passwort Ihres Kontos bei ${site} wurde am ${time} entfernt. Sie melden sich jetzt ohne Passwort an.`,
      'Wenn Sie das waren, ist nichts zu tun.',
      'Wenn Sie das nicht waren, ist jemand anderes angemeldet und konnte sich ausweisen. Wählen Sie sofort ein neues Passwort. Das meldet alle Geräte ab:',
    ],
    label: 'Neues Passwort wählen',
    after: [],
  },

  accountDeleted: {
    subject: 'Sie haben Ihr Konto gelöscht',
    before: (site, time) => [
      `Ihr Konto bei ${site} wurde am ${time} gelöscht. Alle seine Geräte sind abgemeldet, und seine Daten sind gelöscht.`,
      'Wenn Sie das waren, ist nichts zu tun.',
      'Wenn Sie das nicht waren, war jemand anderes angemeldet und konnte sich ausweisen. Das Konto lässt sich nicht wiederherstellen. Ändern Sie das Passwort überall, wo Sie es sonst noch benutzen. Sie können ein neues Konto anlegen:',
    ],
    label: 'Konto anlegen',
    after: [],
  },

  passkeyChanged: {
    added: {
      subject: 'Ihrem Konto wurde ein Passkey hinzugefügt',
      before: (site, time) => [
        `Ihrem Konto bei ${site} wurde am ${time} ein Passkey hinzugefügt. Er meldet Sie ohne Passwort an.`,
        'Wenn Sie das waren, ist nichts zu tun.',
        'Wenn Sie das nicht waren, ist jemand anderes angemeldet und konnte sich ausweisen. Entfernen Sie den Passkey und ändern Sie Ihr Passwort:',
      ],
    },
    removed: {
      subject: 'Ein Passkey Ihres Kontos wurde entfernt',
      before: (site, time) => [
        `ein Passkey Ihres Kontos bei ${site} wurde am ${time} entfernt. Er meldet Sie nicht mehr an.`,
        'Wenn Sie das waren, ist nichts zu tun.',
        'Wenn Sie das nicht waren, ist jemand anderes angemeldet und konnte sich ausweisen. Prüfen Sie Ihre Passkeys und ändern Sie Ihr Passwort:',
      ],
    },
    label: 'Passkeys ansehen',
    after: [],
  },

  providerChanged: {
    added: {
      subject: 'Mit Ihrem Konto wurde ein Konto zum Anmelden verknüpft',
      before: (site, time) => [
        `mit Ihrem Konto bei ${site} wurde am ${time} ein Konto zum Anmelden verknüpft. Es meldet Sie ohne Passwort an.`,
        'Wenn Sie das waren, ist nichts zu tun.',
        'Wenn Sie das nicht waren, ist jemand anderes angemeldet und konnte sich ausweisen. Trennen Sie das Konto und ändern Sie Ihr Passwort:',
      ],
    },
    removed: {
      subject: 'Ein Konto zum Anmelden wurde von Ihrem Konto getrennt',
      before: (site, time) => [
        `ein Konto zum Anmelden wurde am ${time} von Ihrem Konto bei ${site} getrennt. Es meldet Sie nicht mehr an.`,
        'Wenn Sie das waren, ist nichts zu tun.',
        'Wenn Sie das nicht waren, ist jemand anderes angemeldet und konnte sich ausweisen. Prüfen Sie Ihre verknüpften Konten und ändern Sie Ihr Passwort:',
      ],
    },
    label: 'Verknüpfte Konten ansehen',
    after: [],
  },

  confirmEmail: {
    old: {
      subject: 'Neue Adresse Ihres Kontos bestätigen',
      before: (site) => [
        `jemand, hoffentlich Sie, möchte die E-Mail-Adresse Ihres Kontos bei ${site} ändern.`,
        'Prüfen Sie die neue Adresse, und bestätigen Sie sie, wenn sie stimmt. Der Link gilt einmal, innerhalb einer Stunde:',
      ],
      label: 'Neue Adresse ansehen',
      after: [
        'Auch an die neue Adresse haben wir einen Link gesendet. Nichts ändert sich, bevor beide bestätigt sind.',
        'Wenn Sie das nicht waren, bestätigen Sie nichts: Jemand anderes ist in Ihrem Konto angemeldet. Wählen Sie ein neues Passwort. Das meldet alle anderen Geräte ab und bricht die Änderung ab.',
      ],
    },
    new: {
      subject: 'E-Mail-Adresse bestätigen',
      before: (site) => [
        `jemand, hoffentlich Sie, möchte diese E-Mail-Adresse für ein Konto bei ${site} benutzen.`,
        'Der Link gilt einmal, innerhalb einer Stunde:',
      ],
      label: 'Diese Adresse bestätigen',
      after: [
        'Auch an die bisherige Adresse des Kontos haben wir einen Link gesendet. Nichts ändert sich, bevor beide bestätigt sind.',
        'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail. Es ändert sich nichts.',
      ],
    },
  },

  proofCode: {
    subject: 'Ihr Bestätigungscode',
    before: (site, code) => [
      `jemand, hoffentlich Sie, ist in Ihrem Konto bei ${site} angemeldet und wurde nach einer Bestätigung gefragt.`,
      'Geben Sie diesen Code auf der Seite ein, die danach fragt. Er gilt einmal, innerhalb von zehn Minuten:',
      code,
      'Wenn Sie das nicht waren, geben Sie den Code nicht weiter: Jemand anderes ist in Ihrem Konto angemeldet. Prüfen Sie Ihre Aktivität, und melden Sie jedes Gerät ab, das Sie nicht kennen:',
    ],
    label: 'Ihre Aktivität ansehen',
    after: [],
  },

  finishSignUp: {
    subject: 'Ihr Konto fertigstellen',
    before: (site) => [
      `jemand, hoffentlich Sie, möchte mit dieser E-Mail-Adresse ein Konto bei ${site} erstellen.`,
      'Wählen Sie Ihren Namen und ein Passwort. Der Link gilt einmal, innerhalb einer Stunde:',
    ],
    label: 'Konto fertigstellen',
    after: ['Wenn Sie das nicht waren, ignorieren Sie diese E-Mail. Ohne diesen Link entsteht kein Konto.'],
  },

  accountExists: {
    subject: 'Sie haben schon ein Konto',
    before: (site) => [
      `jemand, vielleicht Sie, wollte mit dieser E-Mail-Adresse ein Konto bei ${site} erstellen.`,
      'Zu dieser Adresse gibt es schon ein Konto, darum wurde nichts geändert. Sie können sich anmelden:',
    ],
    label: 'Anmelden',
    after: [
      'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail. Wenn Sie Ihr Passwort nicht wissen, wählen Sie ein neues.',
    ],
  },

  emailTaken: {
    subject: 'Ihre E-Mail-Adresse hat schon ein Konto',
    before: (site) => [
      `jemand, vielleicht Sie, wollte diese E-Mail-Adresse für ein anderes Konto bei ${site} benutzen.`,
      'Sie hat schon ein Konto, darum wurde nichts geändert. In diesem Konto können Sie sich anmelden:',
    ],
    label: 'Anmelden',
    after: ['Wenn Sie das nicht waren, ignorieren Sie diese E-Mail.'],
  },

  emailChanged: {
    subject: 'Ihre E-Mail-Adresse wurde geändert',
    before: (site, time) => [
      `die E-Mail-Adresse Ihres Kontos bei ${site} wurde am ${time} geändert. Beide Adressen hatten das bestätigt.`,
      'Wenn Sie das waren, ist nichts zu tun. Melden Sie sich ab jetzt mit der neuen Adresse an.',
      'Wenn Sie das nicht waren, kann jemand anderes Ihre E-Mails lesen. Ändern Sie zuerst das Passwort Ihres Postfachs. Wenden Sie sich dann an den Betreiber dieser Seite, oder melden Sie sich mit der neuen Adresse an und wählen Sie ein neues Passwort:',
    ],
    label: 'Anmelden',
    after: [],
  },

  secondFactorChanged: {
    on: {
      subject: 'Zwei-Faktor-Authentifizierung wurde eingeschaltet',
      before: (site, time) => [
        `die Zwei-Faktor-Authentifizierung Ihres Kontos bei ${site} wurde am ${time} eingeschaltet. Zur Anmeldung mit Passwort gehört jetzt auch ein Code.`,
        'Wenn Sie das waren, ist nichts zu tun.',
        'Wenn Sie das nicht waren, ist jemand anderes angemeldet und konnte sich ausweisen. Ändern Sie Ihr Passwort, und schalten Sie die Zwei-Faktor-Authentifizierung aus:',
      ],
    },
    off: {
      subject: 'Zwei-Faktor-Authentifizierung wurde ausgeschaltet',
      before: (site, time) => [
        `die Zwei-Faktor-Authentifizierung Ihres Kontos bei ${site} wurde am ${time} ausgeschaltet. Zur Anmeldung reicht jetzt das Passwort.`,
        'Wenn Sie das waren, ist nichts zu tun.',
        'Wenn Sie das nicht waren, ist jemand anderes angemeldet und konnte sich ausweisen. Ändern Sie Ihr Passwort, und schalten Sie die Zwei-Faktor-Authentifizierung wieder ein:',
      ],
    },
    renewed: {
      subject: 'Ihr Konto hat neue Ersatzcodes',
      before: (site, time) => [
        `Ihr Konto bei ${site} hat am ${time} neue Ersatzcodes bekommen. Die alten Codes gelten nicht mehr.`,
        'Wenn Sie das waren, ist nichts zu tun.',
        'Wenn Sie das nicht waren, ist jemand anderes angemeldet und konnte sich ausweisen. Ändern Sie Ihr Passwort, und holen Sie neue Ersatzcodes:',
      ],
    },
    label: 'Ihre Sicherheitseinstellungen ansehen',
    after: [],
  },

  device: (browser, os) => (os === '' ? browser : `${browser} auf ${os}`),
  unknownBrowser: 'Unbekannter Browser',
  from: (device, place, address) =>
    [
      `${device}, Ort: ${place ?? 'unbekannt'}`,
      address === null ? 'unbekannte IP-Adresse' : `IP-Adresse ${address}`,
    ].join(', '),
  localNetwork: 'lokales Netz',
  near: (country) => `${country} (ungefähr)`,
} satisfies typeof en

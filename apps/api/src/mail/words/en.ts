const none: readonly string[] = []

/** The words of emails. Each paragraph is a sentence or two of its own. */
export default {
  hello: (name: string | undefined) => (name === undefined ? 'Hello,' : `Hello ${name},`),
  devicesLabel: 'See your devices',
  siteLabel: (site: string) => `Go to ${site}`,
  strangerFooter: (site: string) => `This email is from ${site}. Replies aren’t read.`,
  footer: (site: string) => `This email is from ${site}, where you have an account. Replies aren’t read.`,

  reset: {
    subject: 'Choose a new password',
    before: (site: string) => [
      `someone, hopefully you, asked for a new password for your account at ${site}.`,
      'The link works once, within one hour:',
    ],
    label: 'Choose a new password',
    after: [
      'This signs out all devices. You then sign in with the new password.',
      'If it wasn’t you, ignore this email. Nothing will change.',
    ],
  },

  passwordRequired: {
    subject: 'You must choose a new password',
    before: (site: string) => [
      `the operator of ${site} requires you to choose a new password. The old one no longer works, and all devices are signed out.`,
      'The link works once, within one hour:',
    ],
    label: 'Choose a new password',
    after: ['If the link has expired, choose “Forgot your password?” on the sign-in page to get another.'],
  },

  passwordChoice: {
    subject: 'Choose a new password',
    before: (site: string) => [
      `you said that a sign-in to your account at ${site} wasn’t yours. Your password, if you had one, no longer works, and all devices are signed out.`,
      'The link works once, within one hour:',
    ],
    label: 'Choose a new password',
    after: ['If the link has expired, choose “Forgot your password?” on the sign-in page to get another.'],
  },

  newDevice: {
    subject: 'New device signed in to your account',
    before: (site: string, device: string, time: string) => [
      `someone signed in to your account at ${site} from a new device:`,
      `${device}, on ${time}.`,
      'If it was you, there’s nothing to do.',
      'If it wasn’t you, someone else can sign in to your account. This link signs out all devices and emails you a link to choose a new password. It works once, within seven days:',
    ],
    label: 'This wasn’t me',
    after: ['Nothing happens until you confirm it on the page that opens.'],
  },

  passwordChanged: {
    subject: 'Your password was changed',
    before: (site: string, time: string) => [
      `the password of your account at ${site} was changed on ${time}.`,
      'If it was you, there’s nothing to do.',
      'If it wasn’t you, choose a new password right away. This signs out all devices:',
    ],
    label: 'Choose a new password',
    after: none,
  },

  passwordSet: {
    subject: 'A password was set for your account',
    before: (site: string, time: string) => [
      `a password was set for your account at ${site} on ${time}. The account had none before, and you can now sign in with it too.`,
      'If it was you, there’s nothing to do.',
      'If it wasn’t you, someone else is signed in and could confirm it. Choose your own password right away. This signs out all devices:',
    ],
    label: 'Choose a new password',
    after: none,
  },

  passwordRemoved: {
    subject: 'Your password was removed',
    before: (site: string, time: string) => [
      `the password of your account at ${site} was removed on ${time}. You now sign in without a password.`,
      'If it was you, there’s nothing to do.',
      'If it wasn’t you, someone else is signed in and could confirm it. Choose a new password right away. This signs out all devices:',
    ],
    label: 'Choose a new password',
    after: none,
  },

  accountDeleted: {
    subject: 'You deleted your account',
    before: (site: string, time: string) => [
      `your account at ${site} was deleted on ${time}. All its devices are signed out, and its data is gone.`,
      'If it was you, there’s nothing to do.',
      'If it wasn’t you, someone else was signed in and could confirm it. The account can’t be restored. Change that password wherever else you use it. You can create a new account:',
    ],
    label: 'Create an account',
    after: none,
  },

  passkeyChanged: {
    added: {
      subject: 'A passkey was added to your account',
      before: (site: string, time: string) => [
        `a passkey was added to your account at ${site} on ${time}. It signs you in without the password.`,
        'If it was you, there’s nothing to do.',
        'If it wasn’t you, someone else is signed in and could confirm it. Remove the passkey and change your password:',
      ],
    },
    removed: {
      subject: 'A passkey was removed from your account',
      before: (site: string, time: string) => [
        `a passkey was removed from your account at ${site} on ${time}. It no longer signs you in.`,
        'If it was you, there’s nothing to do.',
        'If it wasn’t you, someone else is signed in and could confirm it. Check your passkeys and change your password:',
      ],
    },
    label: 'See your passkeys',
    after: none,
  },

  providerChanged: {
    added: {
      subject: 'A sign-in account was linked to your account',
      before: (site: string, time: string) => [
        `a sign-in account was linked to your account at ${site} on ${time}. It signs you in without the password.`,
        'If it was you, there’s nothing to do.',
        'If it wasn’t you, someone else is signed in and could confirm it. Unlink the account and change your password:',
      ],
    },
    removed: {
      subject: 'A sign-in account was unlinked from your account',
      before: (site: string, time: string) => [
        `a sign-in account was unlinked from your account at ${site} on ${time}. It no longer signs you in.`,
        'If it was you, there’s nothing to do.',
        'If it wasn’t you, someone else is signed in and could confirm it. Check your linked accounts and change your password:',
      ],
    },
    label: 'See your linked accounts',
    after: none,
  },

  confirmEmail: {
    old: {
      subject: 'Confirm the new address of your account',
      before: (site: string) => [
        `someone, hopefully you, wants to change the email address of your account at ${site}.`,
        'Check the new address, and confirm it if it’s right. The link works once, within one hour:',
      ],
      label: 'See the new address',
      after: [
        'We sent a link to the new address too. Nothing changes until both are confirmed.',
        'If it wasn’t you, don’t confirm: someone else is signed in to your account. Choose a new password. This signs out all other devices and cancels the change.',
      ],
    },
    new: {
      subject: 'Confirm your email address',
      before: (site: string) => [
        `someone, hopefully you, wants to use this email address for their account at ${site}.`,
        'The link works once, within one hour:',
      ],
      label: 'Confirm this address',
      after: [
        'We sent a link to the account’s current address too. Nothing changes until both are confirmed.',
        'If it wasn’t you, ignore this email. Nothing will change.',
      ],
    },
  },

  proofCode: {
    subject: 'Your confirmation code',
    before: (site: string, code: string) => [
      `someone, hopefully you, is signed in to your account at ${site} and was asked to confirm it.`,
      'Enter this code on the page that asked for it. It works once, within ten minutes:',
      code,
      'If it wasn’t you, don’t share the code: someone else is signed in to your account. Check your activity, and sign out any device you don’t recognize:',
    ],
    label: 'See your activity',
    after: none,
  },

  finishSignUp: {
    subject: 'Finish your account',
    before: (site: string) => [
      `someone, hopefully you, wants to create an account at ${site} with this email address.`,
      'Choose your name and a password. The link works once, within one hour:',
    ],
    label: 'Finish your account',
    after: ['If it wasn’t you, ignore this email. No account is created without this link.'],
  },

  accountExists: {
    subject: 'You already have an account',
    before: (site: string) => [
      `someone, perhaps you, tried to create an account at ${site} with this email address.`,
      'It already has an account, so nothing was changed. You can sign in:',
    ],
    label: 'Sign in',
    after: ['If it wasn’t you, ignore this email. If you don’t know your password, choose a new one.'],
  },

  emailTaken: {
    subject: 'Your email address already has an account',
    before: (site: string) => [
      `someone, perhaps you, tried to use this email address for another account at ${site}.`,
      'It already has an account, so nothing was changed. You can sign in to that account:',
    ],
    label: 'Sign in',
    after: ['If it wasn’t you, ignore this email.'],
  },

  emailChanged: {
    subject: 'Your email address was changed',
    before: (site: string, time: string) => [
      `the email address of your account at ${site} was changed on ${time}, after both addresses confirmed it.`,
      'If it was you, there’s nothing to do. From now on, sign in with the new address.',
      'If it wasn’t you, someone else can read your email. First change the password of your mailbox. Then contact the operator of this site, or sign in with the new address and choose a new password:',
    ],
    label: 'Sign in',
    after: none,
  },

  secondFactorChanged: {
    on: {
      subject: 'Two-factor authentication was turned on',
      before: (site: string, time: string) => [
        `two-factor authentication was turned on for your account at ${site} on ${time}. Signing in with the password now also needs a code.`,
        'If it was you, there’s nothing to do.',
        'If it wasn’t you, someone else is signed in and could confirm it. Change your password, and turn two-factor authentication off:',
      ],
    },
    off: {
      subject: 'Two-factor authentication was turned off',
      before: (site: string, time: string) => [
        `two-factor authentication was turned off for your account at ${site} on ${time}. The password alone now signs you in.`,
        'If it was you, there’s nothing to do.',
        'If it wasn’t you, someone else is signed in and could confirm it. Change your password, and turn two-factor authentication on again:',
      ],
    },
    renewed: {
      subject: 'Your account has new backup codes',
      before: (site: string, time: string) => [
        `your account at ${site} got new backup codes on ${time}. The old codes no longer work.`,
        'If it was you, there’s nothing to do.',
        'If it wasn’t you, someone else is signed in and could confirm it. Change your password, and get new backup codes:',
      ],
    },
    label: 'See your security settings',
    after: none,
  },

  device: (browser: string, os: string) => (os === '' ? browser : `${browser} on ${os}`),
  unknownBrowser: 'Unknown browser',
  /** The place, then the address. */
  from: (device: string, place: string | null, address: string | null) =>
    [
      `${device}, from ${place ?? 'an unknown place'}`,
      address === null ? 'unknown IP address' : `IP address ${address}`,
    ].join(', '),
  localNetwork: 'the local network',
  near: (country: string) => `${country} (approximate)`,
}

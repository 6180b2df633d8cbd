const none: readonly string[] = []

/** The words of mails. Each paragraph is a sentence or two of its own. */
export default {
  hello: (name: string | undefined) => (name === undefined ? 'Hello,' : `Hello ${name},`),
  devicesLabel: 'See the devices of your account',
  siteLabel: (site: string) => `Go to ${site}`,
  strangerFooter: (site: string) => `This mail is from ${site}. Nobody reads answers to it.`,
  footer: (site: string) => `This mail is from ${site}, where you have an account. Nobody reads answers to it.`,

  reset: {
    subject: 'Choose a new password',
    before: (site: string) => [
      `someone, hopefully you, asked for a new password for your account at ${site}.`,
      'Choose it here. The link works once, within one hour:',
    ],
    label: 'Choose a new password',
    after: [
      'All devices will be signed out then, and you sign in again with the new password.',
      'If it was not you, do nothing: nothing changes.',
    ],
  },

  passwordRequired: {
    subject: 'You must choose a new password',
    before: (site: string) => [
      `the operator of ${site} asks you to choose a new password. The old one no longer works, and all devices are signed out.`,
      'Choose it here. The link works once, within one hour:',
    ],
    label: 'Choose a new password',
    after: ['If the link has expired, choose "Forgot password?" on the sign-in page to get another.'],
  },

  newDevice: {
    subject: 'New device signed in to your account',
    before: (site: string, device: string, time: string) => [
      `someone signed in to your account at ${site} from a device that was not used for it before:`,
      `${device}, on ${time}.`,
      'If it was you, there is nothing to do.',
      'If it was not you, someone else can sign in to your account. Use this link, which works once, within seven days. It signs out every device and sends you another mail to choose a new password:',
    ],
    label: 'This was not me',
    after: ['Nothing happens before you confirm it on the page that opens.'],
  },

  passwordChanged: {
    subject: 'Your password was changed',
    before: (site: string, time: string) => [
      `the password of your account at ${site} was changed on ${time}.`,
      'If it was you, there is nothing to do.',
      'If it was not you, ask for a new password at once. That signs out every device:',
    ],
    label: 'Choose a new password',
    after: none,
  },

  passwordSet: {
    subject: 'A password was set for your account',
    before: (site: string, time: string) => [
      `a password was set for your account at ${site} on ${time}. The account had none before, and now signs in with it too.`,
      'If it was you, there is nothing to do.',
      'If it was not you, someone else is signed in and could confirm it. Choose a password of your own at once. That signs out every device:',
    ],
    label: 'Choose a new password',
    after: none,
  },

  passwordRemoved: {
    subject: 'The password of your account was removed',
    before: (site: string, time: string) => [
      `the password of your account at ${site} was removed on ${time}. The account signs in without a password now.`,
      'If it was you, there is nothing to do.',
      'If it was not you, someone else is signed in and could confirm it. Choose a new password at once. That signs out every device:',
    ],
    label: 'Choose a new password',
    after: none,
  },

  accountDeleted: {
    subject: 'You deleted your account',
    before: (site: string, time: string) => [
      `your account at ${site} was deleted on ${time}. All its devices are signed out, and its data is gone.`,
      'If it was you, there is nothing to do.',
      'If it was not you, someone else was signed in and knew how to confirm it. The account cannot be restored. Change that password wherever else you use it. You can create a new account:',
    ],
    label: 'Create an account',
    after: none,
  },

  passkeyChanged: {
    added: {
      subject: 'A passkey was added to your account',
      before: (site: string, time: string) => [
        `a passkey was added to your account at ${site} on ${time}. It signs in without the password.`,
        'If it was you, there is nothing to do.',
        'If it was not you, someone else is signed in and could confirm it. Remove the passkey and change your password:',
      ],
    },
    removed: {
      subject: 'A passkey was removed from your account',
      before: (site: string, time: string) => [
        `a passkey was removed from your account at ${site} on ${time}. It no longer signs in.`,
        'If it was you, there is nothing to do.',
        'If it was not you, someone else is signed in and could confirm it. Look at your passkeys and change your password:',
      ],
    },
    label: 'See your passkeys',
    after: none,
  },

  providerChanged: {
    added: {
      subject: 'An account for signing in was linked to your account',
      before: (site: string, time: string) => [
        `an account of a sign-in provider was linked to your account at ${site} on ${time}. It signs in without the password.`,
        'If it was you, there is nothing to do.',
        'If it was not you, someone else is signed in and could confirm it. Unlink the account and change your password:',
      ],
    },
    removed: {
      subject: 'An account for signing in was unlinked from your account',
      before: (site: string, time: string) => [
        `an account of a sign-in provider was unlinked from your account at ${site} on ${time}. It no longer signs in.`,
        'If it was you, there is nothing to do.',
        'If it was not you, someone else is signed in and could confirm it. Look at your linked accounts and change your password:',
      ],
    },
    label: 'See your linked accounts',
    after: none,
  },

  confirmEmail: {
    old: {
      subject: 'Confirm the new address of your account',
      before: (site: string) => [
        `someone, hopefully you, wants your account at ${site} to have another email address.`,
        'Look at the new address and confirm it here. The link works once, within one hour:',
      ],
      label: 'See the new address',
      after: [
        'We sent a link to the new address too. Nothing changes before both are confirmed.',
        'If it was not you, confirm nothing: someone else is signed in to your account. Choose a new password, which signs out every other device and ends this change.',
      ],
    },
    new: {
      subject: 'Confirm your email address',
      before: (site: string) => [
        `someone, hopefully you, wants to use this email address for their account at ${site}.`,
        'Confirm it here. The link works once, within one hour:',
      ],
      label: 'Confirm this address',
      after: [
        'We sent a link to the present address of the account too. Nothing changes before both are confirmed.',
        'If it was not you, do nothing: nothing changes.',
      ],
    },
  },

  proofCode: {
    subject: 'Your code to confirm that it is you',
    before: (site: string, code: string) => [
      `someone, hopefully you, is signed in to your account at ${site} and was asked to confirm who they are.`,
      'Enter this code on the page that asked for it. It works once, within ten minutes:',
      code,
      'If it was not you, keep the code to yourself: someone else is signed in to your account. See what happened there, and sign out what you do not know:',
    ],
    label: 'See the activity of your account',
    after: none,
  },

  finishSignUp: {
    subject: 'Finish your account',
    before: (site: string) => [
      `someone, hopefully you, wants to create an account at ${site} with this email address.`,
      'Choose your name and a password here. The link works once, within one hour:',
    ],
    label: 'Finish your account',
    after: ['If it was not you, do nothing: no account is made without this link.'],
  },

  accountExists: {
    subject: 'You already have an account',
    before: (site: string) => [
      `someone, perhaps you, wants to create an account at ${site} with this email address.`,
      'It has an account already, so nothing was changed. You can sign in:',
    ],
    label: 'Sign in',
    after: ['If it was not you, do nothing. If you do not know your password, choose a new one.'],
  },

  emailTaken: {
    subject: 'Your email address has an account already',
    before: (site: string) => [
      `someone, perhaps you, wants to use this email address for another account at ${site}.`,
      'It has an account already, so nothing was changed. You can sign in to that account:',
    ],
    label: 'Sign in',
    after: ['If it was not you, do nothing.'],
  },

  emailChanged: {
    subject: 'Your email address was changed',
    before: (site: string, time: string) => [
      `the email address of your account at ${site} was changed on ${time}, after both addresses had confirmed it.`,
      'If it was you, there is nothing to do. From now on, sign in with the new address.',
      'If it was not you, someone else can read your mail. First change the password of your mailbox. Then write to the operator of this site, or sign in with the new address and choose a new password:',
    ],
    label: 'Sign in',
    after: none,
  },

  secondFactorChanged: {
    on: {
      subject: 'The second factor of your account was turned on',
      before: (site: string, time: string) => [
        `the second factor of your account at ${site} has been on since ${time}. Signing in with the password asks for a code now.`,
        'If it was you, there is nothing to do.',
        'If it was not you, someone else is signed in and could confirm it. Change your password, and turn the second factor off:',
      ],
    },
    off: {
      subject: 'The second factor of your account was turned off',
      before: (site: string, time: string) => [
        `the second factor of your account at ${site} has been off since ${time}. The password alone signs in now.`,
        'If it was you, there is nothing to do.',
        'If it was not you, someone else is signed in and could confirm it. Change your password, and turn the second factor on again:',
      ],
    },
    renewed: {
      subject: 'Your account has new backup codes',
      before: (site: string, time: string) => [
        `your account at ${site} got new backup codes on ${time}. The codes from before do not work any more.`,
        'If it was you, there is nothing to do.',
        'If it was not you, someone else is signed in and could confirm it. Change your password, and get new backup codes:',
      ],
    },
    label: 'See the security of your account',
    after: none,
  },

  device: (browser: string, os: string) => (os === '' ? browser : `${browser} on ${os}`),
  unknownBrowser: 'Unknown browser',
  from: (device: string, address: string, place: string) => `${device}, from ${address}${place}`,
  unknownAddress: 'an address that is not known',
  localNetwork: ' (local network)',
  near: (country: string) => ` (approximately: ${country})`,
}

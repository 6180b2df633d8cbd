// Programs of Debian's packages, unpacked into a folder and not installed: that needs no root, and starts nothing.
import { execFile } from 'node:child_process'
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { arch } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { placesFromEnvironment } from './env.js'

const run = promisify(execFile)

/** Milliseconds that one apt or dpkg command may take on a slow network. */
const COMMAND_DEADLINE_MS = 120_000

/** Program and leading arguments; the program's own arguments follow. */
export type Command = readonly [string, ...string[]]

export interface DebianProgram<T> {
  /** The packages that hold it; their libraries come with them. */
  readonly packages: readonly string[]
  /** Its path in them. */
  readonly program: string
  /** Runs it, and throws if it does not work. */
  readonly check: (command: Command) => Promise<T>
}

/** A program in an unpacked folder, which brings its own libraries; undefined when there is no such folder. */
export async function findUnpacked<T>(folder: string, { program, check }: DebianProgram<T>): Promise<T | undefined> {
  const path = join(folder, program)
  if (!(await isProgram(path))) return undefined
  const entries = await readdir(folder, { recursive: true })
  const libraries = new Set(
    entries.filter((entry) => /\.so(\.|$)/.test(entry)).map((entry) => join(folder, dirname(entry))),
  )
  return await check(['/usr/bin/env', `LD_LIBRARY_PATH=${[...libraries].join(':')}`, path])
}

/** Unpacks Debian's packages beside `folder` and renames, so that `folder` is either absent or whole. */
export async function download<T>(folder: string, wanted: DebianProgram<T>): Promise<T> {
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
  const work = await mkdtemp(`${folder}.unpacking-`)
  try {
    const fresh = join(work, 'root')
    try {
      await unpackPackages(work, fresh, wanted.packages, [])
    } catch (error) {
      if (hasCode(error, 'ENOENT')) throw new Error('needs apt-get and dpkg, of Debian or Ubuntu', { cause: error })
      // The machine's package lists are missing, or older than its archive. Lists of our own need no
      // root, and leave the machine's as they are.
      await unpackPackages(work, fresh, wanted.packages, await downloadLists(work))
    }
    if (!(await findUnpacked(fresh, wanted))) throw new Error(`the packages hold no ${wanted.program}`)

    // Another process may have been faster, and may run what it unpacked: never take that away.
    const theirs = await findUnpacked(folder, wanted).catch(() => undefined)
    if (theirs) return theirs
    await rm(folder, { recursive: true, force: true })
    await rename(fresh, folder).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
    })
    const program = await findUnpacked(folder, wanted)
    if (!program) throw new Error('the unpacked folder vanished')
    return program
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function unpackPackages(
  work: string,
  root: string,
  names: readonly string[],
  aptOptions: readonly string[],
): Promise<void> {
  const debs = join(work, 'debs')
  await rm(debs, { recursive: true, force: true })
  await mkdir(debs)
  await mkdir(root, { recursive: true })
  const packages = await packagesNeeded(names, aptOptions)
  await run('apt-get', [...aptOptions, 'download', ...packages], { cwd: debs, timeout: COMMAND_DEADLINE_MS })
  for (const deb of await readdir(debs)) {
    await run('dpkg', ['-x', join(debs, deb), root], { timeout: COMMAND_DEADLINE_MS })
  }
}

/** The packages and each library below them, but the C library: that one comes with the machine. */
async function packagesNeeded(names: readonly string[], aptOptions: readonly string[]): Promise<string[]> {
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances']
  const { stdout } = await run(
    'apt-cache',
    [...aptOptions, 'depends', '--recurse', ...kinds.map((kind) => `--no-${kind}`), ...names],
    { timeout: COMMAND_DEADLINE_MS, maxBuffer: 16 * 1024 * 1024 },
  )
  const dependencies = new Map<string, string[]>()
  let current: string[] = []
  for (const line of stdout.split('\n')) {
    const dependency = /^[ |]+\S+: (\S+)$/.exec(line)?.[1]
    if (dependency) current.push(dependency)
    else if (/^[^\s<]/.test(line)) dependencies.set(line, (current = []))
  }
  const needed = new Set(names)
  // The loop also visits names that are added meanwhile.
  for (const name of needed) {
    for (const dependency of dependencies.get(name) ?? []) {
      if (/^lib[^:]+$/.test(dependency) && dependency !== 'libc6') needed.add(dependency)
    }
  }
  return [...needed]
}

async function downloadLists(work: string): Promise<string[]> {
  const lists = join(work, 'lists')
  const cache = join(work, 'apt-cache')
  await mkdir(join(lists, 'partial'), { recursive: true })
  await mkdir(join(cache, 'archives/partial'), { recursive: true })
  const options = ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${cache}`]
  // apt run by root fetches as a user who may not enter a private folder.
  if (process.getuid?.() === 0) options.push('-o', 'APT::Sandbox::User=root')
  await run('apt-get', [...options, 'update'], { timeout: COMMAND_DEADLINE_MS })
  return options
}

/** The folder that keeps an unpacked program. Systems may share one home folder, and their libraries differ. */
export async function unpackedFolder(name: string, { cache } = placesFromEnvironment()): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const field = (name: string) => new RegExp(`^${name}="?([\\w.]+)"?$`, 'm').exec(release)?.[1] ?? 'unknown'
  return join(cache, `${name}-${field('ID')}-${field('VERSION_ID')}-${arch()}`)
}

export async function isProgram(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

// The preparation before `npm start`, tried on a project of three files that borrows our compiler.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchFolder } from '../support/scratch.ts'

const project = join(import.meta.dirname, '..', '..')

describe('prepare', () => {
  const folder = scratchFolder('prepare')
  const at = (...parts: string[]) => join(folder.path, ...parts)
  const put = (file: string, contents: string) => {
    mkdirSync(dirname(at(file)), { recursive: true })
    writeFileSync(at(file), contents)
  }
  const lock = JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0' } } })

  beforeAll(() => {
    put('package.json', '{"type":"module"}')
    put('package-lock.json', lock)
    put('node_modules/.package-lock.json', lock)
    put('node_modules/@types/none/index.d.ts', '')
    mkdirSync(at('node_modules', '.bin'))
    symlinkSync(join(project, 'node_modules', 'typescript', 'bin', 'tsc'), at('node_modules', '.bin', 'tsc'))
    put(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: { target: 'ES2023', module: 'NodeNext', rootDir: 'src', outDir: 'dist', types: [] },
        include: ['src'],
      }),
    )
    mkdirSync(at('src'))
    cpSync(join(project, 'src', 'prepare.cjs'), at('src', 'prepare.cjs'))
    put('src/main.ts', mainFile('first'))
    put('src/cli/main.ts', mainFile('cli'))
    put('src/console/page.html', '<p>')
  })
  afterAll(() => folder.remove())

  it('builds on the first start and runs the program in the same process, with a larger thread pool', async () => {
    const run = await prepare('start', '--flag')

    expect(run.code).toBe(0)
    expect(JSON.parse(run.stdout)).toEqual({ says: 'first', pid: run.pid, args: ['--flag'], threads: '16' })
    expect(run.stderr).toContain('building')
    expect(readFileSync(at('dist', 'console', 'page.html'), 'utf8')).toBe('<p>')
  })

  it('neither installs nor builds the second time, and is quick about it', async () => {
    const started = performance.now()

    const run = await prepare('tram', 'why', 'x')

    expect(JSON.parse(run.stdout)).toMatchObject({ says: 'cli', args: ['why', 'x'] })
    expect(run.stderr).toBe('')
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('builds again after a change', async () => {
    put('src/main.ts', mainFile('second'))

    const run = await prepare('start')

    expect(JSON.parse(run.stdout)).toMatchObject({ says: 'second' })
  })

  it('keeps the former build when the new one does not compile', async () => {
    put('src/main.ts', 'const x: string = 1')

    const run = await prepare('start')

    expect(run).toMatchObject({ code: 11, stdout: '' })
    expect(readFileSync(at('dist', 'main.js'), 'utf8')).toContain('second')
  })

  it('lets two starts in one folder build once', async () => {
    put('src/main.ts', mainFile('third'))
    rmSync(at('dist'), { recursive: true })

    const runs = await Promise.all([prepare('start'), prepare('start')])

    expect(runs.map(({ stdout }) => JSON.parse(stdout))).toMatchObject([{ says: 'third' }, { says: 'third' }])
    expect(runs.filter(({ stderr }) => stderr.includes('building'))).toHaveLength(1)
    expect(existsSync(at('dist', '.built'))).toBe(true)
  })

  it('names what it does not know', async () => {
    expect(await prepare('fly')).toMatchObject({ code: 2, stdout: '' })
  })

  async function prepare(...args: string[]) {
    const { UV_THREADPOOL_SIZE: _, ...env } = process.env
    const child = spawn(process.execPath, [at('src', 'prepare.cjs'), ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const code = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { pid: child.pid, code: await code, stdout, stderr }
  }
})

/** A program that says who it is. It declares `process` itself, because the small project has no types for Node. */
function mainFile(says: string): string {
  return `declare const process: { pid: number; argv: string[]; env: Record<string, string>; stdout: { write(text: string): void } }
process.stdout.write(JSON.stringify({ says: '${says}', pid: process.pid, args: process.argv.slice(2), threads: process.env.UV_THREADPOOL_SIZE }))
`
}

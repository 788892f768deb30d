import { describe, expect, it } from 'vitest'
import { SessionShelf } from '../../../../src/engine/child/session-shelf.ts'

class Session {
  readonly name: string
  isReleased = false

  constructor(name: string) {
    this.name = name
  }

  release(): Promise<void> {
    this.isReleased = true
    return this.name.startsWith('stuck') ? Promise.reject(new Error('cannot go')) : Promise.resolve()
  }
}

function setUp(roomBytes: number) {
  const shelf = new SessionShelf<Session>(roomBytes)
  const made: Session[] = []
  const open = (id: string, bytes: number, part = 'model.onnx'): Promise<Session> =>
    shelf.session({ id, bytes }, part, () => {
      const session = new Session(`${id}/${part}`)
      made.push(session)
      return Promise.resolve(session)
    })
  const alive = (): string[] => made.filter(({ isReleased }) => !isReleased).map(({ name }) => name)
  return { shelf, open, alive }
}

function failing(message: string): () => Promise<Session> {
  return () => Promise.reject(new Error(message))
}

describe('SessionShelf', () => {
  it('keeps sessions while there is room, and lets the least recently used models go for a new one', async () => {
    const { open, alive } = setUp(30)
    const first = await open('a', 10)
    await open('b', 10)
    await open('c', 10)
    expect(await open('a', 10)).toBe(first)
    await open('d', 15)
    expect(alive()).toEqual(['a/model.onnx', 'd/model.onnx'])
  })

  it('keeps the sessions of a model together, and one that is larger than the room alone', async () => {
    const { open, alive } = setUp(30)
    await open('a', 10)
    for (const part of ['unet', 'vae']) await open('large', 100, part)
    expect(alive()).toEqual(['large/unet', 'large/vae'])
    await open('a', 10)
    expect(alive()).toEqual(['a/model.onnx'])
  })

  it('makes a session anew that failed, and is not held up by one that cannot go', async () => {
    const { shelf, open, alive } = setUp(10)
    await expect(shelf.session({ id: 'a', bytes: 10 }, 'x', () => Promise.reject(new Error('damaged')))).rejects.toThrow(
      'damaged',
    )
    await open('a', 10, 'x')
    await open('stuck', 10)
    await open('b', 10)
    expect(alive()).toEqual(['b/model.onnx'])
  })

  it('tries again without the other models where memory does not suffice, and not for another reason', async () => {
    const { shelf, open, alive } = setUp(100)
    await open('a', 10)
    await open('b', 10)
    await expect(shelf.session({ id: 'c', bytes: 10 }, 'x', failing('protobuf parsing failed'))).rejects.toThrow('protobuf')
    expect(alive()).toEqual(['a/model.onnx', 'b/model.onnx'])
    let tries = 0
    const tight = (): Promise<Session> => {
      tries += 1
      return alive().length > 0 ? Promise.reject(new Error('CUDA out of memory')) : Promise.resolve(new Session('d'))
    }
    expect((await shelf.session({ id: 'd', bytes: 10 }, 'x', tight)).name).toBe('d')
    expect([tries, alive()]).toEqual([2, []])
    await expect(shelf.session({ id: 'e', bytes: 10 }, 'x', failing('std::bad_alloc'))).rejects.toThrow('bad_alloc')
  })
})

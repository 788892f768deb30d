import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChatTemplates } from '../../../src/engine/child/llama-chat-templates.ts'
import { chatPrompt } from '../../../src/workloads/llm-gen/chat-prompt.ts'
import { StopStrings } from '../../../src/workloads/llm-gen/stop-strings.ts'
import { TextStream } from '../../../src/workloads/llm-gen/text-stream.ts'
import { TokenText } from '../../../src/workloads/llm-gen/token-text.ts'

const bytesToText = (tokens: readonly number[]): string => Buffer.from(tokens).toString('utf8')

describe('StopStrings', () => {
  it('finds the earliest stop string, also across the seam of what was searched', () => {
    const stops = new StopStrings(['END', 'X'])
    expect(stops.find('abEND', 4)).toBe(2)
    expect(stops.find('aXbEND', 0)).toBe(1)
    expect(stops.find('abc', 0)).toBeNull()
  })

  it('never lets a part of a stop string be shown, whatever the pieces', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(word, { maxLength: 3 }), fc.array(word), (words, pieces) => {
        const stops = new StopStrings(words)
        let text = ''
        let shown = 0
        for (const piece of pieces) {
          const searched = text.length
          text += piece
          const at = stops.find(text, searched)
          if (at !== null) return shown <= at && words.some((stop) => text.startsWith(stop, at))
          shown = Math.max(shown, stops.safeLength(text))
        }
        return !words.some((stop) => text.includes(stop))
      }),
    )
  })
})

describe('TokenText', () => {
  it('gives whole characters only, for any text cut into bytes, however often it is read', () => {
    const wellFormed = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes('\u{fffd}'))
    fc.assert(
      fc.property(wellFormed, fc.integer({ min: 1, max: 12 }), (text, interval) => {
        const growing = new TokenText<number>(bytesToText, [])
        for (const [at, byte] of Buffer.from(text).entries()) {
          growing.push(byte)
          const read = at % interval === 0 ? growing.read() : ''
          expect(text.startsWith(read)).toBe(true)
        }
        expect(growing.finish()).toBe(text)
      }),
    )
  })
})

describe('TextStream', () => {
  it('sends each part of the text once, whatever is cut off at the end', () => {
    const pieces: string[] = []
    const stream = new TextStream((piece) => pieces.push(piece))
    const stops = new StopStrings(['STOP'])
    stream.show('Hello S', stops)
    stream.show('Hello So', stops)
    stream.show('Hello So STO', stops)
    stream.finish('Hello So ')
    expect(pieces).toEqual(['Hello ', 'So', ' '])
  })
})

describe('chatPrompt', () => {
  const chatMl = {
    source:
      '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}',
    bosText: '<s>',
    eosText: '</s>',
  }
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  const templates = new ChatTemplates()
  const render = (source: string, values: Readonly<Record<string, unknown>>): Promise<string> => templates.render(source, values)

  it('renders the template of the model up to the answer', async () => {
    expect(await chatPrompt(messages, chatMl, render)).toBe('<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n')
  })

  it('says so when there is no template, or when it refuses the messages', async () => {
    await expect(chatPrompt(messages, { ...chatMl, source: undefined }, render)).rejects.toThrow('no chat template')
    const refusing = { ...chatMl, source: "{{ raise_exception('roles must alternate') }}" }
    await expect(chatPrompt(messages, refusing, render)).rejects.toThrow('roles must alternate')
    await expect(chatPrompt(messages, { ...chatMl, source: '{% for' }, render)).rejects.toThrow('chat template')
  })

  it('survives a template that never ends and one that wants all memory, and goes on with the next', async () => {
    const endless = '{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}'
    const greedy = '{% for a in range(1000000000) %}{% endfor %}'
    const runs = [endless, greedy].map((source) => chatPrompt(messages, { ...chatMl, source }, render))
    const failures = await Promise.allSettled([...runs, chatPrompt(messages, chatMl, render)])
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  })
})

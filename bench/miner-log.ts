import { readFile } from 'node:fs/promises'
import { z } from 'zod'

const LineSchema = z.object({
  time: z.iso.datetime(),
  message: z.string(),
  job: z.string().optional(),
  run_ms: z.number().optional(),
})

export type LogLine = z.infer<typeof LineSchema>

/** The lines of a miner's JSON log that have the given message. */
export async function logLines(file: string, message: string): Promise<LogLine[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => LineSchema.parse(JSON.parse(line))).filter((line) => line.message === message)
}

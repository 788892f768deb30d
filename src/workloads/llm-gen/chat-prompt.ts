import { JobFailureError } from '../../domain/failure-codes.ts'
import type { LlmGenParams } from './schema.ts'

export interface ChatTemplate {
  /** Jinja source as it stands in the model file. */
  readonly source: string | undefined
  readonly bosText: string
  readonly eosText: string
}

/** Fills in a template; rejects when it fails. */
export type RenderTemplate = (source: string, values: Readonly<Record<string, unknown>>) => Promise<string>

/** Lays out a conversation by the model's own template, ready for the assistant's answer. Rejects with `E_INVALID` where that fails. */
export async function chatPrompt(
  messages: NonNullable<LlmGenParams['messages']>,
  template: ChatTemplate,
  render: RenderTemplate,
): Promise<string> {
  if (template.source === undefined) {
    throw new JobFailureError('E_INVALID', 'the model has no chat template: send prompt instead of messages')
  }
  try {
    return await render(template.source, {
      messages,
      add_generation_prompt: true,
      bos_token: template.bosText,
      eos_token: template.eosText,
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new JobFailureError('E_INVALID', `the model's chat template refuses these messages: ${reason}`, { cause })
  }
}

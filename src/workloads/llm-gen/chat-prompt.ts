import { Template } from '@huggingface/jinja'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { LlmGenParams } from './schema.ts'

export interface ChatTemplate {
  /** Jinja source as it stands in the model file. */
  readonly source: string | undefined
  readonly bosText: string
  readonly eosText: string
}

/** Lays out a conversation by the model's own template, ready for the assistant's answer. Throws `E_INVALID` where that fails. */
export function chatPrompt(messages: NonNullable<LlmGenParams['messages']>, template: ChatTemplate): string {
  if (template.source === undefined) {
    throw new JobFailureError('E_INVALID', 'the model has no chat template: send prompt instead of messages')
  }
  try {
    return new Template(template.source).render({
      messages,
      add_generation_prompt: true,
      bos_token: template.bosText,
      eos_token: template.eosText,
    })
  } catch (cause) {
    throw new JobFailureError('E_INVALID', `the model's chat template refuses these messages: ${String(cause)}`, { cause })
  }
}

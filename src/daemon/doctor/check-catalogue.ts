import { AitbcError } from '../../domain/errors.ts'
import { readCatalogues } from '../../models/catalogue.ts'
import { BUNDLED_CATALOGUE } from '../open-model-store.ts'
import type { Check } from './check.ts'
import { failed, good } from './finding.ts'

/** Whether the lists of models, ours and the operator's, can be read. */
export const CATALOGUE_CHECK: Check = {
  id: 'catalogue',
  name: 'catalogue',
  needs: [],
  limitMs: 10_000,
  run: async ({ config: { modelCatalogue } }) => {
    try {
      const models = await readCatalogues(BUNDLED_CATALOGUE, modelCatalogue)
      return [good(`${models.length} models known by name`)]
    } catch (error) {
      if (!(error instanceof AitbcError)) throw error
      return [failed(error.message, `mend or remove ${modelCatalogue ?? BUNDLED_CATALOGUE}`)]
    }
  },
}

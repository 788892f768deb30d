/** The two parts of undici that the client needs, by the paths inside its package. */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici'
}

declare module 'undici/lib/api/index.js' {
  import type { Dispatcher } from 'undici'

  export function request(this: Dispatcher, options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>
}

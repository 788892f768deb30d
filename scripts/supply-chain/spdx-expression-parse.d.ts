/** The package brings no types. */
declare module 'spdx-expression-parse' {
  /** One licence, or two expressions joined. */
  export type LicenceExpression =
    | { readonly license: string; readonly plus?: true; readonly exception?: string }
    | { readonly left: LicenceExpression; readonly conjunction: 'and' | 'or'; readonly right: LicenceExpression }

  /** Throws for what is no expression of SPDX. */
  export default function parse(expression: string): LicenceExpression
}

/**
 * The value that a standard normal variable stays below with probability `(word + 1/2) / 2^32`, for a 32-bit word.
 *
 * Algorithm AS 241 (Wichura, Applied Statistics 37, 1988), which is good to 16 digits. Written with the four operations and the
 * square root alone, whose every bit IEEE 754 fixes: `Math.log` and its like may differ in their last bits between builds of
 * the JavaScript engine and between processors.
 */
export function normalQuantile(word: number): number {
  const probability = (word + 0.5) * 2 ** -32
  const fromMiddle = probability - 0.5
  if (Math.abs(fromMiddle) <= 0.425) {
    const r = 0.180625 - fromMiddle * fromMiddle
    return (fromMiddle * polynomial(MIDDLE_NUMERATOR, r)) / polynomial(MIDDLE_DENOMINATOR, r)
  }
  // An odd number below 2^33, over 2^33. AS 241's third branch, for probabilities below 1.4e-11, is out of reach.
  const oddNumber = fromMiddle < 0 ? 2 * word + 1 : 2 ** 33 - 2 * word - 1
  const r = Math.sqrt(33 * LN_2 - logarithm(oddNumber)) - 1.6
  const distance = polynomial(TAIL_NUMERATOR, r) / polynomial(TAIL_DENOMINATOR, r)
  return fromMiddle < 0 ? -distance : distance
}

const LN_2 = 0.6931471805599453
/** Terms of the series below; the last is under 1e-17 of the first. */
const LOGARITHM_TERMS = 11

/** The natural logarithm of a positive integer, by ln m = 2 artanh((m - 1) / (m + 1)) with m brought near to 1. */
function logarithm(integer: number): number {
  let mantissa = integer
  let exponent = 0
  while (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent += 1
  }
  const s = (mantissa - 1) / (mantissa + 1)
  let sum = 0
  for (let term = LOGARITHM_TERMS; term >= 0; term--) sum = sum * s * s + 1 / (2 * term + 1)
  return exponent * LN_2 + 2 * s * sum
}

/** Horner's rule, highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0
  for (const coefficient of coefficients) value = value * x + coefficient
  return value
}

const MIDDLE_NUMERATOR = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
]
const MIDDLE_DENOMINATOR = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1.0,
]
const TAIL_NUMERATOR = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045, 5.769497221460691,
  4.630337846156546, 1.4234371107496835,
]
const TAIL_DENOMINATOR = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851, 1.6763848301838038,
  2.053191626637759, 1.0,
]

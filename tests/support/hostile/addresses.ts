import { job } from './hostile-job.ts'
import type { HostileJob } from './hostile-job.ts'

const SHA = 'a'.repeat(64)

/** Addresses that no job may have fetched, whatever hosts the operator allows by name. */
const DENIED = [
  'https://169.254.169.254/latest/meta-data/',
  'http://169.254.169.254/latest/meta-data/',
  'https://169.254.169.254./',
  'https://2852039166/',
  'https://0xa9fea9fe/',
  'https://0251.0376.0251.0376/',
  'https://0xa9.0xfe.0xa9.0xfe/',
  'https://169.254.43518/',
  'https://169\u3002254\u3002169\u3002254/',
  'https://\u2460\u2465\u2468.\u2461\u2464\u2463.\u2460\u2465\u2468.\u2461\u2464\u2463/',
  'https://\uff11\uff16\uff19.254.169.254/',
  'https://%31%36%39.254.169.254/',
  'https://[fd00:ec2::254]/',
  'https://[::ffff:169.254.169.254]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[::169.254.169.254]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[2002:a9fe:a9fe::]/',
  'https://[::]/',
  'https://[::1]/',
  'https://[fe80::1]/',
  'https://[fc00::1]/',
  'https://[ff02::1]/',
  'https://[2001:db8::1]/',
  'https://0.0.0.0/',
  'https://0/',
  'https://127.0.0.1/',
  'https://127.1/',
  'https://127.0.0.1:22/',
  'https://0177.0.0.1/',
  'https://2130706433/',
  'https://localhost/',
  'https://LOCALHOST/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://user:secret@huggingface.co/',
  'https://huggingface.co@169.254.169.254/',
  'https://huggingface.co:443@127.0.0.1/',
  'http://huggingface.co/',
  'http://unix:/run/docker.sock:/info',
  'file:///etc/passwd',
  'file:///proc/self/environ',
  'file:///dev/zero',
  'file:/etc/passwd',
  'file://localhost/etc/passwd',
  'FILE:///etc/shadow',
]
/** The same, without a last name that a model could be kept under, which is looked at first. */
const DENIED_INPUTS = ['https:\\\\169.254.169.254\\', 'https:169.254.169.254', 'file:///']

/** What is no address at all here. */
const UNREAD = [
  'file://etc/passwd',
  'file:///etc/passwd%00.txt',
  'file:///tmp/..%2f..%2fetc/passwd',
  'data:text/plain;base64,eA==',
  'ftp://127.0.0.1/',
  'gopher://127.0.0.1:25/',
  'ldap://127.0.0.1/',
  'dict://127.0.0.1/',
  'javascript:alert(1)',
  'blob:https://127.0.0.1/1',
  'about:blank',
  'ws://127.0.0.1/',
  '//169.254.169.254/',
  '/etc/passwd',
  '../../etc/passwd',
  '\0',
  ' ',
  'https://',
  'https://[::1',
  'https://[fe80::1%25eth0]/',
  'https://256.256.256.256/',
  'https://1.2.3.4.5/',
  'https://\u0000.example/',
  'hf:../../etc/passwd',
  'hf:a/b/../../../c',
  'hf:a/b/c@../../d',
  'hf:',
]

/** Inputs and models from where no job may have them fetched. None of this needs the network. */
export function* addresses(): Iterable<HostileJob> {
  const decode = { workload: 'onnx_infer', params: { model: 'tiny-sd-decoder', inputs: { latent_sample: { input: 'x' } } } }
  for (const uri of DENIED) {
    yield job('E_DENY', `input from ${uri}`, { ...decode, inputs: [{ name: 'x', uri }] })
    // It needs a last name that a model could be kept under: that is looked at first.
    const model = /[\\/]$/.test(uri) ? `${uri}model.gguf` : uri
    yield job('E_DENY', `model from ${model}`, {
      workload: 'llm_gen',
      params: { prompt: 'x' },
      model: { uri: model, sha256: SHA },
    })
  }
  for (const uri of DENIED_INPUTS) yield job('E_DENY', `input from ${uri}`, { ...decode, inputs: [{ name: 'x', uri }] })
  for (const uri of UNREAD) {
    yield job('E_INPUT', `input from ${JSON.stringify(uri)}`, { ...decode, inputs: [{ name: 'x', uri }] })
    yield job('E_INPUT', `model from ${JSON.stringify(uri)}`, {
      workload: 'llm_gen',
      params: { prompt: 'x' },
      model: { uri, sha256: SHA },
    })
  }
  for (const name of ['../../etc/passwd', '\0', '__proto__', 'constructor', '\u001b[2J', '\ud800', 'x'.repeat(256)]) {
    yield job('E_INPUT', `model ${JSON.stringify(name).slice(0, 30)}`, {
      workload: 'llm_gen',
      params: { prompt: 'x' },
      model: { name },
    })
  }
  yield job('E_INPUT', 'a model without its hash', {
    workload: 'llm_gen',
    params: { prompt: 'x' },
    model: { uri: 'https://huggingface.co/x.gguf' },
  })
}

import { readdirSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import type { PathRule } from './landlock.ts'

/** Programs' libraries, and what tells the loader and the C library of them. */
const LIBRARIES = [
  '/lib',
  '/lib64',
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/usr/local/lib64',
  '/etc/ld.so.cache',
  '/etc/ld.so.preload',
  '/etc/os-release',
  '/etc/localtime',
  '/usr/share/zoneinfo',
  '/etc/ssl/openssl.cnf',
]

/** What the kernel tells of this machine, and nothing of its processes. */
const MACHINE = [
  '/proc/cpuinfo',
  '/proc/meminfo',
  '/proc/stat',
  '/proc/vmstat',
  '/proc/version',
  '/proc/filesystems',
  '/proc/sys/vm',
  '/proc/sys/kernel/osrelease',
  '/sys/devices/system',
  '/sys/fs/cgroup',
  '/sys/kernel/mm/transparent_hugepage',
]

/** Drivers of graphics cards: where their parts lie, and how they are found. */
const GPU_DRIVERS = [
  '/etc/vulkan',
  '/etc/glvnd',
  '/etc/egl',
  '/etc/OpenCL',
  '/etc/nvidia',
  '/etc/drirc',
  '/usr/share/vulkan',
  '/usr/local/share/vulkan',
  '/usr/local/etc/vulkan',
  '/usr/share/glvnd',
  '/usr/share/egl',
  '/usr/share/drirc.d',
  '/usr/share/libdrm',
  '/usr/share/nvidia',
  '/usr/local/cuda',
  '/opt/rocm',
  '/opt/amdgpu',
  '/proc/devices',
  '/proc/modules',
  '/proc/driver/nvidia',
  '/proc/driver/nvidia-nvlink',
  '/proc/driver/nvidia-uvm',
  '/proc/sys/kernel',
  '/sys/bus',
  '/sys/class',
  '/sys/dev',
  '/sys/devices',
  '/sys/module',
]

const GPU_DEVICES = /^(?:nvidia.*|dri|kfd|dxg)$/

/** The loaders of dynamic programs, which the kernel starts Node with. */
const LOADERS = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1']

/** Variables that name folders of libraries, and descriptions of Vulkan drivers next to them. */
const LIBRARY_VARIABLE = 'LD_LIBRARY_PATH'
const DRIVER_VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES']

/**
 * What every engine needs of the system, so far as it is there: libraries, facts about the machine, and with a graphics card its
 * drivers and devices.
 */
export function systemPaths(hasGpu: boolean, environment: Readonly<Record<string, string | undefined>>): PathRule[] {
  const read = [...LIBRARIES, ...MACHINE, ...listed(environment[LIBRARY_VARIABLE])]
  const drivers = DRIVER_VARIABLES.flatMap((name) => listed(environment[name])).map(dirname)
  return [
    ...[...read, ...(hasGpu ? [...GPU_DRIVERS, ...drivers] : [])]
      .filter((path) => path !== '/')
      .map((path): PathRule => ({ path, use: 'read' })),
    ...LOADERS.map((path): PathRule => ({ path, use: 'execute' })),
    ...['/dev/urandom', '/dev/random'].map((path): PathRule => ({ path, use: 'read' })),
    ...['/dev/null', '/dev/zero', ...(hasGpu ? gpuDevices() : [])].map((path): PathRule => ({ path, use: 'device' })),
  ]
}

function listed(paths: string | undefined): string[] {
  return (paths ?? '').split(delimiter).filter((path) => path.startsWith('/'))
}

function gpuDevices(): string[] {
  return readdirSync('/dev')
    .filter((name) => GPU_DEVICES.test(name))
    .map((name) => `/dev/${name}`)
}
